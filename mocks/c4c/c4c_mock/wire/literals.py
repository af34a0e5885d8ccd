"""OData V2 literals as they stand in URIs: ``'it''s'``, ``guid'…'``, ``datetimeoffset'…'``, ``1.5M``.

Source: odata.org OData 2.0 overview, section on abstract type system; documented.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation

from c4c_mock.model.edm import Property
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.shown import shown
from c4c_mock.model.values import Value

LITERAL = re.compile(
    r"(?:(?P<prefix>guid|datetimeoffset|datetime|time|binary|X)(?='))?'(?P<quoted>(?:[^']|'')*)'"
    r"|(?P<bare>true|false|null|[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?[mMlLdDfF]?)(?![\w.])"
)
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def parse_literal(text: str, prop: Property) -> Value:
    """The value of a literal that is compared with ``prop``. Raises BadRequest when type or form is wrong."""
    found = LITERAL.fullmatch(text)
    if found is None:
        raise BadRequest(f"Invalid literal {shown(text)} for property {prop.name}; expected {_example(prop)}")
    return value_of(found, prop)


def value_of(found: re.Match[str], prop: Property) -> Value:
    """The value of a literal that matched ``LITERAL``."""
    bare, prefix = found["bare"], found["prefix"] or ""
    if bare == "null":
        return None
    wanted = {"Guid": "guid", "DateTime": "datetime", "DateTimeOffset": "datetimeoffset", "String": ""}
    if bare is None and wanted.get(prop.type) == prefix:
        return from_text(found["quoted"].replace("''", "'"), prop)
    if bare is not None and prop.type == "Boolean" and bare in {"true", "false"}:
        return bare == "true"
    if bare is not None and prop.type == "Decimal" and bare not in {"true", "false"}:
        return Decimal(bare.rstrip("mMlLdDfF"))
    raise BadRequest(f"Literal {found[0]} does not fit {prop.name} of type Edm.{prop.type}; expected {_example(prop)}")


def from_text(text: str, prop: Property) -> Value:
    """The value a plain text stands for. Raises BadRequest."""
    if prop.type == "Guid":
        if not _GUID.fullmatch(text):
            raise BadRequest(f"Property {prop.name}: {shown(text)} is no guid")
        return text.upper()
    if prop.type in {"DateTime", "DateTimeOffset"}:
        return parse_stamp(text, prop)
    if prop.type == "Decimal":
        try:
            return Decimal(text)
        except InvalidOperation as exc:
            raise BadRequest(f"Property {prop.name}: {shown(text)} is no number") from exc
    return text


def parse_stamp(text: str, prop: Property) -> datetime:
    """An ISO 8601 stamp: naive for DateTime, aware for DateTimeOffset. Raises BadRequest."""
    found = _STAMP.fullmatch(text)
    if found is None:
        raise BadRequest(f"Property {prop.name}: {shown(text)} is no date and time such as 2020-01-31T09:00:00Z")
    year, month, day, hour, minute, second = (int(found[i] or 0) for i in range(1, 7))
    micro = int((found[7] or "0").ljust(7, "0")[:6])
    try:
        stamp = datetime(year, month, day, hour, minute, second, micro, _zone(found[8]))
        return stamp.astimezone(UTC) if prop.type == "DateTimeOffset" else stamp.replace(tzinfo=None)
    except (ValueError, OverflowError) as exc:
        raise BadRequest(f"Property {prop.name}: {shown(text)} is no date of the calendar") from exc


def _zone(text: str | None) -> timezone:
    if text in {None, "Z"}:
        return UTC
    assert text is not None
    minutes = int(text[1:3]) * 60 + int(text[4:6])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))


def _example(prop: Property) -> str:
    examples = {
        "String": "'text'",
        "Guid": "guid'00000000-0000-0000-0000-000000000000'",
        "DateTime": "datetime'2020-01-31T00:00:00'",
        "DateTimeOffset": "datetimeoffset'2020-01-31T09:00:00Z'",
        "Boolean": "true or false",
        "Decimal": "1.5M",
    }
    return examples.get(prop.type, f"an Edm.{prop.type} literal")


def etag_of(changed_at: datetime) -> str:
    """The weak ETag of a row's last change, percent-encoded as C4C writes it. Source: developer guide."""
    stamp = changed_at.strftime("%Y-%m-%dT%H%%3A%M%%3A%S") + f".{changed_at.microsecond:06d}0Z"
    return f"W/\"datetimeoffset'{stamp}'\""
