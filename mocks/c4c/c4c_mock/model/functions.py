"""Function imports: rows of a set that answer named questions. Which ones there are is data of the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from c4c_mock.model.edm import EntitySet, Function, Property, entity_set
from c4c_mock.model.reading import related, rows_of
from c4c_mock.model.rows import Row
from c4c_mock.model.values import Value
from c4c_mock.tenant import C4CTenant


def call(tenant: C4CTenant, function: Function, arguments: Mapping[str, Value]) -> list[Row]:
    """The visible rows that meet every argument."""
    target = entity_set(function.target)
    return [
        row
        for row in rows_of(tenant, target)
        if all(_meets(tenant, row, function.match[name], wanted) for name, wanted in arguments.items())
    ]


def _meets(tenant: C4CTenant, row: Row, place: str, wanted: Value) -> bool:
    return any(_same(tenant.rows.value(r, prop), wanted, prop) for r, prop in _places(tenant, row, place))


def _places(tenant: C4CTenant, row: Row, place: str) -> Iterator[tuple[Row, Property]]:
    nav_name, slash, name = place.rpartition("/")
    if not slash:
        yield row, row.eset.properties[name]
        return
    nav = row.eset.navigations[nav_name]
    target: EntitySet = entity_set(nav.target)
    for child in related(tenant, row, nav):
        yield child, target.properties[name]


def _same(found: Value, wanted: Value, prop: Property) -> bool:
    """Equal; an ObjectID and the UUID made of it are the same thing."""
    if prop.type == "Guid" and isinstance(found, str) and isinstance(wanted, str):
        return found.replace("-", "") == wanted.replace("-", "").upper()
    return found == wanted
