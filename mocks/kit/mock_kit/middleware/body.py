"""The request body on its way into the application: counted, hashed, perhaps corrupted, never kept."""

from __future__ import annotations

import io
from typing import Any

from werkzeug.exceptions import ClientDisconnected

from mock_kit.journal import BodyDigest

#: What the application left unread is read up to here, so that an early reply reaches the caller.
DRAIN_BYTES = 1024 * 1024
_PIECE_BYTES = 64 * 1024


class DigestedInput(io.RawIOBase):
    """``wsgi.input`` that feeds a digest. Ends at Content-Length, or where the server ends a chunked body."""

    def __init__(self, inner: Any, length: int | None, digest: BodyDigest) -> None:
        """``length`` is the declared Content-Length in bytes; None = the server marks the end."""
        self._inner = inner
        self._length = length
        self._digest = digest
        self._ended = length == 0
        self._flip: tuple[int, int] | None = None

    def flip(self, offset: int, xor: int) -> bool:
        """Corrupt the byte at ``offset`` (negative: from the end). False if there is no such byte."""
        if offset < 0 and self._length is None:
            return False
        at = offset if offset >= 0 else (self._length or 0) + offset
        if at < 0 or (self._length is not None and at >= self._length):
            return False
        self._flip = (at, xor)
        return True

    @property
    def ended(self) -> bool:
        """Whether the body was read to its end."""
        return self._ended

    @property
    def whole(self) -> bool:
        """Whether every byte came: the end was reached, and not before the declared length."""
        return self._ended and not self.left_bytes

    @property
    def left_bytes(self) -> int | None:
        """Bytes declared and not read yet; None if no length was declared."""
        return None if self._length is None else self._length - self._digest.size_bytes

    def readable(self) -> bool:
        """A body can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer``; 0 at the end. ClientDisconnected (400) if the body breaks off before its end."""
        if self._ended:
            return 0
        left = self.left_bytes
        piece = self._inner.read(len(buffer) if left is None else min(len(buffer), left))
        buffer[: len(piece)] = self._taken(piece)
        return len(piece)

    def read(self, size: int | None = -1, /) -> bytes:
        """At most ``size`` bytes; everything that is left for -1 or None."""
        if size is None or size < 0:
            return self.readall()
        if self._ended or size == 0:
            return b""
        left = self.left_bytes
        return self._taken(self._inner.read(size if left is None else min(size, left)))

    def readall(self) -> bytes:
        """Everything that is left."""
        return b"".join(iter(lambda: self.read(_PIECE_BYTES), b""))

    def _taken(self, piece: bytes) -> bytes:
        """Account for ``piece`` and corrupt it if planned. The digest sees what came over the wire."""
        start = self._digest.size_bytes
        self._digest.feed(piece)
        if not piece or self.left_bytes == 0:
            self._ended = True
        if not piece and self.left_bytes:
            raise ClientDisconnected
        if self._flip and start <= self._flip[0] < start + len(piece):
            at, xor = self._flip[0] - start, self._flip[1]
            piece = piece[:at] + bytes((piece[at] ^ xor,)) + piece[at + 1 :]
        return piece

    def drain(self) -> bool:
        """Read on where the application stopped, up to 1 MiB. True if that was the end."""
        if self.left_bytes is not None and self.left_bytes > DRAIN_BYTES:
            return False
        budget = DRAIN_BYTES
        while budget > 0 and (piece := self.read(min(_PIECE_BYTES, budget))):
            budget -= len(piece)
        return self._ended
