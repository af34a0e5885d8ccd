"""Which names and types in C4C keep what the customer sent. The judge's own statement of the rules; no I/O.

A name is permitted when all of these hold:

| rule      | says                                                                                                   |
|-----------|--------------------------------------------------------------------------------------------------------|
| harmless  | 1 to 255 characters; no separator of paths, no control character, no direction mark, none of the signs |
|           | that file systems reserve, no blank or dot at its ends, not the name of a Windows device               |
| legible   | the letters, digits and symbols of the last part of the customer's name, all of them, in their order   |
| extension | the customer's extension at its end                                                                    |
| distinct  | it may end, before the extension, in a number ``(2)`` or in the attachment's key ``[24 hex digits]``   |

A name longer than 255 characters may be cut; one of which nothing harmless is left may be replaced by any other.
Signs, blanks and invisible characters are not compared: an implementation may drop or replace them in its own way.

A type is permitted when it is the declared one without parameters, another word for it, or what the bytes are where
the declaration is missing or vague.

Sources: Unicode Standard 23.2 and UAX #9 (direction marks); Microsoft, "Naming Files, Paths, and Namespaces";
RFC 9110, 8.3.1 (media types are case-insensitive). 255 characters: assumed, as in docs/fidelity.md.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

MOST_CHARACTERS = 255
#: A longer extension is none: it is cut like the rest of a name.
MOST_OF_EXTENSION = 20
_FORBIDDEN = re.compile(r'[<>:"|?*/\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')
_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")
#: What makes a name distinct, before its extension: a number or a key.
_TAIL = re.compile(r"(?: ?\((?P<number>[0-9]+)\)| ?\[(?P<key>[0-9a-f]{24})\])(?=\.[^.]*$|$)")
#: Categories of characters that a reader recognises a name by: letters, digits, symbols such as emoji.
_LEGIBLE = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "So"}
_BLANK_LETTERS = {"\u3164", "\uffa0", "\u115f", "\u1160"}
VAGUE = {"", "application/octet-stream", "binary/octet-stream", "application/unknown", "application/x-empty"}
_SYNONYMS: tuple[frozenset[str], ...] = (
    frozenset({"image/jpeg", "image/jpg", "image/pjpeg"}),
    frozenset({"image/png", "image/x-png"}),
    frozenset({"audio/mpeg", "audio/mp3"}),
    frozenset({"audio/mp4", "audio/m4a", "audio/x-m4a", "audio/aac"}),
    frozenset({"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"}),
    frozenset({"audio/ogg", "application/ogg", "audio/opus", "video/ogg"}),
    frozenset({"application/zip", "application/x-zip-compressed", "application/x-zip"}),
    frozenset({"application/gzip", "application/x-gzip"}),
    frozenset({"text/xml", "application/xml"}),
    frozenset({"text/javascript", "application/javascript", "application/x-javascript"}),
    frozenset({"text/vcard", "text/x-vcard", "text/directory"}),
    frozenset({"text/csv", "application/csv"}),
    frozenset({"image/heic", "image/heif"}),
    frozenset({"video/quicktime", "video/mov"}),
)


def objection_to_name(sent: str, stored: str) -> str | None:
    """Why ``stored`` is no permitted name of a file that the customer called ``sent``; None when it is permitted."""
    harm = harm_of(stored)
    if harm:
        return harm
    base, extension = parts(last_part(sent))
    if not legible(base):
        return None
    if len(extension) > MOST_OF_EXTENSION:
        return None if legible(stored).startswith(legible(base)) else "it does not begin like the customer's name"
    suffix = parts(stored)[1]
    if legible(suffix) != legible(extension):
        return f"its extension is {suffix or 'missing'}, the customer's is {extension or 'missing'}"
    want, found = legible(base + extension), {legible(stored), legible(_TAIL.sub("", stored))}
    if want in found or (_may_be_cut(sent, stored) and any(_is_cut_of(each, want) for each in found)):
        return None
    return "its letters and digits are not those of the customer's name"


def harm_of(stored: str) -> str | None:
    """What makes a name harmful, whatever the customer sent; None when it is harmless."""
    if not stored.strip():
        return "it is empty"
    if len(stored) > MOST_CHARACTERS:
        return f"it has {len(stored)} characters, more than {MOST_CHARACTERS}"
    forbidden, mark = _FORBIDDEN.search(stored), _DIRECTION_MARKS.search(stored)
    if forbidden:
        return f"it has the character U+{ord(forbidden[0]):04X}, which a file system reserves or a screen obeys"
    if mark:
        return f"it has the direction mark U+{ord(mark[0]):04X}, which makes an extension read as another"
    if stored != stored.strip(" ."):
        return "it begins or ends with a blank or a dot"
    return "it is the name of a Windows device" if _DEVICE.match(stored) else None


def objection_to_type(declared: str, sniffed: str, stored: str) -> str | None:
    """Why ``stored`` is no permitted type of a file; None when it is. An unknown stored type is not judged."""
    kept, wanted, real = plain(stored), plain(declared), plain(sniffed)
    if not kept or kept in same_types(wanted) or (not wanted and kept in VAGUE):
        return None
    if wanted in VAGUE and (real in VAGUE or kept in same_types(real) or real == "application/zip"):
        return None
    return f"C4C holds it as {kept}, the customer sent {wanted or real}"


def last_part(name: str) -> str:
    """The part of a name that is not a folder."""
    named = [part for part in unicodedata.normalize("NFC", name).replace("\\", "/").split("/") if part.strip(". ")]
    return named[-1] if named else ""


def parts(name: str) -> tuple[str, str]:
    """Stem and extension, the dot with the extension."""
    suffix = PurePosixPath(name.strip(" .")).suffix
    return name.strip(" .").removesuffix(suffix), suffix


def legible(text: str) -> str:
    """The characters by which a reader recognises a name, in one form: without accents."""
    normal = unicodedata.normalize("NFD", text)
    return "".join(c for c in normal if unicodedata.category(c) in _LEGIBLE and c not in _BLANK_LETTERS)


def comparable(name: str) -> str:
    """A form that is equal for names that a file system without case takes for one."""
    return unicodedata.normalize("NFC", name.casefold())


def plain(mime: str) -> str:
    """A media type without parameters, in lower case."""
    return mime.partition(";")[0].strip().lower()


def same_types(mime: str) -> frozenset[str]:
    """All words for a type."""
    return next((words for words in _SYNONYMS if mime in words), frozenset({mime}))


def _may_be_cut(sent: str, stored: str) -> bool:
    return len(sent) > MOST_CHARACTERS or len(stored) > MOST_CHARACTERS - 2 * MOST_OF_EXTENSION


def _is_cut_of(found: str, want: str) -> bool:
    """Whether letters were left out in one place only: before the extension."""
    kept = next((n for n, (one, other) in enumerate(zip(found, want, strict=False)) if one != other), len(found))
    return want.endswith(found[kept:])
