"""Content of the files that scripts send: made from kind, size and name, the same in every run.

The bytes begin and end as a file of their kind does, so that a check of the type passes; in between is filler. Only
PNG and the texts can be opened.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import pack

_BLOCK_BYTES = 64 * 1024
#: The largest file of a script, in bytes.
MOST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Kind:
    """A kind of file: MIME type, first and last bytes."""

    content_type: str
    head: bytes = b""
    tail: bytes = b""
    text: bool = False


def _chunk(name: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data))


_PNG_HEAD = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\x7f"))
)
_PNG_TAIL = _chunk(b"IEND", b"")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_ZIP_TAIL = b"PK\x05\x06" + bytes(18)


def _entry(name: bytes) -> bytes:
    return b"PK\x03\x04" + pack("<HHHHHIIIHH", 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0) + name


KINDS: dict[str, Kind] = {
    "text": Kind("text/plain", text=True),
    "csv": Kind("text/csv", b"position;article;amount\r\n", text=True),
    "html": Kind("text/html", b"<!doctype html><title>note</title><pre>\n", b"</pre>\n", text=True),
    "json": Kind("application/json", b'{"note": "', b'"}\n'),
    "pdf": Kind(
        "application/pdf",
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\n%",
        b"\ntrailer<</Root 1 0 R>>\n%%EOF\n",
    ),
    "png": Kind("image/png", _PNG_HEAD, _PNG_TAIL),
    "jpeg": Kind("image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00", b"\xff\xd9"),
    "gif": Kind("image/gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00", b"\x3b"),
    "webp": Kind("image/webp", b"RIFF\x00\x00\x00\x00WEBPVP8 "),
    "mp4": Kind("video/mp4", b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2\x00\x00\x00\x00mdat"),
    "ogg": Kind("audio/ogg", b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead"),
    "zip": Kind("application/zip", _entry(b"files/1.txt"), _ZIP_TAIL),
    "docx": Kind(f"{_OFFICE}wordprocessingml.document", _entry(b"word/document.xml"), _ZIP_TAIL),
    "xlsx": Kind(f"{_OFFICE}spreadsheetml.sheet", _entry(b"xl/workbook.xml"), _ZIP_TAIL),
    "bytes": Kind("application/octet-stream"),
}


@dataclass(frozen=True)
class SampleFile:
    """A file to be made: ``kind`` is a key of ``KINDS``, ``seed`` makes two files of one size differ."""

    kind: str
    size_bytes: int
    seed: str

    def pieces(self) -> Iterator[bytes]:
        """Exactly ``size_bytes`` bytes."""
        kind = KINDS[self.kind]
        if self.size_bytes == 0:
            return
        room = self.size_bytes - least_bytes(self.kind)
        yield kind.head
        if self.kind == "png":
            yield from _png_filler(room, self.seed)
        else:
            printable = kind.text or self.kind == "json"
            yield from (_lines(room, self.seed, kind.text) if printable else _noise(room, self.seed))
        yield kind.tail


def least_bytes(kind: str) -> int:
    """The smallest file of a kind that is not empty."""
    fixed = len(KINDS[kind].head) + len(KINDS[kind].tail)
    return fixed + 12 if kind == "png" else fixed


def _noise(size: int, seed: str) -> Iterator[bytes]:
    """Bytes that no compressor shortens much, for the size of a block, then again."""
    digests = (hashlib.sha256(f"{seed}\0{number}".encode()).digest() for number in range(_BLOCK_BYTES // 32))
    block = b"".join(digests) if size else b""
    for start in range(0, size, _BLOCK_BYTES):
        yield (pack(">Q", start) + block[8:])[: size - start]


def _lines(size: int, seed: str, breaks: bool) -> Iterator[bytes]:
    digest, end = hashlib.sha256(seed.encode()).hexdigest()[:40], "\r\n" if breaks else " "
    left, number = size, 0
    while left > 0:
        number += 1
        line = f"{number:08d};{digest};{number % 997}{end}".encode()[:left]
        left -= len(line)
        yield line


def _png_filler(size: int, seed: str) -> Iterator[bytes]:
    """A private chunk, which every reader skips."""
    yield pack(">I", size) + b"fiLl"
    crc = zlib.crc32(b"fiLl")
    for piece in _noise(size, seed):
        crc = zlib.crc32(piece, crc)
        yield piece
    yield pack(">I", crc)
