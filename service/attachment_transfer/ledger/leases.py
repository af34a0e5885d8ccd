"""Which workers are alive: a lease per worker process, in the database's own time.

On PostgreSQL it decides whose rounds are taken over. On SQLite the file lock decides, and the lease of the one worker
only shows the API that a worker runs.

An expired lease makes a worker a suspect, not dead: after an outage of the database every lease has expired, and each
worker's next beat clears it. Only a suspect that stays silent for half a TTL more is declared dead.
"""

from __future__ import annotations

import sqlalchemy as sa

from attachment_transfer.ledger import tables
from attachment_transfer.ledger.database import reading, writing

_table = tables.engine_lease


def database_now(engine: sa.Engine) -> sa.ColumnElement[float]:
    """The database's own time in epoch seconds, as an expression; it moves on within a transaction."""
    text = (
        "extract(epoch from clock_timestamp())"
        if engine.dialect.name == "postgresql"
        else "((julianday('now') - 2440587.5) * 86400.0)"  # SQLite serves tests of this; it has no clock_timestamp()
    )
    return sa.literal_column(text, type_=sa.Float)


class Leases:
    """The lease table. Every method is one transaction.

    Args:
        ttl_s: how long a lease lasts without a beat, in seconds; longer than the longest pause of a process.
    """

    def __init__(self, engine: sa.Engine, *, ttl_s: float) -> None:
        self._engine = engine
        self._ttl_s = ttl_s
        self._now = database_now(engine)

    def take(self, executor_id: str) -> None:
        """Create the lease. Call before the durable engine is launched."""
        with writing(self._engine) as connection:
            connection.execute(_table.insert().values(executor_id=executor_id, expires_at_s=self._now + self._ttl_s))

    def beat(self, executor_id: str) -> bool:
        """Renew the lease. False: another worker has declared this executor dead; it must end at once."""
        with writing(self._engine) as connection:
            beaten = connection.execute(
                _table.update()
                .where(_table.c.executor_id == executor_id)
                .values(expires_at_s=self._now + self._ttl_s, suspect_at_s=None)
            )
            return beaten.rowcount == 1

    def keep(self, executor_id: str) -> None:
        """Renew the lease, or create it: for SQLite's one worker, which no other worker declares dead."""
        if not self.beat(executor_id):
            self.take(executor_id)

    def release(self, executor_id: str) -> None:
        """End cleanly. Call after the beat has stopped."""
        with writing(self._engine) as connection:
            connection.execute(_table.delete().where(_table.c.executor_id == executor_id))

    def sweep(self) -> list[str]:
        """Mark the expired as suspects; declare dead, and return, those that stayed suspects for half a TTL."""
        with writing(self._engine) as connection:
            expired = _table.c.expires_at_s < self._now
            connection.execute(
                _table.update().where(expired, _table.c.suspect_at_s.is_(None)).values(suspect_at_s=self._now)
            )
            dead = _table.delete().where(expired, _table.c.suspect_at_s < self._now - self._ttl_s / 2)
            return list(connection.execute(dead.returning(_table.c.executor_id)).scalars())

    def living(self) -> set[str]:
        """Executors that have a lease, suspects included."""
        with self._engine.connect() as connection:
            return set(connection.execute(sa.select(_table.c.executor_id)).scalars())

    def count_unexpired(self) -> int:
        """How many workers have renewed their lease in time."""
        with reading(self._engine) as connection:
            query = sa.select(sa.func.count()).select_from(_table).where(_table.c.expires_at_s >= self._now)
            return int(connection.execute(query).scalar_one())
