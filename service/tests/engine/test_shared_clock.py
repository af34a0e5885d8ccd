"""Workers on PostgreSQL go by the database's time, however wrong the clock of their machine is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from fakes import HandClock
from structlog.testing import capture_logs

from attachment_transfer.ledger import tables
from attachment_transfer.ledger.leases import Leases, database_now
from attachment_transfer.runtime.clock import LabClock, SharedClock, SystemClock
from attachment_transfer.worker.lease_keeper import LeaseKeeper

HOUR_S = 3_600.0
#: SQLite's answer is the machine's own time, to the millisecond; the way there and back is shorter than this.
NEAR_S = 5.0


class Wrong(SystemClock):
    """A machine whose clock is off."""

    def __init__(self, off_s: float) -> None:
        self.off_s = off_s

    def now_s(self) -> float:
        return time.time() + self.off_s


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'any.db'}")
    yield engine
    engine.dispose()


@pytest.mark.parametrize("off_s", [HOUR_S, -HOUR_S, 0.0])
def test_a_machine_whose_clock_is_wrong_goes_by_the_databases(engine: sa.Engine, off_s: float) -> None:
    assert abs(SharedClock(engine, Wrong(off_s)).now_s() - time.time()) < NEAR_S


def test_a_clock_that_goes_wrong_later_is_set_right_at_the_next_beat(engine: sa.Engine) -> None:
    machine = Wrong(0.0)
    clock = SharedClock(engine, machine)
    machine.off_s = HOUR_S
    clock.align()
    assert abs(clock.now_s() - time.time()) < NEAR_S


def test_a_beat_of_the_lease_sets_the_clock_right(engine: sa.Engine) -> None:
    tables.metadata.create_all(engine)
    machine = Wrong(0.0)
    clock = SharedClock(engine, machine)
    leases = Leases(engine, ttl_s=30.0)
    leases.take("me")
    keeper = LeaseKeeper(
        leases, "me", ttl_s=30.0, take_over=lambda _dead: 0, owners=list, align=clock.align, on_lost=pytest.fail
    )
    machine.off_s = HOUR_S
    keeper.beat()
    assert abs(clock.now_s() - time.time()) < NEAR_S


def test_a_database_that_answers_slowly_moves_no_clock_that_was_right(
    engine: sa.Engine,
) -> None:
    ticks = iter([0.0, 0.0, 0.0, 30.0])
    clock = SharedClock(engine, Wrong(0.0), monotonic_s=lambda: next(ticks))
    clock.align()
    assert next(ticks, None) is None, "it was asked"
    assert abs(clock.now_s() - time.time()) < NEAR_S


def test_what_the_lab_adds_to_the_clock_stays(engine: sa.Engine, tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    file.write_text('{"offset_s": 7200}', encoding="utf-8")
    clock = SharedClock(engine, LabClock(file))
    assert abs(clock.now_s() - time.time() - 7_200) < NEAR_S
    assert abs(clock.wall_s() - time.time()) < NEAR_S
    assert clock.offset_s() == 7_200


def test_a_difference_is_logged_once_and_small_ones_are_not(engine: sa.Engine) -> None:
    with capture_logs() as warnings:
        SharedClock(engine, Wrong(HOUR_S)).align()
        SharedClock(engine, Wrong(0.0)).align()
    assert [round(line["machine_is_ahead_s"] / HOUR_S) for line in warnings] == [1]


def test_the_databases_time_is_epoch_seconds(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        database_s = connection.execute(sa.select(database_now(engine))).scalar_one()
    assert abs(database_s - time.time()) < NEAR_S
    assert HandClock.time_s < database_s
