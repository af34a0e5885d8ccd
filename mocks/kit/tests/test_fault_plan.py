"""Faults are planned, counted and healing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mock_kit.faults import Fault, FaultPlan
from mock_kit.faults.form import read_fault
from mock_kit.http.problem import Problem
from mock_kit.tenants.clock import Clock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock(lambda: NOON)


@pytest.fixture
def plan(clock: Clock) -> FaultPlan:
    return FaultPlan(clock.now)


def struck(plan: FaultPlan, count: int, path: str = "/a") -> list[bool]:
    return [plan.pick("GET", "host", path, "app") is not None for _ in range(count)]


def a_fault(**more: Any) -> Fault:
    return Fault(kind="wrong_type", params={"content_type": "x/y"}, **more)


def test_a_fault_strikes_once_by_default(plan: FaultPlan) -> None:
    fault = plan.add(a_fault())
    assert struck(plan, 3) == [True, False, False]
    assert (fault.applied, fault.remaining) == (1, 0)


def test_a_fault_skips_the_first_matching_requests(plan: FaultPlan) -> None:
    plan.add(a_fault(skip=2, times=2))
    assert struck(plan, 6) == [False, False, True, True, False, False]


def test_a_fault_without_a_count_strikes_until_it_is_removed(plan: FaultPlan) -> None:
    fault = plan.add(a_fault(times=None))
    assert struck(plan, 3) == [True] * 3
    assert plan.remove(fault.id)
    assert struck(plan, 1) == [False]


@pytest.mark.parametrize("times", [0, None])
def test_times_0_and_null_both_mean_until_removed(times: int | None) -> None:
    fault = read_fault({"kind": "lost_answer", "times": times}, NOON)
    assert (fault.times, fault.remaining, Fault(kind="lost_answer", times=times).times) == (None, None, None)


def test_the_dice_fall_the_same_way_in_every_run(clock: Clock) -> None:
    runs = []
    for _ in range(2):
        plan = FaultPlan(clock.now)
        plan.add(a_fault(times=None, probability=0.5, seed=7))
        runs.append(struck(plan, 50))
    assert runs[0] == runs[1]
    assert set(runs[0]) == {True, False}


def test_an_expired_fault_does_not_strike(plan: FaultPlan, clock: Clock) -> None:
    plan.add(a_fault(expires_at=NOON + timedelta(seconds=10)))
    clock.advance(10)
    assert struck(plan, 1) == [False]


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({}, True),
        ({"method": "get"}, True),
        ({"method": "POST"}, False),
        ({"path": "/things/*"}, True),
        ({"path": "/things"}, False),
        ({"host": "*.Example.com"}, True),
        ({"host": "example.com"}, False),
    ],
)
def test_a_fault_strikes_only_the_requests_it_is_meant_for(plan: FaultPlan, match: dict[str, str], hit: bool) -> None:
    plan.add(a_fault(match=match))
    assert (plan.pick("GET", "a.example.com", "/things/1/x", "app") is not None) is hit


def test_the_first_planned_of_two_strikes_first(plan: FaultPlan) -> None:
    first, second = plan.add(a_fault()), plan.add(a_fault())
    picked = [plan.pick("GET", "h", "/", "app") for _ in range(2)]
    assert picked == [first, second]


def test_a_wire_fault_is_not_picked_by_the_application(plan: FaultPlan) -> None:
    fault = plan.add(Fault(kind="lost_answer"))
    assert plan.pick("GET", "h", "/", "app") is None
    assert plan.pick("GET", "h", "/", "wire") is fault


def test_many_threads_together_get_exactly_the_planned_strikes(plan: FaultPlan) -> None:
    plan.add(a_fault(times=50))
    hits: list[int] = []
    threads = [threading.Thread(target=lambda: hits.append(sum(struck(plan, 20)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(hits) == 50


@pytest.mark.parametrize("times", [1, 7])
def test_of_24_writers_racing_for_one_fault_exactly_the_planned_ones_are_struck(plan: FaultPlan, times: int) -> None:
    fault = plan.add(a_fault(times=times))
    together, hits = threading.Barrier(24), []

    def race() -> None:
        together.wait(10)
        hits.extend(struck(plan, 1))

    threads = [threading.Thread(target=race) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(hits), sum(hits), fault.applied, fault.remaining) == (24, times, times, 0)


def test_a_removed_fault_releases_the_threads_that_wait_for_it(plan: FaultPlan) -> None:
    fault = plan.add(Fault(kind="latency", params={"delay_s": 3600}))
    outcome: list[bool] = []
    waiting = threading.Thread(target=lambda: outcome.append(plan.wait(fault, 3600)))
    waiting.start()
    plan.clear()
    waiting.join(timeout=10)
    assert outcome == [True]


def test_another_faults_removal_releases_no_thread(plan: FaultPlan) -> None:
    mine, other = plan.add(a_fault()), plan.add(a_fault())
    woken: list[str] = []
    with plan.woken(mine, lambda: woken.append("mine")):
        plan.remove(other.id)
        assert woken == []
        plan.remove(mine.id)
    assert woken == ["mine"]


def test_a_fault_takes_its_kinds_natural_phase_and_default_params(plan: FaultPlan) -> None:
    fault = plan.add(Fault(kind="truncate_body", params={"keep_bytes": 3}))
    assert (fault.phase, fault.params) == ("after", {"keep_bytes": 3, "content_length": "kept"})


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="gremlin"),
        Fault(kind="cut"),
        Fault(kind="cut", phase="before", params={"after_bytes": 1}),
        Fault(kind="latency", params={"delay_s": -1}),
        Fault(kind="latency", params={"delay_s": 1, "delay_ms": 2}),
    ],
)
def test_a_fault_that_is_wrong_in_itself_is_not_planned(plan: FaultPlan, fault: Fault) -> None:
    with pytest.raises(ValueError, match=":"):
        plan.add(fault)
    assert plan.list() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "status"}, "params.status"),
        ({"kind": "status", "params": {"status": 99}}, "params.status"),
        ({"kind": "status", "params": {"status": True}}, "params.status"),
        ({"kind": "status", "status": 503}, "status"),
        ({"kind": "status", "params": {"status": 503, "retry_after_form": "weeks"}}, "params.retry_after_form"),
        ({"kind": "redirect", "params": {}}, "params.location"),
        ({"kind": "redirect", "params": {"to": "loop", "status": 304}}, "params.status"),
        ({"kind": "packed", "params": {"damage": "slightly"}}, "params.damage"),
        ({"kind": "packed", "params": {"coding": " "}}, "params.coding"),
        ({"kind": "packed", "params": {"unpacked_bytes": 2**40}}, "params.unpacked_bytes"),
        ({"kind": "sign_in_page", "phase": "before", "params": {"size": "real"}}, "params.size"),
        ({"kind": "json_error", "phase": "before", "params": {"type": "real"}}, "params.type"),
        ({"kind": "extend_body", "params": {"extra_bytes": 0}}, "params.extra_bytes"),
        ({"kind": "drip", "params": {"bytes_per_s": 1, "part": "tail"}}, "params.part"),
        ({"kind": "lost_answer", "times": -1}, "times"),
        ({"kind": "lost_answer", "probability": 2}, "probability"),
        ({"kind": "lost_answer", "match": {"url": "/x"}}, "match.url"),
        ({"kind": "lost_answer", "expires_at": "tomorrow"}, "expires_at"),
        ({"kind": "lost_answer", "phase": "before"}, "phase"),
        ({"kind": 5}, "kind"),
    ],
)
def test_a_refused_fault_names_the_field_and_the_remedy(body: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as caught:
        read_fault(body, NOON)
    errors = caught.value.to_dict()["errors"]
    assert field in [error["field"] for error in errors]
    assert all(error["expected"] and error["remedy"] for error in errors)


def test_an_expiry_may_be_given_in_seconds_of_the_tenants_time() -> None:
    fault = read_fault({"kind": "lost_answer", "expires_in_s": 60}, NOON)
    assert fault.expires_at == NOON + timedelta(seconds=60)
