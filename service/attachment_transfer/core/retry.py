"""The retry policy, as data: per reason, how long to wait and how often. Times are virtual in the lab.

Waiting never blocks a thread: the delay is the next round's, kept by the durable queue.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RetryRule:
    """How one kind of error is retried.

    Attributes:
        base_s: first delay, in seconds; doubles each time.
        cap_s: longest delay, in seconds.
        budget: the number of retries before we stop.
    """

    base_s: float
    cap_s: float
    budget: int


DEFAULT_RULE = RetryRule(base_s=5.0, cap_s=900.0, budget=10)

POLICY: dict[str, RetryRule] = {
    "neighbour-unavailable": RetryRule(base_s=5.0, cap_s=900.0, budget=12),
    "neighbour-busy": RetryRule(base_s=10.0, cap_s=900.0, budget=20),
    # History and activity appear within minutes, or never: 5 tries over about 5 minutes.
    "not-there-yet": RetryRule(base_s=10.0, cap_s=160.0, budget=5),
    "scanner-unavailable": RetryRule(base_s=5.0, cap_s=900.0, budget=12),
    "outcome-unknown": RetryRule(base_s=5.0, cap_s=900.0, budget=12),
    # A proxy or a gateway may answer in CMI's place for a while; a listing or a coding that is wrong stays wrong.
    "size-differs": RetryRule(base_s=10.0, cap_s=120.0, budget=3),
    "not-the-file": RetryRule(base_s=10.0, cap_s=300.0, budget=4),
    "unknown-coding": RetryRule(base_s=10.0, cap_s=120.0, budget=2),
    "incomplete-download": RetryRule(base_s=5.0, cap_s=300.0, budget=6),
    # Each round reads the listing again, and with it a new address.
    "link-expired": RetryRule(base_s=1.0, cap_s=60.0, budget=4),
    # Only for a client error of unknown cause: sent once more, then final.
    "upload-questioned": RetryRule(base_s=10.0, cap_s=10.0, budget=1),
    # A defect of ours or a poisoned file: a few tries, then a person.
    "internal": RetryRule(base_s=10.0, cap_s=120.0, budget=3),
}


#: The limit of tries, however often the reason changes.
MOST_TRIES = 40


@dataclass(frozen=True)
class RetryLater:
    """Try again after this many seconds."""

    delay_s: float


@dataclass(frozen=True)
class StopRetrying:
    """The budget is used up."""


def counted_tries(in_all: int, *, reason_is_new: bool) -> int:
    """How many failures count for the present reason: errors of another kind do not use up its budget.

    Args:
        in_all: failures since the file was first tried or redriven, this one included.
    """
    return 1 if reason_is_new and in_all <= MOST_TRIES else in_all


def decide(code: str, *, tries: int, retry_after_s: float | None, jitter: float) -> RetryLater | StopRetrying:
    """Say what follows the ``tries``-th failure (counted from 1) with this reason.

    Args:
        retry_after_s: what the neighbour asked for, in seconds; honoured as a minimum, never above one day.
        jitter: a number in [0, 1) from outside; the delay is between half and the whole of the exponential one.
    """
    rule = POLICY.get(code, DEFAULT_RULE)
    if tries > rule.budget:
        return StopRetrying()
    exponential = min(rule.cap_s, rule.base_s * 2 ** (tries - 1))
    delay_s = exponential * (0.5 + jitter / 2)
    if retry_after_s is not None:
        delay_s = max(delay_s, min(retry_after_s, 86_400.0))
    return RetryLater(delay_s)
