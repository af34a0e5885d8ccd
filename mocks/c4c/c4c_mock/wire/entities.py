"""Rows as a reader sees them: links, values and expanded entities, before any format is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

from c4c_mock.model.edm import Navigation, Property, Service
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.reading import related
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.table import EntityTable
from c4c_mock.model.values import Value
from c4c_mock.wire.literals import etag_of
from c4c_mock.wire.shape import Shape

_SIZES: Mapping[str, Callable[[int], Value]] = {
    "bytes": Decimal,
    "kilobytes": lambda size_bytes: Decimal(-(-size_bytes // 1024)),
    "wrong": lambda size_bytes: Decimal(size_bytes + 1),
    "zero": lambda _: Decimal(0),
    "null": lambda _: None,
    "absent": Decimal,
}
"""The value of ``SizeInkB``, by dialect ``size_in_kb``; ``absent`` leaves the property out of documents."""

MAX_ENTITIES = 100_000
"""At most so many entities, expanded ones included, are in one reply: a bound on time and memory."""


@dataclass(kw_only=True)
class Entity:
    """One row ready to be written.

    Attributes:
        uri: absolute and canonical; ``path`` is its part below the service root.
        type: namespace-qualified type name.
        etag: as header and metadata; empty for code lists.
        expanded: a list for a to-many navigation; one entity or None for a to-one.
    """

    uri: str
    path: str
    updated: datetime
    type: str
    etag: str
    set_name: str
    key: str
    values: list[tuple[Property, Value]]
    deferred: list[Navigation]
    expanded: dict[str, list[Entity] | Entity | None] = field(default_factory=dict)

    def point_document_at(self, link: str) -> None:
        """Replace the link to an attachment's file."""
        self.values = [(p, link if p.name == "DocumentLink" else v) for p, v in self.values]


class EntityRenderer:
    """Turns rows into entities for one request.

    ``base`` is the service root, absolute, without trailing slash. ``code_texts`` False leaves out the
    descriptions of codes (request header ``odata-no-codedescs``). ``size`` is dialect ``size_in_kb``.
    """

    def __init__(
        self, rows: EntityTable, service: Service, base: str, *, code_texts: bool = True, size: str = "bytes"
    ) -> None:
        self._rows = rows
        self._service = service
        self._base = base
        self._code_texts = code_texts
        self._size = size
        self._written = 0

    def entity(self, row: EntityRow, shape: Shape) -> Entity:
        """The row in this shape."""
        self._written += 1
        if self._written > MAX_ENTITIES:
            raise BadRequest(f"$expand: more than {MAX_ENTITIES} entities in one reply")
        path = f"{row.eset.name}{key_of(row)}"
        uri = f"{self._base}/{path}"
        return Entity(
            uri=uri,
            path=path,
            updated=row.changed_at,
            type=f"{self._service.name}.{row.eset.type_name}",
            etag=etag_of_row(row),
            set_name=row.eset.name,
            key=row.object_id,
            values=[(p, self._value(row, p, uri)) for p in shape.properties if self._shown(p)],
            deferred=shape.deferred,
            expanded={nav: self._expand(row, nav, below) for nav, below in shape.expanded.items()},
        )

    def _shown(self, prop: Property) -> bool:
        if prop.name == "SizeInkB" and self._size == "absent":
            return False
        return self._code_texts or not prop.text_of

    def value(self, row: EntityRow, prop: Property) -> Value:
        """One property as a reader sees it."""
        return self._value(row, prop, f"{self._base}/{row.eset.name}{key_of(row)}")

    def _value(self, row: EntityRow, prop: Property, uri: str) -> Value:
        if prop.name == "DocumentLink" and row.blob is not None:
            return f"{uri}/Binary/$value"  # recorded; in a $batch the real one is unusable
        if prop.name == "SizeInkB" and row.blob is not None:
            return _SIZES[self._size](row.blob.size_bytes)
        return self._rows.value(row, prop)

    def _expand(self, row: EntityRow, nav_name: str, below: Shape) -> list[Entity] | Entity | None:
        nav = row.eset.navigations[nav_name]
        found = [self.entity(r, below) for r in related(self._rows, row, nav)]
        if nav.many:
            return found
        return found[0] if found else None


def etag_of_row(row: EntityRow) -> str:
    """The ETag of a row; empty for a row of a fixed set."""
    return "" if row.eset.is_fixed else etag_of(row.changed_at)


def key_of(row: EntityRow) -> str:
    """The key predicate of a row, percent-encoded."""
    keys = row.eset.keys
    literals = [(k.name, str(row.values.get(k.name, row.object_id)).replace("'", "''")) for k in keys]
    if len(literals) == 1:
        return f"('{quote(literals[0][1], safe='')}')"
    return "(" + ",".join(f"{name}='{quote(text, safe='')}'" for name, text in literals) + ")"
