"""Between the HTTP server and Flask: headers as they came, a body that is bounded, an answer in time.

WSGI servers join repeated headers by a comma, so that ``x-cmi-password: a`` sent twice is the password ``a,a``. The
server therefore speaks ASGI, which passes every header line on. This layer notes the names that came more than once
and gives Flask, in a thread, the environment that WSGI asks for (PEP 3333).
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

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

#: In the environment: names of headers, in lower case, that came more than once.
REPEATED_HEADERS = "attachment_transfer.repeated_headers"
#: In the environment: monotonic seconds at which the whole request was there.
ARRIVED_AT_S = "attachment_transfer.arrived_at_s"
#: A caller that needs longer to send its body is told so; Contact Pro sends some hundred bytes at once.
_BODY_WITHIN_S = 30.0
_log = structlog.get_logger(__name__)

Message = MutableMapping[str, Any]


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Serving:
    """An ASGI application around a WSGI application.

    Args:
        threads: requests that are handled at once; others wait for a thread.
        most_body_bytes: of a longer body one byte more is passed on, so that the application can refuse it.
        answer_within_s: seconds from the end of the request to its answer, whatever is slow.
    """

    def __init__(self, app: WSGIApplication, *, threads: int, most_body_bytes: int, answer_within_s: float) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._most_body_bytes = most_body_bytes
        self._answer_within_s = answer_within_s

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Serve one request."""
        try:
            async with asyncio.timeout(_BODY_WITHIN_S):
                body = await self._body(receive)
        except TimeoutError:
            answer: _Answer | None = _problem(408, "The request did not arrive in time", _SEND_AGAIN)
        else:
            answer = None if body is None else await self._answered(environment(scope, body))
        if answer is None:
            return  # the caller has gone before its request was whole
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _body(self, receive: Callable[[], Awaitable[Message]]) -> bytes | None:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self._most_body_bytes:
                return bytes(body[: self._most_body_bytes + 1])
            if not message.get("more_body"):
                return bytes(body)

    async def _answered(self, environ: WSGIEnvironment) -> _Answer:
        running = asyncio.get_running_loop().run_in_executor(self._threads, _run, self._app, environ)
        try:
            return await asyncio.wait_for(asyncio.shield(running), self._answer_within_s)
        except TimeoutError:
            # The thread goes on: what it records is recorded once, however often the caller repeats itself.
            _log.error("not answered in time", path=environ["PATH_INFO"], within_s=self._answer_within_s)
            return _problem(503, "The service does not answer in time", _UNKNOWN)


_SEND_AGAIN = "Nothing was kept; send it again."
_UNKNOWN = "Whether the request was recorded is not known. Send it again: a repeat is the same transfer."


def environment(scope: Message, body: bytes) -> WSGIEnvironment:
    """The WSGI environment of one request, with :data:`REPEATED_HEADERS` and :data:`ARRIVED_AT_S`."""
    # A name with an underscore would pass for the one with a dash: "x_cmi_password" for "x-cmi-password".
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
    """A header as characters: UTF-8 where it is that, so that a refusal names the character that was typed."""
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


def _problem(status: int, title: str, detail: str) -> _Answer:
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    headers = [("Content-Type", "application/problem+json"), ("Retry-After", "5")]
    return _Answer(status, headers, json.dumps(document).encode())
