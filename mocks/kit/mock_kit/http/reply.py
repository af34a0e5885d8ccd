"""A reply between the application and the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]


def _nothing_to_close() -> None:
    pass


@dataclass
class WsgiReply:
    """Status line, headers and a body that is still to be pulled; ``close`` ends the application's work."""

    status: str
    headers: Headers
    body: Iterator[bytes]
    close: Callable[[], None] = _nothing_to_close

    @property
    def length(self) -> int | None:
        """The declared Content-Length in bytes."""
        value = self.header("Content-Length")
        return int(value) if value is not None and value.isdigit() else None

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def set_header(self, name: str, value: str) -> None:
        """Replace every header of that name."""
        self.drop_header(name)
        self.headers.append((name, value))

    def drop_header(self, name: str) -> None:
        """Remove every header of that name."""
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]

    def finish(self) -> int:
        """Let the application do all its work, and drop its body. Returns the body's size in bytes."""
        try:
            return sum(map(len, self.body))
        finally:
            self.close()


def call_application(application: WSGIApplication, environ: WSGIEnvironment) -> WsgiReply:
    """Call a WSGI application; it calls ``start_response`` at once, as Flask does, or at its first piece."""
    started: list[Any] = []

    def start_response(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:  # noqa: ARG001
        started[:] = [status, headers]
        return _no_write

    result = application(environ, start_response)
    body = iter(result)
    if not started:
        body = chain([next(body, b"")], body)
    return WsgiReply(started[0], list(started[1]), body, getattr(result, "close", _nothing_to_close))


def _no_write(_: bytes) -> object:
    raise NotImplementedError("the kit hands bodies over as iterables only")
