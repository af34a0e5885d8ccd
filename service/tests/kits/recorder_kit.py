"""The contract's recorder at the service's two ends: what it sends to its fakes, and what its own API answers.

Both ends of an exchange are in this process, so one capture is both. A fake that plans a failure says so in the
response's extensions (``{"fault": …}``) or by raising; its reply is exempt, the service's request is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import httpx
from flask import Flask

from attachment_contract.traffic import TrafficBody, TrafficCheck, TrafficExchange, TrafficMessage
from attachment_contract.traffic.exchange import headers_of
from attachment_contract.traffic.routes import neighbour_of

_APPLICATIONS = {"attachment_transfer.ingress": "service", "attachment_transfer.worker": "worker"}


@contextmanager
def heard(test: str, *, answers: bool = True) -> Iterator[TrafficCheck]:
    """Judge all traffic of the service in this process; AssertionError at the block's end if it is off the contract."""
    hearing = TrafficCheck(allow_unknown=True, responses=answers)
    send, serve = httpx.MockTransport.handle_request, Flask.__call__

    def sent(transport: httpx.MockTransport, request: httpx.Request) -> httpx.Response:
        return _sent(hearing, request, lambda: send(transport, request))

    def served(app: Flask, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        who = _APPLICATIONS.get(app.import_name)
        if who is None:  # a toy of a single test: nobody's end of any hop
            return serve(app, environ, start_response)
        return _served(hearing, who, environ, lambda start: serve(app, environ, start), start_response)

    with patch.object(httpx.MockTransport, "handle_request", sent), patch.object(Flask, "__call__", served):
        yield hearing
    told = hearing.report(test)
    assert not told, told


def _sent(hearing: TrafficCheck, request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
    request.read()
    try:
        response = send()
    except BaseException as exc:
        hearing.check(_outbound(request, httpx.Response(503), fault=type(exc).__name__))
        raise
    fault = response.extensions.get("fault")
    content = b""
    if not response.is_closed and not hasattr(response, "_content"):
        pieces = response.stream
        response.stream = _Tee(pieces, lambda read: hearing.check(_outbound(request, response, read, fault=fault)))
        return response
    content = response.content
    hearing.check(_outbound(request, response, content, fault=fault))
    return response


class _Tee(httpx.SyncByteStream):
    """Hands pieces on and reports them once the reader is done, or has gone away."""

    def __init__(self, inner: Any, report: Callable[[bytes | None], None]) -> None:
        self._inner = inner
        self._report = report
        self._read = bytearray()
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._inner:
            self._read += piece
            yield piece
        self._ended = True

    def close(self) -> None:
        """The reader is done."""
        self._inner.close()
        self._report(bytes(self._read) if self._ended else None)


class _TeeInput:
    """``wsgi.input`` that remembers what the application has read; it reads nothing by itself."""

    def __init__(self, inner: Any, environ: dict[str, Any]) -> None:
        self._inner = inner
        self._length = int(environ.get("CONTENT_LENGTH") or 0)
        self._chunked = "HTTP_TRANSFER_ENCODING" in environ
        self._read = bytearray()

    def read(self, size: int = -1) -> bytes:
        """As the inner one."""
        return self._kept(self._inner.read(size))

    def readline(self, size: int = -1) -> bytes:
        """As the inner one."""
        return self._kept(self._inner.readline(size))

    def _kept(self, piece: bytes) -> bytes:
        self._read += piece
        return piece

    def body(self) -> TrafficBody:
        """What came, and whether that was all."""
        return replace(TrafficBody.of(bytes(self._read)), complete=self._chunked or len(self._read) >= self._length)


def _outbound(
    request: httpx.Request, response: httpx.Response, content: bytes | None = b"", *, fault: str | None = None
) -> TrafficExchange:
    """``content`` None: the reader went away before the end."""
    target = request.url.raw_path.decode("ascii")
    return TrafficExchange(
        neighbour=neighbour_of(request.url.host, target),
        seen_by="the service, which sent it",
        method=request.method,
        host=request.url.host,
        target=target,
        request=TrafficMessage(headers=headers_of(request.headers.items()), body=TrafficBody.of(request.content)),
        status=response.status_code,
        response=TrafficMessage(
            headers=headers_of(response.headers.items()),
            body=TrafficBody(complete=False) if content is None else TrafficBody.of(content),
        ),
        fault=fault,
        sent_by_us=True,
    )


def _served(
    hearing: TrafficCheck,
    who: str,
    environ: dict[str, Any],
    serve: Callable[[Any], Iterable[bytes]],
    start_response: Any,
) -> Iterable[bytes]:
    asked = environ["wsgi.input"] = _TeeInput(environ["wsgi.input"], environ)
    started: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started[:] = [status, headers]
        return start_response(status, headers, exc_info)

    pieces = serve(start)
    content = b"".join(pieces)
    getattr(pieces, "close", lambda: None)()
    hearing.check(_inbound(who, environ, asked, started, content))
    return [content]


def _inbound(
    who: str, environ: dict[str, Any], asked: _TeeInput, started: list[Any], content: bytes
) -> TrafficExchange:
    status, headers = started
    sent = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
    sent |= {"content-type": environ["CONTENT_TYPE"]} if environ.get("CONTENT_TYPE") else {}
    query = environ.get("QUERY_STRING", "")
    return TrafficExchange(
        neighbour=who,
        seen_by=f"the {who}'s own API",
        method=environ["REQUEST_METHOD"],
        host=environ.get("HTTP_HOST", ""),
        target=environ["PATH_INFO"] + (f"?{query}" if query else ""),
        request=TrafficMessage(headers=headers_of(sent.items()), body=asked.body()),
        status=int(status[:3]),
        response=TrafficMessage(headers=headers_of(headers), body=TrafficBody.of(content)),
    )
