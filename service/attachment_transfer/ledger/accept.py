"""Accept a request: one transaction writes the transfer, the event, the sealed secrets and the round, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from attachment_transfer.core.errors import Reason
from attachment_transfer.core.model import Transfer, TransferRequest
from attachment_transfer.core.states import (
    TERMINAL_ATTACHMENT,
    TERMINAL_TRANSFER,
    AttachmentState,
    TransferState,
    move_attachment,
    move_transfer,
)
from attachment_transfer.core.trace import TraceContext, read_trace
from attachment_transfer.ledger import audit, tables
from attachment_transfer.ledger.database import reading, writing
from attachment_transfer.ledger.intents import no_longer_acknowledged
from attachment_transfer.ledger.rows import attachment_from, reason_columns, transfer_from
from attachment_transfer.ledger.sealing import KeyRing

#: Enqueues round ``round_no`` of ``transfer`` inside the caller's transaction, due after ``delay_s`` seconds.
Enqueue = Callable[[sa.Connection, Transfer, float], None]


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What an accepted request did.

    Attributes:
        effect: ``new``, ``round`` (a settled, waiting or parked transfer runs again) or ``noted`` (a round is due or
            running and includes it).
    """

    transfer_id: str
    effect: str


def accept(
    engine: sa.Engine,
    request: TransferRequest,
    *,
    caller: str,
    keys: KeyRing,
    enqueue: Enqueue,
    now_s: float,
    new_id: Callable[[], str],
    trace: TraceContext | None = None,
) -> Accepted:
    """Record one request; newest secrets replace the old. Raises database errors only, and then nothing is recorded.

    Args:
        trace: the span that accepts; the transfer's rounds are its children.
    """
    with writing(engine) as connection:
        transfer, created = _upsert(connection, request, caller=caller, now_s=now_s, new_id=new_id)
        _seal(connection, transfer, request, keys)
        effect = "new" if created else _reopen(connection, transfer, now_s=now_s)
        current = load_transfer(connection, transfer.id)
        if effect != "noted":
            enqueue(connection, current, 0.0)
        _note_event(connection, current, effect, caller=caller, now_s=now_s, trace=trace)
        return Accepted(transfer_id=current.id, effect=effect)


def _note_event(
    connection: sa.Connection,
    transfer: Transfer,
    effect: str,
    *,
    caller: str,
    now_s: float,
    trace: TraceContext | None,
) -> None:
    connection.execute(
        tables.event.insert().values(
            transfer_id=transfer.id,
            received_at_s=now_s,
            round_no=transfer.round_no,
            effect=effect,
            traceparent=trace.traceparent if trace else None,
            tracestate=trace.state if trace else None,
        )
    )
    detail = f"{effect}, round {transfer.round_no}" + (f", trace {trace.trace_id}" if trace else "")
    audit.note(connection, "accepted", detail, actor=caller, at_s=now_s, transfer_id=transfer.id)


def load_transfer(connection: sa.Connection, transfer_id: str, *, for_update: bool = True) -> Transfer:
    """Read one transfer, and lock its row unless ``for_update`` is False. Raises ``LookupError`` if there is none."""
    query = sa.select(tables.transfer).where(tables.transfer.c.id == transfer_id)
    if for_update:
        query = query.with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise LookupError(f"no transfer {transfer_id}")
    return transfer_from(row)


def _upsert(
    connection: sa.Connection,
    request: TransferRequest,
    *,
    caller: str,
    now_s: float,
    new_id: Callable[[], str],
) -> tuple[Transfer, bool]:
    key = request.key(caller)
    query = sa.select(tables.transfer).where(tables.transfer.c.key == key).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is not None:
        users = {"cmi_user": request.cmi_user, "c4c_user": request.c4c_user}
        connection.execute(tables.transfer.update().where(tables.transfer.c.id == row["id"]).values(**users))
        return load_transfer(connection, row["id"]), False
    transfer_id = new_id()
    values: dict[str, Any] = {
        "id": transfer_id,
        "key": key,
        "caller": caller,
        "contact_id": request.contact_id,
        "cmi_url": request.cmi_url,
        "cmi_user": request.cmi_user,
        "c4c_url": request.c4c_url,
        "c4c_user": request.c4c_user,
        "state": TransferState.QUEUED,
        "round_no": 1,
        "tries": 0,
        "look_again": False,
        "created_at_s": now_s,
        "opened_at_s": now_s,
        "updated_at_s": now_s,
    }
    connection.execute(tables.transfer.insert().values(**values))
    return load_transfer(connection, transfer_id), True


