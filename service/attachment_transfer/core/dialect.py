"""The assumptions about the neighbours, as one object. Their evidence is in ``dialect.toml``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

#: ``format`` of a file for mocks and service together; the service's entries are below ``[service.…]``.
SHARED_FORMAT = "attachment-dialect.v1"


class BadDialect(ValueError):
    """A dialect entry that the service does not know or cannot use."""


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """One way to find the activity of a contact: ``set`` filtered by ``field``, whose ``parent`` is the activity."""

    service: str
    set: str
    field: str
    parent: str
    activity_set: str


@dataclass(frozen=True, kw_only=True)
class NeighbourDialect:
    """Attributes are the entries of ``dialect.toml``, section and name joined by an underscore."""

    cmi_chat_routes: tuple[str, ...]
    cmi_message_routes: tuple[str, ...]
    cmi_originators: tuple[str, ...]
    cmi_empty_list_means_unknown: bool
    cmi_listed_size_is_exact: bool
    cmi_contact_data_form: str
    c4c_lookups: tuple[Lookup, ...]
    c4c_attachment_type_code: str
    c4c_attachment_category_code: str
    c4c_key_field: str
    c4c_size_field_holds_bytes: bool
    c4c_lock_pattern: str
    c4c_lock_words: tuple[str, ...]
    c4c_not_lock_words: tuple[str, ...]
    c4c_asks_for_english: bool
    c4c_settle_s: float


def read_dialect(document: Mapping[str, Any]) -> NeighbourDialect:
    """Build the dialect from a parsed TOML document. Raises :class:`BadDialect` naming the entry."""
    values = _entries(document)
    known = set(NeighbourDialect.__dataclass_fields__)
    if missing := known - values.keys():
        raise BadDialect(f"dialect entries missing: {', '.join(sorted(missing))}")
    return _checked(NeighbourDialect(**{name: _typed(name, value) for name, value in values.items()}))


def overlay(base: NeighbourDialect, document: Mapping[str, Any]) -> NeighbourDialect:
    """Replace the entries that a tenant's own file names."""
    entries = _entries(own_part(document))
    return _checked(replace(base, **{name: _typed(name, value) for name, value in entries.items()}))


def own_part(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The service's sections of a file: all of its own file, ``service`` of one shared with the mocks.

    Raises :class:`BadDialect` for a format that is not known.
    """
    if "format" not in document:
        return document
    if document["format"] != SHARED_FORMAT:
        raise BadDialect(f'format {document["format"]!r} is not known: write format = "{SHARED_FORMAT}"')
    part = document.get("service", {})
    if not isinstance(part, Mapping):
        raise BadDialect("service has sections like [service.c4c.name], not a value")
    return part


def _entries(document: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for section, entries in document.items():
        if not isinstance(entries, Mapping):
            raise BadDialect(f"dialect section [{section}] has entries like [{section}.name], not a value")
        for name, entry in entries.items():
            full = f"{section}_{name}"
            if full not in NeighbourDialect.__dataclass_fields__:
                known = ", ".join(each.replace("_", ".", 1) for each in NeighbourDialect.__dataclass_fields__)
                raise BadDialect(f"unknown dialect entry [{section}.{name}]; there are {known}")
            if not isinstance(entry, Mapping) or "value" not in entry:
                raise BadDialect(f"dialect entry [{section}.{name}] has no value")
            values[full] = entry["value"]
    return values


def _typed(name: str, value: Any) -> Any:
    """``value`` as the field's type, or BadDialect: a wrong type would show only when the entry is first used."""
    try:
        return _READERS[str(NeighbourDialect.__annotations__[name])](value)
    except (TypeError, ValueError) as exc:
        raise BadDialect(f"dialect entry {name}: {exc}") from exc


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _seconds(value: Any) -> float:
    seconds = float(value)
    if isinstance(value, bool) or not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"{value!r}: write seconds from 0")
    return seconds


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise TypeError(f"{value!r} is no list, or an empty one")
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "str": _text,
    "bool": _switch,
    "float": _seconds,
    "tuple[str, ...]": lambda value: tuple(_text(item) for item in _list(value)),
    "tuple[Lookup, ...]": lambda value: tuple(
        Lookup(**{name: _text(text) for name, text in item.items()}) for item in map(dict, _list(value))
    ),
}

_WORDS = {"cmi_contact_data_form": ("object", "pairs"), "c4c_key_field": ("Title", "Name")}


def _checked(dialect: NeighbourDialect) -> NeighbourDialect:
    for name, words in _WORDS.items():
        if getattr(dialect, name) not in words:
            raise BadDialect(f"dialect entry {name}: {getattr(dialect, name)!r}: {' or '.join(words)}")
    for name in ("c4c_lock_pattern", "c4c_lock_words", "c4c_not_lock_words"):
        value = getattr(dialect, name)
        for expression in (value,) if isinstance(value, str) else value:
            try:
                re.compile(f"(?:{expression})" if name != "c4c_lock_pattern" else expression)
            except re.error as exc:
                raise BadDialect(f"dialect entry {name}: {expression!r}: {exc}") from exc
    for name in ("cmi_chat_routes", "cmi_message_routes"):
        for route in getattr(dialect, name):
            if "{contact_id}" not in route or re.search(r"[{}]", route.replace("{contact_id}", "")):
                raise BadDialect(f"dialect entry {name}: {route!r}: write {{contact_id}} where the id goes")
    return dialect
