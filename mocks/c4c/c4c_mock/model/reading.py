"""Finding rows: sets, keys, navigations. Code lists read like any other set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from c4c_mock.model.edm import EntitySet, Navigation, entity_set
from c4c_mock.model.rows import Row
from c4c_mock.model.values import Value
from c4c_mock.tenant import C4CTenant

_LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)


def rows_of(tenant: C4CTenant, eset: EntitySet) -> list[Row]:
    """All rows of a set that are visible now."""
    if eset.rows is not None:
        return [_fixed_row(eset, number) for number in range(len(eset.rows))]
    return tenant.rows.all(eset.name)


def _fixed_row(eset: EntitySet, number: int) -> Row:
    assert eset.rows is not None
    return Row(
        eset=eset,
        object_id=str(number),
        parent_id=None,
        values=dict(eset.rows[number]),
        created_at=_LONG_AGO,
        created_by="",
        visible_at=_LONG_AGO,
    )


def find(tenant: C4CTenant, eset: EntitySet, key: Mapping[str, Value]) -> Row | None:
    """The row with this complete key; None when there is none."""
    if eset.is_fixed:
        return next((r for r in rows_of(tenant, eset) if all(r.values[n] == v for n, v in key.items())), None)
    return tenant.rows.get(eset.name, str(key["ObjectID"]))


def related(tenant: C4CTenant, row: Row, nav: Navigation) -> list[Row]:
    """Rows at the far end of a navigation, visible now: children, or the parent."""
    target = entity_set(nav.target)
    if target.parent == row.eset.name:
        return tenant.rows.children(row.object_id, target.name)
    parent = parent_of(tenant, row)
    return [parent] if parent is not None and parent.eset.name == target.name else []


def parent_of(tenant: C4CTenant, row: Row) -> Row | None:
    """The owning row if it is visible now."""
    owner = tenant.rows.parent(row)
    return None if owner is None else tenant.rows.get(owner.eset.name, owner.object_id)
