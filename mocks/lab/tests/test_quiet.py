"""At rest, seen from outside: nothing open at any mock, and quiet for the declared window."""

from __future__ import annotations

import pytest

from attachment_lab.errors import NotSettled
from attachment_lab.reconciliation.quiet import POLL_S, QuietReading, retry_after_s, wait_until_quiet


class Chain:
    """A chain whose readings are given second by second; the last one repeats."""

    def __init__(self, *readings: tuple[str, int]) -> None:
        """Each reading: what is open (empty = nothing), and the number of requests so far."""
        self._readings = readings
        self.now = 0.0

    def read(self) -> QuietReading:
        words, count = self._readings[min(int(self.now), len(self._readings) - 1)]
        return QuietReading(open=(words,) if words else (), activity=(words, count))

    def wait(self, *, quiet_s: float, timeout_s: float = 60.0) -> float:
        wait_until_quiet(self.read, quiet_s=quiet_s, timeout_s=timeout_s, now_s=lambda: self.now, sleep=self.sleep)
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_chain_without_activity_is_at_rest_after_the_window() -> None:
    assert Chain(("", 0)).wait(quiet_s=5) == 5


def test_a_request_begins_the_window_again() -> None:
    assert Chain(("", 0), ("", 0), ("", 1)).wait(quiet_s=5) == pytest.approx(7, abs=POLL_S)


def test_an_open_commit_holds_the_window_off() -> None:
    commit = ("C4C has not committed object 1 yet", 3)
    assert Chain(commit, commit, commit, ("", 3)).wait(quiet_s=2) == pytest.approx(5, abs=POLL_S)


def test_a_chain_that_never_rests_is_not_settled_and_says_why() -> None:
    with pytest.raises(NotSettled, match="1 request\\(s\\) under way at the c4c mock"):
        Chain(("1 request(s) under way at the c4c mock", 1)).wait(quiet_s=2, timeout_s=10)


def test_a_chain_that_is_busy_again_and_again_is_not_settled() -> None:
    busy = Chain(*(("", number) for number in range(60)))
    with pytest.raises(NotSettled, match="not quiet for 5 s within 20 s"):
        busy.wait(quiet_s=5, timeout_s=20)


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [("30", 30.0), ("Mon, 30 Nov 2026 10:10:00 GMT", 600.0), ("", None), ("soon", None)],
)
def test_a_retry_after_is_read_as_seconds_or_as_a_date(value: str, wait_s: float | None) -> None:
    exchange = {"at": "2026-11-30T10:00:00+00:00", "response_headers": {"Retry-After": value}}
    assert retry_after_s(exchange) == wait_s
