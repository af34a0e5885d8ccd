"""Transfers whose round should have begun or ended a while ago: has the engine dropped it?"""

from __future__ import annotations

import sqlalchemy as sa

from attachment_transfer.core.states import TransferState
from attachment_transfer.ledger import tables

_GRACE_S = 60.0
_AT_ONCE = 100


def overdue(engine: sa.Engine, *, now_s: float) -> list[tuple[str, int]]:
    """(transfer id, round number) of rounds that are due or running for a minute or longer, oldest first.

    Most are only slow, or wait in the queue: the durable engine knows which of them it has dropped.
    """
    table = tables.transfer
    since_s = now_s - _GRACE_S
    at_work = table.c.state.in_([TransferState.QUEUED, TransferState.RUNNING]) & (table.c.updated_at_s <= since_s)
    waits = (table.c.state == TransferState.WAITING) & (table.c.next_round_at_s <= since_s)
    query = (
        sa.select(table.c.id, table.c.round_no).where(at_work | waits).order_by(table.c.updated_at_s).limit(_AT_ONCE)
    )
    with engine.connect() as connection:
        return [(str(row.id), int(row.round_no)) for row in connection.execute(query)]
