"""What people and the status API read, and the two things they may change: retry and cancel."""

from __future__ import annotations

import base64
import binascii
import math
import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from attachment_transfer.core.errors import Reason
from attachment_transfer.core.model import Attachment, Transfer
from attachment_transfer.core.states import (
    OPEN_TRANSFER,
    AttachmentState,
    Outcome,
    TransferState,
    move_transfer,
)
from attachment_transfer.ledger import audit, tables
from attachment_transfer.ledger.accept import Enqueue, end_open_attachments, load_transfer, start_next_round
from attachment_transfer.ledger.database import reading, writing
from attachment_transfer.ledger.refusals import forgive
from attachment_transfer.ledger.rows import attachment_from, transfer_from


class BadCursor(ValueError):
    """A page cursor that we did not issue."""


class ChangeNotAllowed(Exception):
    """The transfer's present state does not allow this; the message says why, ``code`` is for programs."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class TransferPage:
    """One page of transfers, newest first, and the cursor of the next page, if any."""

    transfers: list[Transfer]
    next_cursor: str | None


def find_transfer(engine: sa.Engine, transfer_id: str, *, caller: str | None) -> Transfer | None:
    """Read one transfer; a caller sees its own only, None (the operator's command line) sees all."""
    query = sa.select(tables.transfer).where(tables.transfer.c.id == transfer_id)
    if caller is not None:
        query = query.where(tables.transfer.c.caller == caller)
    with engine.connect() as connection:
        row = connection.execute(query).mappings().one_or_none()
    return transfer_from(row) if row else None


def list_transfers(
    engine: sa.Engine,
    *,
    caller: str | None,
    state: TransferState | None = None,
    contact_id: str | None = None,
    reason_code: str | None = None,
    created_from_s: float | None = None,
    created_before_s: float | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> TransferPage:
    """List transfers, newest first; times are epoch seconds. Raises :class:`BadCursor`."""
    table = tables.transfer
    query = sa.select(table).order_by(table.c.created_at_s.desc(), table.c.id.desc()).limit(limit + 1)
    query = matching(
        query,
        caller=caller,
        state=state,
        contact_id=contact_id,
        reason_code=reason_code,
        created_from_s=created_from_s,
        created_before_s=created_before_s,
    )
    if cursor is not None:
        query = query.where(sa.tuple_(table.c.created_at_s, table.c.id) < sa.tuple_(*_read_cursor(cursor)))
    with engine.connect() as connection:
        found = [transfer_from(row) for row in connection.execute(query).mappings()]
    following = _cursor(found[limit - 1]) if len(found) > limit else None
    return TransferPage(transfers=found[:limit], next_cursor=following)


def matching(
    query: sa.Select[Any],
    *,
    created_from_s: float | None = None,
    created_before_s: float | None = None,
    **equal: str | None,
) -> sa.Select[Any]:
    """Add conditions on ``transfer`` to a query; None adds nothing. ``equal``: column names and values."""
    table = tables.transfer
    conditions = [table.c[name] == value for name, value in equal.items() if value is not None]
    if created_from_s is not None:
        conditions.append(table.c.created_at_s >= created_from_s)
    if created_before_s is not None:
        conditions.append(table.c.created_at_s < created_before_s)
    return query.where(*conditions)


def _cursor(transfer: Transfer) -> str:
    return base64.urlsafe_b64encode(f"{transfer.created_at_s!r} {transfer.id}".encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[float, str]:
    try:
        created, _, transfer_id = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(" ")
        created_at_s = float(created)
    except (ValueError, binascii.Error):
        created_at_s, transfer_id = math.nan, ""
    if not math.isfinite(created_at_s) or not re.fullmatch(r"[0-9a-f]{32}", transfer_id):
        raise BadCursor("this cursor was not issued by this service")
    return created_at_s, transfer_id


def attachments_of(engine: sa.Engine, transfer_id: str) -> list[Attachment]:
    """All attachments of a transfer in the order of the chat."""
    table = tables.attachment
    query = sa.select(table).where(table.c.transfer_id == transfer_id).order_by(table.c.position)
    with engine.connect() as connection:
        return [attachment_from(row) for row in connection.execute(query).mappings()]


def count_open(engine: sa.Engine, *, caller: str | None) -> int:
    """How many transfers are open: of one caller, or (None) of all."""
    table = tables.transfer
    # Each open state by name: "not ended" would read every row, for each request.
    query = sa.select(sa.func.count()).where(table.c.state.in_(sorted(OPEN_TRANSFER)))
    if caller is not None:
        query = query.where(table.c.caller == caller)
    with reading(engine) as connection:
        return int(connection.execute(query).scalar_one())


def retry(
    engine: sa.Engine, transfer_id: str, *, enqueue: Enqueue, now_s: float, actor: str = audit.OPERATOR
) -> Transfer:
    """Run a terminal or waiting transfer again, now. Raises ``LookupError`` or :class:`ChangeNotAllowed`."""
    with writing(engine) as connection:
        transfer = load_transfer(connection, transfer_id)
        if transfer.state in {TransferState.QUEUED, TransferState.RUNNING}:
            raise ChangeNotAllowed(
                f"the transfer is {transfer.state}: a round is due or running already", "not-at-rest"
            )
        if not _has_secrets(connection, transfer_id):
            raise ChangeNotAllowed(
                "its secrets were shredded: the next event of this contact brings new ones and runs it again",
                "secrets-shredded",
            )
        forgive(connection, transfer)
        start_next_round(connection, transfer, now_s=now_s)
        current = load_transfer(connection, transfer_id)
        enqueue(connection, current, 0.0)
        detail = f"was {transfer.state}, round {current.round_no}"
        audit.note(connection, "redriven", detail, actor=actor, at_s=now_s, transfer_id=transfer_id)
        return current


def cancel(engine: sa.Engine, transfer_id: str, *, now_s: float, actor: str = audit.OPERATOR) -> Transfer:
    """End a transfer and shred its secrets; a running round stops after its present file.

    Raises ``LookupError`` or :class:`ChangeNotAllowed`.
    """
    with writing(engine) as connection:
        transfer = load_transfer(connection, transfer_id)
        if transfer.state in {TransferState.SETTLED, TransferState.CANCELLED}:
            raise ChangeNotAllowed(f"the transfer is {transfer.state} already", "ended-already")
        values = {
            "state": move_transfer(transfer.state, TransferState.CANCELLED),
            "outcome": Outcome.CANCELLED,
            "updated_at_s": now_s,
            "next_round_at_s": None,
        }
        connection.execute(tables.transfer.update().where(tables.transfer.c.id == transfer_id).values(**values))
        reason = Reason(code="cancelled", message="cancelled by an operator", remedy="Retry needs a new event.")
        end_open_attachments(connection, transfer_id, AttachmentState.SKIPPED, reason)
        secret = tables.sealed_secret
        connection.execute(secret.delete().where(secret.c.transfer_id == transfer_id))
        audit.note(connection, "cancelled", f"was {transfer.state}", actor=actor, at_s=now_s, transfer_id=transfer_id)
        return load_transfer(connection, transfer_id)


def _has_secrets(connection: sa.Connection, transfer_id: str) -> bool:
    query = sa.select(tables.sealed_secret.c.transfer_id).where(tables.sealed_secret.c.transfer_id == transfer_id)
    return connection.execute(query).first() is not None


def known_issuers(engine: sa.Engine, *, most_rows: int = 1_000) -> list[str]:
    """Issuers whose callers have transfers here, as far as a few rows show; none if the database does not answer."""
    rows = sa.select(tables.transfer.c.caller).limit(most_rows).subquery()
    try:
        with reading(engine) as connection:
            callers = connection.execute(sa.select(rows.c.caller).distinct()).scalars().all()
    except sa.exc.DBAPIError:
        return []
    return sorted({caller.split("#", 1)[0] for caller in callers})
