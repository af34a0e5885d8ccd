"""Accepting a request: one transaction, newest secrets win, and nothing of a secret in any byte on disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ledger_kit import CALLER, SECRET_TEXTS, SECRETS, Queue, a_request, a_source, bytes_on_disk, counts, rows, unsealed

from attachment_transfer.core.errors import Reason
from attachment_transfer.core.model import TransferRequest
from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.ledger import tables, views
from attachment_transfer.ledger.accept import Accepted, accept
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.ledger.sealing import KeyRing

REFUSED = Reason(code="credential-refused", message="401", remedy="Correct it.")
NEW = replace(SECRETS, cmi_password="Newer-Word-2718", c4c_password="Newer-Word-1618")


class Accepting:
    """Accepts requests, and looks at what became of them."""

    def __init__(
        self, engine: sa.Engine, keys: KeyRing, queue: Queue, clock: HandClock, new_id: Callable[[], str]
    ) -> None:
        self.engine, self.keys, self.queue, self.clock, self.new_id = engine, keys, queue, clock, new_id
        self.book = RoundStore(engine, keys=keys, now_s=clock.now_s, new_id=new_id, redrive_s=100.0)

    def accept(self, request: TransferRequest | None = None, caller: str = CALLER) -> Accepted:
        return accept(
            self.engine,
            request or a_request(),
            caller=caller,
            keys=self.keys,
            enqueue=self.queue,
            now_s=self.clock.now_s(),
            new_id=self.new_id,
        )

    def begin(self, accepted: Accepted) -> None:
        transfer = self.book.transfer(accepted.transfer_id)
        assert self.book.begin(transfer.id, transfer.round_no) is not None

    def secrets_are(self, accepted: Accepted) -> str:
        return unsealed(self.book, self.book.transfer(accepted.transfer_id)).c4c_password

    def end(self, accepted: Accepted, state: TransferState) -> None:
        self.begin(accepted)
        reason = REFUSED if state is TransferState.PARKED else None
        transfer = self.book.transfer(accepted.transfer_id)
        assert self.book.finish(transfer.id, transfer.round_no, state, Outcome.FAILED, reason)


@pytest.fixture
def accepting(engine: sa.Engine, keys: KeyRing, queue: Queue, clock: HandClock, new_id: Callable[[], str]) -> Accepting:
    return Accepting(engine, keys, queue, clock, new_id)


def test_a_new_request_is_a_transfer_an_event_sealed_secrets_and_one_round(accepting: Accepting) -> None:
    accepted = accepting.accept()
    transfer = accepting.book.transfer(accepted.transfer_id)
    assert accepted.effect == "new"
    assert (transfer.state, transfer.round_no, transfer.caller) == (TransferState.QUEUED, 1, CALLER)
    assert accepting.queue.rounds == [(transfer.id, 1, 0.0)]
    assert accepting.secrets_are(accepted) == SECRETS.c4c_password
    held = counts(accepting.engine)
    assert (held["transfer"], held["event"], held["sealed_secret"]) == (1, 1, 1)


def test_a_repeat_while_queued_is_noted_and_brings_its_secrets(accepting: Accepting) -> None:
    first = accepting.accept()
    again = accepting.accept(a_request(secrets=NEW))
    assert (again.transfer_id, again.effect) == (first.transfer_id, "noted")
    assert len(accepting.queue.rounds) == 1
    assert accepting.secrets_are(again) == "Newer-Word-1618"
    assert not accepting.book.transfer(first.transfer_id).run_again


def test_a_repeat_while_running_makes_the_round_look_again(accepting: Accepting) -> None:
    first = accepting.accept()
    accepting.begin(first)
    again = accepting.accept(a_request(secrets=NEW))
    assert again.effect == "noted"
    assert len(accepting.queue.rounds) == 1
    assert accepting.book.transfer(first.transfer_id).run_again
    assert accepting.secrets_are(again) == "Newer-Word-1618"


def test_a_repeat_while_waiting_starts_the_next_round_at_once(accepting: Accepting) -> None:
    first = accepting.accept()
    accepting.begin(first)
    accepting.book.next_round(first.transfer_id, 1, delay_s=600.0, reason=REFUSED, tries=3, enqueue=accepting.queue)
    again = accepting.accept()
    transfer = accepting.book.transfer(first.transfer_id)
    assert again.effect == "round"
    assert (transfer.state, transfer.round_no, transfer.tries) == (TransferState.QUEUED, 3, 0)
    assert (transfer.reason, transfer.next_round_at_s) == (None, None)
    assert accepting.queue.rounds[1:] == [(transfer.id, 2, 600.0), (transfer.id, 3, 0.0)]


@pytest.mark.parametrize("state", [TransferState.SETTLED, TransferState.PARKED])
def test_a_repeat_after_the_end_starts_the_next_round_with_the_new_secrets(
    accepting: Accepting, state: TransferState
) -> None:
    first = accepting.accept()
    accepting.end(first, state)
    again = accepting.accept(a_request(secrets=NEW))
    transfer = accepting.book.transfer(first.transfer_id)
    assert (again.transfer_id, again.effect) == (first.transfer_id, "round")
    assert (transfer.state, transfer.round_no, transfer.outcome) == (TransferState.QUEUED, 2, None)
    assert transfer.reason is None
    assert accepting.secrets_are(again) == "Newer-Word-1618"
    assert rows(accepting.engine, tables.sealed_secret)[0]["shred_at_s"] is None


def test_a_repeat_after_a_cancellation_starts_anew(accepting: Accepting) -> None:
    first = accepting.accept()
    views.cancel(accepting.engine, first.transfer_id, now_s=accepting.clock.now_s())
    assert accepting.accept().effect == "round"
    assert accepting.queue.rounds[-1] == (first.transfer_id, 2, 0.0)


def test_a_repeat_reopens_what_was_parked_and_what_waits_but_nothing_that_is_stored(accepting: Accepting) -> None:
    first = accepting.accept()
    accepting.begin(first)
    transfer = accepting.book.transfer(first.transfer_id)
    stored, parked, waiting = accepting.book.note_sources(transfer, [a_source("1"), a_source("2"), a_source("3")])
    accepting.book.stored(stored, object_id="00163E01", size_bytes=5, sha256="a" * 64, how="stored")
    accepting.book.park(parked, REFUSED)
    accepting.book.put_off(waiting, AttachmentState.OPEN, REFUSED, retry_at_s=accepting.clock.now_s() + 500)
    accepting.book.next_round(transfer.id, 1, delay_s=500.0, reason=None, tries=0, enqueue=accepting.queue)
    accepting.accept()
    after = accepting.book.attachments(transfer.id)
    assert [item.state for item in after] == [AttachmentState.STORED, AttachmentState.OPEN, AttachmentState.OPEN]
    assert [item.retry_at_s for item in after] == [None, None, None]
    assert after[1].reason is None


def test_a_new_user_of_the_same_transfer_replaces_the_old_one(accepting: Accepting) -> None:
    first = accepting.accept()
    accepting.accept(a_request(cmi_user="new.user", c4c_user="v2user"))
    transfer = accepting.book.transfer(first.transfer_id)
    assert (transfer.cmi_user, transfer.c4c_user) == ("new.user", "v2user")


@pytest.mark.parametrize(
    "other",
    [
        a_request(contact_id="0" * 32),
        a_request(cmi_url="https://other.execute-api.eu-central-1.amazonaws.com/acme/cmi"),
        a_request(c4c_url="https://my1.de1.crm.cloud.sap"),
    ],
)
def test_another_contact_or_neighbour_is_another_transfer(accepting: Accepting, other: TransferRequest) -> None:
    assert accepting.accept().transfer_id != accepting.accept(other).transfer_id


def test_another_caller_is_another_transfer(accepting: Accepting) -> None:
    assert accepting.accept().transfer_id != accepting.accept(caller="https://login.example/acme#other").transfer_id


def test_an_enqueue_that_fails_leaves_no_row(accepting: Accepting) -> None:
    accepting.queue.broken = True
    with pytest.raises(RuntimeError, match="the queue is broken"):
        accepting.accept()
    assert set(counts(accepting.engine).values()) == {0}


def test_an_enqueue_that_fails_leaves_the_old_secrets_and_state(accepting: Accepting) -> None:
    first = accepting.accept()
    accepting.end(first, TransferState.PARKED)
    before = {table.name: rows(accepting.engine, table) for table in tables.metadata.sorted_tables}
    accepting.queue.broken = True
    with pytest.raises(RuntimeError):
        accepting.accept(a_request(secrets=NEW))
    assert {table.name: rows(accepting.engine, table) for table in tables.metadata.sorted_tables} == before
    assert accepting.secrets_are(first) == SECRETS.c4c_password


def test_nothing_of_a_secret_is_in_any_byte_on_disk(accepting: Accepting, database_file: Path) -> None:
    first = accepting.accept()
    accepting.begin(first)
    accepting.accept(a_request(secrets=NEW))
    on_disk = bytes_on_disk(database_file)
    assert first.transfer_id.encode() in on_disk
    for text in (*SECRET_TEXTS, NEW.cmi_password, NEW.c4c_password):
        assert text.encode() not in on_disk
        assert text.encode("utf-16-le") not in on_disk


def test_shredded_secrets_leave_no_sealed_page_behind(accepting: Accepting, database_file: Path) -> None:
    first = accepting.accept()
    sealed = rows(accepting.engine, tables.sealed_secret)[0]
    accepting.end(first, TransferState.SETTLED)
    with accepting.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    on_disk = bytes_on_disk(database_file)
    assert rows(accepting.engine, tables.sealed_secret) == []
    assert sealed["wrapped_key"] not in on_disk
    assert sealed["sealed"] not in on_disk


def test_no_repr_of_a_request_shows_a_secret() -> None:
    shown = repr(a_request()) + repr(SECRETS)
    assert not [text for text in SECRET_TEXTS if text in shown]
