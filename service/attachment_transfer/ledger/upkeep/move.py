"""Move a ledger to another database: from the embedded SQLite to PostgreSQL, once, with the service stopped."""

from __future__ import annotations

import sqlalchemy as sa

from attachment_transfer.core.states import TERMINAL_TRANSFER
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.accept import Enqueue, load_transfer
from attachment_transfer.ledger.database import UnusableDatabase, writing

_SKIPPED = frozenset({"ledger_schema", "engine_lease"})
_BATCH_ROWS = 1000


def move(source: sa.Engine, target: sa.Engine, *, enqueue: Enqueue, now_s: float) -> dict[str, int]:
    """Copy every row, and enqueue a round for each transfer that is not at an end; return rows per table.

    All in one transaction of the target: everything is copied, or nothing. The target must be empty. What was
    running starts again; its open intents are copied too, so nothing is posted twice.
    """
    copied: dict[str, int] = {}
    with source.connect() as reading, writing(target) as connection:
        if connection.execute(sa.select(sa.func.count()).select_from(tables.transfer)).scalar_one():
            raise UnusableDatabase("the target database has transfers already: move into an empty one")
        for table in tables.metadata.sorted_tables:
            if table.name not in _SKIPPED:
                copied[table.name] = _copy(reading, connection, table)
        _follow_sequences(connection)
        for transfer_id, due_at_s in _open_transfers(connection):
            delay_s = max(0.0, (due_at_s or now_s) - now_s)
            enqueue(connection, load_transfer(connection, transfer_id), delay_s)
    return copied


def _copy(reading: sa.Connection, connection: sa.Connection, table: sa.Table) -> int:
    count = 0
    for rows in reading.execute(sa.select(table)).mappings().partitions(_BATCH_ROWS):
        connection.execute(table.insert(), [dict(row) for row in rows])
        count += len(rows)
    return count


def _open_transfers(connection: sa.Connection) -> list[tuple[str, float | None]]:
    """Transfers that have not ended; what was running is queued again, because no worker runs it now."""
    table = tables.transfer
    still_open = table.c.state.not_in([str(state) for state in TERMINAL_TRANSFER])
    connection.execute(table.update().where(table.c.state == "running").values(state="queued", next_round_at_s=None))
    rows = connection.execute(sa.select(table.c.id, table.c.next_round_at_s).where(still_open)).all()
    return [(row[0], row[1]) for row in rows]


def _follow_sequences(connection: sa.Connection) -> None:
    """PostgreSQL's sequences ignore copied ids: set each one above the highest id."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables.metadata.sorted_tables:
        for column in table.primary_key.columns:
            if column.autoincrement is True:
                connection.execute(
                    sa.text("SELECT setval(pg_get_serial_sequence(:table, :column), greatest(:highest, 1))"),
                    {
                        "table": table.name,
                        "column": column.name,
                        "highest": connection.execute(sa.select(sa.func.max(column))).scalar() or 0,
                    },
                )
