"""401 is answered once. A credential that is not proven yet goes out one call at a time; a refused one not at all.

Without this, four rounds of one tenant would send the same wrong password at once, and lock its user.
"""

from __future__ import annotations

import threading
from collections import defaultdict

import httpx

from attachment_transfer.core.errors import CredentialRefused
from attachment_transfer.ledger.refusals import Credential, Refusals


class CredentialWatch:
    """What this process knows of credentials. ``refusals`` is shared by all processes, through the database."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals
        self._proven: set[str] = set()
        self._one_at_a_time: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def send(self, credential: Credential, request: httpx.Request, inner: httpx.BaseTransport) -> httpx.Response:
        """Send ``request``, or raise :class:`CredentialRefused` if the credential was refused before."""
        digest = self._refusals.digest(credential)
        with self._lock:
            proven, turn = digest in self._proven, self._one_at_a_time[digest]
        if proven:
            return self._judged(credential, digest, inner.handle_request(request))
        with turn:
            if self._refusals.holds(credential):
                raise CredentialRefused("this user and password were refused before: they are not tried again for now")
            return self._judged(credential, digest, inner.handle_request(request))

    def _judged(self, credential: Credential, digest: str, response: httpx.Response) -> httpx.Response:
        with self._lock:
            if response.status_code == 401:
                self._proven.discard(digest)
            elif response.is_success:
                self._proven.add(digest)
        if response.status_code == 401:
            self._refusals.note(credential)
        return response


class WatchedTransport(httpx.BaseTransport):
    """A transport that uses one credential, under the watch."""

    def __init__(self, inner: httpx.BaseTransport, watch: CredentialWatch, credential: Credential) -> None:
        self._inner = inner
        self._watch = watch
        self._credential = credential

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send under the watch; a call without credentials (a public link) passes by."""
        if "authorization" not in request.headers:
            return self._inner.handle_request(request)
        return self._watch.send(self._credential, request, self._inner)
