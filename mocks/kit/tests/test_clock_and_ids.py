"""Time and ids come from the tenant, not from the machine."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mock_kit.tenants import MockTenant
from mock_kit.tenants.clock import MAX_OFFSET_S, Clock
from mock_kit.tenants.ids import Ids

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_clock_runs_ahead_of_the_wall_by_what_it_was_moved() -> None:
    clock = Clock(lambda: NOON)
    clock.advance(60)
    clock.advance(0.5)
    assert clock.now() == NOON + timedelta(seconds=60.5)


def test_a_reset_clock_shows_wall_time() -> None:
    clock = Clock(lambda: NOON)
    clock.advance(60)
    clock.reset()
    assert (clock.now(), clock.offset_s) == (NOON, 0)


@pytest.mark.parametrize("step", [-0.001, math.nan, math.inf, -math.inf, MAX_OFFSET_S + 1])
def test_a_clock_does_not_go_back_or_out_of_bounds(step: float) -> None:
    clock = Clock(lambda: NOON)
    with pytest.raises(ValueError, match="forward"):
        clock.advance(step)
    assert clock.now() == NOON


def test_the_same_tenant_gets_the_same_ids_in_every_run() -> None:
    first, second = Ids("default"), Ids("default")
    assert [first.hex32("thing") for _ in range(3)] == [second.hex32("thing") for _ in range(3)]


def test_ids_differ_by_tenant_kind_and_count() -> None:
    one, other = Ids("one"), Ids("other")
    ids = [one.hex32("a"), one.hex32("a"), one.hex32("b"), other.hex32("a")]
    assert len(set(ids)) == 4


def test_a_tenant_created_again_gets_other_ids_with_another_seed(tmp_path: Path) -> None:
    first = MockTenant.parts("default", tmp_path)["ids"]
    second = MockTenant.parts("default", tmp_path, ids_seed="default-2")["ids"]
    assert first.hex32("chat") != second.hex32("chat")


def test_a_uuid_is_upper_case_with_dashes() -> None:
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", Ids("w").uuid("thing"))


def test_reset_ids_start_again() -> None:
    ids = Ids("w")
    first = ids.hex32("thing")
    ids.reset()
    assert ids.hex32("thing") == first


def test_ids_go_on_where_another_process_stopped() -> None:
    first = Ids("w")
    first.hex32("chat")
    first.number("chat")
    second = Ids("w")
    second.restore(first.state())
    assert (second.hex32("chat"), second.number("chat")) == (first.hex32("chat"), first.number("chat"))


def test_numbers_run_per_kind() -> None:
    ids = Ids("w")
    assert [ids.number("a", 100), ids.number("a", 100), ids.number("b")] == [100, 101, 1]


def test_a_token_is_never_the_same_again() -> None:
    assert Ids("w").token("access") != Ids("w").token("access")
