"""When a tenant answers no further request: too many at once, or a busy period that was planned.

Source of the limit on parallel requests: SAP KBA 3577788, documented as advice. No limit on calls is published
for C4C (V1); what a busy tenant answers is assumed, dialect ``retry_after``.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from c4c_mock.model.errors import Busy, TooManyThreads
from mock_kit.http.bulkhead import RequestSlots


class ThreadLimit(RequestSlots):
    """Counts the requests that run at once. Never waits: a request above the limit is rejected."""

    def enter(self, limit: int, *, status: int) -> Callable[[], None]:
        """Count a request; calling the result ends its count. Raises TooManyThreads. ``limit`` 0 = none."""
        if not self.take(limit or sys.maxsize):
            raise TooManyThreads(
                f"Too many parallel requests: this tenant works on {limit} at once",
                status=status,
                hint="dialect parallel_limit; send fewer at once and retry later",
            )
        return self.give_back


@dataclass(kw_only=True)
class BusyPeriod:
    """One period in which requests are rejected.

    Attributes:
        status: of every answer, 429 or 503.
        until: the tenant's time at which it ends; None = it ends by ``times``.
        times: at most so many requests are rejected; None = no limit.
        refused: requests rejected so far.
    """

    status: int
    until: datetime | None = None
    times: int | None = None
    refused: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {**vars(self), "until": None if self.until is None else self.until.isoformat()}


class BusyState:
    """Whether the tenant is busy now. Every method is safe to call from several threads."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """``now`` is the tenant's clock."""
        self._now = now
        self._lock = threading.Lock()
        self._period: BusyPeriod | None = None

    def begin(self, period: BusyPeriod) -> None:
        """Be busy from now on; replaces an earlier period."""
        with self._lock:
            self._period = period

    def end(self) -> None:
        """Accept requests again."""
        with self._lock:
            self._period = None

    def to_dict(self) -> dict[str, Any] | None:
        """The period as JSON, over or not; None without one."""
        with self._lock:
            return None if self._period is None else self._period.to_dict()

    def check(self) -> None:
        """Raises Busy while the period lasts; counts the request."""
        with self._lock:
            period = self._period
            if period is None or period.refused == period.times:
                return
            if period.until is not None and period.until <= self._now():
                return
            period.refused += 1
        raise Busy(
            "The system is busy; try again later",
            status=period.status,
            until=period.until,
            hint="planned by POST /_mock/busy; DELETE /_mock/busy ends it",
        )
