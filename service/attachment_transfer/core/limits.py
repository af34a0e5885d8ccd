"""Token bucket and circuit breaker as pure state machines: the time is passed in, nothing waits here."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A token bucket: ``burst`` requests at once, ``per_s`` in the long run.

    Attributes:
        tokens: what is left, at ``at_s`` (seconds of any steady clock).
    """

    per_s: float
    burst: float
    tokens: float
    at_s: float

    @classmethod
    def full(cls, *, per_s: float, burst: float, now_s: float) -> Bucket:
        """A full bucket."""
        return cls(per_s=per_s, burst=burst, tokens=burst, at_s=now_s)

    def take(self, now_s: float) -> tuple[Bucket, float]:
        """Draw one token: (the bucket afterwards, 0.0), or (unchanged, seconds until there is one)."""
        tokens = min(self.burst, self.tokens + max(0.0, now_s - self.at_s) * self.per_s)
        if tokens >= 1.0:
            return replace(self, tokens=tokens - 1.0, at_s=now_s), 0.0
        return self, (1.0 - tokens) / self.per_s


@dataclass(frozen=True, kw_only=True)
class BreakerRule:
    """When calls to a neighbour stop.

    Attributes:
        failures: that many in a row open the breaker.
        slow_counts_as: as how many failures a call counts that was given up because it was too slow: it occupied a slot
            for as long as many quick failures.
        pause_s, longest_pause_s: how long it stays open at first, doubling with each failed probe, in seconds.
    """

    failures: int = 8
    slow_counts_as: int = 8
    pause_s: float = 15.0
    longest_pause_s: float = 300.0


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """Closed: calls pass. Open: none does. After the pause one probe passes; it closes or reopens the breaker.

    Attributes:
        failed: failures in a row.
        open_until_s: end of the pause, None while closed.
        probing: a probe is under way.
    """

    rule: BreakerRule
    failed: int = 0
    open_until_s: float | None = None
    probing: bool = False

    def ask(self, now_s: float) -> tuple[Breaker, float]:
        """May a call pass? (the breaker afterwards, 0.0), or (unchanged, seconds to wait)."""
        if self.open_until_s is None:
            return self, 0.0
        if now_s < self.open_until_s:
            return self, self.open_until_s - now_s
        if self.probing:
            return self, self.rule.pause_s
        return replace(self, probing=True), 0.0

    def undecided(self) -> Breaker:
        """A call ended without showing the neighbour's state: the next one may probe."""
        return replace(self, probing=False)

    def succeeded(self) -> Breaker:
        """The neighbour is well."""
        return Breaker(rule=self.rule)

    def slow_at(self, now_s: float) -> Breaker:
        """A call was given up because the neighbour was too slow."""
        return self.failed_at(now_s, counts_as=self.rule.slow_counts_as)

    def failed_at(self, now_s: float, *, counts_as: int = 1) -> Breaker:
        """The neighbour failed once more."""
        failed = self.failed + counts_as
        if failed < self.rule.failures and not self.probing:
            return replace(self, failed=failed)
        beyond = max(0, failed - self.rule.failures)
        pause_s = min(self.rule.longest_pause_s, self.rule.pause_s * 2**beyond)
        return Breaker(rule=self.rule, failed=failed, open_until_s=now_s + pause_s)
