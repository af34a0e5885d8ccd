"""``$batch`` envelopes: cutting a multipart body on disk into requests, writing the multipart reply.

A part ends at its delimiter, its Content-Length is ignored: the developer guide's samples declare far too
much, and a JavaScript client for C4C (light-odata) too little.

Sources: OData 2.0 batch-processing; C4C developer guide; recorded replies in light-odata's tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, TypeAlias

from c4c_mock.model.errors import BadRequest
from c4c_mock.model.shown import shown
from mock_kit.http.pieces import PIECE_BYTES, pieces_of

_HEAD_MAX_BYTES = 64 * 1024
_LINE_MAX_BYTES = 1024 * 1024
_BOUNDARY = re.compile(r'multipart/mixed\s*;.*?boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)
_REQUEST_LINE = re.compile(r"(?P<method>[A-Z]+) (?P<url>\S.*?)(?: HTTP/1\.[01])?")
_BLANK = re.compile(rb"\r?\n\r?\n")


class _View:
    """A file that is searched and sliced like bytes, a piece at a time: a memory map would count as memory."""

    def __init__(self, file: BinaryIO, size_bytes: int) -> None:
        self._file = file
        self._size = size_bytes

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, span: slice) -> bytes:
        start, stop, _ = span.indices(self._size)
        self._file.seek(start)
        return self._file.read(max(0, stop - start))

    def find(self, wanted: bytes, start: int, stop: int) -> int:
        """Where ``wanted`` begins within ``start`` and ``stop``; -1 when it is not there."""
        overlap = len(wanted) - 1
        while start + overlap < stop:
            piece = self[start : min(stop, start + PIECE_BYTES + overlap)]
            at = piece.find(wanted)
            if at >= 0:
                return start + at
            start += PIECE_BYTES
        return -1


@dataclass(frozen=True, kw_only=True)
class PartRequest:
    """One request of a batch; its body lies in the spooled envelope.

    Attributes:
        url: as written, relative or absolute.
        headers: by lower-case name; those of the part's envelope (Content-ID) included.
        start, stop: where the body lies in the file.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    path: Path
    start: int
    stop: int

    def pieces(self) -> Iterator[bytes]:
        """The body, 256 KiB at a time."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            yield from pieces_of(file, self.stop - self.start)


@dataclass(frozen=True)
class ChangeSet:
    """Requests that succeed or fail together."""

    requests: list[PartRequest]


BatchItem: TypeAlias = PartRequest | ChangeSet


def boundary_of(content_type: str) -> str:
    """The boundary of a multipart/mixed body. Raises BadRequest."""
    found = _BOUNDARY.match(content_type.strip())
    if found is None:
        raise BadRequest("$batch: expected Content-Type multipart/mixed with a boundary")
    return str(found[1] or found[2])


def parse_batch(path: Path, boundary: str) -> list[BatchItem]:
    """Cut a spooled envelope. Raises BadRequest for anything that is no batch."""
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise BadRequest("$batch: the body is empty")
    with path.open("rb") as file:
        view = _View(file, size_bytes)
        return [_item(view, path, *span) for span in _parts(view, 0, len(view), boundary)]


def _parts(view: _View, start: int, stop: int, boundary: str) -> list[tuple[int, int]]:
    """Spans between delimiter lines. Raises BadRequest when the closing delimiter is missing."""
    delimiter = b"--" + boundary.encode()
    spans: list[tuple[int, int]] = []
    begin = -1
    at = view.find(delimiter, start, stop)
    while at >= 0:
        after = at + len(delimiter)
        follows = view[after : min(after + 2, stop)]
        if (at > start and view[at - 1 : at] != b"\n") or follows[:1] not in {b"\r", b"\n", b"-", b" ", b""}:
            at = view.find(delimiter, after, stop)
            continue
        if begin >= 0:
            spans.append((begin, _before_newline(view, at)))
        if follows == b"--":
            return spans
        newline = view.find(b"\n", after, stop)
        begin = stop if newline < 0 else newline + 1
        at = view.find(delimiter, begin, stop)
    raise BadRequest(f"$batch: no closing delimiter --{boundary}--")


def _before_newline(view: _View, at: int) -> int:
    at -= view[at - 1 : at] == b"\n"
    return at - (view[at - 1 : at] == b"\r")


def _item(view: _View, path: Path, start: int, stop: int) -> BatchItem:
    headers, at = _head(view, start, stop)
    kind = headers.get("content-type", "")
    if kind.lower().startswith("multipart/mixed"):
        spans = _parts(view, at, stop, boundary_of(kind))
        items = [_item(view, path, *span) for span in spans]
        requests = [i for i in items if isinstance(i, PartRequest)]
        if len(requests) < len(items):
            raise BadRequest("$batch: a change set cannot contain another change set")
        return ChangeSet(requests)
    if not kind.lower().startswith("application/http"):
        raise BadRequest(f"$batch: a part needs Content-Type application/http, found {kind or '(none)'}")
    return _request(view, path, headers, at, stop)


def _head(view: _View, start: int, stop: int) -> tuple[dict[str, str], int]:
    """Header lines up to the blank line, by lower-case name, and where the rest begins."""
    if view[start : start + 2] == b"\r\n" or view[start : start + 1] == b"\n":
        return {}, start + (2 if view[start : start + 1] == b"\r" else 1)
    top = view[start : min(stop, start + _HEAD_MAX_BYTES)]
    found = _BLANK.search(top)
    if found is None and stop - start > _HEAD_MAX_BYTES:
        raise BadRequest(f"$batch: a part's headers are longer than {_HEAD_MAX_BYTES} bytes")
    end, after = (found.start(), start + found.end()) if found else (len(top), stop)
    headers: dict[str, str] = {}
    for line in top[:end].decode("latin-1").splitlines():
        name, colon, value = line.partition(":")
        if line.strip() and not colon:
            raise BadRequest(f"$batch: cannot read header line {shown(line)}")
        headers[name.strip().lower()] = value.strip()
    return headers, after


def _request(view: _View, path: Path, outer: dict[str, str], start: int, stop: int) -> PartRequest:
    most = min(stop, start + _LINE_MAX_BYTES)
    newline = view.find(b"\n", start, most)
    line = view[start : most if newline < 0 else newline].decode("latin-1").strip()
    found = _REQUEST_LINE.fullmatch(line)
    if found is None:
        raise BadRequest(f"$batch: cannot read request line {shown(line)}")
    headers, at = _head(view, stop if newline < 0 else newline + 1, stop)
    content_id = {n: v for n, v in outer.items() if n == "content-id"}
    return PartRequest(
        method=found["method"], url=found["url"], headers={**content_id, **headers}, path=path, start=at, stop=stop
    )


@dataclass
class Multipart:
    """A multipart body in pieces; its length is known before it is sent."""

    boundary: str
    _pieces: list[Iterable[bytes]] = field(default_factory=list)
    length: int = 0

    def add_answer(self, status: int, headers: Mapping[str, str], body: Iterable[bytes], length: int) -> None:
        """Append one HTTP answer as a part."""
        lines = [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(
            [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *lines, f"Content-Length: {length}", "", ""]
        )
        whole = len(head.encode()) + length
        kind = f"Content-Type: application/http\r\nContent-Length: {whole}\r\nContent-Transfer-Encoding: binary"
        self._open(f"{kind}\r\n\r\n{head}")
        self._take(body, length)
        self._text("\r\n")

    def add_multipart(self, inner: Multipart) -> None:
        """Append the answers of a change set."""
        inner.close()
        self._open(
            f"Content-Type: multipart/mixed; boundary={inner.boundary}\r\nContent-Length: {inner.length}\r\n\r\n"
        )
        self._take(inner, inner.length)
        self._text("\r\n")

    def close(self) -> None:
        """Write the closing delimiter."""
        self._text(f"--{self.boundary}--\r\n")

    def _open(self, text: str) -> None:
        self._text(f"--{self.boundary}\r\n{text}")

    def _text(self, text: str) -> None:
        raw = text.encode()
        self._take([raw], len(raw))

    def _take(self, pieces: Iterable[bytes], length: int) -> None:
        self._pieces.append(pieces)
        self.length += length

    def __iter__(self) -> Iterator[bytes]:
        for pieces in self._pieces:
            yield from pieces
