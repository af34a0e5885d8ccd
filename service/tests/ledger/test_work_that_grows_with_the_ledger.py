"""What is kept costs nothing at the endpoint or at a scrape: a hundred million rows at rest are as good as none."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from admission_kit import ACME, admission, refusal
from fakes import HandClock
from ingress_kit import ISSUER
from operator_kit import Morning

from attachment_transfer.core.callers import read_callers
from attachment_transfer.ledger import remembered, tables
from attachment_transfer.ledger.gauges import metrics_page
from attachment_transfer.ledger.remembered import Remembered
from attachment_transfer.ledger.upkeep.purge import Purger
from attachment_transfer.ledger.views import count_open
from attachment_transfer.worker.retention import Retention

CALLER = f"{ISSUER}#client"
PATIENCE_S = 60.0
DAY_S = 86_400.0


@pytest.mark.parametrize("caller", [None, CALLER])
def test_open_transfers_are_counted_by_index(engine: sa.Engine, caller: str | None) -> None:
    asked: list[tuple[str, object]] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    assert count_open(engine, caller=caller) == 0
    [(statement, parameters)] = asked
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert plan[0].detail.startswith("SEARCH transfer USING")
    assert "state=?" in plan[0].detail


def test_open_work_is_counted_once_a_second_and_what_is_let_in_is_added(clock: HandClock) -> None:
    asked: list[str | None] = []

    def open_transfers(caller: str | None) -> int:
        asked.append(caller)
        return 3

    callers = read_callers({"caller": [{"name": "*", "open_transfers": 5, "requests_per_minute": 60_000}]})
    endpoint = admission(clock, callers=callers, open_transfers=open_transfers)
    endpoint.admit(ACME)
    endpoint.admit(ACME)
    assert refusal(lambda: endpoint.admit(ACME)).status == 429
    assert asked == [None, ACME]
    clock.advance(1.0)
    endpoint.admit(ACME)
    assert asked == [None, ACME] * 2


class Count:
    """Takes as long as the test says, and says how often it was asked."""

    def __init__(self, clock: HandClock, takes_s: float) -> None:
        self.clock, self.takes_s, self.times = clock, takes_s, 0
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self) -> int:
        assert self.may_end.wait(PATIENCE_S)
        self.clock.advance(self.takes_s)
        self.times += 1
        return self.times


def test_what_is_found_fast_is_found_anew(clock: HandClock) -> None:
    count = Remembered(Count(clock, 0.01), monotonic_s=clock.now_s)
    assert [count(), count(), count()] == [1, 2, 3]


def test_what_takes_long_is_remembered_twenty_times_as_long(clock: HandClock) -> None:
    slow = Count(clock, 2.0)
    count = Remembered(slow, monotonic_s=clock.now_s)
    assert count() == 1
    clock.advance(40.0)
    assert count() == 1
    assert slow.times == 1


def test_it_is_found_anew_in_the_background_and_once_at_a_time(clock: HandClock) -> None:
    slow = Count(clock, 2.0)
    count = Remembered(slow, monotonic_s=clock.now_s)
    count()
    slow.may_end.clear()
    clock.advance(41.0)
    assert [count(), count()] == [1, 1]
    slow.may_end.set()
    assert count._looker is not None
    count._looker.join(PATIENCE_S)
    assert (count(), slow.times) == (2, 2)


def test_a_database_that_is_away_leaves_the_last_answer(clock: HandClock) -> None:
    slow = Count(clock, 2.0)
    count = Remembered(slow, monotonic_s=clock.now_s)
    count()
    count._find = lambda: 1 // 0
    clock.advance(41.0)
    count()
    assert count._looker is not None
    count._looker.join(PATIENCE_S)
    assert count() == 1


def test_a_scrape_reads_what_is_at_work_and_remembers_what_is_at_rest(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "_FAST_S", 0.0)
    monkeypatch.setattr(remembered, "_KEPT_TIMES", 1e9)
    page = metrics_page(morning.engine, morning.clock.now_s)

    def shown() -> list[str]:
        wanted = ("transfers{state=", "attachments{state=", "ambiguous_uploads ")
        lines = (line.removeprefix("attachment_transfer_") for line in page().decode().splitlines())
        return [line for line in lines if line.startswith(wanted)]

    morning.stored(CALLER, 1)
    first = shown()
    assert 'transfers{state="settled"} 1.0' in first
    morning.stored(CALLER, 2)
    assert shown() == first
    morning.waiting(CALLER, 3)
    assert 'transfers{state="waiting"} 1.0' in shown()


def ended(morning: Morning, number: int) -> None:
    for one in range(number):
        morning.stored(CALLER, one)
    morning.clock.advance(31 * DAY_S)


def a_chore(morning: Morning, **more: object) -> Retention:
    purger = Purger(
        engine=morning.engine, forget=lambda _: None, now_s=morning.clock.now_s, retention_s=30 * DAY_S, batch=2
    )
    return Retention(purger, lambda: None, **more)  # type: ignore[arg-type]


def left(morning: Morning) -> int:
    with morning.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(tables.transfer)).scalar_one())


def test_a_purge_goes_on_while_batches_are_full(morning: Morning) -> None:
    ended(morning, 5)
    a_chore(morning, longest_s=60.0)()
    assert left(morning) == 0


def test_a_purge_ends_when_its_time_is_over(morning: Morning) -> None:
    ended(morning, 7)
    ticks = iter(range(100))
    a_chore(morning, longest_s=2.0, monotonic_s=lambda: float(next(ticks)))()
    assert left(morning) == 3


def test_without_a_time_it_is_one_batch(morning: Morning) -> None:
    ended(morning, 5)
    a_chore(morning)()
    assert left(morning) == 3
