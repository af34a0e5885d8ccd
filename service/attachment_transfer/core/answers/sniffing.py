"""A file's type by its first bytes, and whether that agrees with the declared type.

Only the first :data:`HEAD_BYTES` are read, so that a file can be checked before it is sent on.
Sources of the signatures: the formats' own specifications.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

#: How much of a file is read, in bytes.
HEAD_BYTES = 512

EMPTY = "application/x-empty"
UNKNOWN = "application/octet-stream"
ZIP = "application/zip"
OOXML = "application/vnd.openxmlformats-officedocument"
EXE = "application/vnd.microsoft.portable-executable"
ELF = "application/x-elf"
SCRIPT = "text/x-shellscript"
OLE = "application/x-ole-storage"
TEXT = "text/plain"

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"OggS", "application/ogg"),
    (b"\x7fELF", ELF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
)

#: Types that always begin with their signature: a file without it is declared wrongly.
_SIGNED = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "application/gzip", ZIP})

#: The brand of an ISO media file (after ``ftyp``) → its type; anything else is ``video/mp4``.
_BRANDS: tuple[tuple[bytes, str], ...] = (
    (b"M4A", "audio/mp4"),
    (b"qt  ", "video/quicktime"),
    (b"hei", "image/heic"),
    (b"mif1", "image/heic"),
    (b"avif", "image/avif"),
    (b"3gp", "video/3gpp"),
)

#: Names of entries in a zip archive that identify an office document, where the head contains one.
_OFFICE: tuple[tuple[bytes, str], ...] = (
    (b"word/", f"{OOXML}.wordprocessingml.document"),
    (b"xl/", f"{OOXML}.spreadsheetml.sheet"),
    (b"ppt/", f"{OOXML}.presentationml.presentation"),
    (b"[Content_Types].xml", OOXML),
)

#: A type that the first bytes show only roughly → declared types that may refine it.
_REFINEMENTS: dict[str, tuple[str, ...]] = {
    ZIP: (
        f"{OOXML}.*",
        "application/vnd.ms-*.macroenabled*",
        "application/vnd.oasis.opendocument.*",
        "application/vnd.apple.*",
        "application/vnd.android.package-archive",
        "application/java-archive",
        "application/epub+zip",
        "*/*+zip",
    ),
    OOXML: (f"{OOXML}.*", "application/vnd.ms-*.macroenabled*"),
    OLE: ("application/msword", "application/vnd.ms-*", "application/x-msi", "application/x-msdownload"),
    "application/ogg": ("audio/*", "video/ogg"),
    "application/gzip": ("application/x-compressed-tar", "*/*+gzip"),
    "video/mp4": ("audio/mp4", "audio/x-m4a", "audio/aac", "video/*", "image/heic", "image/heif", "image/avif"),
    "image/heic": ("image/heif", "image/heic-sequence", "image/heif-sequence"),
    "text/html": ("application/xhtml+xml",),
    "application/xml": (TEXT, "image/svg+xml", "*/*+xml"),
    "application/json": (TEXT, "*/*+json", "application/x-ndjson", "application/jsonl"),
    SCRIPT: ("text/x-*", "application/x-sh", "application/x-python*", "application/x-perl"),
    TEXT: ("text/*", "message/*", "application/*"),
    EMPTY: ("*/*",),
    UNKNOWN: ("*/*",),
}

#: Different names of the same type; a rule for one applies to all.
_SYNONYMS: tuple[frozenset[str], ...] = (
    frozenset({"image/jpeg", "image/jpg", "image/pjpeg"}),
    frozenset({ZIP, "application/x-zip", "application/x-zip-compressed"}),
    frozenset({"application/gzip", "application/x-gzip"}),
    frozenset({"application/xml", "text/xml"}),
    frozenset({"application/json", "text/json"}),
    frozenset({"audio/mp4", "audio/x-m4a"}),
    frozenset({EXE, "application/x-msdownload", "application/x-msdos-program", "application/x-dosexec"}),
    frozenset({ELF, "application/x-executable", "application/x-sharedlib"}),
    frozenset({SCRIPT, "application/x-sh"}),
    frozenset({"application/rtf", "text/rtf"}),
)

_MIME = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_JSON = re.compile(r"(\{\s*([\"}]|$)|\[\s*([\[{\"\]\d\-]|true|false|null|$))")
_HTML = ("<!doctype html", "<html", "<head", "<body", "<script", "<iframe")


def sniff(head: bytes) -> str:
    """The MIME type of a file that starts with ``head``; :data:`UNKNOWN` if nothing fits."""
    if not head:
        return EMPTY
    for magic, mime in _MAGIC:
        if head.startswith(magic):
            return mime
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return next((mime for brand, mime in _BRANDS if head[8:].startswith(brand)), "video/mp4")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _sniff_zip(head)
    return _sniff_text(head)


def _sniff_zip(head: bytes) -> str:
    """OpenDocument files and EPUBs store their own type as the first entry (ODF 1.3 part 2, 3.3)."""
    if head[30:38] == b"mimetype" and (found := _MIME.match(head[38:].decode("ascii", "replace"))):
        return found.group()
    return next((mime for part, mime in _OFFICE if part in head), ZIP)


def _sniff_text(head: bytes) -> str:
    if active := _sniff_active(head):
        return active
    text = _as_text(head)
    if text is None or _CONTROL.search(text):
        # A program for Windows always contains zeros; a text may begin with "MZ".
        return EXE if head.startswith(b"MZ") else UNKNOWN
    start = _start(text)
    if start.startswith(_HTML):
        return "text/html"
    if start.startswith("<svg") or (start.startswith("<?xml") and "<svg" in start):
        return "image/svg+xml"
    if start.startswith("<?xml"):
        return "application/xml"
    return "application/json" if _JSON.match(start) else TEXT


def _sniff_active(head: bytes) -> str | None:
    """A type that a browser or a shell would run, even if the bytes after its start are broken."""
    start = _start(head.removeprefix(b"\xef\xbb\xbf").decode("latin-1"))
    if start.startswith("#!"):
        return SCRIPT
    return "text/html" if start.startswith(_HTML) or (start.startswith("<?xml") and "<html" in start) else None


def _start(text: str) -> str:
    return text.lstrip("\ufeff \t\r\n\f").lower()


def _as_text(head: bytes) -> str | None:
    """UTF-8 or marked UTF-16 text, also where the end of ``head`` cuts a character; None if it is not."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace")
    try:
        return head.decode()
    except UnicodeDecodeError as exc:
        cut_short = exc.reason == "unexpected end of data" and len(head) - exc.start < 4 and len(head) >= HEAD_BYTES
        return head[: exc.start].decode() if cut_short else None


