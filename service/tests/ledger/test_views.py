"""What people may see and do: pages, own transfers only, retry and cancel."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from fakes import HandClock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_kit import CALLER, Queue, a_request, rows

from attachment_transfer.core.states import Outcome, TransferState
from attachment_transfer.ledger import tables, views
from attachment_transfer.ledger.accept import accept
from attachment_transfer.ledger.gauges import metrics_text
from attachment_transfer.ledger.sealing import KeyRing

OTHER = "https://login.example/acme#other"


class Shelf:
    def __init__(
        self, engine: sa.Engine, keys: KeyRing, queue: Queue, clock: HandClock, new_id: Callable[[], str]
    ) -> None:
        self.engine, self.keys, self.queue, self.clock, self.new_id = engine, keys, queue, clock, new_id

    def add(self, number: int, caller: str = CALLER) -> str:
        return accept(
            self.engine,
            a_request(contact_id=f"{number:032X}"),
            caller=caller,
            keys=self.keys,
            enqueue=self.queue,
            now_s=self.clock.now_s(),
            new_id=self.new_id,
        ).transfer_id

    def put(self, transfer_id: str, state: TransferState) -> None:
        with self.engine.begin() as connection:
            connection.execute(tables.transfer.update().where(tables.transfer.c.id == transfer_id).values(state=state))

    def pages(self, limit: int, **filters: object) -> list[list[str]]:
        pages: list[list[str]] = []
        cursor = None
        while True:
            page = views.list_transfers(self.engine, limit=limit, cursor=cursor, **{"caller": CALLER, **filters})  # type: ignore[arg-type]
            pages.append([item.id for item in page.transfers])
            cursor = page.next_cursor
            if cursor is None:
                return pages


@pytest.fixture
def shelf(engine: sa.Engine, keys: KeyRing, queue: Queue, clock: HandClock, new_id: Callable[[], str]) -> Shelf:
    return Shelf(engine, keys, queue, clock, new_id)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_pages_list_everything_once_newest_first(shelf: Shelf, limit: int) -> None:
    made = []
    for number in range(7):
        made.append(shelf.add(number))
        shelf.clock.advance(0.0 if number % 3 else 0.1)  # some share their time
    pages = shelf.pages(limit)
    assert [item for page in pages for item in page] == made[::-1]
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


def test_a_page_stays_where_it_was_when_new_transfers_arrive(shelf: Shelf) -> None:
    made = [shelf.add(number) for number in range(4)]
    first = views.list_transfers(shelf.engine, caller=CALLER, limit=2)
    shelf.clock.advance(1)
    shelf.add(99)
    second = views.list_transfers(shelf.engine, caller=CALLER, limit=2, cursor=first.next_cursor)
    assert [item.id for item in (*first.transfers, *second.transfers)] == made[::-1]
    assert second.next_cursor is None


def test_no_transfers_are_one_empty_page(shelf: Shelf) -> None:
    assert shelf.pages(10) == [[]]


def test_filters_apply_across_pages(shelf: Shelf) -> None:
    parked = []
    for number in range(6):
        transfer_id = shelf.add(number)
        shelf.clock.advance(1)
        if number % 2:
            shelf.put(transfer_id, TransferState.PARKED)
            parked.append(transfer_id)
    assert shelf.pages(2, state=TransferState.PARKED) == [parked[:0:-1], parked[:1]]


def test_a_caller_sees_its_own_and_the_operator_sees_all(shelf: Shelf) -> None:
    mine, theirs = shelf.add(1), shelf.add(1, caller=OTHER)
    assert shelf.pages(10) == [[mine]]
    assert shelf.pages(10, caller=OTHER) == [[theirs]]
    assert sorted(shelf.pages(10, caller=None)[0]) == sorted([mine, theirs])
    assert views.find_transfer(shelf.engine, mine, caller=OTHER) is None
    assert views.find_transfer(shelf.engine, mine, caller=None) is not None


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "ü",
        "AAAA",
        encoded("now x"),
        encoded("1.0"),
        encoded("1.0 "),
        encoded("nan " + "0" * 32),
        encoded("inf x"),
    ],
)
def test_a_cursor_that_was_not_issued_is_refused(shelf: Shelf, cursor: str) -> None:
    with pytest.raises(views.BadCursor):
        views.list_transfers(shelf.engine, caller=CALLER, cursor=cursor)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=60)
    | st.text(max_size=40).map(lambda text: base64.urlsafe_b64encode(text.encode("utf-8", "replace")).decode())
)
def test_any_cursor_is_a_page_or_refused(shelf: Shelf, cursor: str) -> None:
    with contextlib.suppress(views.BadCursor):
        views.list_transfers(shelf.engine, caller=CALLER, cursor=cursor)


@pytest.mark.parametrize("state", [TransferState.WAITING, TransferState.PARKED, TransferState.CANCELLED])
def test_a_retry_is_a_round_that_is_due_now(shelf: Shelf, state: TransferState) -> None:
    transfer_id = shelf.add(1)
    shelf.put(transfer_id, state)
    retried = views.retry(shelf.engine, transfer_id, enqueue=shelf.queue, now_s=shelf.clock.now_s())
    assert (retried.state, retried.round_no) == (TransferState.QUEUED, 2)
    assert shelf.queue.rounds[-1] == (transfer_id, 2, 0.0)


@pytest.mark.parametrize("state", [TransferState.QUEUED, TransferState.RUNNING])
def test_a_retry_beside_a_round_is_not_allowed(shelf: Shelf, state: TransferState) -> None:
    transfer_id = shelf.add(1)
    shelf.put(transfer_id, state)
    with pytest.raises(views.ChangeNotAllowed, match=state):
        views.retry(shelf.engine, transfer_id, enqueue=shelf.queue, now_s=0.0)
    assert len(shelf.queue.rounds) == 1


def test_a_retry_that_cannot_be_enqueued_changes_nothing(shelf: Shelf) -> None:
    transfer_id = shelf.add(1)
    shelf.put(transfer_id, TransferState.PARKED)
    shelf.queue.broken = True
    with pytest.raises(RuntimeError):
        views.retry(shelf.engine, transfer_id, enqueue=shelf.queue, now_s=0.0)
    found = views.find_transfer(shelf.engine, transfer_id, caller=None)
    assert found is not None
    assert (found.state, found.round_no) == (TransferState.PARKED, 1)


@pytest.mark.parametrize(
    "state", [TransferState.QUEUED, TransferState.RUNNING, TransferState.WAITING, TransferState.PARKED]
)
def test_a_cancelled_transfer_keeps_no_secret(shelf: Shelf, state: TransferState) -> None:
    transfer_id = shelf.add(1)
    shelf.put(transfer_id, state)
    cancelled = views.cancel(shelf.engine, transfer_id, now_s=shelf.clock.now_s())
    assert (cancelled.state, cancelled.outcome) == (TransferState.CANCELLED, Outcome.CANCELLED)
    assert rows(shelf.engine, tables.sealed_secret) == []
    with pytest.raises(views.ChangeNotAllowed):
        views.cancel(shelf.engine, transfer_id, now_s=0.0)


def test_what_does_not_exist_raises(shelf: Shelf) -> None:
    with pytest.raises(LookupError, match="no transfer nothing"):
        views.retry(shelf.engine, "nothing", enqueue=shelf.queue, now_s=0.0)
    with pytest.raises(LookupError, match="no transfer nothing"):
        views.cancel(shelf.engine, "nothing", now_s=0.0)


def test_metrics_are_counted_in_the_ledger(shelf: Shelf) -> None:
    shelf.put(shelf.add(1), TransferState.PARKED)
    shelf.add(2)
    shelf.clock.advance(30)
    text = metrics_text(shelf.engine, shelf.clock.now_s).decode()
    assert 'attachment_transfer_transfers{state="parked"} 1.0' in text
    assert 'attachment_transfer_transfers{state="queued"} 1.0' in text
    assert 'attachment_transfer_transfers{state="running"} 0.0' in text
    assert "attachment_transfer_oldest_open_transfer_age_seconds 30.0" in text
