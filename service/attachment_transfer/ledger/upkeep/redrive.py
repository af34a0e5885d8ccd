"""Run many parked transfers again: by id, or by filter. Each in a transaction of its own, so that one does not block
the others, and each with a result: redriven, or skipped for a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from attachment_transfer.core.states import TransferState
from attachment_transfer.ledger import audit, tables
from attachment_transfer.ledger.accept import Enqueue
from attachment_transfer.ledger.views import ChangeNotAllowed, find_transfer, matching, retry

#: What a filter may name: the states in which a transfer can be run again.
REDRIVABLE = (TransferState.PARKED, TransferState.WAITING, TransferState.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which transfers: all conditions together. ``created_before_s`` is epoch seconds."""

    state: TransferState
    reason_code: str | None = None
    contact_id: str | None = None
    created_before_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A transfer that was not run again, and why."""

    transfer_id: str
    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Redriven:
    """What became of a bulk redrive.

    Attributes:
        more: True if the filter fits further transfers, beyond the limit.
    """

    transfer_ids: list[str]
    skipped: list[Skipped]
    more: bool = False


def redrive_by_filter(
    engine: sa.Engine,
    wanted: Filter,
    *,
    limit: int,
    caller: str | None,
    enqueue: Enqueue,
    now_s: float,
    actor: str = audit.OPERATOR,
) -> Redriven:
    """Redrive at most ``limit`` transfers, oldest first. A caller reaches its own only; None reaches all.

    Transfers whose secrets were shredded are reported as skipped, and come last: they must not use up the limit.
    """
    table, secret = tables.transfer, tables.sealed_secret
    shredded = sa.case((secret.c.transfer_id.is_(None), 1), else_=0)
    query = (
        sa.select(table.c.id)
        .outerjoin(secret, secret.c.transfer_id == table.c.id)
        .where(table.c.state == wanted.state)
        .order_by(shredded, table.c.created_at_s, table.c.id)
        .limit(limit + 1)
    )
    query = matching(
        query,
        caller=caller,
        reason_code=wanted.reason_code,
        contact_id=wanted.contact_id,
        created_before_s=wanted.created_before_s,
    )
    with engine.connect() as connection:
        found = list(connection.execute(query).scalars())
    done = redrive(engine, found[:limit], caller=caller, enqueue=enqueue, now_s=now_s, actor=actor)
    return Redriven(transfer_ids=done.transfer_ids, skipped=done.skipped, more=len(found) > limit)


def redrive(
    engine: sa.Engine,
    transfer_ids: Sequence[str],
    *,
    caller: str | None,
    enqueue: Enqueue,
    now_s: float,
    actor: str = audit.OPERATOR,
) -> Redriven:
    """Redrive each of ``transfer_ids``; one that is unknown or cannot be run again is skipped with its reason."""
    redriven: list[str] = []
    skipped: list[Skipped] = []
    for transfer_id in dict.fromkeys(transfer_ids):
        if find_transfer(engine, transfer_id, caller=caller) is None:
            skipped.append(Skipped(transfer_id=transfer_id, code="unknown", message="there is no such transfer"))
            continue
        try:
            retry(engine, transfer_id, enqueue=enqueue, now_s=now_s, actor=actor)
        except ChangeNotAllowed as exc:
            skipped.append(Skipped(transfer_id=transfer_id, code=exc.code, message=str(exc)))
        else:
            redriven.append(transfer_id)
    return Redriven(transfer_ids=redriven, skipped=skipped)
