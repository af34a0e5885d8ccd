"""The ledger as a round sees it: stale rounds, races with late events, intents, shredding."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ledger_kit import CALLER, Queue, a_request, a_source, rows, unsealed

from attachment_transfer.core.errors import OutcomeUnknown, Reason
from attachment_transfer.core.model import ActivityRef, Attachment, Transfer
from attachment_transfer.core.states import AttachmentState, IllegalMove, Outcome, TransferState
from attachment_transfer.ledger import tables, views
from attachment_transfer.ledger.accept import accept
from attachment_transfer.ledger.round_store import RoundStore, SecretsGone
from attachment_transfer.ledger.sealing import KeyRing

BUSY = Reason(code="neighbour-busy", message="locked", remedy="Wait.")
REDRIVE_S = 100.0


class Round:
    """A transfer whose first round is running."""

    def __init__(
        self, engine: sa.Engine, keys: KeyRing, queue: Queue, clock: HandClock, new_id: Callable[[], str]
    ) -> None:
        self.engine, self.keys, self.queue, self.clock, self.new_id = engine, keys, queue, clock, new_id
        self.round_store = RoundStore(engine, keys=keys, now_s=clock.now_s, new_id=new_id, redrive_s=REDRIVE_S)
        self.id = self.event()
        begun = self.round_store.begin(self.id, 1)
        assert begun is not None
        self.first, self.second = self.round_store.note_sources(begun, [a_source("1"), a_source("2")])

    def event(self) -> str:
        return accept(
            self.engine,
            a_request(),
            caller=CALLER,
            keys=self.keys,
            enqueue=self.queue,
            now_s=self.clock.now_s(),
            new_id=self.new_id,
        ).transfer_id

    @property
    def transfer(self) -> Transfer:
        return self.round_store.transfer(self.id)

    def state(self) -> TransferState:
        return self.transfer.state

    def attachment(self) -> Attachment:
        return self.round_store.attachment(self.first.id)

    def settle(self, round_no: int = 1) -> bool:
        return self.round_store.finish(self.id, round_no, TransferState.SETTLED, Outcome.STORED, None)

    def next_round(self, *, delay_s: float = 60.0, round_no: int = 1) -> None:
        self.round_store.next_round(self.id, round_no, delay_s=delay_s, reason=BUSY, tries=2, enqueue=self.queue)

    def begin_upload(self) -> int:
        return self.round_store.begin_upload(self.first.id, deadline_at_s=self.clock.now_s() + 90).id


@pytest.fixture
def the(engine: sa.Engine, keys: KeyRing, queue: Queue, clock: HandClock, new_id: Callable[[], str]) -> Round:
    return Round(engine, keys, queue, clock, new_id)


def test_a_round_begins_once_more_after_a_crash(the: Round) -> None:
    assert the.round_store.begin(the.id, 1) is not None
    assert the.transfer.state is TransferState.RUNNING


@pytest.mark.parametrize("round_no", [0, 2])
def test_a_round_that_is_not_the_present_one_does_not_begin(the: Round, round_no: int) -> None:
    assert the.round_store.begin(the.id, round_no) is None


@pytest.mark.parametrize("end", ["settled", "parked", "cancelled"])
def test_no_round_of_an_ended_transfer_begins(the: Round, end: str) -> None:
    if end == "cancelled":
        views.cancel(the.engine, the.id, now_s=the.clock.now_s())
    else:
        the.round_store.finish(the.id, 1, TransferState(end), Outcome.FAILED, BUSY if end == "parked" else None)
    assert the.round_store.begin(the.id, 1) is None
    assert the.transfer.state == end


def test_an_event_in_the_same_moment_makes_the_end_look_again(the: Round) -> None:
    the.event()
    assert the.settle() is False
    assert the.state() is TransferState.RUNNING
    the.next_round(delay_s=0.0)
    assert the.state() is TransferState.QUEUED
    assert not the.transfer.run_again
    assert the.queue.rounds[-1] == (the.id, 2, 0.0)


def test_an_end_without_a_late_event_is_an_end(the: Round) -> None:
    assert the.settle() is True
    assert (the.transfer.state, the.transfer.outcome) == (TransferState.SETTLED, Outcome.STORED)


def test_a_stale_rounds_end_changes_nothing(the: Round) -> None:
    the.next_round()
    assert the.settle(round_no=1) is True
    assert the.transfer.state is TransferState.WAITING
    the.next_round(round_no=1)
    assert the.transfer.round_no == 2
    assert len(the.queue.rounds) == 2


def test_a_stale_rounds_end_changes_nothing_while_the_next_one_runs(the: Round) -> None:
    the.next_round()
    assert the.round_store.begin(the.id, 2) is not None
    assert the.settle(round_no=1) is True
    assert the.transfer.state is TransferState.RUNNING
    the.next_round(round_no=1)
    assert (the.transfer.state, the.transfer.round_no) == (TransferState.RUNNING, 2)
    assert len(rows(the.engine, tables.sealed_secret)) == 1


def test_the_next_round_is_due_when_it_was_asked_for(the: Round) -> None:
    the.next_round(delay_s=60.0)
    transfer = the.transfer
    assert (transfer.state, transfer.round_no, transfer.tries) == (TransferState.WAITING, 2, 2)
    assert transfer.next_round_at_s == the.clock.now_s() + 60.0
    assert transfer.reason == BUSY
    assert the.queue.rounds[-1] == (the.id, 2, 60.0)


def test_an_event_meanwhile_makes_the_next_round_due_at_once(the: Round) -> None:
    the.event()
    the.next_round(delay_s=600.0)
    assert (the.transfer.state, the.transfer.next_round_at_s, the.transfer.tries) == (TransferState.QUEUED, None, 0)
    assert the.queue.rounds[-1] == (the.id, 2, 0.0)


def test_an_event_meanwhile_reopens_what_the_round_parked(the: Round) -> None:
    the.round_store.park(the.first, BUSY)
    the.event()
    the.next_round()
    assert the.attachment().state is AttachmentState.OPEN


def test_a_next_round_that_cannot_be_enqueued_leaves_the_round_running(the: Round) -> None:
    the.queue.broken = True
    with pytest.raises(RuntimeError):
        the.next_round()
    assert (the.transfer.state, the.transfer.round_no) == (TransferState.RUNNING, 1)


def test_settled_secrets_are_shredded_at_once(the: Round) -> None:
    the.settle()
    assert rows(the.engine, tables.sealed_secret) == []
    with pytest.raises(SecretsGone):
        unsealed(the.round_store, the.transfer)


def test_parked_secrets_are_kept_for_the_redrive_time_and_not_longer(the: Round) -> None:
    the.round_store.finish(the.id, 1, TransferState.PARKED, Outcome.FAILED, BUSY)
    the.clock.advance(REDRIVE_S - 1)
    assert the.round_store.shred_due() == 0
    assert unsealed(the.round_store, the.transfer).cmi_password
    the.clock.advance(1)
    assert the.round_store.shred_due() == 1
    with pytest.raises(SecretsGone):
        unsealed(the.round_store, the.transfer)


def test_a_running_transfers_secrets_are_never_due(the: Round) -> None:
    the.clock.advance(1e9)
    assert the.round_store.shred_due() == 0


def test_an_end_with_a_reason_gives_it_to_every_open_attachment(the: Round) -> None:
    the.round_store.stored(the.first, object_id="1", size_bytes=1, sha256="a" * 64, how="stored")
    the.round_store.finish(the.id, 1, TransferState.PARKED, Outcome.PARTLY_STORED, BUSY)
    first, second = the.round_store.attachments(the.id)
    assert (first.state, first.reason) == (AttachmentState.STORED, None)
    assert (second.state, second.reason) == (AttachmentState.PARKED, BUSY)


def test_sources_are_noted_once_and_keep_their_order(the: Round) -> None:
    known = the.round_store.note_sources(the.transfer, [a_source("3"), a_source("1"), a_source("2")])
    assert [item.source.source_id for item in known] == ["1", "2", "3"]
    assert len({item.key for item in known}) == 3


def test_the_activity_is_remembered(the: Round) -> None:
    activity = ActivityRef(service="chatactivity", entity_set="ChatActivityCollection", object_id="00163E01")
    the.round_store.note_activity(the.id, activity)
    assert the.transfer.activity == activity


def test_an_intent_is_written_before_the_upload_and_counts_the_attempt(the: Round) -> None:
    the.begin_upload()
    intent = the.round_store.open_intent(the.first.id)
    assert intent is not None
    assert intent.deadline_at_s == the.clock.now_s() + 90
    assert (the.attachment().state, the.attachment().attempts) == (AttachmentState.UPLOADING, 1)


def test_an_attachment_with_an_open_intent_is_not_uploaded_beside_it(the: Round) -> None:
    the.begin_upload()
    with pytest.raises(OutcomeUnknown, match="another round"):
        the.begin_upload()
    assert len(rows(the.engine, tables.upload_intent)) == 1
    assert the.attachment().attempts == 1


def test_an_attachment_that_ended_meanwhile_is_not_uploaded(the: Round) -> None:
    the.round_store.stored(the.first, object_id="1", size_bytes=1, sha256="a" * 64, how="stored")
    with pytest.raises(OutcomeUnknown, match="another round"):
        the.begin_upload()
    assert rows(the.engine, tables.upload_intent) == []


def test_a_refused_upload_closes_its_intent_and_the_next_may_begin(the: Round) -> None:
    intent = the.round_store.begin_upload(the.first.id, deadline_at_s=the.clock.now_s() + 90)
    the.round_store.end_upload(intent, "refused")
    assert the.round_store.open_intent(the.first.id) is None
    the.begin_upload()
    assert [row["result"] for row in rows(the.engine, tables.upload_intent)] == ["refused", None]


def test_an_upload_of_unknown_outcome_keeps_its_intent_and_the_time_of_its_end(the: Round) -> None:
    intent = the.round_store.begin_upload(the.first.id, deadline_at_s=the.clock.now_s() + 90)
    the.clock.advance(5)
    the.round_store.end_upload(intent, "unknown")
    still_open = the.round_store.open_intent(the.first.id)
    assert still_open is not None
    assert still_open.deadline_at_s == the.clock.now_s()


def test_an_acknowledged_upload_keeps_its_intent_until_it_is_seen(the: Round) -> None:
    intent = the.round_store.begin_upload(the.first.id, deadline_at_s=the.clock.now_s() + 90)
    the.round_store.end_upload(intent, "acknowledged")
    still_open = the.round_store.open_intent(the.first.id)
    assert still_open is not None
    assert (still_open.acknowledged, intent.acknowledged) == (True, False)


def test_an_upload_that_ends_late_does_not_move_its_deadline(the: Round) -> None:
    intent = the.round_store.begin_upload(the.first.id, deadline_at_s=the.clock.now_s() + 90)
    the.clock.advance(500)
    the.round_store.end_upload(intent, "unknown")
    still_open = the.round_store.open_intent(the.first.id)
    assert still_open is not None
    assert still_open.deadline_at_s == intent.deadline_at_s


def test_the_end_of_an_old_upload_touches_no_later_intent(the: Round) -> None:
    old = the.round_store.begin_upload(the.first.id, deadline_at_s=the.clock.now_s() + 90)
    the.round_store.close_intents(the.first.id, "absent")
    new = the.round_store.begin_upload(the.first.id, deadline_at_s=the.clock.now_s() + 90)
    the.round_store.end_upload(old, "refused")
    still_open = the.round_store.open_intent(the.first.id)
    assert still_open is not None
    assert still_open.id == new.id


def test_stored_closes_the_intent_and_is_final(the: Round) -> None:
    the.begin_upload()
    the.round_store.stored(the.attachment(), object_id="00163E01", size_bytes=5, sha256="a" * 64, how="stored")
    assert the.round_store.open_intent(the.first.id) is None
    assert (the.attachment().c4c_object_id, the.attachment().size_bytes) == ("00163E01", 5)
    with pytest.raises(IllegalMove):
        the.round_store.put_off(the.attachment(), AttachmentState.OPEN, BUSY, retry_at_s=1.0)


def test_a_parked_attachment_keeps_an_open_intent_for_the_redrive(the: Round) -> None:
    the.begin_upload()
    the.round_store.park(the.attachment(), BUSY)
    assert the.round_store.open_intent(the.first.id) is not None


def test_parking_the_rest_leaves_what_is_at_its_end(the: Round) -> None:
    the.round_store.stored(the.second, object_id="1", size_bytes=1, sha256="a" * 64, how="stored")
    the.round_store.park(the.first, BUSY)
    the.round_store.note_sources(the.transfer, [a_source("3")])
    the.round_store.park_the_rest(the.id, the.attachment())
    assert [item.state for item in the.round_store.attachments(the.id)] == [
        AttachmentState.PARKED,
        AttachmentState.STORED,
        AttachmentState.PARKED,
    ]


def test_every_move_leaves_a_line_in_the_audit_trail(the: Round) -> None:
    the.begin_upload()
    the.round_store.stored(the.attachment(), object_id="00163E01", size_bytes=5, sha256="a" * 64, how="adopted")
    the.round_store.park(the.second, BUSY)
    the.round_store.finish(the.id, 1, TransferState.PARKED, Outcome.PARTLY_STORED, BUSY)
    actions = [row["action"] for row in rows(the.engine, tables.audit)]
    assert [action for action in actions if action in {"adopted", "parked"}] == ["adopted", "parked", "parked"]
