"""Entities as OData V2 JSON in C4C's default shape or, on request, in the standard's.

- quirk A: a single entity stands in ``d.results``; quirk B: an expanded to-many navigation is a bare array
- request header ``odata-v2-strict-json-format: true`` (quirk C) turns both into the standard's form

Sources: developer guide, SAP help "Compatibility Mode for READ Operations", SAP client issue trackers.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from c4c_mock.model.edm import Property, Service
from c4c_mock.model.texts import ErrorText
from c4c_mock.model.values import Value
from c4c_mock.wire.entities import Entity
from mock_kit.tenants.base64_document import Base64Document, with_files
from mock_kit.tenants.spool import Blob

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(r'"/Date\((-?\d+)\)/"')


class JsonDocument(Base64Document):
    """A JSON document with files in it."""

    def __init__(self, document: object, *, escape_dates: bool = False, members: tuple[str, str] = ("", "")) -> None:
        """``escape_dates``: dialect ``escape_date_slashes``. ``members``: raw ones for both ends of ``d``."""
        blobs: list[Blob] = []
        mark = secrets.token_hex(8)

        def extract(value: object) -> str:
            assert isinstance(value, Blob)
            blobs.append(value)
            return mark

        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=extract)
        if escape_dates:
            text = _DATE.sub(r'"\\/Date(\1)\\/"', text)
        super().__init__(with_files(_with_members(text, *members), mark, blobs))


def _with_members(text: str, first: str, last: str) -> str:
    """The document with raw members at the start and the end of ``d``; as it is where ``d`` is no object."""
    head, tail = '{"d":{', "}}"
    if not text.startswith(head) or not text.endswith(tail):
        return text
    inside = [part for part in (first, text[len(head) : -len(tail)], last) if part]
    return f"{head}{','.join(inside)}{tail}"


def service_document(service: Service) -> dict[str, Any]:
    """``{"d": {"EntitySets": […]}}``. Source: OData 2.0 json-format; documented."""
    return {"d": {"EntitySets": list(service.sets)}}


def entity_document(entity: Entity, *, strict: bool) -> dict[str, Any]:
    """A single entity."""
    plain = entity_object(entity, strict=strict)
    return {"d": plain if strict else {"results": plain}}


@dataclass(frozen=True)
class Feed:
    """A page of a set; ``count`` (of all pages) only when the request wants it."""

    entities: list[Entity]
    count: int | None = None
    next_link: str = ""


def feed_document(feed: Feed, *, strict: bool) -> dict[str, Any]:
    """A set of entities; the count is a string."""
    written: dict[str, Any] = {} if feed.count is None else {"__count": str(feed.count)}
    written["results"] = [entity_object(e, strict=strict) for e in feed.entities]
    if feed.next_link:
        written["__next"] = feed.next_link
    return {"d": written}


def entity_object(entity: Entity, *, strict: bool) -> dict[str, Any]:
    """One entity without its envelope."""
    metadata = {"uri": entity.uri, "type": entity.type}
    if entity.etag:
        metadata["etag"] = entity.etag
    written: dict[str, Any] = {"__metadata": metadata}
    written.update({prop.name: json_value(value, prop) for prop, value in entity.values})
    for nav in entity.deferred:
        written[nav.name] = {"__deferred": {"uri": f"{entity.uri}/{nav.name}"}}
    for name, found in entity.expanded.items():
        written[name] = _expanded(found, strict=strict)
    return written


def _expanded(found: list[Entity] | Entity | None, *, strict: bool) -> Any:
    if isinstance(found, Entity):
        return entity_object(found, strict=strict)
    if found is None:
        return None
    many = [entity_object(e, strict=strict) for e in found]
    return {"results": many} if strict else many


def json_value(value: Value, prop: Property) -> Any:
    """A value as JSON writes it: dates in ticks, numbers as strings, files left for ``JsonDocument``."""
    if isinstance(value, datetime):
        return f"/Date({ticks(value)})/"
    if isinstance(value, Decimal):
        return fixed(value, prop)
    return value


def ticks(moment: datetime) -> int:
    """Milliseconds since 1970; a naive moment counts as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(milliseconds=1)


def fixed(value: Decimal, prop: Property) -> str:
    """A number with all digits of its scale: ``37.00000000000000``. Source: recorded echo."""
    return f"{value:.{prop.facets[1]}f}"


def error_document(error: ErrorText, *, inner: bool = False) -> dict[str, Any]:
    """C4C's error in JSON. The code is empty in the recorded reply of a tenant.

    ``inner`` adds what SAP Gateway puts into ``innererror``: dialect ``error_innererror``.
    """
    written: dict[str, Any] = {"code": error.code, "message": {"lang": error.language, "value": error.outer}}
    more: dict[str, Any] = {}
    if inner:
        more = {"transactionid": "", "timestamp": "", "Error_Resolution": {}}
    if error.details:
        more["errordetails"] = [{"code": error.code, "message": error.text, "severity": "error"}]
    return {"error": {**written, "innererror": more} if more else written}
