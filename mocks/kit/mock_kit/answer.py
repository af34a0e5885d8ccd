"""A reply between the application and the wire, and the faults that change it on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, Any

from mock_kit.faults import Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]


def _nothing_to_close() -> None:
    pass


@dataclass
class Answer:
    """Status line, headers and a body that is still to be pulled; ``close`` lets the application tidy up."""

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
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()] + [(name, value)]

    def finish(self) -> None:
        """Let the application do all its work, and forget what it says."""
        try:
            for _ in self.body:
                pass
        finally:
            self.close()


def ask(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """Call a WSGI application; it calls ``start_response`` at once, as Flask does, or at its first piece."""
    started: list[Any] = []

    def start_response(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:  # noqa: ARG001
        started[:] = [status, headers]
        return _no_write

    result = application(environ, start_response)
    body = iter(result)
    if not started:
        body = chain([next(body, b"")], body)
    return Answer(started[0], list(started[1]), body, getattr(result, "close", _nothing_to_close))


def _no_write(_: bytes) -> object:
    raise NotImplementedError("the kit hands bodies over as iterables only")


def planned(fault: Fault) -> Answer:
    """The answer that a ``status`` fault gives in place of the application's."""
    code, text = fault.params["status"], fault.params["body"].encode()
    phrase = HTTPStatus(code).phrase if code in HTTPStatus._value2member_map_ else "Planned"
    if code in {204, 304}:
        return Answer(f"{code} {phrase}", list(fault.params["headers"].items()), iter(()))
    answer = Answer(f"{code} {phrase}", [("Content-Type", fault.params["content_type"])], iter([text]))
    answer.headers.append(("Content-Length", str(len(text))))
    for name, value in fault.params["headers"].items():
        answer.set_header(name, value)
    return answer


def _flip_byte(answer: Answer, fault: Fault) -> str | None:
    """Change one byte of the body, Content-Length intact; returns why not, if it cannot be."""
    at, length = fault.params["offset"], answer.length
    if at < 0 and length is None:
        return "the reply declares no length to count from its end"
    at = at if at >= 0 else (length or 0) + at
    if at < 0 or (length is not None and at >= length):
        return f"the reply has only {length} bytes"
    answer.body = _flipped(answer.body, at, fault.params["xor"])
    return None


def _flipped(body: Iterator[bytes], at: int, xor: int) -> Iterator[bytes]:
    for piece in body:
        if 0 <= at < len(piece):
            yield piece[:at] + bytes((piece[at] ^ xor,)) + piece[at + 1 :]
        else:
            yield piece
        at -= len(piece)


def _truncate(answer: Answer, fault: Fault) -> str | None:
    keep, length = fault.params["keep_bytes"], answer.length
    answer.body = _first(answer.body, keep)
    if fault.params["content_length"] == "fixed" and length is not None:
        answer.set_header("Content-Length", str(min(keep, length)))
    return None if length is None or keep < length else f"the reply has only {length} bytes"


def _first(body: Iterator[bytes], keep: int) -> Iterator[bytes]:
    for piece in body:
        yield piece[:keep]
        keep -= len(piece)
        if keep <= 0:
            return


def _wrong_type(answer: Answer, fault: Fault) -> str | None:
    answer.set_header("Content-Type", fault.params["content_type"])
    return None


#: Faults that change a reply in place. Each returns None, or why it had no effect.
CHANGES: dict[str, Callable[[Answer, Fault], str | None]] = {
    "flip_byte": _flip_byte,
    "truncate_body": _truncate,
    "wrong_type": _wrong_type,
}
