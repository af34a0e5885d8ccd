"""What a file's first bytes show: its type (name and declared type are only claims), and the beginning of a text."""

from __future__ import annotations

import codecs
import mimetypes
import re
from dataclasses import dataclass
from typing import Literal

from mock_kit.http.sniff import EMPTY, TEXTUAL, UNKNOWN, sniff

Kind = Literal["image", "pdf", "audio", "video", "text", "empty", "other"]
#: Number of bytes that are examined.
HEAD_BYTES = 4096
#: Types that the browser plays itself; everything else is rendered, shown as text, or only downloaded.
PLAYED = frozenset({"audio/ogg", "audio/mpeg", "audio/wav", "audio/mp4", "video/mp4", "video/webm"})
_DRAWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_ALIKE = {
    "audio/x-wav": "audio/wav",
    "audio/m4a": "audio/mp4",
    "audio/opus": "audio/ogg",
    "video/ogg": "audio/ogg",
    "image/jpg": "image/jpeg",
}
_NEVER_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]")
_WORDS = {
    "text/html": "a web page",
    "image/svg+xml": "an SVG drawing",
    "application/pdf": "a PDF",
    "application/zip": "a zip archive",
    "application/vnd.microsoft.portable-executable": "a Windows program",
    "application/x-elf": "a Linux program",
    EMPTY: "an empty file",
}


@dataclass(frozen=True, kw_only=True)
class DetectedType:
    """The type by the first bytes.

    Attributes:
        mime: by the bytes.
        mismatch: a sentence when name or declared type claim something else; empty otherwise.
    """

    kind: Kind
    mime: str
    mismatch: str = ""


def detect_type(head: bytes, *, name: str, declared: str) -> DetectedType:
    """Detect a file's type from its first ``HEAD_BYTES``."""
    mime = _more(head) or sniff(head)
    if mime == UNKNOWN and _reads_like_text(head):
        mime = "text/plain"
    return DetectedType(kind=_kind(mime), mime=mime, mismatch=_mismatch(mime, name, declared))


def _more(head: bytes) -> str | None:
    """Media formats that the kit's journal does not distinguish."""
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    return None


def _reads_like_text(head: bytes) -> bool:
    """In another charset than UTF-8: a mark of UTF-16, or no byte that never occurs in a text."""
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or not _NEVER_IN_TEXT.search(head)


def _kind(mime: str) -> Kind:
    if mime == EMPTY:
        return "empty"
    if mime in _DRAWN:
        return "image"
    if mime == "application/pdf":
        return "pdf"
    if mime in PLAYED:
        return "audio" if mime.startswith("audio/") else "video"
    return "text" if mime in TEXTUAL else "other"


def _mismatch(mime: str, name: str, declared: str) -> str:
    """Only a certain type can contradict: plain text and unknown bytes may be anything."""
    if mime in {"text/plain", "application/json", "application/xml", UNKNOWN, EMPTY}:
        return ""
    claims = {
        "name": _plain(mimetypes.guess_type(name)[0] or ""),
        "declared type": _plain(declared.partition(";")[0].strip().lower()),
    }
    wrong = [what for what, claim in claims.items() if claim and not _agree(mime, claim)]
    if not wrong:
        return ""
    claimed = " and its ".join(wrong) + (" say" if len(wrong) > 1 else " says")
    return f"By its bytes this is {_WORDS.get(mime, mime)}; its {claimed} otherwise."


def _plain(mime: str) -> str:
    return _ALIKE.get(mime, mime)


def _agree(mime: str, claim: str) -> bool:
    if claim in {UNKNOWN, "binary/octet-stream"} or mime == claim:
        return True
    if mime == "application/zip":
        return any(
            word in claim for word in ("zip", "officedocument", "opendocument", "jar", "epub", "msword", "excel")
        )
    if "officedocument" in mime:
        return "officedocument" in claim or "zip" in claim
    media = {mime.partition("/")[0], claim.partition("/")[0]}
    return media <= {"audio", "video"}


#: Number of bytes that are shown.
SHOWN_BYTES = 64 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """The beginning of a text; ``cut`` when the file is longer."""

    text: str
    charset: str
    cut: bool


def excerpt(head: bytes, *, size_bytes: int) -> Excerpt:
    """Decode the first ``SHOWN_BYTES`` of a file of ``size_bytes``."""
    raw = head[:SHOWN_BYTES]
    cut = size_bytes > len(raw)
    for mark, charset in _MARKS:
        if raw.startswith(mark):
            return Excerpt(text=raw[len(mark) :].decode(charset, "replace"), charset=charset, cut=cut)
    try:
        # A character that the cut divides is left out; it is no sign of another charset.
        text = codecs.getincrementaldecoder("utf-8")().decode(raw, final=not cut)
        return Excerpt(text=text, charset="utf-8", cut=cut)
    except UnicodeDecodeError:
        return Excerpt(text=raw.decode("cp1252", "replace"), charset="windows-1252 (guessed)", cut=cut)
