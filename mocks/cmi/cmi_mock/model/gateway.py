"""Limits an AWS API Gateway may put before CMI; that they apply to this product is inferred.

All are off unless the dialect switches them on. Nothing waits here: how long the backend would
take is computed, so that a 29 s timeout is tested without 29 s of waiting.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mock_kit.tenants.clock import Clock

Period = Literal["day", "week", "month"]


@dataclass(frozen=True)
class GatewayLimits:
    """0 switches a limit off.

    Attributes:
        payload_bytes: largest reply (AWS: 10 MB).
        timeout_s: longest integration time (AWS: 29 s).
        backend_bytes_per_s: how fast the imagined backend delivers; 0 = at once.
        rate_per_s, burst: token bucket of the API key.
        quota: requests of the API key in one ``quota_period`` (calendar, UTC).
    """

    payload_bytes: int = 0
    timeout_s: float = 0.0
    backend_bytes_per_s: float = 0.0
    rate_per_s: float = 0.0
    burst: int = 1
    quota: int = 0
    quota_period: Period = "day"

    def too_large(self, size_bytes: int) -> bool:
        """Whether a reply of that size does not pass."""
        return 0 < self.payload_bytes < size_bytes

    def too_slow(self, size_bytes: int) -> bool:
        """Whether the backend would need longer than the gateway waits."""
        if not self.timeout_s or not self.backend_bytes_per_s:
            return False
        return size_bytes / self.backend_bytes_per_s > self.timeout_s


@dataclass
class Throttle:
    """The API key's usage plan by the tenant's clock: a token bucket and a quota."""

    clock: Clock
    limits: GatewayLimits
    _tokens: float = field(default=-1.0)
    _filled_at: datetime | None = None
    _period: tuple[int, ...] = ()
    _used: int = 0

    def admits(self) -> bool:
        """Take a token if there is one; always true when throttling is off."""
        if not self.limits.rate_per_s:
            return True
        now = self.clock.now()
        if self._filled_at is None:
            self._tokens = float(self.limits.burst)
        else:
            passed = max(0.0, (now - self._filled_at).total_seconds())
            self._tokens = min(self.limits.burst, self._tokens + passed * self.limits.rate_per_s)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def within_quota(self) -> bool:
        """Count a request against the quota; always true when there is none."""
        if not self.limits.quota:
            return True
        period = _period_of(self.clock.now(), self.limits.quota_period)
        if period != self._period:
            self._period, self._used = period, 0
        if self._used >= self.limits.quota:
            return False
        self._used += 1
        return True


def _period_of(moment: datetime, period: Period) -> tuple[int, ...]:
    if period == "week":
        return tuple(moment.isocalendar()[:2])
    return (moment.year, moment.month) if period == "month" else (moment.year, moment.month, moment.day)
