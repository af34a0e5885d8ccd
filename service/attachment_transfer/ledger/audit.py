"""The audit trail: who did what to which transfer, written in the transaction that does it. Never a secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from attachment_transfer.ledger import tables

#: Actors other than callers, whose names are issuer and client.
OPERATOR = "operator"
WORKER = "worker"
ALLOW_LIST_FILE = "allow-list file"

_DETAIL_LIMIT_CHARACTERS = 2000


def note(
    connection: sa.Connection,
    action: str,
    detail: str,
    *,
    actor: str,
    at_s: float,
    transfer_id: str | None = None,
    attachment_id: str | None = None,
) -> None:
    """Write one line of the trail.

    Args:
        action: past tense, e.g. ``accepted``, ``round begun``, ``stored``, ``parked``, ``redriven``, ``purged``.
        actor: the caller's name, ``operator`` (command line), ``worker`` or ``allow-list file``.
        transfer_id: None for what concerns the service as a whole.
    """
    note_all(connection, [transfer_id], action, detail, actor=actor, at_s=at_s, attachment_id=attachment_id)


def note_all(
    connection: sa.Connection,
    transfer_ids: Iterable[str | None],
    action: str,
    detail: str,
    *,
    actor: str,
    at_s: float,
    attachment_id: str | None = None,
) -> None:
    """Write the same line for several transfers."""
    lines: list[dict[str, Any]] = [
        {
            "transfer_id": transfer_id,
            "attachment_id": attachment_id,
            "at_s": at_s,
            "actor": actor,
            "action": action,
            "detail": detail[:_DETAIL_LIMIT_CHARACTERS],
        }
        for transfer_id in transfer_ids
    ]
    if lines:
        connection.execute(tables.audit.insert(), lines)


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
    """Read one transfer's trail, or with None that of the service as a whole: purges, key rotations, the allow-list."""
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
