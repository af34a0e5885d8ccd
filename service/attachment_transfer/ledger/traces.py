"""Which trace a transfer's rounds belong to: that of the newest event that was accepted for it."""

from __future__ import annotations

import sqlalchemy as sa

from attachment_transfer.core.trace import TraceContext, read_trace
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.database import reading


def trace_of(engine: sa.Engine, transfer_id: str) -> TraceContext | None:
    """The span that accepted the newest event; None if it had none, or there is no such transfer."""
    table = tables.event
    query = (
        sa.select(table.c.traceparent, table.c.tracestate)
        .where(table.c.transfer_id == transfer_id, table.c.traceparent.is_not(None))
        .order_by(table.c.id.desc())
        .limit(1)
    )
    with reading(engine) as connection:
        row = connection.execute(query).one_or_none()
    return read_trace(row.traceparent, row.tracestate) if row else None
