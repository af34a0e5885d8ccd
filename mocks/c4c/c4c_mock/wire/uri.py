"""Resource paths: ``Set('key')/Nav('key')/Prop/$value`` cut into segments; types are not checked here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from c4c_mock.model.errors import BadRequest
from c4c_mock.model.shown import shown

_SEGMENT = re.compile(r"(?P<name>\$?[A-Za-z_][A-Za-z0-9_]*)(?:\((?P<key>.*)\))?", re.DOTALL)
_PREDICATE = re.compile(r"\s*(?:(?P<name>\w+)\s*=\s*)?(?P<literal>[A-Za-z]*'(?:[^']|'')*'|[^',=\s]+)\s*(?:,|$)")


@dataclass(frozen=True)
class Segment:
    """One step of a path.

    Attributes:
        key: None without parentheses; otherwise literals by property name, "" for an unnamed one.
    """

    name: str
    key: dict[str, str] | None = field(default=None)


def split_path(path: str) -> list[Segment]:
    """Segments of a decoded path without leading slash; a trailing slash is ignored. Raises BadRequest."""
    parts = _cut(path)
    if parts and parts[-1] == "":
        parts.pop()
    return [_segment(part) for part in parts]


def _cut(path: str) -> list[str]:
    """Cut at slashes that stand outside quotes."""
    parts, current, quoted = [], "", False
    for char in path:
        if char == "'":
            quoted = not quoted
        if char == "/" and not quoted:
            parts.append(current)
            current = ""
        else:
            current += char
    if quoted:
        raise BadRequest(f"Malformed URI: unbalanced quote in {shown(path)}")
    return [*parts, current]


def _segment(part: str) -> Segment:
    found = _SEGMENT.fullmatch(part)
    if found is None:
        raise BadRequest(f"Malformed URI: cannot read segment {shown(part)}")
    return Segment(found["name"], None if found["key"] is None else _key(found["key"]))


def _key(text: str) -> dict[str, str]:
    if not text.strip():
        return {}
    key: dict[str, str] = {}
    at = 0
    while at < len(text):
        found = _PREDICATE.match(text, at)
        if found is None or (found["name"] or "") in key:
            raise BadRequest(f"Malformed URI: cannot read key predicate ({text})")
        key[found["name"] or ""] = found["literal"]
        at = found.end()
    return key
