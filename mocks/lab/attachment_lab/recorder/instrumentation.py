"""Instrumentation inside a process: records what httpx sends and what the service's API receives.

A mock's recorder records the receiver's end of an exchange. The instrumentation records the sender's end, wherever
httpx sends (service, orchestration mock, lab), as sizes and digests only. Exchanges of the service's own API are
captured whole, masked by the names of headers and members. Nothing is written to disk: records go to the lab's
``Collector``.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Protocol

import httpx
from flask import Flask

from mock_kit.journal import BodyDigest
from mock_kit.journal.bodies import BodyCopier
from mock_kit.journal.masking import Masker
from mock_kit.journal.recorder import CapturedExchange
from mock_kit.mock import is_control

VARIABLE = "ATTACHMENT_LAB_INSTRUMENTATION"
#: The service's applications by their Flask import names.
APPLICATIONS = {"attachment_transfer.ingress": "service", "attachment_transfer.worker": "worker"}
_MASKER = Masker()
_lock = threading.Lock()


@dataclass
class Digest:
    """Size and digest of a body; ``complete`` False if it broke off, or its reader stopped."""

    size_bytes: int = 0
    sha256: str = ""
    complete: bool = False


@dataclass
class Sent:
    """The sender's end of an exchange.

    Attributes:
        host: of the Host header; ``at`` is the address (host:port) that the request was sent to.
        status: 0 if there was no reply.
        error: type of the exception in place of a reply.
    """

    who: str
    method: str
    host: str
    path: str
    status: int = 0
    error: str = ""
    request: Digest = field(default_factory=Digest)
    answer: Digest = field(default_factory=Digest)
    at: str = ""


class Sink(Protocol):
    """Where records go."""

    def begun(self) -> None:
        """An exchange has begun."""

    def sent(self, record: Sent) -> None:
        """The sender's end of it has ended."""

    def received(self, captured: dict[str, Any]) -> None:
        """The receiver's end of it has ended."""


class SocketSink:
    """Sends each record as a line of JSON to the collector; one connection per process, opened when first needed."""

    def __init__(self, address: str) -> None:
        """``address`` is ``host:port:key``."""
        self._host, port, self._key = address.split(":")
        self._port = int(port)
        self._lock = threading.Lock()
        self._connection: tuple[int, socket.socket] | None = None

    def begun(self) -> None:
        """See ``Sink``. The line is sent before the exchange continues, so a process killed then has reported it."""
        self._write({"kind": "begun"})

    def sent(self, record: Sent) -> None:
        """See ``Sink``."""
        self._write({"kind": "sent", "record": asdict(record)})

    def received(self, captured: dict[str, Any]) -> None:
        """See ``Sink``."""
        self._write({"kind": "received", "record": captured})

    def _write(self, line: Mapping[str, Any]) -> None:
        with self._lock:
            try:
                self._connected().sendall(json.dumps(line).encode() + b"\n")
            except OSError:
                self._connection = None  # the lab has ended: nothing checks the records any more

    def _connected(self) -> socket.socket:
        if self._connection is None or self._connection[0] != os.getpid():
            opened = socket.create_connection((self._host, self._port), timeout=5)
            opened.sendall(self._key.encode() + b"\n")
            self._connection = (os.getpid(), opened)
        return self._connection[1]


def install_from_environment() -> None:
    """Instrument this process; ``ATTACHMENT_LAB_INSTRUMENTATION`` is ``name=host:port:key``."""
    who, _, address = os.environ[VARIABLE].partition("=")
    sink = SocketSink(address)
    instrument_httpx(who, sink)
    if who == "service":
        instrument_flask(sink)


def instrument_httpx(who: str, sink: Sink) -> Callable[[], None]:
    """Report everything that httpx sends to ``sink``; returns the function that ends it."""
    listener = (who, sink)
    with _lock:
        if not _listeners:
            httpx.HTTPTransport.handle_request = _handle_request  # type: ignore[method-assign,assignment]
        _listeners.append(listener)

    def end() -> None:
        with _lock:
            if listener in _listeners:
                _listeners.remove(listener)
            if not _listeners:
                httpx.HTTPTransport.handle_request = _original  # type: ignore[method-assign]

    return end


_original = httpx.HTTPTransport.handle_request
_listeners: list[tuple[str, Sink]] = []


