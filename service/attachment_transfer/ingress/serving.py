"""Between the HTTP server and Flask: separate header lines, a bounded body, an answer in time.

WSGI servers join repeated headers by a comma, so that ``x-cmi-password: a`` sent twice is the password ``a,a``. The
server therefore speaks ASGI, which passes every header line on. This layer records the names that came more than once
and calls Flask, in a thread, with the environment of WSGI (PEP 3333).
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import structlog

from attachment_transfer.ingress.problems import ApiProblem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

#: In the environment: names of headers, in lower case, that came more than once.
REPEATED_HEADERS = "attachment_transfer.repeated_headers"
#: In the environment: monotonic seconds at which the whole request had arrived.
ARRIVED_AT_S = "attachment_transfer.arrived_at_s"
#: A caller that needs longer to send its body is answered 408; Contact Pro sends some hundred bytes at once.
_BODY_WITHIN_S = 30.0
#: A probe waits a few seconds for its answer; one that waits behind another for a hanging database is answered 503.
_PROBE_WITHIN_S = 2.0
#: Contact Pro's request has some hundred bytes. Two thousand strangers may send so much each before their tokens are
#: verified.
_A_STRANGERS_BODY_BYTES = 16_384
_log = structlog.get_logger(__name__)

Message = MutableMapping[str, Any]


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Serving:
    """An ASGI application around a WSGI application.

    ``/healthz`` is answered at once, whatever the threads do; the other probes have threads of their own. A body beyond
    a few kilobytes is read only for a caller whose token is good.

    Args:
        threads: requests that are handled at once; others wait for a thread.
        refuse_stranger: verifies the token of a request whose body is large, before it is read whole: raises
            :class:`ApiProblem`, or returns.
        most_body_bytes: of a longer body one byte more is passed on, so that the application can refuse it.
        answer_within_s: seconds from the end of the request to its answer, whatever is slow.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        threads: int,
        most_body_bytes: int,
        answer_within_s: float,
        refuse_stranger: Callable[[WSGIEnvironment], None] = lambda _environ: None,
    ) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._probe_threads = {
            path: ThreadPoolExecutor(1, thread_name_prefix="probe") for path in ("/readyz", "/metrics")
        }
        self._refuse_stranger = refuse_stranger
        self._most_body_bytes = most_body_bytes
        self._answer_within_s = answer_within_s

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Serve one request."""
        is_health = scope["raw_path"] == b"/healthz" and scope["method"] == "GET"
        answer = _WELL if is_health else await self._served(scope, receive)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _served(self, scope: Message, receive: Callable[[], Awaitable[Message]]) -> _Answer:
        try:
            async with asyncio.timeout(_BODY_WITHIN_S):
                body = await self._body(scope, receive)
        except TimeoutError:
            return _problem(408, "The request did not arrive in time", _SEND_AGAIN)
        except ApiProblem as problem:
            return _refusal(problem)
        return await self._answered(environment(scope, body))

    async def _body(self, scope: Message, receive: Callable[[], Awaitable[Message]]) -> bytes:
        body = bytearray()
        is_known = False
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":  # the server sends the same for a caller that has disconnected
                raise ApiProblem(
                    400, "The body cannot be read", "It is framed wrongly, or breaks off; nothing was recorded."
                )
            body += message.get("body", b"")
            if len(body) > _A_STRANGERS_BODY_BYTES and not is_known:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._threads, self._refuse_stranger, environment(scope, b""))
                is_known = True
            if len(body) > self._most_body_bytes:
                return bytes(body[: self._most_body_bytes + 1])
            if not message.get("more_body"):
                return bytes(body)

    async def _answered(self, environ: WSGIEnvironment) -> _Answer:
        threads = self._probe_threads.get(environ["PATH_INFO"], self._threads)
        within_s = self._answer_within_s if threads is self._threads else _PROBE_WITHIN_S
        running = asyncio.get_running_loop().run_in_executor(threads, _run, self._app, environ)
        try:
            return await asyncio.wait_for(asyncio.shield(running), within_s)
        except TimeoutError:
            # The thread continues: what it records is recorded once, however often the caller repeats the request.
            _log.error("not answered in time", path=environ["PATH_INFO"], within_s=within_s)
            return _problem(503, "The service does not answer in time", _UNKNOWN)


_WELL = _Answer(200, [("Content-Type", "application/json")], b'{"status":"ok"}\n')
_SEND_AGAIN = "Nothing was recorded; send it again."
_UNKNOWN = "Whether the request was recorded is not known. Send it again: a repeat is the same transfer."


def environment(scope: Message, body: bytes) -> WSGIEnvironment:
    """The WSGI environment of one request, with :data:`REPEATED_HEADERS` and :data:`ARRIVED_AT_S`."""
    # A name with an underscore would be taken for the one with a dash: "x_cmi_password" for "x-cmi-password".
    lines = [(_text(name).lower(), _text(value)) for name, value in scope["headers"] if b"_" not in name]
    host, port = (*(scope.get("server") or ()), None, None)[:2]
    return {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(host or "localhost"),
        "SERVER_PORT": str(port or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        REPEATED_HEADERS: frozenset(name for name, times in Counter(name for name, _ in lines).items() if times > 1),
        ARRIVED_AT_S: time.monotonic(),
        **_header_variables(lines),
    }


def _header_variables(lines: list[tuple[str, str]]) -> dict[str, str]:
    variables: dict[str, str] = {}
    for name, value in lines:
        key = name.replace("-", "_").upper()
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        variables[key] = f"{variables[key]},{value}" if key in variables else value
    return variables


def _text(raw: bytes) -> str:
    """A header as characters: UTF-8 where possible, so that a refusal names the character that was typed."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _run(app: WSGIApplication, environ: WSGIEnvironment) -> _Answer:
    head: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> Callable[..., object]:
        head[:] = [int(status.split(" ", 1)[0]), headers]
        return lambda _piece: None

    pieces: Iterable[bytes] = app(environ, start_response)
    try:
        body = b"".join(pieces)
    finally:
        if callable(close := getattr(pieces, "close", None)):
            close()
    return _Answer(head[0], head[1], body)


def _refusal(problem: ApiProblem) -> _Answer:
    answer = problem.answer()
    return _Answer(answer.status_code, list(answer.headers.items()), answer.get_data())


def _problem(status: int, title: str, detail: str) -> _Answer:
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    headers = [("Content-Type", "application/problem+json"), ("Retry-After", "5")]
    return _Answer(status, headers, json.dumps(document).encode())
