"""Bodies and files in pieces: nothing is ever in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

PIECE_BYTES = 256 * 1024


class _Readable(Protocol):
    """A file, or a request's stream."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""


def pieces_of(stream: _Readable, most_bytes: int | None = None) -> Iterator[bytes]:
    """What follows in ``stream``, at most ``most_bytes`` (None: to its end), in pieces of at most 256 KiB."""
    left = most_bytes
    while left is None or left > 0:
        piece = stream.read(PIECE_BYTES if left is None else min(PIECE_BYTES, left))
        if not piece:
            return
        left = None if left is None else left - len(piece)
        yield piece
