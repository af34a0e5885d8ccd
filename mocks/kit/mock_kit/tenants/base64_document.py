"""Documents with files in them as base64, written piece by piece; their length is known before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pybase64

from mock_kit.tenants.spool import Blob, read_blob


class Base64Document:
    """Text and files in their order. The files are read from disk while the document is sent."""

    def __init__(self, parts: Iterable[bytes | Blob] = ()) -> None:
        self._parts = list(parts)

    @property
    def length(self) -> int:
        """Content-Length in bytes."""
        sizes = (4 * ((part.size_bytes + 2) // 3) if isinstance(part, Blob) else len(part) for part in self._parts)
        return sum(sizes)

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, Blob):
                yield from base64_of(part)
            else:
                yield part


def with_files(text: str, mark: str, blobs: Iterable[Blob]) -> list[bytes | Blob]:
    """The parts of ``text`` with a file in place of each ``mark``."""
    first, *others = text.split(mark)
    parts: list[bytes | Blob] = [first.encode()]
    for blob, after in zip(blobs, others, strict=True):
        parts += [blob, after.encode()]
    return parts


def base64_of(blob: Blob) -> Iterator[bytes]:
    """The file as base64 in pieces."""
    carry = b""
    for piece in read_blob(blob):
        raw = carry + piece
        cut = len(raw) - len(raw) % 3
        carry = raw[cut:]
        yield pybase64.b64encode(raw[:cut])
    if carry:
        yield pybase64.b64encode(carry)
