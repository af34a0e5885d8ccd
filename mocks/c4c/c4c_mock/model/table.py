"""The table of one tenant's business objects, keyed by ObjectID, with transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeAlias

from c4c_mock.model.edm import Property, children_of, entity_set
from c4c_mock.model.rows import EntityRow, derived
from c4c_mock.model.values import Value, unset

Persist: TypeAlias = "Callable[[list[EntityRow], list[EntityRow]], None]"
"""Called with the rows that one transaction stored and those that it removed."""


class EntityTable:
    """All rows of one tenant. Every method is safe to call from several threads."""

    def __init__(self, now: Callable[[], datetime], persist: Persist = lambda _stored, _removed: None) -> None:
        """``now`` is the tenant's clock. If ``persist`` raises, the transaction is undone."""
        self._now = now
        self._lock = threading.RLock()
        self._by_set: dict[str, dict[str, EntityRow]] = {}
        self._by_parent: dict[tuple[str, str], list[EntityRow]] = {}
        self._last_seq = 0
        self._persist = persist
        self._undo: list[Callable[[], None]] | None = None
        self._touched: dict[str, EntityRow] = {}
        self._fresh: list[EntityRow] = []

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What is written in the block is undone when the block fails; other threads see it only after the block.

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
        stored = [row for row in rows if self._has(row)]
        if self._fresh:
            together = max(row.visible_at for row in self._fresh)
            for row in self._fresh:
                row.visible_at = together
        if self._touched:
            self._persist(stored, [row for row in rows if not self._has(row)])

    def _has(self, row: EntityRow) -> bool:
        return self._by_set.get(row.eset.name, {}).get(row.object_id) is row

    def _register(self, rows: Iterable[EntityRow], undo: Callable[[], None]) -> None:
        assert self._undo is not None
        self._undo.append(undo)
        self._touched.update((row.object_id, row) for row in rows)

    def add(self, rows: Iterable[EntityRow]) -> None:
        """Store rows together: a reader sees all of them or none."""
        stored = list(rows)
        with self.all_or_nothing():
            self._register(stored, lambda: self._drop_all(stored))
            self._fresh += stored
            for row in stored:
                self._last_seq += 1
                row.seq = self._last_seq
                self._put(row)

    def restore(self, rows: Iterable[EntityRow]) -> None:
        """Load rows that were persisted earlier, in the order of creation, without persisting them again."""
        with self._lock:
            for row in sorted(rows, key=lambda r: r.seq):
                self._last_seq = row.seq
                self._put(row)

    def _put(self, row: EntityRow) -> None:
        self._by_set.setdefault(row.eset.name, {})[row.object_id] = row
        if row.parent_id is not None:
            self._by_parent.setdefault((row.parent_id, row.eset.name), []).append(row)

    def _visible(self, rows: Iterable[EntityRow]) -> list[EntityRow]:
        """Committed rows, and those of the running transaction, which is the caller's own."""
        now, mine = self._now(), self._touched if self._undo is not None else {}
        return [row for row in rows if row.visible_at <= now or row.object_id in mine]

    def get(self, set_name: str, object_id: str) -> EntityRow | None:
        """The row; None if it does not exist or is not committed yet."""
        with self._lock:
            row = self._by_set.get(set_name, {}).get(object_id)
            return row if row is not None and self._visible([row]) else None

    def all(self, set_name: str) -> list[EntityRow]:
        """Every visible row of a set in the order of creation."""
        with self._lock:
            return self._visible(self._by_set.get(set_name, {}).values())

    def children(self, parent_id: str, set_name: str) -> list[EntityRow]:
        """Visible rows of a child set that belong to one parent."""
        with self._lock:
            return self._visible(self._by_parent.get((parent_id, set_name), ()))

    def change(self, row: EntityRow, values: dict[str, Value], *, at: datetime, by: str) -> None:
        """Replace a row's values."""
        with self.all_or_nothing():
            before = (row.values, row.changed_at, row.changed_by)
            self._register([row], lambda: row.restore(*before))
            row.values = values
            row.touch(at, by)

    def remove(self, row: EntityRow) -> None:
        """Delete a row and everything it owns."""
        with self.all_or_nothing():
            removed = list(self._family(row))
            self._register(removed, lambda: self._put_back(removed))
            self._drop_all(removed)

    def _put_back(self, removed: Iterable[EntityRow]) -> None:
        """Insert rows at their old places: a reader sees the order of creation."""
        for row in removed:
            self._put(row)
            rows = self._by_set[row.eset.name]
            self._by_set[row.eset.name] = dict(sorted(rows.items(), key=lambda pair: pair[1].seq))
            if row.parent_id is not None:
                self._by_parent[row.parent_id, row.eset.name].sort(key=lambda r: r.seq)

    def _family(self, row: EntityRow) -> Iterator[EntityRow]:
        yield row
        for child in children_of(row.eset.name):
            for owned in self._by_parent.get((row.object_id, child.name), []):
                yield from self._family(owned)

    def _drop_all(self, rows: Iterable[EntityRow]) -> None:
        for row in rows:
            self._by_set.get(row.eset.name, {}).pop(row.object_id, None)
            if row.parent_id is not None:
                siblings = self._by_parent.get((row.parent_id, row.eset.name), [])
                siblings[:] = [r for r in siblings if r is not row]

    def clear(self) -> None:
        """Remove every row."""
        with self._lock:
            self._by_set.clear()
            self._by_parent.clear()
            self._last_seq = 0

    def everything(self) -> list[EntityRow]:
        """Every row of every set, in the order of creation."""
        with self._lock:
            return sorted((r for rows in self._by_set.values() for r in rows.values()), key=lambda r: r.seq)

    def knows(self, object_id: str) -> bool:
        """Whether any row of any set has this id, visible or not."""
        with self._lock:
            return any(object_id in rows for rows in self._by_set.values())

    def stored(self, set_name: str) -> list[EntityRow]:
        """Every row of a set, visible or not, in the order of creation."""
        with self._lock:
            return list(self._by_set.get(set_name, {}).values())

    def owned(self, parent_id: str, set_name: str) -> list[EntityRow]:
        """Rows of a child set that belong to one parent, visible or not."""
        with self._lock:
            return list(self._by_parent.get((parent_id, set_name), ()))

    def parent(self, row: EntityRow) -> EntityRow | None:
        """The owning row, visible or not."""
        if row.parent_id is None or not row.eset.parent:
            return None
        with self._lock:
            return self._by_set.get(row.eset.parent, {}).get(row.parent_id)

    def root_id(self, row: EntityRow) -> str:
        """ObjectID of the business object that a row is part of: what C4C locks."""
        owner = self.parent(row)
        return row.object_id if owner is None else self.root_id(owner)

    def value(self, row: EntityRow, prop: Property) -> Value:
        """What a reader sees in a property: stored, derived or unset."""
        if prop.text_of:
            return self._description(row, row.eset.properties[prop.text_of])
        if prop.from_parent:
            return self._from_parent(row, prop)
        if prop.name in row.values:
            return row.values[prop.name]
        return derived(row, prop)

    def _description(self, row: EntityRow, code_prop: Property) -> str:
        code = self.value(row, code_prop)
        if not code_prop.codes or not isinstance(code, str):
            return ""
        if row.eset.attachment and code_prop.name == "TypeCode":
            return ""  # recorded: TypeCodeText of an attachment stays empty
        return entity_set(code_prop.codes).describe(code)

    def _from_parent(self, row: EntityRow, prop: Property) -> Value:
        owner = self.parent(row)
        if owner is None:
            return unset(prop)
        return self.value(owner, owner.eset.properties[prop.from_parent])
