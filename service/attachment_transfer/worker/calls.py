"""Every call of a transfer to a neighbour, in one place: :meth:`NeighbourTransport.handle_request`.

1. The hosts of the transfer's caller: checked for links, redirects and pages too.
2. The credential: a refused one is not sent again; one that is not proven yet is sent one call at a time.
3. Pace and circuit breaker of the tenant's neighbour (``clients/outbound/governor.py``).
4. A span of the transfer's trace, and the call's duration as a metric.
5. The shared transport: allowed hosts, egress map, public addresses, time limits (``clients/outbound/transport.py``).
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import httpx

from attachment_transfer.clients.outbound.governor import Governor
from attachment_transfer.core.errors import CredentialRefused, DestinationRefused
from attachment_transfer.core.hosts import HostPattern, covered
from attachment_transfer.ledger.refusals import Credential, Refusals
from attachment_transfer.telemetry import metrics
from attachment_transfer.telemetry.tracing import Attribute, span


@dataclass(frozen=True)
class CallerHosts:
    """The hosts that a caller's transfers may reach. The shared transport checks again, for all callers.

    Attributes:
        allowed: host patterns of this caller; None if the callers file does not cover it any more.
    """

    caller: str
    allowed: tuple[HostPattern, ...] | None

    def check(self, host: str) -> None:
        """Raise :class:`DestinationRefused` unless ``host`` may be called."""
        if self.allowed is None:
            raise DestinationRefused(
                f"{host} is not called: no entry of the callers file covers {self.caller} any more",
                remedy="Add the caller to ATTACHMENT_TRANSFER_CALLERS_FILE, restart the worker, retry the transfer.",
            )
        if not covered(host, self.allowed):
            raise DestinationRefused(
                f"{host} is not an allowed host of {self.caller}",
                remedy=(
                    "If it is yours, add it to allowed_hosts of this caller in ATTACHMENT_TRANSFER_CALLERS_FILE, or, "
                    "where that is not set, to ATTACHMENT_TRANSFER_ALLOWED_HOSTS or the file of "
                    "ATTACHMENT_TRANSFER_ALLOW_LIST_FILE."
                ),
            )


class CredentialWatch:
    """The credentials that this process has proven, and those that any process saw refused (in the database).

    Without it, four rounds of one tenant would send the same wrong password at once, and lock its user.
    """

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals
        self._proven: set[str] = set()
        self._one_at_a_time: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    @contextmanager
    def sending(self, credential: Credential, request: httpx.Request) -> Iterator[Callable[[httpx.Response], None]]:
        """Let ``request`` be sent, perhaps after waiting; yields what records its answer.

        A call without credentials (a public link) passes. Raises :class:`CredentialRefused` if the credential was
        refused before.
        """
        if "authorization" not in request.headers:
            yield lambda _response: None
            return
        digest = self._refusals.digest(credential)
        record = partial(self._record, credential, digest)
        with self._lock:
            proven, turn = digest in self._proven, self._one_at_a_time[digest]
        if proven:
            yield record
            return
        with turn:
            if self._refusals.is_refused(credential):
                raise CredentialRefused("this user and password were refused before: they are not tried again for now")
            yield record

    def _record(self, credential: Credential, digest: str, response: httpx.Response) -> None:
        with self._lock:
            if response.status_code == 401:
                self._proven.discard(digest)
            elif response.is_success:
                self._proven.add(digest)
        if response.status_code == 401:
            self._refusals.note(credential)


class NeighbourTransport(httpx.BaseTransport):
    """One transfer's way to one neighbour. It is not closed with the client that uses it: ``shared`` is shared.

    Args:
        neighbour: its role, ``cmi`` or ``c4c``; a metric's label.
        tenant: the C4C host, by which calls are paced.
    """

    def __init__(
        self,
        shared: httpx.BaseTransport,
        *,
        neighbour: str,
        tenant: str,
        hosts: CallerHosts,
        credential: Credential,
        watch: CredentialWatch,
        governor: Governor,
    ) -> None:
        self._shared = shared
        self._neighbour = neighbour
        self._tenant = tenant
        self._hosts = hosts
        self._credential = credential
        self._watch = watch
        self._governor = governor

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send. Raises DestinationRefused, CredentialRefused, NeighbourBusy and httpx's errors."""
        self._hosts.check(request.url.host)
        with self._watch.sending(self._credential, request) as record:
            slow = metrics.SLOW_CALLS.labels(self._neighbour)
            call = self._governor.call(self._tenant, request.url.host, on_slow=slow.inc)
            with call.watched():
                response = self._measured(request)
            record(response)
        return call.answered(response)

    def _measured(self, request: httpx.Request) -> httpx.Response:
        """Send as a child span of the present one. No URL is recorded: paths contain contact ids."""
        attributes: dict[str, Attribute] = {"http.request.method": request.method, "server.address": request.url.host}
        began_s, answer = time.monotonic(), "none"
        try:
            with span(f"{self._neighbour} {request.method}", kind="client", attributes=attributes) as here:
                request.headers["traceparent"] = here.context.traceparent
                if here.context.state:
                    request.headers["tracestate"] = here.context.state
                response = self._shared.handle_request(request)
                here.attributes["http.response.status_code"] = response.status_code
                answer = f"{response.status_code // 100}xx"
                return response
        finally:
            metrics.NEIGHBOUR_SECONDS.labels(self._neighbour, answer).observe(time.monotonic() - began_s)
