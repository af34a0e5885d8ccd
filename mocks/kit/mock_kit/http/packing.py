"""Content codings written by hand, whole or damaged: how an HTTP body is packed by a server.

gzip (RFC 1952) and deflate (RFC 1950 inside HTTP, RFC 1951 bare) come from zlib. br (RFC 7932) and zstd (RFC 8878)
are written here as streams of stored blocks: valid for every decoder, not smaller than the file, and without a library.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import IO

from mock_kit.http.pieces import pieces_of

#: Above this size a body waits on disk instead of in memory.
_IN_MEMORY_BYTES = 1024 * 1024
#: What follows the end of a stream that is damaged by a trailer: no start of another member or frame.
TRAILING_BYTES = b"\r\ntrailing bytes that belong to no stream\r\n"

_ZLIB_WBITS = {"gzip": 31, "deflate": 15, "raw_deflate": -15}
_ZSTD_MAGIC = (0xFD2FB528).to_bytes(4, "little")
#: Frame header: no content size, no checksum, no dictionary; window of 128 KiB, the largest block's size.
_ZSTD_HEADER = _ZSTD_MAGIC + bytes([0x00, 7 << 3])
_ZSTD_BLOCK_BYTES = 128 * 1024
_ZSTD_RAW, _ZSTD_RLE = 0, 1
#: A brotli meta-block's length is given in 4 nibbles: at most 64 KiB.
_BR_BLOCK_BYTES = 64 * 1024

Packer = Callable[[Iterable[bytes]], Iterator[bytes]]


def _zlib_packer(name: str) -> Packer:
    def pack(pieces: Iterable[bytes]) -> Iterator[bytes]:
        packer = zlib.compressobj(wbits=_ZLIB_WBITS[name])
        for piece in pieces:
            yield packer.compress(piece)
        yield packer.flush()

    return pack


def _zstd(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """One frame. A block of one repeated byte takes four bytes, so that zeros make a bomb here as well."""
    yield _ZSTD_HEADER
    for block in _blocks(pieces, _ZSTD_BLOCK_BYTES):
        is_run = block == block[:1] * len(block)
        kind, content = (_ZSTD_RLE, block[:1]) if is_run else (_ZSTD_RAW, block)
        yield (len(block) << 3 | kind << 1).to_bytes(3, "little") + content
    yield (1).to_bytes(3, "little")  # the last block, raw and empty


def _brotli(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Uncompressed meta-blocks (RFC 7932, 9.2), each begun on a byte's edge, and an empty last one."""
    window_bits, window = 1, 0  # WBITS 16, one zero bit, stands before the first meta-block only
    for block in _blocks(pieces, _BR_BLOCK_BYTES):
        # ISLAST 0, MNIBBLES 0 (four nibbles), MLEN - 1, ISUNCOMPRESSED 1; zero bits up to the byte's edge.
        header = (len(block) - 1) << 3 | 1 << 19
        bits = window | header << window_bits
        yield bits.to_bytes((20 + window_bits + 7) // 8, "little") + block
        window_bits = 0
    yield bytes([window | 0b11 << window_bits])  # ISLAST 1, ISLASTEMPTY 1


def _blocks(pieces: Iterable[bytes], size_bytes: int) -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), size_bytes):
            yield piece[start : start + size_bytes]


#: What really packs, by the name a label or ``packed_with`` gives it.
PACKERS: Mapping[str, Packer] = {
    "gzip": _zlib_packer("gzip"),
    "x-gzip": _zlib_packer("gzip"),
    "deflate": _zlib_packer("deflate"),
    "raw_deflate": _zlib_packer("raw_deflate"),
    "br": _brotli,
    "zstd": _zstd,
}


def packers_of(label: str) -> list[Packer]:
    """The packers for a Content-Encoding, in the order of its list; an unknown coding packs nothing."""
    names = (part.strip().lower() for part in label.split(","))
    return [PACKERS[name] for name in names if name in PACKERS]


def zeros(size_bytes: int) -> Iterator[bytes]:
    """``size_bytes`` zero bytes: what a bomb unpacks to."""
    whole = bytes(_ZSTD_BLOCK_BYTES)
    for _ in range(size_bytes // len(whole)):
        yield whole
    yield bytes(size_bytes % len(whole))


class BufferedBody:
    """A body that must be complete before its first byte is sent; on disk above 1 MiB."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        """Reads ``pieces`` to their end."""
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - see close
        self.size_bytes = 0
        for piece in pieces:
            self.size_bytes += len(piece)
            self._file.write(piece)

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes ``start`` up to ``stop`` (exclusive; None = the end)."""
        self._file.seek(start)
        return pieces_of(self._file, (self.size_bytes if stop is None else stop) - start)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def packed(pieces: Iterable[bytes], packers: list[Packer]) -> Iterator[bytes]:
    """``pieces`` packed by each packer in turn, as a stream."""
    for pack in packers:
        pieces = pack(pieces)
    return iter(pieces)


def packed_in_members(pieces: Iterable[bytes], packers: list[Packer], members: int) -> Iterator[bytes]:
    """Like ``packed``, but the last packer makes ``members`` streams of about the same size, one after the other."""
    inner = BufferedBody(packed(pieces, packers[:-1]))
    edges = [inner.size_bytes * number // members for number in range(members + 1)]
    for start, stop in pairwise(edges):
        yield from packed(inner.pieces(start, stop), packers[-1:])
    inner.close()
