"""Unpack a packed answer with every check that its format offers: the end is seen, each member read, nothing follows.

zlib's own reader raises nothing for a stream that stops early or has bytes after its end.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

from attachment_transfer.core.errors import IncompleteDownload, SizeDiffers

#: A size that is not listed is bounded by the packed size: the highest ratio that text reaches.
_MOST_UNPACKED_PER_PACKED = 200
#: Below this the ratio says nothing, in bytes.
_SMALL_BYTES = 4 * 1024 * 1024
_AT_ONCE_BYTES = 262_144
_GZIP_WBITS, _ZLIB_WBITS, _RAW_WBITS = 31, 15, -15
_GZIP_MAGIC = b"\x1f\x8b"


class _Inflater(Protocol):
    """What ``zlib.decompressobj`` returns."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int = 0) -> bytes: ...


def unpacked(pieces: Iterator[bytes], coding: str, *, most_bytes: int | None = None) -> Iterator[bytes]:
    """The unpacked bytes of ``pieces``, in blocks of bounded size.

    Args:
        coding: ``gzip``, ``x-gzip`` or ``deflate`` (RFC 9110, section 8.4.1).
        most_bytes: the size that is listed; None: bounded by a ratio.

    Raises IncompleteDownload (cut off, damaged, or followed by something else) and SizeDiffers (more than may be).
    """
    packed_bytes = unpacked_bytes = 0
    stream = _Stream(coding)
    for piece in pieces:
        packed_bytes += len(piece)
        for block in stream.feed(piece):
            unpacked_bytes += len(block)
            _bound(unpacked_bytes, packed_bytes, most_bytes)
            yield block
    stream.end()


def _bound(unpacked_bytes: int, packed_bytes: int, most_bytes: int | None) -> None:
    if most_bytes is not None and unpacked_bytes > most_bytes:
        raise SizeDiffers(f"CMI lists {most_bytes} bytes and sent more, packed")
    if most_bytes is None and unpacked_bytes > max(_SMALL_BYTES, packed_bytes * _MOST_UNPACKED_PER_PACKED):
        raise IncompleteDownload(
            f"CMI sent {packed_bytes} packed bytes that unpack to more than {unpacked_bytes}: no file does that"
        )


class _Stream:
    """One packed body: one or more members (gzip), or one stream (deflate)."""

    def __init__(self, coding: str) -> None:
        self._is_gzip = coding in {"gzip", "x-gzip"}
        self._inflater: _Inflater | None = None
        self._begun = False
        self._waiting = b""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        data = self._waiting + piece
        self._waiting = b""
        while data:
            inflater = self._inflater or self._next_inflater(data)
            if inflater is None:  # the first bytes of a member are cut in two
                self._waiting = data
                return
            yield from _inflated(inflater, data)
            data = inflater.unused_data
            self._inflater = None if inflater.eof else inflater

    def _next_inflater(self, data: bytes) -> _Inflater | None:
        if self._begun and not self._is_gzip:
            raise IncompleteDownload("CMI sent something behind the end of the packed file")
        if len(data) < len(_GZIP_MAGIC):
            return None
        if not self._is_gzip:
            self._begun = True
            return zlib.decompressobj(_ZLIB_WBITS if _has_zlib_header(data) else _RAW_WBITS)
        if not data.startswith(_GZIP_MAGIC):
            raise IncompleteDownload(
                "CMI sent something behind the end of the packed file"
                if self._begun
                else "CMI sent a file that is not packed, as packed"
            )
        self._begun = True
        return zlib.decompressobj(_GZIP_WBITS)

    def end(self) -> None:
        """Raise IncompleteDownload unless the last stream has come to its end."""
        if self._inflater is not None or self._waiting or not self._begun:
            raise IncompleteDownload("CMI sent a packed file that breaks off before its end")


def _inflated(inflater: _Inflater, data: bytes) -> Iterator[bytes]:
    """All that ``data`` gives, in blocks: buffered output is included."""
    while True:
        try:
            block = inflater.decompress(data, _AT_ONCE_BYTES)
        except zlib.error as exc:
            raise IncompleteDownload("CMI sent a packed file that is damaged") from exc
        if block:
            yield block
        data = inflater.unconsumed_tail
        if inflater.eof or (not data and len(block) < _AT_ONCE_BYTES):
            return


def _has_zlib_header(data: bytes) -> bool:
    """RFC 1950, section 2.2. Some servers send a bare deflate stream under this name."""
    return data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
