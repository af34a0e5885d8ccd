"""Rows and the table that holds them: one tenant's business objects, keyed by ObjectID."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from c4c_mock.model.edm import EntitySet, Property, children_of, entity_set
from c4c_mock.model.values import Value, dashed, unset
from mock_kit.spool import Blob

_CREATED_AT = frozenset({"CreatedOn", "CreationDate", "CreationDateTime", "ReportedDate", "ReportedDateTime"})
_CHANGED_AT = frozenset({"UpdatedOn", "LastUpdatedOn", "LastChangeDate", "LastChangeDateTime", "EntityLastChangedOn"})


@dataclass(kw_only=True)
class Row:
    """One entity.

    Attributes:
        object_id: 32 upper-case hex characters; the key.
        parent_id: ObjectID of the owning row; None for roots.
        visible_at: virtual time from which readers see the row (a slow commit lies in the future).
        changed_at: aware UTC; grows with every write and is the ETag.
        contact: the desktop's contact id when C4C itself stores none; nothing a reader ever sees.
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
        """Take a change back."""
        self.values, self.changed_at, self.changed_by = values, changed_at, changed_by

    def touch(self, at: datetime, by: str) -> None:
        """Record a change; the ETag grows even when the clock stands still."""
        self.changed_at = max(at, self.changed_at + timedelta(microseconds=1))
        self.changed_by = by


Keep: TypeAlias = "Callable[[list[Row], list[Row]], None]"
"""Called with the rows that one transaction stored and those that it removed."""


