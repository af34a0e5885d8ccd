"""Expected uploads: an open intent for a file that this ledger never posted, so that the next step lists C4C first."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from attachment_transfer.ledger import tables


def expect_uploads(connection: sa.Connection, attachment_ids: Iterable[str], *, ended_at_s: float) -> None:
    """Write an intent whose POST ended at ``ended_at_s`` (epoch seconds) for each attachment that has none open."""
    table = tables.upload_intent
    for attachment_id in attachment_ids:
        still_open = sa.select(table.c.id).where(table.c.attachment_id == attachment_id, table.c.closed_at_s.is_(None))
        if connection.execute(still_open).first() is None:
            connection.execute(
                table.insert().values(attachment_id=attachment_id, started_at_s=ended_at_s, deadline_at_s=ended_at_s)
            )
