"""One stored entity, and what its properties read as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from c4c_mock.model.edm import EntitySet, Property
from c4c_mock.model.values import Value, unset
from mock_kit.tenants.ids import dashed
from mock_kit.tenants.spool import Blob

_DATE = (8,)
"""Precision of a DateTime that is a date. Source: $metadata of a tenant; recorded."""

_CREATED_AT = frozenset({"CreatedOn", "CreationDate", "CreationDateTime", "ReportedDate", "ReportedDateTime"})
_CHANGED_AT = frozenset({"UpdatedOn", "LastUpdatedOn", "LastChangeDate", "LastChangeDateTime", "EntityLastChangedOn"})


@dataclass(kw_only=True)
class EntityRow:
    """One entity.

    Attributes:
        object_id: 32 upper-case hex characters; the key.
        parent_id: ObjectID of the owning row; None for roots.
        visible_at: virtual time from which readers see the row (a slow commit lies in the future).
        changed_at: aware UTC; grows with every write and is the ETag.
        contact: the desktop's contact id when C4C itself stores none; no reader sees it.
        seq: running number of the tenant's rows; a set is read in this order.
    """

    eset: EntitySet
    object_id: str
    parent_id: str | None
    values: dict[str, Value]
    created_at: datetime
    created_by: str
    visible_at: datetime
    contact: str = ""
    seq: int = 0
    changed_at: datetime = field(init=False)
    changed_by: str = field(init=False)

    def __post_init__(self) -> None:
        self.changed_at = self.created_at
        self.changed_by = self.created_by

    @property
    def blob(self) -> Blob | None:
        """The file of an attachment; None for links and for everything else."""
        found = self.values.get("Binary")
        return found if isinstance(found, Blob) else None

    def restore(self, values: dict[str, Value], changed_at: datetime, changed_by: str) -> None:
        """Undo a change."""
        self.values, self.changed_at, self.changed_by = values, changed_at, changed_by

    def touch(self, at: datetime, by: str) -> None:
        """Record a change; the ETag grows even when the clock stands still."""
        self.changed_at = max(at, self.changed_at + timedelta(microseconds=1))
        self.changed_by = by


def derived(row: EntityRow, prop: Property) -> Value:
    """Values that follow from the row itself: keys, stamps, size."""
    if prop.name in _STAMPS:
        return _moment(prop, _STAMPS[prop.name](row))
    derive = _DERIVED.get(prop.name)
    found = None if derive is None else derive(row)
    return unset(prop) if found is None else found


def _size(row: EntityRow) -> Decimal | None:
    """Bytes, although the property's name says kilobytes. Source: recorded attachment echo."""
    return None if row.blob is None else Decimal(row.blob.size_bytes)


_STAMPS: dict[str, Callable[[EntityRow], datetime]] = {
    **dict.fromkeys(_CREATED_AT, lambda row: row.created_at),
    **dict.fromkeys({"ETag", *_CHANGED_AT}, lambda row: row.changed_at),
}
_DERIVED: dict[str, Callable[[EntityRow], Value]] = {
    "ObjectID": lambda row: row.object_id,
    "ParentObjectID": lambda row: row.parent_id or "",
    "UUID": lambda row: dashed(row.object_id),  # recorded attachment echo
    "CreatedBy": lambda row: row.created_by,
    "LastUpdatedBy": lambda row: row.changed_by,
    "ChangedBy": lambda row: row.changed_by,
    "SizeInkB": _size,
}


def _moment(prop: Property, at: datetime) -> datetime:
    """An aware stamp for DateTimeOffset, a naive one for DateTime; midnight where DateTime is a date (Precision 8)."""
    if prop.type != "DateTime":
        return at
    naive = at.replace(tzinfo=None)
    return naive.replace(hour=0, minute=0, second=0, microsecond=0) if prop.facets == _DATE else naive
