"""File names from outside, made safe to show and to store, and the key that identifies our own upload."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container, Iterable
from itertools import count
from pathlib import PurePosixPath

from attachment_transfer.core.invisibles import without_needless_invisibles

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
    their position (``core/invisibles.py``) and characters that are reserved in file systems are replaced or dropped;
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
