"""Who may send, how much and how fast; and the synchronous mode."""

from __future__ import annotations

from dataclasses import replace

import pytest
from admission_kit import ACME, a_transfer, admission, refusal
from fakes import HandClock

from attachment_transfer.core.callers import BadCallers, read_callers
from attachment_transfer.core.states import TransferState
from attachment_transfer.ingress.waiting import Waiting


def test_without_a_callers_file_everybody_with_a_token_is_welcome(clock: HandClock) -> None:
    assert admission(clock).admit(ACME).allowed_hosts is None


def test_with_a_callers_file_a_stranger_is_403(clock: HandClock) -> None:
    callers = read_callers({"caller": [{"name": "https://login-*/acme#*"}]})
    endpoint = admission(clock, callers=callers)
    endpoint.admit(ACME)
    assert refusal(lambda: endpoint.admit("https://login-eu/other#x")).status == 403


def test_the_first_rule_that_covers_a_caller_counts() -> None:
    callers = read_callers({"caller": [{"name": "*acme*", "allowed_hosts": ["*.a.example"]}, {"name": "*"}]})
    rule = callers.rule_for(ACME)
    assert rule is not None
    assert [pattern.text for pattern in rule.allowed_hosts or ()] == ["*.a.example"]


def test_a_caller_that_is_too_fast_is_told_when_to_come_again(clock: HandClock) -> None:
    endpoint = admission(clock, callers=read_callers({"caller": [{"name": "*", "requests_per_minute": 6}]}))
    endpoint.admit(ACME)
    problem = refusal(lambda: endpoint.admit(ACME))
    assert (problem.status, problem.headers["Retry-After"]) == (429, "10")
    clock.advance(10.0)
    endpoint.admit(ACME)


def test_the_pace_of_status_requests_is_counted_apart_from_new_work(clock: HandClock) -> None:
    rule = {"name": "*", "requests_per_minute": 6, "status_requests_per_minute": 12}
    endpoint = admission(clock, callers=read_callers({"caller": [rule]}))
    endpoint.admit_to_status(ACME)
    endpoint.admit_to_status(ACME)
    problem = refusal(lambda: endpoint.admit_to_status(ACME))
    assert (problem.status, problem.headers["Retry-After"]) == (429, "5")
    endpoint.admit(ACME)
    assert refusal(lambda: endpoint.admit(ACME)).status == 429
    clock.advance(5.0)
    endpoint.admit_to_status(ACME)


def test_a_full_disk_and_open_work_do_not_close_the_status(clock: HandClock) -> None:
    admission(clock, free_disk_bytes=0, open_transfers=lambda _caller: 10**6).admit_to_status(ACME)


def test_with_a_callers_file_a_stranger_sees_no_transfers(clock: HandClock) -> None:
    endpoint = admission(clock, callers=read_callers({"caller": [{"name": "https://login-*/acme#*"}]}))
    assert refusal(lambda: endpoint.admit_to_status("https://login-eu/other#x")).status == 403


def test_one_callers_pace_is_not_anothers(clock: HandClock) -> None:
    endpoint = admission(clock, callers=read_callers({"caller": [{"name": "*", "requests_per_minute": 6}]}))
    endpoint.admit(ACME)
    endpoint.admit("somebody else")


def test_a_caller_with_too_much_open_work_is_429_and_a_full_service_is_503(clock: HandClock) -> None:
    callers = read_callers({"caller": [{"name": "*", "open_transfers": 5}]})
    busy_caller = admission(clock, callers=callers, open_transfers=lambda _caller: 5)
    assert refusal(lambda: busy_caller.admit(ACME)).status == 429
    full = admission(clock, open_transfers=lambda caller: 1 if caller else 100)
    problem = refusal(lambda: full.admit(ACME))
    assert problem.status == 503
    assert int(problem.headers["Retry-After"]) >= 1


def test_nothing_is_accepted_when_the_disk_is_nearly_full(clock: HandClock) -> None:
    assert refusal(lambda: admission(clock, free_disk_bytes=10).admit(ACME)).status == 503


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({}, "no \\[\\[caller\\]\\]"),
        ({"caller": [{}]}, "caller 1 .*name is missing"),
        ({"caller": [{"name": "x", "hosts": []}]}, "unknown member hosts"),
        ({"caller": [{"name": "x", "open_transfers": 0}]}, "open_transfers must be a number above 0"),
        ({"caller": [{"name": "x", "requests_per_minute": "many"}]}, "requests_per_minute"),
        ({"caller": [{"name": "x", "status_requests_per_minute": 0}]}, "status_requests_per_minute must be"),
        ({"caller": [{"name": "x", "allowed_hosts": ["*"]}]}, "allowed_hosts"),
    ],
)
def test_a_bad_callers_file_names_the_entry(document: dict[str, object], told: str) -> None:
    with pytest.raises(BadCallers, match=told):
        read_callers(document)


def waiting(clock: HandClock, *, longest_s: float = 5.0, at_once: int = 1) -> Waiting:
    return Waiting(longest_s=longest_s, at_once=at_once, monotonic_s=clock.now_s, pause_s=clock.advance)


def test_the_synchronous_mode_answers_once_the_transfer_is_at_its_end(clock: HandClock) -> None:
    running = a_transfer(state=TransferState.RUNNING)
    looks = iter([running, running, replace(running, state=TransferState.SETTLED)])
    ended = waiting(clock).for_end(lambda: next(looks))
    assert ended is not None
    assert ended.state is TransferState.SETTLED


def test_the_synchronous_mode_gives_up_in_time(clock: HandClock) -> None:
    began_s = clock.now_s()
    assert waiting(clock).for_end(lambda: a_transfer(state=TransferState.RUNNING)) is None
    assert clock.now_s() - began_s == pytest.approx(5.0, abs=0.2)


def test_without_the_synchronous_mode_nobody_looks(clock: HandClock) -> None:
    assert waiting(clock, longest_s=0).for_end(lambda: pytest.fail("looked")) is None


def test_when_all_places_are_taken_the_next_request_does_not_wait(clock: HandClock) -> None:
    endpoint = waiting(clock)
    inner: list[object] = []

    def look():  # type: ignore[no-untyped-def]
        inner.append(endpoint.for_end(lambda: pytest.fail("looked")))
        return a_transfer(state=TransferState.SETTLED)

    assert endpoint.for_end(look) is not None
    assert inner == [None]
