"""One request on its way through a mock: faults on the way in and out, and the journal entry at its end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from mock_kit.faults import Fault
from mock_kit.faults.changes import CHANGES
from mock_kit.faults.replies import NO_REPLY, REPLIES, StruckRequest
from mock_kit.http.reply import WsgiReply, call_application
from mock_kit.journal.context import RunningExchange, note, set_running_exchange
from mock_kit.middleware.body import DigestedInput
from mock_kit.middleware.records import ExchangeRecord

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Request

    from mock_kit.tenants import MockTenant

    Calling = Callable[[WSGIApplication, WSGIEnvironment], WsgiReply]

EVIDENCE_HEADER = "X-Mock-Evidence"
#: A reply up to this size is handed over in one piece.
_SMALL_BYTES = 64 * 1024
_EVIDENCE_HEADER_CHARS = 4096
#: How long a broken reply's last piece gets to leave the server, in seconds of wall time.
_FLUSH_S = 0.05


class ExchangeHandler:
    """Serves one request. ``release`` is called exactly once, when request and reply are over."""

    def __init__(
        self,
        request: Request,
        tenant: MockTenant | None,
        record: ExchangeRecord,
        release: Callable[[], None],
        signed: Callable[[Request], str | None] = lambda _: None,
    ) -> None:
        """``signed`` gives a pre-signed address for what a request downloads (``Mock.signed_address``)."""
        self._environ: WSGIEnvironment = request.environ
        self._request = request
        self._tenant = tenant
        self._record = record
        self._release = release
        self._signed = signed
        self._released = False
        self._reply = WsgiReply("000 nothing sent", [], iter(()))
        self._input = self._metered_input()

    def _metered_input(self) -> DigestedInput:
        length = self._request.content_length
        if length is None and not self._environ.get("wsgi.input_terminated"):
            length = 0
        metered = DigestedInput(self._environ["wsgi.input"], length, self._record.received)
        self._environ["wsgi.input"] = metered
        self._environ["wsgi.input_terminated"] = True
        return metered

    def refuse(self, application: WSGIApplication, start_response: StartResponse) -> Any:
        """``application`` is the kit's own refusal: no fault and no slow body delays it."""
        return self._run(application, start_response, call_application)

    def run(self, application: WSGIApplication, start_response: StartResponse) -> Any:
        """Pass the request on, let a planned fault strike, and return an iterable for the server."""
        return self._run(application, start_response, self._call_and_drain)

    def _run(self, application: WSGIApplication, start_response: StartResponse, call: Calling) -> Any:
        set_running_exchange(self._record.running)
        try:
            self._reply = call(application, self._environ)
            self._record.received.complete = self._input.whole
            return self._start_reply(start_response)
        except BaseException as exc:
            self._record.failed = True
            note("error", "mock_failed", f"{type(exc).__name__}: {exc}")
            self._reply = WsgiReply("500 Internal Server Error", [], iter(()), self._reply.close)
            self.close()
            raise
        finally:
            set_running_exchange(None)

    def _call_and_drain(self, application: WSGIApplication, environ: WSGIEnvironment) -> WsgiReply:
        self._reply = self._call(application, environ)
        self._drain()
        return self._reply

    def _call(self, application: WSGIApplication, environ: WSGIEnvironment) -> WsgiReply:
        fault = self._pick_fault()
        if fault is None:
            return call_application(application, environ)
        self._record.running.faults.append(fault.id)
        note("info", "fault", f"{fault.id}: {fault.kind}, {fault.phase} the work")
        if fault.phase == "before":
            early = self._strike_before(fault)
            return early or call_application(application, environ)
        return self._strike_after(fault, call_application(application, environ))

    def _pick_fault(self) -> Fault | None:
        if self._tenant is None:
            return None
        request = self._request
        return self._tenant.faults.pick(request.method, request.host, request.path, "app")

    def _strike_before(self, fault: Fault) -> WsgiReply | None:
        if fault.kind in REPLIES:
            return self._replacement(fault)
        if fault.kind == "latency":
            self._wait(fault)
        elif not self._input.flip(fault.params["offset"], fault.params["xor"]):
            note("warning", "fault_without_effect", "the request has no such byte")
        return None

    def _strike_after(self, fault: Fault, reply: WsgiReply) -> WsgiReply:
        if fault.kind in REPLIES:
            return self._replacement(fault, reply) or reply
        if fault.kind == "latency":
            self._wait(fault)
        elif self._tenant is not None and (why_not := CHANGES[fault.kind](reply, fault, self._tenant.faults)):
            note("warning", "fault_without_effect", why_not)
        return reply

    def _replacement(self, fault: Fault, real: WsgiReply | None = None) -> WsgiReply | None:
        """The reply that the fault gives in place of ``real``, whose work is done then; None if it cannot."""
        request, signed = self._request, self._signed
        struck = StruckRequest(
            fault=fault,
            now=self._tenant.clock.now() if self._tenant is not None else self._record.at,
            host=request.host,
            path=request.path,
            query=request.query_string.decode("latin-1"),
            signed=lambda: signed(request),
            real_type=real.header("Content-Type") if real is not None else None,
            real_size_bytes=real.length if real is not None else None,
        )
        given = REPLIES[fault.kind](struck)
        if given is None:
            note("warning", "fault_without_effect", NO_REPLY[fault.kind])
        elif real is not None:
            real.finish()
        return given

    def _wait(self, fault: Fault) -> None:
        if self._tenant is not None and self._tenant.faults.wait(fault, fault.params["delay_s"]):
            note("info", "fault_released", "the fault was removed, and its delay ended early")

    def _drain(self) -> None:
        """Read what the application left, unless the caller waits for ``100 Continue`` before it sends a body."""
        if self._input.ended:
            return
        received = self._record.received
        unread_from = received.size_bytes
        drained = "HTTP_EXPECT" not in self._environ and self._input.drain()
        if not drained or received.size_bytes > unread_from:
            rest = "the rest was read and dropped" if drained else "the rest was left unread"
            note("info", "body_not_read", f"the application read {unread_from} bytes of the body; {rest}")

    def _start_reply(self, start_response: StartResponse) -> Any:
        reply = self._reply
        self._record.begin_reply(reply)
        if self._request.headers.get(EVIDENCE_HEADER) == "1":
            reply.set_header(EVIDENCE_HEADER, _listed(self._record.running))
        length = reply.length
        if length is not None and length <= _SMALL_BYTES:
            pieces = list(reply.body)
            if sum(map(len, pieces)) == length or self._record.is_bodyless(reply):
                return self._at_once(pieces, start_response)
            # The server would trust Content-Length and leave the caller waiting; as a stream it breaks off.
            reply.body = iter(pieces)
        start_response(reply.status, reply.headers)
        return _MeteredReply(self, reply)

    def _at_once(self, pieces: list[bytes], start_response: StartResponse) -> list[bytes]:
        for piece in pieces:
            self._record.sent.feed(piece)
        self._record.file(self._reply, complete=True)
        self.close()
        start_response(self._reply.status, self._reply.headers)
        return pieces

    def pull(self, body: Iterator[bytes]) -> bytes:
        """The next piece of the reply. Filed in the journal before the caller can see the last byte."""
        record = self._record
        set_running_exchange(record.running)
        try:
            piece = next(body)
        except StopIteration:
            record.file(self._reply, complete=True)
            if not record.sent.complete:
                # A body that ends too soon makes the server drop what it has not sent yet, head included.
                threading.Event().wait(_FLUSH_S)
            raise
        except BaseException as exc:
            record.failed = True
            note("error", "mock_failed", f"while sending the body: {type(exc).__name__}: {exc}")
            record.file(self._reply, complete=False)
            raise
        finally:
            set_running_exchange(None)
        record.sent.feed(piece)
        length = self._reply.length
        if length is not None and record.sent.size_bytes >= length:
            record.file(self._reply, complete=True)
        return piece

    def close(self) -> None:
        """Request and reply are over: the application tidies up, the slot is free."""
        if self._released:
            return
        self._released = True
        try:
            self._reply.close()
        finally:
            self._record.file(self._reply, complete=False)
            self._release()


class _MeteredReply:
    """The reply's body as the server pulls it."""

    def __init__(self, handler: ExchangeHandler, reply: WsgiReply) -> None:
        self._handler = handler
        self._body = reply.body

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return self._handler.pull(self._body)

    def close(self) -> None:
        self._handler.close()


def _listed(running: RunningExchange) -> str:
    """``id;label=documented, id;label=assumed``: a list of tokens with parameters (RFC 8941); whole items only."""
    items = [f"{each};label={running.labels[each]}" for each in running.evidence]
    while len(", ".join(items)) > _EVIDENCE_HEADER_CHARS:
        items.pop()
    return ", ".join(items)
