"""A transfer's rounds, as a running round reads and writes them. Every method is one transaction, safe to run twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from attachment_transfer.core.errors import Reason
from attachment_transfer.core.model import (
    ActivityRef,
    Secrets,
    Transfer,
)
from attachment_transfer.core.states import (
    AttachmentState,
    Outcome,
    TransferState,
    WriteBackState,
    move_transfer,
)
from attachment_transfer.ledger import audit, tables
from attachment_transfer.ledger.accept import (
    Enqueue,
    end_open_attachments,
    load_transfer,
    reopen_attachments,
    secret_binding,
)
from attachment_transfer.ledger.attachment_store import AttachmentStore
from attachment_transfer.ledger.database import reading, writing
from attachment_transfer.ledger.rows import reason_columns
from attachment_transfer.ledger.sealing import KeyRing, Sealed

_OVERDUE_AFTER_S = 60.0
_OVERDUE_AT_ONCE = 100


class SecretsGone(Exception):
    """The transfer's secrets were shredded: only a new event can supply new ones."""


class RoundStore(AttachmentStore):
    """The ledger as a round sees it: the transfer, its secrets, and its attachments.

    Args:
        redrive_s: how long the secrets of a parked transfer are kept, in seconds.
    """

    def __init__(
        self,
        engine: sa.Engine,
        *,
        keys: KeyRing,
        now_s: Callable[[], float],
        new_id: Callable[[], str],
        redrive_s: float,
        distinct_names: bool = False,
    ) -> None:
        super().__init__(engine, now_s=now_s, new_id=new_id, distinct_names=distinct_names)
        self._keys = keys
        self._redrive_s = redrive_s

    def begin(self, transfer_id: str, round_no: int) -> Transfer | None:
        """Mark the round as running and return its transfer; None if the round is stale (superseded or cancelled)."""
        with writing(self._engine) as connection:
            transfer = load_transfer(connection, transfer_id)
            live = {TransferState.QUEUED, TransferState.WAITING, TransferState.RUNNING}
            if transfer.round_no != round_no or transfer.state not in live:
                return None
            connection.execute(
                self._change(
                    transfer_id,
                    state=move_transfer(transfer.state, TransferState.RUNNING),
                    look_again=False,
                    next_round_at_s=None,
                )
            )
            self._audit(connection, transfer_id, None, "round begun", f"round {round_no}")
            return load_transfer(connection, transfer_id)

    def sealed(self, transfer: Transfer) -> Sealed:
        """Read the transfer's sealed secrets. Raises :class:`SecretsGone`."""
        query = sa.select(tables.sealed_secret).where(tables.sealed_secret.c.transfer_id == transfer.id)
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise SecretsGone(transfer.id)
        return Sealed(row["key_id"], row["wrapped_key"], row["sealed"])

    def unseal(self, transfer: Transfer, sealed: Sealed) -> Secrets:
        """Decrypt what :meth:`sealed` returned. Raises ``SealBroken``."""
        return self._keys.open(sealed, bound_to=secret_binding(transfer))

    def transfer(self, transfer_id: str) -> Transfer:
        """Read one transfer."""
        with reading(self._engine) as connection:
            return load_transfer(connection, transfer_id, for_update=False)

    def note_activity(self, transfer_id: str, activity: ActivityRef) -> None:
        """Record which C4C object the files belong to."""
        with writing(self._engine) as connection:
            connection.execute(
                self._change(
                    transfer_id,
                    activity_service=activity.service,
                    activity_set=activity.entity_set,
                    activity_object_id=activity.object_id,
                )
            )

    def finish(
        self, transfer_id: str, round_no: int, state: TransferState, outcome: Outcome, reason: Reason | None
    ) -> bool:
        """Settle or park. Shreds the secrets at once, or marks them for the end of the redrive time.

        Returns False, and changes nothing, if an event arrived meanwhile: another round must follow.
        """
        with writing(self._engine) as connection:
            transfer = load_transfer(connection, transfer_id)
            if transfer.round_no != round_no or transfer.state is not TransferState.RUNNING:
                return True
            if transfer.run_again:
                return False
            values = {
                "state": move_transfer(transfer.state, state),
                "outcome": outcome,
                **reason_columns(reason),
            }
            connection.execute(self._change(transfer_id, **values))
            if reason is not None:
                parked = state is TransferState.PARKED
                end_open_attachments(
                    connection, transfer_id, AttachmentState.PARKED if parked else AttachmentState.SKIPPED, reason
                )
            secret = tables.sealed_secret
            if state is TransferState.PARKED:
                shred_at_s = self._now_s() + self._redrive_s
                connection.execute(
                    secret.update().where(secret.c.transfer_id == transfer_id).values(shred_at_s=shred_at_s)
                )
            else:
                connection.execute(secret.delete().where(secret.c.transfer_id == transfer_id))
            why = f": {reason.code}" if reason else ""
            self._audit(connection, transfer_id, None, str(state), f"round {round_no}, {outcome}{why}")
        return True

    def next_round(
        self,
        transfer_id: str,
        round_no: int,
        *,
        delay_s: float,
        reason: Reason | None,
        tries: int,
        enqueue: Enqueue,
    ) -> None:
        """Enqueue round ``round_no + 1`` in the same transaction that ends this one."""
        with writing(self._engine) as connection:
            transfer = load_transfer(connection, transfer_id)
            if transfer.round_no != round_no or transfer.state is not TransferState.RUNNING:
                return
            if transfer.run_again:
                # The event may have supplied what this round lacked when it parked a file: a secret, a right.
                reopen_attachments(connection, transfer_id)
            due = transfer.run_again or delay_s <= 0
            wait_s = 0.0 if due else delay_s
            connection.execute(
                self._change(
                    transfer_id,
                    state=move_transfer(transfer.state, TransferState.QUEUED if due else TransferState.WAITING),
                    round_no=round_no + 1,
                    tries=0 if transfer.run_again else tries,
                    look_again=False,
                    next_round_at_s=None if due else self._now_s() + wait_s,
                    **reason_columns(reason),
                )
            )
            enqueue(connection, load_transfer(connection, transfer_id), wait_s)
            why = f": {reason.code}" if reason else ""
            self._audit(connection, transfer_id, None, "round ended", f"round {round_no}, next in {wait_s:.0f} s{why}")

    def wrote_back(self, transfer_id: str, round_no: int) -> bool:
        """True if this round's result was written back, or tried to be."""
        table = tables.transfer
        query = sa.select(table.c.id).where(table.c.id == transfer_id, table.c.write_back_round_no == round_no)
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None

    def note_write_back(self, transfer_id: str, round_no: int, *, failure: Reason | None) -> None:
        """Record that this round's result was written back, or why it was not.

        The trail's line begins with "round N, " until step 0003: the release before reads it (step 0002).
        """
        state = WriteBackState.FAILED if failure else WriteBackState.WRITTEN
        action = "not written back" if failure else "written back"
        outcome_text = f"{failure.code}: {failure.message}" if failure else "result at CMI"
        with writing(self._engine) as connection:
            connection.execute(self._change(transfer_id, write_back_round_no=round_no, write_back_state=state))
            self._audit(connection, transfer_id, None, action, f"round {round_no}, {outcome_text}")

    def shred_due(self) -> int:
        """Delete the secrets whose redrive time has passed; return how many."""
        table = tables.sealed_secret
        with writing(self._engine) as connection:
            due = table.delete().where(table.c.shred_at_s <= self._now_s()).returning(table.c.transfer_id)
            shredded = list(connection.execute(due).scalars())
            detail = "the redrive time is over"
            audit.note_all(connection, shredded, "secrets shredded", detail, actor=audit.WORKER, at_s=self._now_s())
        return len(shredded)

    def overdue(self) -> list[tuple[str, int]]:
        """(transfer id, round number) of rounds that are due or running for a minute or longer, oldest first.

        Most are only slow, or wait in the queue: the durable engine knows which of them it has dropped.
        """
        table = tables.transfer
        since_s = self._now_s() - _OVERDUE_AFTER_S
        at_work = table.c.state.in_([TransferState.QUEUED, TransferState.RUNNING]) & (table.c.updated_at_s <= since_s)
        waits = (table.c.state == TransferState.WAITING) & (table.c.next_round_at_s <= since_s)
        query = sa.select(table.c.id, table.c.round_no).where(at_work | waits).order_by(table.c.updated_at_s)
        with reading(self._engine) as connection:
            rows = connection.execute(query.limit(_OVERDUE_AT_ONCE))
            return [(str(row.id), int(row.round_no)) for row in rows]

    def _change(self, transfer_id: str, **values: Any) -> sa.Update:
        values["updated_at_s"] = self._now_s()
        return tables.transfer.update().where(tables.transfer.c.id == transfer_id).values(**values)
