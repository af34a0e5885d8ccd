"""A round: discover, carry each open attachment, settle. What a durable workflow calls, step by step.

Each method is one step: one kind of outside effect, safe to run twice. Steps take ids and return small, secret-free
values, because the durable engine stores both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import structlog
from sqlalchemy.exc import SQLAlchemyError

from attachment_transfer.clients.cmi.client import CmiConversation
from attachment_transfer.core.errors import (
    Defect,
    GiveUp,
    NeighbourUnavailable,
    NoActivity,
    NoHistory,
    NotCalled,
    NotThereYet,
    Reason,
    TryAgain,
)
from attachment_transfer.core.model import ActivityRef, Attachment, SourceAttachment, Transfer
from attachment_transfer.core.names import carries_key
from attachment_transfer.core.retry import StopRetrying, decide
from attachment_transfer.core.rounds import Park, RunLater, RunNow, Settle, after_attachments
from attachment_transfer.core.states import TERMINAL_ATTACHMENT, Outcome, TransferState
from attachment_transfer.core.transcript import render, transcript_source
from attachment_transfer.engine.workflow import CarriedOne, Discovered
from attachment_transfer.ledger.accept import Enqueue
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.worker.attempt import TargetActivity
from attachment_transfer.worker.carry import AttachmentCarrier
from attachment_transfer.worker.neighbours import ClientFactory, NeighbourClients, RoundClients
from attachment_transfer.worker.write_back import WriteBack

_log = structlog.get_logger(__name__)

#: Normal ends of a transfer: waiting longer would not change them.
_NORMAL_END = {"unknown-contact": Outcome.UNKNOWN_CONTACT, "no-activity": Outcome.NO_ACTIVITY}


class Rounds:
    """Runs the steps of rounds against ledger and neighbours."""

    def __init__(
        self,
        store: RoundStore,
        client_factory: ClientFactory,
        carrier: AttachmentCarrier,
        *,
        enqueue: Enqueue,
        now_s: Callable[[], float],
        jitter: Callable[[], float],
        transcript: bool = False,
        write_back: WriteBack | None = None,
    ) -> None:
        self._store = store
        self._clients = RoundClients(store, client_factory)
        self._carrier = carrier
        self._enqueue = enqueue
        self._now_s = now_s
        self._jitter = jitter
        self._transcript = transcript
        self._write_back = write_back

    def discover(self, transfer_id: str, round_no: int) -> Discovered:
        """Begin the round: list the chat's files, find the activity. Ends the round itself where that fails."""
        transfer = self._store.begin(transfer_id, round_no)
        if transfer is None:
            return Discovered(go_on=False, attachment_ids=[])
        try:
            return Discovered(go_on=True, attachment_ids=self._discover(transfer, self._clients.of(transfer)))
        except TryAgain as exc:
            self._again(transfer, exc)
        except GiveUp as exc:
            self._finish(transfer, TransferState.PARKED, Outcome.FAILED, exc.reason)
        self._clients.forget(transfer_id)
        return Discovered(go_on=False, attachment_ids=[])

    def _discover(self, transfer: Transfer, clients: NeighbourClients) -> list[str]:
        """The ids of the open attachments, in the order in which they are carried."""
        conversation = clients.cmi.conversation(transfer.contact_id, with_messages=self._transcript)
        if not conversation.known:
            raise NoHistory("CMI has no history of this contact")
        sources = [*conversation.attachments, *self._transcripts(transfer, conversation)]
        attachments = self._store.note_sources(transfer, sources)
        still_open = [
            item for item in attachments if item.state not in TERMINAL_ATTACHMENT and not self._carrier.excluded(item)
        ]
        if still_open:
            self._expect_present(transfer.activity or self._find_activity(transfer, clients), still_open, clients)
        # Those that failed before come last: a few bad files at the start of a chat must not delay the others.
        order = sorted(still_open, key=lambda item: item.tries)
        self._carrier.begin(transfer.id, order)
        return [item.id for item in order]

    def _find_activity(self, transfer: Transfer, clients: NeighbourClients) -> ActivityRef:
        activity = clients.c4c.find_activity(transfer.contact_id)
        if activity is None:
            tried = ", ".join(clients.c4c.searched)
            raise NoActivity(
                f"C4C has no activity with this contact's reference (searched: {tried}). C4C may need none for an "
                "outbound chat, and then no lookup finds it"
            )
        self._store.note_activity(transfer.id, activity)
        return activity

    def _expect_present(self, activity: ActivityRef, attachments: list[Attachment], clients: NeighbourClients) -> None:
        """Adopt files that are at C4C with our key already, although this ledger never posted them.

        A ledger may have been lost, or the caller's name may have changed: the key depends on neither.
        """
        fresh = [item for item in attachments if not item.attempts]
        if not fresh:
            return
        present = clients.c4c.attachments(activity, clients.c4c.navigation(activity))
        there = [item.id for item in fresh if any(carries_key(item.key, title=o.title, name=o.name) for o in present)]
        self._store.expect_uploads(there)

    def _transcripts(self, transfer: Transfer, conversation: CmiConversation) -> Iterator[SourceAttachment]:
        """The chat's present transcript; none while an earlier version waits, which is carried in its newest form."""
        waiting = (
            item.state not in TERMINAL_ATTACHMENT and item.source.is_transcript and not item.attempts
            for item in self._store.attachments(transfer.id)
        )
        if conversation.messages and not any(waiting):
            yield transcript_source(transfer.contact_id, render(transfer.contact_id, conversation.messages))

    def carry_one(self, transfer_id: str, round_no: int, attachment_id: str) -> CarriedOne:
        """Carry one attachment, if this round is still the transfer's present one."""
        transfer = self._store.transfer(transfer_id)
        if transfer.round_no != round_no or transfer.state is not TransferState.RUNNING or transfer.activity is None:
            return CarriedOne(error="stale-round", stop_round=True)
        try:
            clients = self._clients.of(transfer)
            target = TargetActivity(transfer.activity, clients.c4c.navigation(transfer.activity))
            carried = self._carrier.carry(attachment_id, clients, target)
        except (TryAgain, GiveUp) as exc:
            carried = self._carrier.put_off(attachment_id, exc)
        except SQLAlchemyError:
            raise
        except Exception as exc:  # noqa: BLE001
            # One poisoned file must not prevent the others.
            _log.exception("carrying an attachment failed", attachment_id=attachment_id)
            carried = self._carrier.put_off(attachment_id, Defect(f"internal error ({type(exc).__name__})"))
        if carried.stop_round and self._is_present(transfer_id, round_no):
            self._store.park_the_rest(transfer_id, self._store.attachment(attachment_id))
        return carried

    def _is_present(self, transfer_id: str, round_no: int) -> bool:
        """False once the round was cancelled, also where a later event has brought new secrets since."""
        transfer = self._store.transfer(transfer_id)
        return transfer.round_no == round_no and transfer.state is TransferState.RUNNING

    def settle(self, transfer_id: str, round_no: int) -> None:
        """End the round: run again, wait for a later round, settle or park."""
        self._carrier.forget(transfer_id)
        self._settle(transfer_id, round_no)
        self._clients.forget(transfer_id)

    def _settle(self, transfer_id: str, round_no: int) -> None:
        transfer = self._store.transfer(transfer_id)
        if transfer.round_no != round_no or transfer.state is not TransferState.RUNNING:
            return
        attachments = self._store.attachments(transfer_id)
        following = after_attachments(attachments, run_again=transfer.run_again, now_s=self._now_s())
        match following:
            case RunNow():
                self._next(transfer, 0.0, None, tries=0)
            case RunLater(delay_s=delay_s, reason=reason):
                self._next(transfer, delay_s, reason, tries=0)
            case Settle(outcome=outcome):
                self._finish(transfer, TransferState.SETTLED, outcome, None)
            case Park(outcome=outcome, reason=reason):
                self._finish(transfer, TransferState.PARKED, outcome, reason)

    def failed(self, transfer_id: str, round_no: int, error_type: str) -> None:
        """A step raised an unexpected error: retry a few times, then park for a person. Only its type is recorded."""
        self._carrier.forget(transfer_id)
        transfer = self._store.transfer(transfer_id)
        if transfer.round_no == round_no and transfer.state is TransferState.RUNNING:
            self._again(transfer, Defect(f"internal error ({error_type})"))
        self._clients.forget(transfer_id)

    def lost(self, transfer_id: str, round_no: int) -> None:
        """The engine has dropped this round: begin another, a few times, so that no transfer waits for ever."""
        transfer = self._store.begin(transfer_id, round_no)
        if transfer is not None:
            _log.error("the engine dropped a round", transfer_id=transfer_id, round=round_no)
            self._again(transfer, Defect("the durable engine dropped the round"))

    def _again(self, transfer: Transfer, exc: TryAgain) -> None:
        # Each reason has a budget of its own: an earlier outage does not use up the wait for history. A neighbour that
        # is not called gives no reason of its own: it would alternate with its failures, and no budget would end.
        before = transfer.reason.code if transfer.reason is not None else None
        goes_on = isinstance(exc, NotCalled) and before == NeighbourUnavailable.code
        code = NeighbourUnavailable.code if goes_on else exc.code
        tries = transfer.tries + 1 if code == before else 1
        decision = decide(code, tries=tries, retry_after_s=exc.retry_after_s, jitter=self._jitter())
        end_code = exc.end_code if isinstance(exc, NotThereYet) and isinstance(decision, StopRetrying) else None
        reason = Reason(code=end_code or code, message=exc.message, remedy=exc.remedy)
        if not isinstance(decision, StopRetrying):
            self._next(transfer, decision.delay_s, reason, tries=tries)
        elif end_code is not None:
            self._finish(transfer, TransferState.SETTLED, _NORMAL_END[end_code], reason)
        else:
            self._finish(transfer, TransferState.PARKED, Outcome.FAILED, reason)

    def _next(self, transfer: Transfer, delay_s: float, reason: Reason | None, *, tries: int) -> None:
        self._store.next_round(
            transfer.id, transfer.round_no, delay_s=delay_s, reason=reason, tries=tries, enqueue=self._enqueue
        )
        _log.info("next round", transfer_id=transfer.id, delay_s=round(delay_s, 1), reason=reason and reason.code)

    def _finish(self, transfer: Transfer, state: TransferState, outcome: Outcome, reason: Reason | None) -> None:
        if self._write_back is not None:
            self._write_back.report(transfer, state, outcome, reason, self._clients)
        if self._store.finish(transfer.id, transfer.round_no, state, outcome, reason):
            _log.info("transfer ended", transfer_id=transfer.id, state=str(state), outcome=str(outcome))
        else:
            self._next(transfer, 0.0, None, tries=0)
