"""The assumptions about the neighbours, as one object. Their evidence stands in ``dialect.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


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
class Dialect:
    """Attributes are the entries of ``dialect.toml``, section and name joined by an underscore."""

    cmi_chat_routes: tuple[str, ...]
    cmi_originators: tuple[str, ...]
    cmi_empty_list_means_unknown: bool
    cmi_contact_data_form: str
    c4c_lookups: tuple[Lookup, ...]
    c4c_attachment_type_code: str
    c4c_attachment_category_code: str
    c4c_key_field: str
    c4c_size_field_holds_bytes: bool
    c4c_lock_pattern: str
    c4c_settle_s: float


def read_dialect(document: Mapping[str, Any]) -> Dialect:
    """Build the dialect from a parsed TOML document. Raises :class:`BadDialect` naming the entry."""
    values = _entries(document)
    known = set(Dialect.__dataclass_fields__)
    if missing := known - values.keys():
        raise BadDialect(f"dialect entries missing: {', '.join(sorted(missing))}")
    return _checked(Dialect(**{name: _typed(name, value) for name, value in values.items()}))


def overlay(base: Dialect, document: Mapping[str, Any]) -> Dialect:
    """Replace the entries that a tenant's own file names."""
    return _checked(replace(base, **{name: _typed(name, value) for name, value in _entries(document).items()}))


def _entries(document: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for section, entries in document.items():
        for name, entry in entries.items():
            full = f"{section}_{name}"
            if full not in Dialect.__dataclass_fields__:
                raise BadDialect(f"unknown dialect entry [{section}.{name}]")
            if "value" not in entry:
                raise BadDialect(f"dialect entry [{section}.{name}] has no value")
            values[full] = entry["value"]
    return values


def _typed(name: str, value: Any) -> Any:
    try:
        if name == "c4c_lookups":
            return tuple(Lookup(**item) for item in value)
        if name == "c4c_settle_s":
            return float(value)
    except (TypeError, ValueError) as exc:
        raise BadDialect(f"dialect entry {name}: {exc}") from exc
    return tuple(value) if isinstance(value, list) else value


def _checked(dialect: Dialect) -> Dialect:
    try:
        re.compile(dialect.c4c_lock_pattern)
    except re.error as exc:
        raise BadDialect(f"dialect entry c4c_lock_pattern: {exc}") from exc
    if dialect.cmi_contact_data_form not in {"object", "pairs"}:
        raise BadDialect(f"dialect entry cmi_contact_data_form: {dialect.cmi_contact_data_form!r}: object or pairs")
    return dialect
