"""The retry policy is data: how long, how often, and what a neighbour's wish changes."""

from __future__ import annotations

import pytest

from attachment_transfer.core import errors
from attachment_transfer.core.retry import (
    DEFAULT_RULE,
    MOST_TRIES,
    POLICY,
    RetryLater,
    StopRetrying,
    counted_tries,
    decide,
)


@pytest.mark.parametrize(
    ("code", "tries", "longest_s"),
    [
        ("neighbour-unavailable", 1, 5.0),
        ("neighbour-unavailable", 2, 10.0),
        ("neighbour-unavailable", 12, 900.0),
        ("neighbour-busy", 1, 10.0),
        ("neighbour-busy", 20, 900.0),
        ("not-there-yet", 1, 10.0),
        ("not-there-yet", 5, 160.0),
        ("outcome-unknown", 1, 5.0),
        ("internal", 3, 40.0),
        ("a code without a rule", 1, 5.0),
    ],
)
def test_the_delay_doubles_up_to_its_cap_with_jitter_over_the_upper_half(
    code: str, tries: int, longest_s: float
) -> None:
    assert decide(code, tries=tries, retry_after_s=None, jitter=0.0) == RetryLater(longest_s / 2)
    assert decide(code, tries=tries, retry_after_s=None, jitter=1.0) == RetryLater(longest_s)


@pytest.mark.parametrize("code", [*POLICY, "a code without a rule"])
def test_a_budget_is_so_many_retries_and_not_one_more(code: str) -> None:
    budget = POLICY.get(code, DEFAULT_RULE).budget
    assert isinstance(decide(code, tries=budget, retry_after_s=None, jitter=0.5), RetryLater)
    assert isinstance(decide(code, tries=budget + 1, retry_after_s=3600.0, jitter=0.5), StopRetrying)


def test_history_gets_about_five_minutes() -> None:
    waits = [decide("not-there-yet", tries=tries, retry_after_s=None, jitter=1.0) for tries in range(1, 6)]
    assert sum(wait.delay_s for wait in waits if isinstance(wait, RetryLater)) == 310.0


def test_what_a_neighbour_asks_for_is_a_minimum() -> None:
    assert decide("neighbour-busy", tries=1, retry_after_s=300.0, jitter=0.0) == RetryLater(300.0)
    assert decide("neighbour-busy", tries=1, retry_after_s=1.0, jitter=1.0) == RetryLater(10.0)


def test_no_neighbour_can_ask_for_more_than_a_day() -> None:
    assert decide("neighbour-busy", tries=1, retry_after_s=float("inf"), jitter=0.0) == RetryLater(86_400.0)


def test_every_rule_belongs_to_an_error_that_exists() -> None:
    codes = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert set(POLICY) <= codes


def test_another_reason_begins_a_budget_of_its_own_but_not_for_ever() -> None:
    assert counted_tries(7, reason_is_new=False) == 7
    assert counted_tries(7, reason_is_new=True) == 1
    assert isinstance(
        decide("not-the-file", tries=counted_tries(MOST_TRIES + 1, reason_is_new=True), retry_after_s=None, jitter=0.5),
        StopRetrying,
    )


def test_what_parks_has_no_rule() -> None:
    parked = {kind.code for kind in errors.GiveUp.__subclasses__()}
    assert parked
    assert not parked & set(POLICY)
