"""Another user of the same activity in C4C: holds the mock's real lock until it is released."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import suppress

import httpx

from attachment_lab.errors import LabFailed
from attachment_lab.reconciliation.reading import Reconciliation

USER = "CHRIS.COLLEAGUE"
SERVICE = "/sap/c4c/odata/v1/chatactivity"
#: The beginning of an upload that never ends: C4C holds the lock while it reads it, and stores nothing of it.
BEGINNING = b'{"TypeCode": "10001", "CategoryCode": "2", "Name": "minutes.txt", "MimeType": "text/plain", "Binary": "'
TIMEOUT_S = 30.0
PIECE_EVERY_S = 0.1


class Colleague:
    """A business user who uploads a long file to the chat's activity, until ``release``."""

    def __init__(self, reconciliation: Reconciliation, chat: str) -> None:
        self._reconciliation = reconciliation
        self._chat = chat
        self._released = threading.Event()
        self._thread: threading.Thread | None = None
        self._http = httpx.Client(
            base_url=reconciliation.to.c4c.base_url,
            headers={"Host": reconciliation.names.c4c_host, "Accept": "application/json"},
            timeout=TIMEOUT_S,
            trust_env=False,
        )

    def hold(self) -> None:
        """Begin the upload; the activity is locked once this returns. Raises LabFailed."""
        password = "Aa1" + secrets.token_urlsafe(18)
        person = {"user": USER, "password": password}
        self._reconciliation.to.c4c.post("/_mock/users", person, tenant=self._reconciliation.names.name)
        self._http.auth = (USER, password)
        address = f"{SERVICE}/ChatActivityCollection('{self._activity()}')/ChatActivityAttachment"
        token = self._http.get(f"{SERVICE}/", headers={"X-CSRF-Token": "Fetch"}).headers.get("x-csrf-token", "")
        self._thread = threading.Thread(target=self._send, args=(address, token), daemon=True, name="colleague")
        self._thread.start()

    def release(self) -> None:
        """Break the upload off: the lock is released, nothing is stored. Safe to call twice."""
        self._released.set()
        if self._thread:
            self._thread.join(TIMEOUT_S)
        self._http.close()

    def _send(self, address: str, token: str) -> None:
        headers = {"X-CSRF-Token": token, "Content-Type": "application/json"}
        with suppress(httpx.HTTPError, _UploadEnded):
            self._http.post(address, content=self._pieces(), headers=headers)

    def _pieces(self) -> Iterator[bytes]:
        yield BEGINNING
        while not self._released.wait(PIECE_EVERY_S):
            yield b"QUJD" * 64
        raise _UploadEnded

    def _activity(self) -> str:
        query = {"$filter": f"ID eq '{self._chat}'", "$select": "ParentObjectID", "$format": "json"}
        found = self._http.get(f"{SERVICE}/ChatActivityBTDReferenceCollection", params=query)
        rows = found.json()["d"]["results"] if found.is_success else []
        if not rows:
            raise LabFailed(f"C4C shows {USER} no activity for chat {self._chat} ({found.status_code})")
        return str(rows[0]["ParentObjectID"])


class _UploadEnded(Exception):
    """Ends the upload in the middle."""
