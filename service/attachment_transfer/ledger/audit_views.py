"""What people read of the audit trail, oldest first, in pages."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from attachment_transfer.ledger import tables


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    """One line: at ``at_s`` (epoch seconds) ``actor`` did ``action``. The detail is for people."""

    id: int
    at_s: float
    actor: str
    action: str
    attachment_id: str | None
    detail: str


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """One page, and the id to ask the next one with (``after``), if there is one."""

    lines: list[AuditLine]
    next_after: int | None


def audit_of(engine: sa.Engine, transfer_id: str | None, *, after: int = 0, limit: int = 100) -> AuditPage:
    """Read one transfer's trail, or with None what concerns the service as a whole (purges, key rotations)."""
    table = tables.audit
    query = (
        sa.select(table)
        .where(table.c.transfer_id.is_(None) if transfer_id is None else table.c.transfer_id == transfer_id)
        .where(table.c.id > after)
        .order_by(table.c.id)
        .limit(limit + 1)
    )
    with engine.connect() as connection:
        found = [
            AuditLine(
                id=row["id"],
                at_s=row["at_s"],
                actor=row["actor"],
                action=row["action"],
                attachment_id=row["attachment_id"],
                detail=row["detail"],
            )
            for row in connection.execute(query).mappings()
        ]
    return AuditPage(lines=found[:limit], next_after=found[limit - 1].id if len(found) > limit else None)
