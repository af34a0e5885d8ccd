"""The beginning of a text file, decoded with a guessed charset."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

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
