"""Placeholders in single braces with a dotted path: `{contact.guid}`, `{secrets.ri-apikey}`, `{event}`.

Documented by example: a placeholder that is the whole value injects the typed value; inside a longer
string it is written as text; `{event}` in text is the event's name. Inferred: expanded once, never
scanned again, since a secret may contain braces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*)\}", re.ASCII)
ROOTS = ("contact", "event", "secrets", "authentications")
RESPONSE_ROOTS = ("contact", "event", "config_id", "request", "response")


class Unresolved(Exception):
    """A placeholder without a value; ``placeholder`` is its text with braces."""

    def __init__(self, placeholder: str, why: str) -> None:
        super().__init__(f"{placeholder}: {why}")
        self.placeholder = placeholder
        self.why = why


@dataclass(frozen=True, kw_only=True)
class TextStyle:
    """How values are written inside a longer string, and what an unknown placeholder becomes (see dialect.toml)."""

    null_in_text: str = ""
    object_in_text: str = "json"
    unknown: str = "not_sent"


#: Returns the value of a path such as ``("contact", "guid")``; raises ``LookupError`` with the reason.
Lookup = Callable[[tuple[str, ...]], Any]


def placeholders_in(value: object) -> Iterator[str]:
    """The paths of all placeholders inside a JSON value, in order, as written between the braces."""
    if isinstance(value, str):
        yield from (match[1] for match in PLACEHOLDER.finditer(value))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from placeholders_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from placeholders_in(item)


def expand(value: object, lookup: Lookup, style: TextStyle) -> Any:
    """A JSON value with every placeholder replaced once; member names stay. Raises ``Unresolved``."""
    if isinstance(value, str):
        whole = PLACEHOLDER.fullmatch(value)
        return _resolve(whole, lookup, style) if whole else expand_text(value, lookup, style)
    if isinstance(value, Mapping):
        return {name: expand(item, lookup, style) for name, item in value.items()}
    if isinstance(value, list):
        return [expand(item, lookup, style) for item in value]
    return value


def expand_text(
    text: str, lookup: Lookup, style: TextStyle, quote: Callable[[str], str] = lambda written: written
) -> str:
    """A string with every placeholder written as text; ``quote`` encodes each value, for example for a URL."""
    return PLACEHOLDER.sub(lambda found: quote(as_text(_resolve(found, lookup, style), style)), text)


def _resolve(found: re.Match[str], lookup: Lookup, style: TextStyle) -> Any:
    try:
        return lookup(tuple(found[1].split(".")))
    except LookupError as exc:
        if style.unknown == "empty":
            return ""
        if style.unknown == "literal":
            return found[0]
        raise Unresolved(found[0], str(exc.args[0]) if exc.args else "unknown") from exc


class EventObject(dict[str, Any]):
    """The value of `{event}`: an object as a whole value, its name inside a text."""


def as_text(value: object, style: TextStyle) -> str:
    """A value as it is written inside a longer string."""
    if isinstance(value, str):
        return value
    if value is None:
        return style.null_in_text
    if isinstance(value, EventObject):
        return str(value["name"])
    if style.object_in_text == "python":
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def walk(root: object, path: tuple[str, ...], known: Callable[[str], bool]) -> Any:
    """The value below ``root``; null when an ancestor is null but the path is known. Raises LookupError."""
    value = root
    for step in path:
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif known(".".join(path)):
            return None
        else:
            raise LookupError(f"there is no {'.'.join(path)} here")
    return value