def plain_type(declared: str) -> str:
    """A declared type without parameters, in lower case; :data:`UNKNOWN` if it is none."""
    return declared_type(declared) or UNKNOWN


def declared_type(declared: str) -> str | None:
    """A declared type without parameters, in lower case; None where there is none, or it has not the form of one."""
    text = declared.split(";", 1)[0].strip().lower()
    return text if _MIME.fullmatch(text) else None


def has_signature(mime: str) -> bool:
    """True if every file of this type begins with the type's signature."""
    return bool(synonyms(mime) & _SIGNED)


def effective_type(declared: str, sniffed: str) -> str:
    """The type by which a file is checked: the sniffed one, unless the declared one is a more precise form of it.

    Args:
        declared: as :func:`plain_type` returns it.
    """
    if declared == UNKNOWN:
        return UNKNOWN if sniffed == EMPTY else sniffed
    if declared in synonyms(sniffed):
        return sniffed
    if sniffed in {UNKNOWN, TEXT} and synonyms(declared) & _SIGNED:
        return sniffed
    refined = any(fnmatchcase(declared, pattern) for pattern in _REFINEMENTS.get(sniffed, ()))
    return declared if refined else sniffed


def synonyms(mime: str) -> frozenset[str]:
    """All names of this type, itself included."""
    return next((words for words in _SYNONYMS if mime in words), frozenset({mime}))
