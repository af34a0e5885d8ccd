"""How messages show values and names, and the secret scan, which finds the parts of a text that must be masked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator

from attachment_contract.gate.json_nodes import Node
from attachment_contract.gate.source import TextSpan

SHOWN_CHARACTERS = 80
MASK = "********"
#: Matches start after a separator only, so each character is read a few times at most, however long the text.
_CREDENTIALS = re.compile(r"(?<=//)[^/\s@\"]+@|(?<![^/\s@\"]):*[^/\s@\":]+:[^/\s@\"]+@")
_NAMED = re.compile(
    r"""(?:passw|pwd|secret(?!s_)|api[-_]?key|(?<!access_)token|authorization)[\w.-]*["'“”]?\s*[:=]\s*"""
    r"""(?:["'“”](?P<quoted>[^"'“”\r\n]*)|(?P<bare>[^\s"'“”\[{,]+))""",
    re.IGNORECASE,
)
_BEFORE_AT = re.compile(r"[^\s\"@]+@")
_WORD_CREDENTIALS = re.compile(r"//([^/]+)@|[^/:]+:([^/]+)@")


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known word that ``word`` was probably meant to be, or None."""
    by_lower = {name.lower(): name for name in sorted(known)}
    if word.lower() in by_lower:
        return by_lower[word.lower()]
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[found[0]] if found else None


def shown(node: Node) -> str:
    """A value in a message: text in quotes, shortened; objects and arrays by kind."""
    if node.kind == "string":
        return quoted(str(node.value))
    if node.kind in {"object", "array"}:
        return f"an {node.kind}"
    if node.kind == "number":
        return str(node.value)[:SHOWN_CHARACTERS]
    if node.kind == "boolean":
        return "true" if node.value else "false"
    return "null"


def of_kind(node: Node) -> str:
    """``an object``, ``a string`` …, for values that must not be shown."""
    return f"a{'n' if node.kind in {'object', 'array'} else ''} {node.kind}"


def quoted(text: str) -> str:
    """A text in quotes, shortened, without credentials and without characters that act on a terminal."""
    text = _CREDENTIALS.sub(f"{MASK}@", text)
    short = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
    return '"' + "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in short) + '"'


def one_of(words: Iterable[str]) -> str:
    """``a, b or c``."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def secrets_by_name(text: str) -> list[TextSpan]:
    """The secret scan: values beside names like password or api-key, and credentials in addresses, in any text.

    Placeholders are not secrets.
    """
    return [span for span in (*_named(text), *_credentials(text)) if "{" not in text[span.start : span.end]]


def _named(text: str) -> Iterator[TextSpan]:
    for found in _NAMED.finditer(text):
        yield TextSpan(*found.span(found.lastgroup or 0))


def _credentials(text: str) -> Iterator[TextSpan]:
    if "@" not in text:
        return
    for word in _BEFORE_AT.finditer(text):
        if found := _WORD_CREDENTIALS.search(word[0]):
            start, end = found.span(found.lastindex or 0)
            yield TextSpan(word.start() + start, word.start() + end)
