"""What is kept of one exchange: its journal entry, and for a recorder the whole of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from mock_kit.http.reply import Headers, WsgiReply
from mock_kit.journal import BodyDigest, Journal, JournalEntry, Note
from mock_kit.journal.bodies import BodyCopier, BodyCopy
from mock_kit.journal.context import RunningExchange
from mock_kit.journal.masking import Masker
from mock_kit.journal.recorder import CapturedExchange, ExchangeRecording
from mock_kit.tenants.clock import Clock, stamp

if TYPE_CHECKING:
    from flask import Request

    from mock_kit.tenants import MockTenant

_PATH_SAFE = "/:@!$&'()*+,;=~"


class ExchangeRecord:
    """Meters both bodies of an exchange and files it once, when its end is known.

    Attributes:
        running: notes, faults and evidence that belong to the exchange.
        received, sent: the two bodies.
        failed: whether the mock itself broke down, unplanned.
    """

    def __init__(
        self, request: Request, tenant: MockTenant | None, strays: Journal, recording: ExchangeRecording, mock_name: str
    ) -> None:
        """An exchange without ``tenant`` is filed in ``strays``; ``recording`` gets all of it, masked."""
        self.running = RunningExchange(tenant)
        self.received = BodyDigest()
        self.sent = BodyDigest()
        self.failed = False
        self.at = (tenant.clock if tenant is not None else Clock()).now()
        self._request = request
        self._tenant = tenant
        self._journal = tenant.journal if tenant is not None else strays
        self._recording = recording
        self._mock_name = mock_name
        self._started = time.perf_counter()
        self._filed = False
        self.received.copier = self._copier(request.headers.get)

    def _copier(self, header: Callable[[str], str | None]) -> BodyCopier | None:
        return self._recording.copier(header("Content-Type") or "", header("Content-Encoding") or "")

    def begin_reply(self, reply: WsgiReply) -> None:
        """The reply's body follows; ``sent`` meters it."""
        self.sent.copier = self._copier(reply.header)

    def is_bodyless(self, reply: WsgiReply) -> bool:
        """Whether this reply never has a body, whatever its Content-Length says."""
        return self._request.method == "HEAD" or reply.status[:3] in {"204", "304"}

    def file(self, reply: WsgiReply, *, complete: bool) -> None:
        """File the exchange; a second call does nothing. ``complete``: the application gave its last piece."""
        if self._filed:
            return
        self._filed = True
        length = reply.length
        self.sent.complete = self.is_bodyless(reply) or (complete and self.sent.size_bytes >= (length or 0))
        if not self.sent.complete:
            self.running.notes.append(_broke_off(self.sent.size_bytes, length))
        filed = self._journal.add(self._entry(reply))
        self._keep_credentials(filed)
        if self._recording:
            self._recording.add(self._captured(reply))

    def _keep_credentials(self, filed: JournalEntry) -> None:
        request = self._request
        shared = {name: getattr(filed, name) for name in ("at", "duration_ms", "method", "host", "status")}
        shared |= {"exchange": filed.id, "path": request.path}
        self._journal.credentials.add(shared, request.headers.items(), _url(request), self.received.head())

    def _entry(self, reply: WsgiReply) -> JournalEntry:
        masker, request = self._journal.masker, self._request
        return JournalEntry(
            method=request.method,
            url=_url(request),
            host=request.host,
            status=int(reply.status[:3]),
            at=stamp(self.at),
            duration_ms=round((time.perf_counter() - self._started) * 1000, 3),
            request_headers=dict(request.headers.items()),
            request=self.received.note(masker, request.headers.get("Content-Encoding", "")),
            response_headers=_joined(reply.headers),
            response=self.sent.note(masker, reply.header("Content-Encoding") or ""),
            notes=self.running.notes,
            fault=", ".join(self.running.faults) or None,
            evidence=list(self.running.evidence),
        )

    def _captured(self, reply: WsgiReply) -> CapturedExchange:
        masker, request = self._journal.masker, self._request
        return CapturedExchange(
            mock=self._mock_name,
            tenant=self._tenant.name if self._tenant is not None else None,
            method=request.method,
            url=masker.shaped(_url(request)),
            host=request.host,
            status=int(reply.status[:3]),
            request_headers=[(name, masker.shaped_header(name, value)) for name, value in request.headers.items()],
            request=_copy(self.received, masker),
            response_headers=[(name, masker.shaped_header(name, value)) for name, value in reply.headers],
            response=_copy(self.sent, masker),
            fault=", ".join(self.running.faults) or None,
            failed=self.failed,
        )


def _copy(digest: BodyDigest, masker: Masker) -> BodyCopy:
    return BodyCopy() if digest.copier is None else digest.copier.copy(digest, masker)


def _broke_off(sent_bytes: int, length: int | None) -> Note:
    promised = "no length was declared" if length is None else f"{length} were declared"
    return Note("warning", "reply_broke_off", f"the reply ended after {sent_bytes} bytes; {promised}")


def _joined(headers: Headers) -> dict[str, str]:
    """A header that was sent twice shows both values."""
    shown: dict[str, str] = {}
    for name, value in headers:
        shown[name] = f"{shown[name]}, {value}" if name in shown else value
    return shown


def _url(request: Request) -> str:
    """Path and query as the caller wrote them, as far as WSGI shows them."""
    query = request.query_string.decode("latin-1")
    path = quote(request.path, safe=_PATH_SAFE)
    return f"{path}?{query}" if query else path
