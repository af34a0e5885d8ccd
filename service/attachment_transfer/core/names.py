"""File names from outside, made safe to show and to store, and the key that identifies our own upload.

Invisible characters: those that a script or an emoji needs stay, the others are removed. A zero-width joiner keeps an
emoji of several people together and shapes Indic and Arabic letters; a zero-width non-joiner is a part of Persian
spelling. The same characters between Latin letters serve only to make one name look like another.

Sources: Unicode Standard, chapters 9 and 12 (joiners in Arabic and Indic scripts) and 23.2; UTS #51 (emoji sequences:
joiner and tag sequences); RFC 5892, appendix A (rules for joiners in names).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container, Iterable, Iterator
from itertools import count
from pathlib import PurePosixPath

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


#: C4C declares no MaxLength on an attachment's Name; 255 is what file systems and SAP's UI take. Assumed.
MAX_NAME_CHARACTERS = 255
#: Of a longer name only so much is read: most of it is cut off anyway.
_LONGEST_READ_CHARACTERS = 4 * MAX_NAME_CHARACTERS

#: Explicit direction marks: they make ``fdp.exe`` read as ``exe.pdf``. Unicode Bidi_Control.
BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_RESERVED_ON_WINDOWS = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")


def safe_name(name: str, *, fallback: str = "attachment") -> str:
    """Return a name to store in C4C: letters of every script stay; what can deceive or leave a folder is removed.

    Path parts and separators, control characters, bidirectional controls, invisible characters without a purpose at
    their position and characters that are reserved in file systems are replaced or dropped;
    the result is NFC, not empty and at most 255 characters, extension kept.
    """
    text = unicodedata.normalize("NFC", name).replace("\\", "/")
    last = [part for part in text.split("/") if part.strip(". ")] or [fallback]
    # Again NFC: a removed character may have separated a mark from its letter.
    printable = without_needless_invisibles(
        "".join(_replaced(char) for char in _shortened(last[-1], _LONGEST_READ_CHARACTERS))
    )
    kept = unicodedata.normalize("NFC", printable).strip(" .")
    if not kept:
        kept = fallback
    if _RESERVED_ON_WINDOWS.match(kept):
        kept = f"_{kept}"
    # The cut may be inside an emoji of several characters.
    return without_needless_invisibles(_shortened(kept, MAX_NAME_CHARACTERS)).strip(" .")


def _replaced(char: str) -> str:
    if char in BIDI_CONTROLS or unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}:
        return ""
    return "_" if char in '<>:"|?*' else char


def _shortened(name: str, limit: int) -> str:
    if len(name) <= limit:
        return name
    suffix = PurePosixPath(name).suffix[:20]
    return name[: limit - len(suffix)] + suffix


def distinct_names(names: Iterable[str], *, taken: Iterable[str]) -> list[str]:
    """The names, made different from each other and from those ``taken``: the first one keeps its name."""
    forms = {comparable(name) for name in taken}
    distinct = []
    for name in names:
        distinct.append(distinct_name(name, forms))
        forms.add(comparable(distinct[-1]))
    return distinct


def distinct_name(name: str, taken: Container[str]) -> str:
    """``name``, or ``name (2)``, ``name (3)`` … before its extension: the first that is not ``taken``.

    Args:
        taken: names in the form of :func:`comparable`.
    """
    suffix = PurePosixPath(name).suffix[:20]
    stem = name[: len(name) - len(suffix)]
    for number in count(2):
        if comparable(name) not in taken:
            break
        tail = f" ({number}){suffix}"
        name = stem[: MAX_NAME_CHARACTERS - len(tail)].rstrip(" .") + tail
    return name


def comparable(name: str) -> str:
    """A form that is equal for names that look the same to a person or to a file system that ignores case."""
    return unicodedata.normalize("NFC", name.casefold())


def storable(text: str) -> str:
    """Text from outside that every database accepts: without NUL and without halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def attachment_key(*, cmi_url: str, contact_id: str, source_id: str) -> str:
    """The deterministic key of one source attachment: 24 hex digits, the same in every round and on every worker."""
    text = "\n".join((cmi_url, contact_id, source_id))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


KEY_PREFIX = "contact-pro:"


def key_title(key: str) -> str:
    """The key as it travels in ``Title``."""
    return f"{KEY_PREFIX}{key}"


def name_with_key(name: str, key: str) -> str:
    """The key as a suffix of ``Name``, before the extension, for tenants where ``Title`` cannot be set."""
    suffix = PurePosixPath(name).suffix[:20]
    tail = f" [{key}]{suffix}"
    return name[: MAX_NAME_CHARACTERS - len(tail)][: len(name) - len(suffix)] + tail


def carries_key(key: str, *, title: str | None, name: str | None) -> bool:
    """True if an object at C4C is our upload for ``key``, in its title or in its name."""
    return title == key_title(key) or f" [{key}]" in (name or "")
