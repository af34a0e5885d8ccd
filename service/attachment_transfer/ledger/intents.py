"""Expected uploads: an open intent for a file that this ledger never posted, so that the next step lists C4C first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import sqlalchemy as sa

from attachment_transfer.ledger import tables

UploadEnding = Literal["refused", "acknowledged", "unknown"]
#: ``result`` of an intent that is open although C4C answered that it created the object: it is not shown yet.
ACKNOWLEDGED: Final = "acknowledged"
#: Means all keys, for 30 days: written after a restore, because uploads of the lost hours are not recorded.
EVERY_KEY = "*"
_EVERY_KEY_VALID_S = 30 * 86_400.0


def expect_uploads(connection: sa.Connection, attachment_ids: Iterable[str], *, ended_at_s: float) -> None:
    """Write an intent whose POST ended at ``ended_at_s`` (epoch seconds) for each attachment that has none open."""
    table = tables.upload_intent
    for attachment_id in attachment_ids:
        still_open = sa.select(table.c.id).where(table.c.attachment_id == attachment_id, table.c.closed_at_s.is_(None))
        if connection.execute(still_open).first() is None:
            connection.execute(
                table.insert().values(attachment_id=attachment_id, started_at_s=ended_at_s, deadline_at_s=ended_at_s)
            )


def no_longer_acknowledged(attachment_id: str) -> sa.Update:
    """From now on the outcome of this attachment's open upload counts as unknown."""
    table = tables.upload_intent
    return (
        table.update().where(table.c.attachment_id == attachment_id, table.c.closed_at_s.is_(None)).values(result=None)
    )


def expect_earlier_uploads(
    connection: sa.Connection, transfer_id: str, attachment_ids: Sequence[str], *, now_s: float
) -> None:
    """If this transfer was purged before, write an open intent for each new attachment: list first, then post."""
    table = tables.purged
    key = sa.select(tables.transfer.c.key).where(tables.transfer.c.id == transfer_id).scalar_subquery()
    lately = (table.c.key == EVERY_KEY) & (table.c.purged_at_s > now_s - _EVERY_KEY_VALID_S)
    query = sa.select(sa.func.max(table.c.purged_at_s)).where((table.c.key == key) | lately)
    purged_at_s = connection.execute(query).scalar()
    if purged_at_s is not None:
        expect_uploads(connection, attachment_ids, ended_at_s=purged_at_s)
