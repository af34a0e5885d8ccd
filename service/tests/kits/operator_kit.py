"""A ledger with a bit of everything in it, as an operations team meets it on a bad morning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from fakes import HandClock
from ledger_kit import SECRETS, Queue, a_request, a_source

from attachment_transfer.core.errors import AttachmentRefused, CredentialRefused, NeighbourBusy, Reason
from attachment_transfer.core.model import ActivityRef, Transfer
from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.core.trace import TraceContext
from attachment_transfer.ledger.accept import accept
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.ledger.sealing import KeyRing

ACTIVITY = ActivityRef(service="chatactivity", entity_set="ChatActivityCollection", object_id="00163E7A8C1E1EEFB1C5")
REFUSED = CredentialRefused("C4C answered 401 to user v1user").reason
NO_EXE = AttachmentRefused("C4C refused the type application/x-msdownload").reason
BUSY = NeighbourBusy("C4C: the activity is locked by MARY").reason


def contact(number: int) -> str:
    return f"{number:032X}"


@dataclass
class Morning:
    """Writes transfers into a ledger through its own doors."""

    engine: sa.Engine
    clock: HandClock
    keys: KeyRing
    queue: Queue
    new_id: Callable[[], str]

    @property
    def book(self) -> RoundStore:
        return RoundStore(
            self.engine, keys=self.keys, now_s=self.clock.now_s, new_id=self.new_id, redrive_s=7 * 86_400.0
        )

    def accepted(self, caller: str, number: int, *, trace: TraceContext | None = None, **changes: str) -> str:
        return accept(
            self.engine,
            a_request(contact_id=contact(number), secrets=SECRETS, **changes),
            caller=caller,
            keys=self.keys,
            enqueue=self.queue,
            now_s=self.clock.now_s(),
            new_id=self.new_id,
            trace=trace,
        ).transfer_id

    def begun(self, caller: str, number: int, names: tuple[str, ...] = ("photo.png",), **changes: str) -> Transfer:
        """Its round runs, its files are known."""
        transfer_id = self.accepted(caller, number, **changes)
        self.clock.advance(2)
        transfer = self.book.begin(transfer_id, 1)
        assert transfer is not None
        self.book.note_activity(transfer_id, ACTIVITY)
        sources = [
            a_source(f"a{index}", name=name, size_bytes=183_204 * (index + 1)) for index, name in enumerate(names)
        ]
        self.book.note_sources(transfer, sources)
        return transfer

    def stored(self, caller: str, number: int, names: tuple[str, ...] = ("photo.png",), **changes: str) -> str:
        transfer = self.begun(caller, number, names, **changes)
        self._keep(transfer, len(names))
        self.book.finish(transfer.id, 1, TransferState.SETTLED, Outcome.STORED, None)
        return transfer.id

    def _keep(self, transfer: Transfer, count: int) -> None:
        for index, item in enumerate(self.book.attachments(transfer.id)[:count]):
            self.book.begin_upload(item.id, deadline_at_s=self.clock.now_s() + 60)
            self.clock.advance(1.3)
            self.book.stored(
                self.book.attachment(item.id),
                object_id=f"00163E7A8C1E1EEFB1C5{index:012X}",
                size_bytes=item.source.declared_size_bytes,
                sha256=f"{index + 11:064x}",
                how="stored",
            )

    def parked(
        self, caller: str, number: int, reason: Reason = REFUSED, names: tuple[str, ...] = ("photo.png",), keep: int = 0
    ) -> str:
        """Set aside for a person; the first ``keep`` files are at C4C."""
        transfer = self.begun(caller, number, names)
        self._keep(transfer, keep)
        for item in self.book.attachments(transfer.id)[keep:]:
            self.book.park(item, reason)
        outcome = Outcome.PARTLY_STORED if keep else Outcome.FAILED
        told = Reason(
            code=reason.code,
            message=f"{len(names) - keep} of {len(names)} attachments parked; first: {reason.message}",
            remedy=reason.remedy,
        )
        self.book.finish(transfer.id, 1, TransferState.PARKED, outcome, told)
        return transfer.id

    def waiting(self, caller: str, number: int) -> str:
        transfer = self.begun(caller, number)
        [item] = self.book.attachments(transfer.id)
        self.book.put_off(item, AttachmentState.OPEN, BUSY, retry_at_s=self.clock.now_s() + 90)
        self.book.next_round(transfer.id, 1, delay_s=90.0, reason=BUSY, tries=0, enqueue=self.queue)
        return transfer.id
