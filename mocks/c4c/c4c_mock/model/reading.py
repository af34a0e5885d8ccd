"""Finding rows: sets, keys, navigations, function imports. Code lists read like any other set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from c4c_mock.model.edm import EntitySet, Function, Navigation, Property, entity_set
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.table import EntityTable
from c4c_mock.model.values import Value

_LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)


def rows_of(table: EntityTable, eset: EntitySet) -> list[EntityRow]:
    """All rows of a set that are visible now."""
    if eset.rows is not None:
        return [_fixed_row(eset, number) for number in range(len(eset.rows))]
    return table.all(eset.name)


def _fixed_row(eset: EntitySet, number: int) -> EntityRow:
    assert eset.rows is not None
    return EntityRow(
        eset=eset,
        object_id=str(number),
        parent_id=None,
        values=dict(eset.rows[number]),
        created_at=_LONG_AGO,
        created_by="",
        visible_at=_LONG_AGO,
    )


def find(table: EntityTable, eset: EntitySet, key: Mapping[str, Value]) -> EntityRow | None:
    """The row with this complete key; None when there is none."""
    if eset.is_fixed:
        return next((r for r in rows_of(table, eset) if all(r.values[n] == v for n, v in key.items())), None)
    return table.get(eset.name, str(key["ObjectID"]))


def related(table: EntityTable, row: EntityRow, nav: Navigation) -> list[EntityRow]:
    """Rows at the far end of a navigation, visible now: children, or the parent."""
    target = entity_set(nav.target)
    if target.parent == row.eset.name:
        return table.children(row.object_id, target.name)
    owner = table.parent(row)
    if owner is None or owner.eset.name != target.name or table.get(target.name, owner.object_id) is None:
        return []
    return [owner]


def call_function(table: EntityTable, function: Function, arguments: Mapping[str, Value]) -> list[EntityRow]:
    """The visible rows that match every argument of a function import."""
    return [
        row
        for row in rows_of(table, entity_set(function.target))
        if all(_matches(table, row, function.match[name], wanted) for name, wanted in arguments.items())
    ]


def _matches(table: EntityTable, row: EntityRow, path: str, wanted: Value) -> bool:
    return any(_same(table.value(r, prop), wanted, prop) for r, prop in _candidates(table, row, path))


def _candidates(table: EntityTable, row: EntityRow, path: str) -> Iterator[tuple[EntityRow, Property]]:
    """Where an argument is compared: ``path`` is a property, or ``Navigation/property``."""
    nav_name, slash, name = path.rpartition("/")
    if not slash:
        yield row, row.eset.properties[name]
        return
    for child in related(table, row, row.eset.navigations[nav_name]):
        yield child, child.eset.properties[name]


def _same(found: Value, wanted: Value, prop: Property) -> bool:
    """Equal; an ObjectID equals the UUID made of it."""
    if prop.type == "Guid" and isinstance(found, str) and isinstance(wanted, str):
        return found.replace("-", "") == wanted.replace("-", "").upper()
    return found == wanted
