"""Invisible characters of a name: those that a script or an emoji needs stay, the others are removed.

A zero-width joiner keeps an emoji of several people together and shapes Indic and Arabic letters; a zero-width
non-joiner is a part of Persian spelling. The same characters between Latin letters serve only to make one name look
like another.

Sources: Unicode Standard, chapters 9 and 12 (joiners in Arabic and Indic scripts) and 23.2; UTS #51 (emoji sequences:
joiner and tag sequences); RFC 5892, appendix A (rules for joiners in names).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_BLACK_FLAG, _TAG_END = "\U0001f3f4", "\U000e007f"
#: Visible format characters: signs that are written before or around numbers in Arabic, Syriac and Kaithi.
_VISIBLE = frozenset(
    [*map(chr, range(0x0600, 0x0606)), "\u06dd", "\u070f", "\u0890", "\u0891", "\u08e2", "\U000110bd", "\U000110cd"]
)
#: Letters that are not visible (Hangul fillers).
_BLANK_LETTERS = frozenset("\u3164\uffa0")
#: Names of characters whose scripts use joiners.
_JOINING_SCRIPT = re.compile(
    r"(ARABIC|SYRIAC|MANDAIC|NKO|MONGOLIAN|ADLAM|DEVANAGARI|BENGALI|GURMUKHI|GUJARATI|ORIYA|"
    r"TAMIL|TELUGU|KANNADA|MALAYALAM|SINHALA|KHMER|MYANMAR|TIBETAN|BALINESE|JAVANESE)(?: |$)"
)
#: Signs that belong to the emoji before them: presentation selectors and skin tones.
_EMOJI_MODIFIERS = frozenset(["\ufe0e", "\ufe0f", *map(chr, range(0x1F3FB, 0x1F400))])


def without_needless_invisibles(text: str) -> str:
    """``text`` without format characters that have no purpose at their position."""
    return "".join(_kept(text))


def _kept(text: str) -> Iterator[str]:
    flag_tags = _flag_tags(text)
    for position, char in enumerate(text):
        if position in flag_tags or not _is_invisible(char) or _has_purpose(text, position):
            yield char


def _is_invisible(char: str) -> bool:
    return char in _BLANK_LETTERS or (unicodedata.category(char) == "Cf" and char not in _VISIBLE)


def _has_purpose(text: str, position: int) -> bool:
    char, before, after = text[position], text[:position], text[position + 1 : position + 2]
    match char:
        case "\u200d":
            return _uses_joiners(before[-1:]) or _joins_emoji(before, after)
        case "\u200c" | "\u180e":
            return _uses_joiners(before[-1:]) and _uses_joiners(after)
    return False


def _uses_joiners(char: str) -> bool:
    return bool(char) and _JOINING_SCRIPT.match(unicodedata.name(char, "")) is not None


def _joins_emoji(before: str, after: str) -> bool:
    return _is_pictograph(before.rstrip("".join(_EMOJI_MODIFIERS))[-1:]) and _is_pictograph(after)


def _is_pictograph(char: str) -> bool:
    """Emoji that are joined are symbols (So), or one of a few mathematical signs (``♾``, ``➡`` are So, too)."""
    return bool(char) and unicodedata.category(char) == "So"


def _flag_tags(text: str) -> frozenset[int]:
    """Positions of tags that make a flag of a region: a black flag, letters and digits as tags, the end tag."""
    found: set[int] = set()
    start = text.find(_BLACK_FLAG)
    while start >= 0:
        end = start + 1
        while end < len(text) and 0xE0030 <= ord(text[end]) <= 0xE007A:
            end += 1
        if end > start + 1 and text[end : end + 1] == _TAG_END:
            found.update(range(start + 1, end + 1))
        start = text.find(_BLACK_FLAG, end)
    return frozenset(found)