class Rows:
    """All rows of one tenant. Every method is safe to call from several threads."""

    def __init__(self, now: Callable[[], datetime], keep: Keep = lambda _kept, _gone: None) -> None:
        """``now`` is the tenant's clock. ``keep`` may raise: the transaction is taken back then."""
        self._now = now
        self._lock = threading.RLock()
        self._by_set: dict[str, dict[str, Row]] = {}
        self._by_parent: dict[tuple[str, str], list[Row]] = {}
        self._last_seq = 0
        self._keep = keep
        self._undo: list[Callable[[], None]] | None = None
        self._touched: dict[str, Row] = {}
        self._fresh: list[Row] = []

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What is written in the block is taken back when the block fails; nobody else sees it before its end.

        Readers and writers of other threads wait at the table meanwhile, so a block must not wait for them.
        """
        with self._lock:
            if self._undo is not None:
                yield  # a part of the block around it
                return
            self._undo, self._touched, self._fresh = [], {}, []
            try:
                yield
                self._commit()
            except BaseException:
                for step in reversed(self._undo):
                    step()
                raise
            finally:
                self._undo = None

    def _commit(self) -> None:
        rows = self._touched.values()
        kept = [row for row in rows if self._has(row)]
        if self._fresh:
            together = max(row.visible_at for row in self._fresh)
            for row in self._fresh:
                row.visible_at = together
        if self._touched:
            self._keep(kept, [row for row in rows if not self._has(row)])

    def _has(self, row: Row) -> bool:
        return self._by_set.get(row.eset.name, {}).get(row.object_id) is row

    def _noted(self, rows: Iterable[Row], undo: Callable[[], None]) -> None:
        assert self._undo is not None
        self._undo.append(undo)
        self._touched.update((row.object_id, row) for row in rows)

    def add(self, rows: Iterable[Row]) -> None:
        """Store rows together: a reader sees all of them or none."""
        stored = list(rows)
        with self.all_or_nothing():
            self._noted(stored, lambda: self._drop_all(stored))
            self._fresh += stored
            for row in stored:
                self._last_seq += 1
                row.seq = self._last_seq
                self._put(row)

    def restore(self, rows: Iterable[Row]) -> None:
        """Take over rows that were kept, in the order of creation; nothing is kept anew."""
        with self._lock:
            for row in sorted(rows, key=lambda r: r.seq):
                self._last_seq = row.seq
                self._put(row)

    def _put(self, row: Row) -> None:
        self._by_set.setdefault(row.eset.name, {})[row.object_id] = row
        if row.parent_id is not None:
            self._by_parent.setdefault((row.parent_id, row.eset.name), []).append(row)

    def _visible(self, rows: Iterable[Row]) -> list[Row]:
        """Rows whose commit is through, and those of the running transaction, which is the asker's own."""
        now, mine = self._now(), self._touched if self._undo is not None else {}
        return [row for row in rows if row.visible_at <= now or row.object_id in mine]

    def get(self, set_name: str, object_id: str) -> Row | None:
        """The row, unless it is not there or its commit is not through yet."""
        with self._lock:
            row = self._by_set.get(set_name, {}).get(object_id)
            return row if row is not None and self._visible([row]) else None

    def all(self, set_name: str) -> list[Row]:
        """Every visible row of a set in the order of creation."""
        with self._lock:
            return self._visible(self._by_set.get(set_name, {}).values())

    def children(self, parent_id: str, set_name: str) -> list[Row]:
        """Visible rows of a child set that belong to one parent."""
        with self._lock:
            return self._visible(self._by_parent.get((parent_id, set_name), ()))

    def change(self, row: Row, values: dict[str, Value], *, at: datetime, by: str) -> None:
        """Give a row its new values."""
        with self.all_or_nothing():
            before = (row.values, row.changed_at, row.changed_by)
            self._noted([row], lambda: row.restore(*before))
            row.values = values
            row.touch(at, by)

    def remove(self, row: Row) -> None:
        """Delete a row and everything it owns."""
        with self.all_or_nothing():
            gone = list(self._family(row))
            self._noted(gone, lambda: self._bring_back(gone))
            self._drop_all(gone)

    def _bring_back(self, gone: Iterable[Row]) -> None:
        """Put rows where they were: the order of creation is what a reader sees."""
        for row in gone:
            self._put(row)
            rows = self._by_set[row.eset.name]
            self._by_set[row.eset.name] = dict(sorted(rows.items(), key=lambda pair: pair[1].seq))
            if row.parent_id is not None:
                self._by_parent[row.parent_id, row.eset.name].sort(key=lambda r: r.seq)

    def _family(self, row: Row) -> Iterator[Row]:
        yield row
        for child in children_of(row.eset.name):
            for owned in self._by_parent.get((row.object_id, child.name), []):
                yield from self._family(owned)

    def _drop_all(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._by_set.get(row.eset.name, {}).pop(row.object_id, None)
            if row.parent_id is not None:
                siblings = self._by_parent.get((row.parent_id, row.eset.name), [])
                siblings[:] = [r for r in siblings if r is not row]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._by_set.clear()
            self._by_parent.clear()
            self._last_seq = 0

    def everything(self) -> list[Row]:
        """Every row of every set, in the order of creation."""
        with self._lock:
            return sorted((r for rows in self._by_set.values() for r in rows.values()), key=lambda r: r.seq)

    def knows(self, object_id: str) -> bool:
        """Whether any row of any set has this id, visible or not."""
        with self._lock:
            return any(object_id in rows for rows in self._by_set.values())

    def stored(self, set_name: str) -> list[Row]:
        """Every row of a set, visible or not, in the order of creation."""
        with self._lock:
            return list(self._by_set.get(set_name, {}).values())

    def owned(self, parent_id: str, set_name: str) -> list[Row]:
        """Rows of a child set that belong to one parent, visible or not."""
        with self._lock:
            return list(self._by_parent.get((parent_id, set_name), ()))

    def parent(self, row: Row) -> Row | None:
        """The owning row, visible or not."""
        if row.parent_id is None or not row.eset.parent:
            return None
        with self._lock:
            return self._by_set.get(row.eset.parent, {}).get(row.parent_id)

    def value(self, row: Row, prop: Property) -> Value:
        """What a reader sees in a property: stored, derived or unset."""
        if prop.text_of:
            return self._description(row, row.eset.properties[prop.text_of])
        if prop.from_parent:
            return self._from_parent(row, prop)
        if prop.name in row.values:
            return row.values[prop.name]
        return derived(row, prop)

    def _description(self, row: Row, code_prop: Property) -> str:
        code = self.value(row, code_prop)
        if not code_prop.codes or not isinstance(code, str):
            return ""
        if row.eset.attachment and code_prop.name == "TypeCode":
            return ""  # recorded: TypeCodeText of an attachment stays empty
        return entity_set(code_prop.codes).describe(code)

    def _from_parent(self, row: Row, prop: Property) -> Value:
        owner = self.parent(row)
        if owner is None:
            return unset(prop)
        return self.value(owner, owner.eset.properties[prop.from_parent])


def derived(row: Row, prop: Property) -> Value:
    """Values that follow from the row itself: keys, stamps, size."""
    if prop.name in _STAMPS:
        return _moment(prop, _STAMPS[prop.name](row))
    derive = _DERIVED.get(prop.name)
    found = None if derive is None else derive(row)
    return unset(prop) if found is None else found


def _size(row: Row) -> Decimal | None:
    """Bytes, whatever the property's name says. Source: recorded attachment echo."""
    return None if row.blob is None else Decimal(row.blob.size_bytes)


_STAMPS: dict[str, Callable[[Row], datetime]] = {
    **dict.fromkeys(_CREATED_AT, lambda row: row.created_at),
    **dict.fromkeys({"ETag", *_CHANGED_AT}, lambda row: row.changed_at),
}
_DERIVED: dict[str, Callable[[Row], Value]] = {
    "ObjectID": lambda row: row.object_id,
    "ParentObjectID": lambda row: row.parent_id or "",
    "UUID": lambda row: dashed(row.object_id),
    "CreatedBy": lambda row: row.created_by,
    "LastUpdatedBy": lambda row: row.changed_by,
    "ChangedBy": lambda row: row.changed_by,
    "SizeInkB": _size,
}


def _moment(prop: Property, at: datetime) -> datetime:
    """An aware stamp for DateTimeOffset, a naive midnight for the date-like DateTime."""
    if prop.type == "DateTime":
        return at.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return at