def _handle_request(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
    send: Callable[[], httpx.Response] = lambda: _original(transport, request)  # noqa: E731
    if not is_control(request.url.path):
        for who, sink in list(_listeners):
            send = partial(_sent, who, sink, request, send)
    return send()


class _Counted(httpx.SyncByteStream):
    """A body that is counted while it is read; ``over`` is called once, at its end or when its reader stops."""

    def __init__(self, inner: Any, over: Callable[[Digest], None]) -> None:
        self._inner = inner
        self._over: Callable[[Digest], None] | None = over
        self._digest, self._size, self._ended = hashlib.sha256(), 0, False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._inner:
            self._size += len(piece)
            self._digest.update(piece)
            yield piece
        self._ended = True

    def close(self) -> None:
        """The reader has finished."""
        if hasattr(self._inner, "close"):
            self._inner.close()
        if self._over is not None:
            over, self._over = self._over, None
            over(self.digest)

    @property
    def digest(self) -> Digest:
        """Size and digest of what has been read so far."""
        return Digest(self._size, self._digest.hexdigest(), self._ended)


def _sent(who: str, sink: Sink, request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
    path, at = request.url.raw_path.decode("ascii"), request.url.netloc.decode("ascii")
    record = Sent(who, request.method, request.headers.get("host", ""), path, at=at)
    asked = _Counted(request.stream, lambda _: None)
    request.stream = asked
    sink.begun()
    try:
        response = send()
    except BaseException as exc:
        record.error, record.request = type(exc).__name__, asked.digest
        sink.sent(record)
        raise

    def over(answer: Digest) -> None:
        record.status, record.request, record.answer = response.status_code, asked.digest, answer
        sink.sent(record)

    response.stream = _Counted(response.stream, over)
    return response


def instrument_flask(sink: Sink) -> None:
    """Report every exchange of the service's applications to ``sink``, for the rest of this process."""
    original = Flask.__call__

    def call(app: Flask, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        who = APPLICATIONS.get(app.import_name)
        if who is None:
            return original(app, environ, start_response)
        return _served(who, sink, environ, start_response, lambda start: original(app, environ, start))

    Flask.__call__ = call  # type: ignore[method-assign,assignment]


class _Input:
    """``wsgi.input`` that passes what the application reads to a ``BodyDigest``; it reads nothing on its own."""

    def __init__(self, inner: Any, body: BodyDigest) -> None:
        self._inner = inner
        self._body = body

    def read(self, size: int = -1) -> bytes:
        """As the inner one."""
        return self._fed(self._inner.read(size))

    def readline(self, size: int = -1) -> bytes:
        """As the inner one."""
        return self._fed(self._inner.readline(size))

    def _fed(self, piece: bytes) -> bytes:
        self._body.feed(piece)
        return piece


def _served(
    who: str, sink: Sink, environ: dict[str, Any], start_response: Any, serve: Callable[[Any], Iterable[bytes]]
) -> Iterable[bytes]:
    asked, answered = BodyDigest(), BodyDigest()
    asked.copier = BodyCopier(environ.get("CONTENT_TYPE", ""), environ.get("HTTP_CONTENT_ENCODING", ""))
    environ["wsgi.input"] = _Input(environ["wsgi.input"], asked)
    started: list[Any] = ["500 nothing sent", []]

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started[:] = [status, headers]
        return start_response(status, headers, exc_info)

    sink.begun()
    pieces = serve(start)
    try:
        content = b"".join(pieces)
    finally:
        getattr(pieces, "close", lambda: None)()
    headers = {name.lower(): value for name, value in started[1]}
    answered.copier = BodyCopier(headers.get("content-type", ""), headers.get("content-encoding", ""))
    answered.feed(content)
    sink.received(_captured(who, environ, started, asked, answered).to_dict())
    return [content]


def _captured(
    who: str, environ: Mapping[str, Any], started: list[Any], asked: BodyDigest, answered: BodyDigest
) -> CapturedExchange:
    declared = environ.get("CONTENT_LENGTH") or "0"
    asked.complete = "HTTP_TRANSFER_ENCODING" in environ or asked.size_bytes >= int(declared)
    query = environ.get("QUERY_STRING", "")
    captured = CapturedExchange(
        mock=who,
        tenant=None,
        method=environ["REQUEST_METHOD"],
        url=_MASKER.shaped(environ["PATH_INFO"] + (f"?{query}" if query else "")),
        host=environ.get("HTTP_HOST", ""),
        status=int(started[0][:3]),
        request_headers=[(name, _MASKER.shaped_header(name, value)) for name, value in _headers(environ)],
        response_headers=[(name, _MASKER.shaped_header(name, value)) for name, value in started[1]],
    )
    if asked.copier is not None and answered.copier is not None:
        captured.request = asked.copier.copy(asked, _MASKER)
        captured.response = answered.copier.copy(answered, _MASKER)
    return captured


def _headers(environ: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value
    if environ.get("CONTENT_TYPE"):
        yield "content-type", environ["CONTENT_TYPE"]
