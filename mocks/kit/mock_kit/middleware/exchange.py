"""One request on its way through a mock: faults on the way in and out, and the journal entry at its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mock_kit.faults import Fault
from mock_kit.faults.changes import CHANGES
from mock_kit.faults.replies import ANSWERS, NO_ANSWER, Struck
from mock_kit.http.reply import Answer, Headers, ask
from mock_kit.journal import BodyMeter, Exchange, Journal
from mock_kit.journal.context import Note, RunningExchange, note, set_running_exchange
from mock_kit.journal.recorder import Attendance, CapturedExchange
from mock_kit.middleware.body import TappedInput
from mock_kit.tenants.clock import Clock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Request

    from mock_kit.tenants import Tenant

    Asked = Callable[[WSGIApplication, WSGIEnvironment], Answer]

EVIDENCE_HEADER = "X-Mock-Evidence"
#: A reply up to this size is handed over in one piece.
_SMALL_BYTES = 64 * 1024
_EVIDENCE_HEADER_CHARS = 4096
#: How long a broken reply's last piece gets to leave the server, in seconds of wall time.
_FLUSH_S = 0.05
_PATH_SAFE = "/:@!$&'()*+,;=~"


class Passage:
    """A request and its reply, watched. ``release`` is called exactly once, when both are over."""

    def __init__(
        self,
        request: Request,
        tenant: Tenant | None,
        strays: Journal,
        release: Callable[[], None],
        recorder: Attendance | None = None,
        mock_name: str = "",
        signed: Callable[[Request], str | None] = lambda _: None,
    ) -> None:
        """A request without ``tenant`` is written down in ``strays``; ``recorder`` hears of the whole exchange.

        ``signed`` gives a pre-signed address for what a request asks for (``Mock.signed_address``).
        """
        self._environ: WSGIEnvironment = request.environ
        self._request = request
        self._tenant = tenant
        self._journal = tenant.journal if tenant is not None else strays
        self._release = release
        self._started = time.perf_counter()
        self._at = (tenant.clock if tenant is not None else Clock()).now()
        self._sent = BodyMeter()
        self._received = BodyMeter()
        self._recorded = False
        self._released = False
        self._answer = Answer("000 nothing sent", [], iter(()))
        self.running = RunningExchange(tenant)
        self._recorder = recorder or Attendance(())
        self._mock_name = mock_name
        self._signed = signed
        self._failed = False
        headers = request.headers
        self._received.copier = self._recorder.copier(
            headers.get("Content-Type", ""), headers.get("Content-Encoding", "")
        )
        self._input = self._tap()

    def _tap(self) -> TappedInput:
        length = self._request.content_length
        if length is None and not self._environ.get("wsgi.input_terminated"):
            length = 0
        tapped = TappedInput(self._environ["wsgi.input"], length, self._received)
        self._environ["wsgi.input"] = tapped
        self._environ["wsgi.input_terminated"] = True
        return tapped

    def refuse(self, application: WSGIApplication, start_response: StartResponse) -> Any:
        """``application`` is the kit's own refusal: no fault and no slow body may hold it up."""
        return self._run(application, start_response, ask)

    def run(self, application: WSGIApplication, start_response: StartResponse) -> Any:
        """Pass the request on, let a planned fault strike, and answer with an iterable for the server."""
        return self._run(application, start_response, self._ask_and_drain)

    def _run(self, application: WSGIApplication, start_response: StartResponse, asked: Asked) -> Any:
        set_running_exchange(self.running)
        try:
            self._answer = asked(application, self._environ)
            self._received.complete = self._input.whole
            return self._reply(start_response)
        except BaseException as exc:
            self._failed = True
            note("error", "mock_failed", f"{type(exc).__name__}: {exc}")
            self._answer = Answer("500 Internal Server Error", [], iter(()), self._answer.close)
            self.close()
            raise
        finally:
            set_running_exchange(None)

    def _ask_and_drain(self, application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
        self._answer = self._ask(application, environ)
        self._drain()
        return self._answer

    def _ask(self, application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
        fault = self._picked()
        if fault is None:
            return ask(application, environ)
        self.running.faults.append(fault.id)
        note("info", "fault", f"{fault.id}: {fault.kind}, {fault.phase} the work")
        if fault.phase == "before":
            early = self._strike_before(fault)
            return early or ask(application, environ)
        answer = ask(application, environ)
        return self._strike_after(fault, answer)

    def _picked(self) -> Fault | None:
        if self._tenant is None:
            return None
        request = self._request
        return self._tenant.faults.pick(request.method, request.host, request.path, "app")

    def _strike_before(self, fault: Fault) -> Answer | None:
        if fault.kind in ANSWERS:
            return self._given(fault)
        if fault.kind == "latency":
            self._wait(fault)
        elif not self._input.flip(fault.params["offset"], fault.params["xor"]):
            note("warning", "fault_without_effect", "the request has no such byte")
        return None

    def _strike_after(self, fault: Fault, answer: Answer) -> Answer:
        if fault.kind in ANSWERS:
            return self._given(fault, answer) or answer
        if fault.kind == "latency":
            self._wait(fault)
        elif self._tenant is not None and (why_not := CHANGES[fault.kind](answer, fault, self._tenant.faults)):
            note("warning", "fault_without_effect", why_not)
        return answer

    def _given(self, fault: Fault, real: Answer | None = None) -> Answer | None:
        """The answer that the fault gives in place of ``real``, whose work is done then; None if it cannot."""
        request, signed = self._request, self._signed
        struck = Struck(
            fault=fault,
            now=self._tenant.clock.now() if self._tenant is not None else self._at,
            host=request.host,
            path=request.path,
            query=request.query_string.decode("latin-1"),
            signed=lambda: signed(request),
            real_type=real.header("Content-Type") if real is not None else None,
            real_size_bytes=real.length if real is not None else None,
        )
        given = ANSWERS[fault.kind](struck)
        if given is None:
            note("warning", "fault_without_effect", NO_ANSWER[fault.kind])
        elif real is not None:
            real.finish()
        return given

    def _wait(self, fault: Fault) -> None:
        if self._tenant is not None and self._tenant.faults.wait(fault, fault.params["delay_s"]):
            note("info", "fault_released", "the delay was called off")

    def _drain(self) -> None:
        """Read what the application left, unless the caller waits for leave to send it at all."""
        if self._input.ended:
            return
        unread_from = self._received.size_bytes
        drained = "HTTP_EXPECT" not in self._environ and self._input.drain()
        if not drained or self._received.size_bytes > unread_from:
            rest = "the rest was read and dropped" if drained else "the rest was left unread"
            note("info", "body_not_read", f"the application read {unread_from} bytes of the body; {rest}")

    def _reply(self, start_response: StartResponse) -> Any:
        answer = self._answer
        self._sent.copier = self._recorder.copier(
            answer.header("Content-Type") or "", answer.header("Content-Encoding") or ""
        )
        if self._request.headers.get(EVIDENCE_HEADER) == "1":
            answer.set_header(EVIDENCE_HEADER, _listed(self.running))
        length = answer.length
        if length is not None and length <= _SMALL_BYTES:
            pieces = list(answer.body)
            if sum(map(len, pieces)) == length or self._bodyless():
                return self._at_once(pieces, start_response)
            # The server would trust Content-Length and leave the caller waiting; as a stream it breaks off.
            answer.body = iter(pieces)
        start_response(answer.status, answer.headers)
        return _Watched(self, answer)

    def _at_once(self, pieces: list[bytes], start_response: StartResponse) -> list[bytes]:
        for piece in pieces:
            self._sent.feed(piece)
        self._record(complete=True)
        self.close()
        start_response(self._answer.status, self._answer.headers)
        return pieces

    def _bodyless(self) -> bool:
        return self._request.method == "HEAD" or self._answer.status[:3] in {"204", "304"}

    def pull(self, body: Iterator[bytes]) -> bytes:
        """The next piece of the reply. Filed in the journal before the caller can see the last byte."""
        set_running_exchange(self.running)
        try:
            piece = next(body)
        except StopIteration:
            self._record(complete=True)
            if not self._sent.complete:
                # A body that ends too soon makes the server drop what it has not sent yet, head included.
                threading.Event().wait(_FLUSH_S)
            raise
        except BaseException as exc:
            self._failed = True
            note("error", "mock_failed", f"while sending the body: {type(exc).__name__}: {exc}")
            self._record(complete=False)
            raise
        finally:
            set_running_exchange(None)
        self._sent.feed(piece)
        length = self._answer.length
        if length is not None and self._sent.size_bytes >= length:
            self._record(complete=True)
        return piece

    def close(self) -> None:
        """Both ways are over: the application tidies up, the slot is free."""
        if self._released:
            return
        self._released = True
        try:
            self._answer.close()
        finally:
            self._record(complete=False)
            self._release()

    def _record(self, *, complete: bool) -> None:
        if self._recorded:
            return
        self._recorded = True
        length = self._answer.length
        self._sent.complete = self._bodyless() or (complete and self._sent.size_bytes >= (length or 0))
        if not self._sent.complete:
            self.running.notes.append(_broken_off(self._sent.size_bytes, length))
        masker, request = self._journal.masker, self._request
        self._journal.add(
            Exchange(
                method=request.method,
                url=_url(request),
                host=request.host,
                status=int(self._answer.status[:3]),
                at=self._at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                duration_ms=round((time.perf_counter() - self._started) * 1000, 3),
                request_headers=dict(request.headers.items()),
                request=self._received.note(masker, request.headers.get("Content-Encoding", "")),
                response_headers=_joined(self._answer.headers),
                response=self._sent.note(masker, self._answer.header("Content-Encoding") or ""),
                notes=self.running.notes,
                fault=", ".join(self.running.faults) or None,
                evidence=list(self.running.evidence),
            )
        )
        if self._recorder:
            self._testify()

    def _testify(self) -> None:
        masker, request = self._journal.masker, self._request
        captured = CapturedExchange(
            mock=self._mock_name,
            tenant=self._tenant.name if self._tenant is not None else None,
            method=request.method,
            url=masker.shaped(_url(request)),
            host=request.host,
            status=int(self._answer.status[:3]),
            request_headers=[(name, masker.shaped_header(name, value)) for name, value in request.headers.items()],
            response_headers=[(name, masker.shaped_header(name, value)) for name, value in self._answer.headers],
            fault=", ".join(self.running.faults) or None,
            failed=self._failed,
        )
        if self._received.copier is not None:
            captured.request = self._received.copier.copy(self._received, masker)
        if self._sent.copier is not None:
            captured.response = self._sent.copier.copy(self._sent, masker)
        self._recorder.tell(captured)


class _Watched:
    """The reply's body as the server pulls it."""

    def __init__(self, passage: Passage, answer: Answer) -> None:
        self._passage = passage
        self._body = answer.body

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return self._passage.pull(self._body)

    def close(self) -> None:
        self._passage.close()


def _listed(running: RunningExchange) -> str:
    """``id;label=documented, id;label=assumed``: a list of tokens with parameters (RFC 8941); whole items only."""
    items = [f"{each};label={running.labels[each]}" for each in running.evidence]
    while len(", ".join(items)) > _EVIDENCE_HEADER_CHARS:
        items.pop()
    return ", ".join(items)


def _broken_off(sent_bytes: int, length: int | None) -> Note:
    promised = "no length was declared" if length is None else f"{length} were declared"
    return Note("warning", "reply_broke_off", f"the reply ended after {sent_bytes} bytes; {promised}")


def _joined(headers: Headers) -> dict[str, str]:
    """A header sent twice shows both values."""
    shown: dict[str, str] = {}
    for name, value in headers:
        shown[name] = f"{shown[name]}, {value}" if name in shown else value
    return shown


def _url(request: Request) -> str:
    """Path and query as the caller wrote them, as far as WSGI tells."""
    query = request.query_string.decode("latin-1")
    path = quote(request.path, safe=_PATH_SAFE)
    return f"{path}?{query}" if query else path
