"""Retention: transfers that ended long ago are deleted with all their rows, and the database's file shrinks.

The key of a purged transfer, a digest, is kept for 400 days: if the same contact's event comes again, the service lists
C4C before it posts, as after a crash, and adopts what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from attachment_transfer.core.states import TERMINAL_TRANSFER
from attachment_transfer.ledger import audit, tables
from attachment_transfer.ledger.database import writing

KEYS_KEPT_S = 400 * 86_400.0
_BATCH = 50
_PURGE_LOCK = 0x61747470  # any number that is ours
_PAGES_AT_ONCE = 2_000
_TERMINAL = sorted(str(state) for state in TERMINAL_TRANSFER)

#: Deletes the engine's rows of these rounds: (transfer id, number of its last round).
Forget = Callable[[Sequence[tuple[str, int]]], None]


@dataclass(frozen=True, kw_only=True)
class Purger:
    """Deletes what ended more than ``retention_s`` seconds ago, in batches, so that no transaction waits long.

    Attributes:
        retention_s: 0 keeps everything for ever.
    """

    engine: sa.Engine
    forget: Forget
    now_s: Callable[[], float]
    retention_s: float
    actor: str = audit.WORKER
    batch: int = _BATCH

    def due(self) -> int:
        """How many transfers a purge would delete now."""
        query = sa.select(sa.func.count()).select_from(tables.transfer).where(self._over())
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one()) if self.retention_s else 0

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """True while no other process purges: all would begin with the same oldest transfers."""
        if self.engine.dialect.name != "postgresql" or not self.retention_s:
            yield True
            return
        with self.engine.connect() as connection:
            # A lock of the transaction: it is released with the connection, however this process ends.
            yield bool(connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock(_PURGE_LOCK))).scalar_one())

    def purge_batch(self) -> list[str]:
        """Delete one batch, oldest first; return the transfers' ids. Safe to run twice and side by side.

        The engine's rows are deleted first: after a crash in between, the ledger still has the transfer and purges it
        again. An event that arrives in between reopens the transfer; then the ledger keeps it.
        """
        if not self.retention_s:
            return []
        query = (
            sa.select(tables.transfer.c.id, tables.transfer.c.round_no)
            .where(self._over())
            .order_by(tables.transfer.c.updated_at_s)
            .limit(self.batch)
        )
        with self.engine.connect() as connection:
            found = [(str(row.id), int(row.round_no)) for row in connection.execute(query)]
        if not found:
            return []
        self.forget(found)
        return self._delete([transfer_id for transfer_id, _ in found])

    def _over(self) -> sa.ColumnElement[bool]:
        table = tables.transfer
        return table.c.state.in_(_TERMINAL) & (table.c.updated_at_s <= self.now_s() - self.retention_s)

    def _delete(self, transfer_ids: list[str]) -> list[str]:
        table, now_s = tables.transfer, self.now_s()
        with writing(self.engine) as connection:
            connection.execute(tables.purged.delete().where(tables.purged.c.purged_at_s <= now_s - KEYS_KEPT_S))
            gone = connection.execute(
                table.delete().where(table.c.id.in_(transfer_ids), self._over()).returning(table.c.id, table.c.key)
            ).all()
            keys = [row.key for row in gone]
            connection.execute(tables.purged.delete().where(tables.purged.c.key.in_(keys)))
            if gone:
                connection.execute(tables.purged.insert(), [{"key": key, "purged_at_s": now_s} for key in keys])
                detail = f"{len(gone)} transfer(s) that ended more than {self.retention_s / 86_400:g} days ago"
                audit.note(connection, "purged", detail, actor=self.actor, at_s=now_s)
        return sorted(str(row.id) for row in gone)


def give_back_space(engine: sa.Engine) -> None:
    """Let an SQLite file shrink by what was deleted. PostgreSQL's autovacuum does this by itself."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        if raw is None:
            return
        # The pragma frees one page per step, and yields no rows: only executescript() steps it to its end.
        raw.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE}); PRAGMA wal_checkpoint(PASSIVE)")