def _seal(connection: sa.Connection, transfer: Transfer, request: TransferRequest, keys: KeyRing) -> None:
    box = keys.seal(request.secrets, bound_to=secret_binding(transfer))
    connection.execute(tables.sealed_secret.delete().where(tables.sealed_secret.c.transfer_id == transfer.id))
    connection.execute(
        tables.sealed_secret.insert().values(
            transfer_id=transfer.id,
            key_id=box.key_id,
            wrapped_key=box.wrapped_key,
            sealed=box.sealed,
            shred_at_s=None,
        )
    )


def secret_binding(transfer: Transfer) -> str:
    """What a sealed row is bound to: it cannot be moved to another transfer or caller."""
    return f"{transfer.id}|{transfer.caller}"


def _reopen(connection: sa.Connection, transfer: Transfer, *, now_s: float) -> str:
    """Make an existing transfer run again; return the effect."""
    if transfer.state is TransferState.QUEUED:
        return "noted"
    if transfer.state is TransferState.RUNNING:
        connection.execute(_update(transfer.id, look_again=True, updated_at_s=now_s))
        return "noted"
    start_next_round(connection, transfer, now_s=now_s)
    return "round"


def start_next_round(connection: sa.Connection, transfer: Transfer, *, now_s: float) -> None:
    """Queue the next round and reopen what was parked: the event may supply what was missing (a secret, a right)."""
    reopen_attachments(connection, transfer.id)
    connection.execute(
        _update(
            transfer.id,
            state=move_transfer(transfer.state, TransferState.QUEUED),
            round_no=transfer.round_no + 1,
            tries=0,
            look_again=False,
            outcome=None,
            next_round_at_s=None,
            updated_at_s=now_s,
            **({"opened_at_s": now_s} if transfer.state in TERMINAL_TRANSFER else {}),
            **reason_columns(None),
        )
    )
    connection.execute(
        tables.sealed_secret.update().where(tables.sealed_secret.c.transfer_id == transfer.id).values(shred_at_s=None)
    )


def reopen_attachments(connection: sa.Connection, transfer_id: str) -> None:
    """Reopen what was parked or skipped, and clear the retry times of what is open; intents stay open.

    An upload that C4C acknowledged was searched for until it was parked: with a person's retry, or with another event,
    it may be sent again.
    """
    rows = connection.execute(sa.select(tables.attachment).where(tables.attachment.c.transfer_id == transfer_id))
    for row in rows.mappings().all():
        attachment = attachment_from(row)
        if attachment.state in {AttachmentState.PARKED, AttachmentState.SKIPPED}:
            state = move_attachment(attachment.state, AttachmentState.OPEN)
            connection.execute(
                tables.attachment.update()
                .where(tables.attachment.c.id == attachment.id)
                .values(state=state, tries=0, retry_at_s=None, **reason_columns(None))
            )
            connection.execute(no_longer_acknowledged(attachment.id))
        elif attachment.retry_at_s is not None and attachment.state is AttachmentState.OPEN:
            connection.execute(
                tables.attachment.update().where(tables.attachment.c.id == attachment.id).values(retry_at_s=None)
            )


def end_open_attachments(connection: sa.Connection, transfer_id: str, state: AttachmentState, reason: Reason) -> None:
    """End every attachment that is still open with the transfer's reason, so that each one has an outcome.

    Open intents stay open: a later round lists C4C before it posts.
    """
    table = tables.attachment
    still_open = [str(item) for item in AttachmentState if item not in TERMINAL_ATTACHMENT]
    connection.execute(
        table.update()
        .where(table.c.transfer_id == transfer_id, table.c.state.in_(still_open))
        .values(state=state, retry_at_s=None, **reason_columns(reason))
    )


def _update(transfer_id: str, **values: Any) -> sa.Update:
    return tables.transfer.update().where(tables.transfer.c.id == transfer_id).values(**values)


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
