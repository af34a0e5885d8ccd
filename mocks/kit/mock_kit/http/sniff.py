"""The type of a body by its first bytes, never by its declared Content-Type."""

from __future__ import annotations

import re

EMPTY = "application/x-empty"
UNKNOWN = "application/octet-stream"

#: The first bytes of a file → its MIME type. Source: the formats' own specifications.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-elf"),
)

#: Names of entries in a zip archive that distinguish office documents.
_OFFICE: tuple[tuple[bytes, str], ...] = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)

#: Types whose head may be shown to a person as text.
TEXTUAL = frozenset({"text/plain", "text/html", "application/json", "application/xml", "image/svg+xml"})

_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_JSON = re.compile(r"[\s\ufeff]*(\{\s*[\"}]|\{\s*$|\[\s*[\[{\"\]\d\-tfn])")


def sniff(head: bytes) -> str:
    """The MIME type of a body that starts with ``head`` (512 bytes do; a zip needs more).

    ``application/x-empty`` for no bytes at all, ``application/octet-stream`` if nothing fits.
    """
    if not head:
        return EMPTY
    for magic, mime in _MAGIC:
        if head.startswith(magic):
            return mime
    if head[:4] == b"RIFF" and head[8:12] in {b"WEBP", b"WAVE"}:
        return "image/webp" if head[8:12] == b"WEBP" else "audio/wav"
    if head[4:8] == b"ftyp":
        return "audio/mp4" if head[8:11] == b"M4A" else "video/mp4"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return next((mime for part, mime in _OFFICE if part in head), "application/zip")
    return _sniff_text(head)


def _sniff_text(head: bytes) -> str:
    text = _as_text(head)
    if text is None or _CONTROL.search(text):
        return UNKNOWN
    start = text.lstrip("\ufeff \t\r\n")[:256].lower()
    if start.startswith(("<!doctype html", "<html")):
        return "text/html"
    if start.startswith("<svg"):
        return "image/svg+xml"
    if start.startswith("<?xml"):
        return "image/svg+xml" if "<svg" in start else "application/xml"
    return "application/json" if _JSON.match(text) else "text/plain"


def _as_text(head: bytes) -> str | None:
    """UTF-8 text, forgiving a character that the end of ``head`` cuts in two; None if it is not."""
    try:
        return head.decode()
    except UnicodeDecodeError as exc:
        cut_short = exc.end == len(head) and len(head) - exc.start < 4 and exc.reason == "unexpected end of data"
        return head[: exc.start].decode() if cut_short else None
