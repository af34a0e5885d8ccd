"""A JSON body read as a stream: every ``"Binary": "…"`` goes decoded to disk, the rest to ``json.loads``.

The scanner only finds where strings begin and end. What remains after the long strings are replaced by
short numbers (the *skeleton*) is parsed by a real JSON parser, which checks syntax, escapes and
nesting. Memory is bounded by the piece size plus the skeleton's cap, for a body of any size.

Since every string under a ``Binary`` member is extracted, a string that the parser finds there is always
the number of a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol

from c4c_mock.model.errors import BadRequest
from mock_kit.tenants.spool import Blob

MEMBER = "Binary"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_BACKSLASH = ord("\\")


class BinarySink(Protocol):
    """Where the characters of one file go."""

    def feed(self, piece: bytes) -> None:
        """Take the next characters."""

    def finish(self) -> Blob:
        """The text is complete."""

    def abort(self) -> None:
        """The text will not be completed."""


class BodyScanner:
    """Feed it pieces in order, then call ``finish``; call ``abort`` when the body breaks off.

    Attributes:
        blobs: the files extracted so far.
        skeleton: the rest so far; members that came early can be read in it.
    """

    def __init__(self, open_sink: Callable[[], BinarySink], *, skeleton_max_bytes: int) -> None:
        self._open_sink = open_sink
        self._cap = skeleton_max_bytes
        self._state: Callable[[bytes, int], int] = self._outside
        self._last = b""  # last character outside strings that is no white space
        self._string_at = 0
        self._key = ""
        self._escape = b""  # an unfinished escape sequence
        self._sink: BinarySink | None = None
        self.skeleton = bytearray()
        self.blobs: list[Blob] = []

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the body. Raises BadRequest (bad Base64, too much besides the files)."""
        at = 0
        while at < len(piece):
            at = self._state(piece, at)
            if len(self.skeleton) > self._cap:
                raise BadRequest(f"Request body too large: {self._cap} bytes besides Binary are allowed")

    def finish(self) -> Any:
        """The parsed body. Raises BadRequest when it is no JSON, is not UTF-8 or names a member twice."""
        if self._sink is not None:
            raise BadRequest("Unexpected end of the request body inside Binary")
        try:
            value = json.loads(
                self.skeleton.decode("utf-8"),
                object_pairs_hook=_no_duplicates,
                parse_float=Decimal,
                parse_constant=_no_constant,
            )
            if _SURROGATE.search(self.skeleton):
                json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")  # half a character: ValueError
            return value
        except (ValueError, RecursionError) as exc:
            if isinstance(exc, json.JSONDecodeError):
                raise BadRequest(f"Invalid token at position {exc.pos + 1}") from exc
            raise BadRequest(f"Request body is no valid JSON: {_reason(exc)}") from exc

    def abort(self) -> None:
        """Delete the file that is being written; finished ones are in ``blobs``."""
        if self._sink is not None:
            self._sink.abort()
            self._sink = None

    def _outside(self, piece: bytes, at: int) -> int:
        end = piece.find(b'"', at)
        stop = len(piece) if end < 0 else end
        self._note_last(piece[at:stop])
        self.skeleton += piece[at:stop]
        if end < 0:
            return stop
        self.skeleton += b'"'
        self._string_at = len(self.skeleton)
        if self._last == b":" and self._key == MEMBER:
            self._sink = self._open_sink()
            self._state = self._in_binary
        else:
            self._state = self._in_string
        return end + 1

    def _note_last(self, between: bytes) -> None:
        stripped = between.rstrip(b" \t\r\n")
        if stripped:
            self._last = stripped[-1:]

    def _in_string(self, piece: bytes, at: int) -> int:
        if self._escape:
            self.skeleton.append(piece[at])
            self._escape = b""
            return at + 1
        stop = _string_stop(piece, at)
        self.skeleton += piece[at : stop + 1]
        if stop == len(piece):
            return stop
        if piece[stop] == _BACKSLASH:
            self._escape = b"\\"
        else:
            self._end_string()
        return stop + 1

    def _end_string(self) -> None:
        raw = bytes(self.skeleton[self._string_at - 1 :])
        self._key = _decoded(raw) if len(raw) <= 256 else ""
        self._last = b'"'
        self._state = self._outside

    def _in_binary(self, piece: bytes, at: int) -> int:
        assert self._sink is not None
        if self._escape:
            return self._in_escape(piece, at, self._sink)
        stop = _string_stop(piece, at)
        if stop > at:
            self._sink.feed(piece[at:stop])
        if stop == len(piece):
            return stop
        if piece[stop] == _BACKSLASH:
            self._escape = b"\\"
        else:
            self._end_binary(self._sink)
        return stop + 1

    def _in_escape(self, piece: bytes, at: int, sink: BinarySink) -> int:
        self._escape += piece[at : at + 1]
        wanted = 6 if self._escape[1:2] == b"u" else 2
        if len(self._escape) == wanted:
            text = _decoded(b'"' + self._escape + b'"') or "\x00"
            sink.feed(text.encode("utf-8", "surrogatepass"))
            self._escape = b""
        return at + 1

    def _end_binary(self, sink: BinarySink) -> None:
        self.blobs.append(sink.finish())
        self._sink = None
        self.skeleton += b'%d"' % (len(self.blobs) - 1)
        self._last = b'"'
        self._state = self._outside


def _string_stop(piece: bytes, at: int) -> int:
    """Where the first quote or backslash stands; the end of the piece if there is none."""
    quote = piece.find(b'"', at)
    stop = len(piece) if quote < 0 else quote
    backslash = piece.find(b"\\", at, stop)
    return stop if backslash < 0 else backslash


def _decoded(raw: bytes) -> str:
    """The text of a quoted JSON string; empty when it is none."""
    try:
        text = json.loads(raw)
    except ValueError:
        return ""
    return text if isinstance(text, str) else ""


def _reason(exc: Exception) -> str:
    """What is wrong with a body that the parser rejects for another reason than its syntax."""
    if isinstance(exc, RecursionError):
        return "it is nested too deeply"
    if isinstance(exc, UnicodeDecodeError):
        return f"byte {exc.start + 1} is no UTF-8"
    if isinstance(exc, UnicodeEncodeError):
        return "an escape names half a character"
    return "a number has too many digits"


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadRequest(f"Property {twice} is given twice")
    return found


def _no_constant(text: str) -> Any:
    raise BadRequest(f"Request body is no valid JSON: {text} is no value")
