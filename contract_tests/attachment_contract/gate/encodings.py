"""Decodes the bytes of a file: UTF-8, and what else a file may be by mistake (AC006)."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from attachment_contract.gate.context import RawFinding
from attachment_contract.gate.rules import json_text

#: Byte order mark → codec. UTF-32's little-endian mark begins with UTF-16's, so it comes first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Whether each of the first bytes is zero → codec. JSON begins with two ASCII characters (RFC 4627, 3).
_ZEROS: dict[tuple[bool, ...], str] = {
    (True, True, True, False): "utf-32-be",
    (False, True, True, True): "utf-32-le",
    (True, False, True, False): "utf-16-be",
    (False, True, False, True): "utf-16-le",
}


@dataclass(frozen=True)
class DecodedText:
    """The text of a file, and the finding about its encoding if that is not UTF-8."""

    text: str
    findings: tuple[RawFinding, ...] = ()


def decode(raw: bytes) -> DecodedText:
    """Decode by byte order mark or first bytes, else as UTF-8; bytes that are not UTF-8 are read as Windows-1252."""
    if codec := _wide_codec(raw):
        name = codec[:6].upper()
        return DecodedText(raw.decode(codec, errors="replace"), (json_text.another_encoding(name),))
    try:
        return DecodedText(raw.decode("utf-8"))
    except UnicodeDecodeError as exc:
        # A character before the first byte that is not UTF-8 may have several bytes: count as it is shown.
        before = raw[: exc.start].decode("cp1252", errors="replace")
        return DecodedText(raw.decode("cp1252", errors="replace"), (json_text.not_utf8(len(before)),))


def _wide_codec(raw: bytes) -> str | None:
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return codec
    zeros: tuple[bool, ...] = tuple(byte == 0 for byte in raw[:4])
    return _ZEROS.get(zeros)
