"""The audit trail: who did what to which transfer, written in the transaction that does it. Never a secret."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from attachment_transfer.ledger import tables

#: Actors beside callers, who go by issuer and client.
OPERATOR = "operator"
WORKER = "worker"

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
        actor: the caller's name, ``operator`` (command line) or ``worker``.
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
