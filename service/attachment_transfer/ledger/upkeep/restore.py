"""After a backup was restored: uploads of the lost hours are not recorded, so the service lists C4C before it posts."""

from __future__ import annotations

import sqlalchemy as sa

from attachment_transfer.core.states import AttachmentState
from attachment_transfer.ledger import audit, tables
from attachment_transfer.ledger.database import writing
from attachment_transfer.ledger.intents import EVERY_KEY


def after_restore(engine: sa.Engine, *, now_s: float, actor: str = audit.OPERATOR) -> int:
    """Treat every file that is not known to be at C4C as one that may be there; return how many these are.

    That applies to files that are known already, and for 30 days to those that are discovered later.
    """
    attachment, intent = tables.attachment, tables.upload_intent
    has_intent = sa.exists().where(intent.c.attachment_id == attachment.c.id, intent.c.closed_at_s.is_(None))
    doubtful = sa.select(attachment.c.id, sa.literal(now_s), sa.literal(now_s)).where(
        attachment.c.state != AttachmentState.STORED, ~has_intent
    )
    with writing(engine) as connection:
        connection.execute(tables.purged.delete().where(tables.purged.c.key == EVERY_KEY))
        connection.execute(tables.purged.insert().values(key=EVERY_KEY, purged_at_s=now_s))
        insert = intent.insert().from_select(["attachment_id", "started_at_s", "deadline_at_s"], doubtful)
        count = len(connection.execute(insert.returning(intent.c.id)).all())
        audit.note(
            connection, "restored", f"{count} file(s) are looked for before they are posted", actor=actor, at_s=now_s
        )
    return count
