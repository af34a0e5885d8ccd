"""Before a request is read: limits on rate, open transfers and disk. Refusals are answered with Retry-After."""

from __future__ import annotations

import threading
from collections.abc import Callable

from attachment_transfer.core.callers import CallerRule, Callers
from attachment_transfer.core.limits import Bucket
from attachment_transfer.ingress.problems import ApiProblem

_LONGEST_KEPT_BUCKETS = 10_000
#: How old a count of open transfers may be. Meanwhile admitted requests are added; ended transfers are not subtracted.
_COUNT_HOLDS_S = 1.0


class Admission:
    """Rate per caller and back-pressure of the whole service.

    Args:
        open_transfers: counts open transfers, of one caller or (None) of all.
        most_open: of all callers together.
        free_disk_bytes: what is free on the database's disk.
        least_free_disk_bytes: below this nothing is accepted, so that a full disk does not break running work.
    """

    def __init__(
        self,
        callers: Callers,
        *,
        open_transfers: Callable[[str | None], int],
        most_open: int,
        free_disk_bytes: Callable[[], int],
        least_free_disk_bytes: int,
        monotonic_s: Callable[[], float],
    ) -> None:
        self._callers = callers
        self._open_transfers = open_transfers
        self._most_open = most_open
        self._free_disk_bytes = free_disk_bytes
        self._least_free_disk_bytes = least_free_disk_bytes
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._counts: dict[str | None, tuple[float, int]] = {}

    def rule(self, caller: str) -> CallerRule:
        """The caller's rule. Raises :class:`ApiProblem` 403 if no rule covers it."""
        rule = self._callers.rule_for(caller)
        if rule is None:
            raise ApiProblem(
                403, "This caller is not known here", "No entry of the callers file covers its issuer and client."
            )
        return rule

    def admit(self, caller: str) -> CallerRule:
        """Return the caller's rule. Raises :class:`ApiProblem` 403, 429 or 503."""
        rule = self.rule(caller)
        self._draw("endpoint", caller, rule.requests_per_minute)
        if self._free_disk_bytes() < self._least_free_disk_bytes:
            raise _later(503, "The service's disk is nearly full", 60)
        if self._counted(None) >= self._most_open:
            raise _later(503, "The service has as many open transfers as it accepts", 30)
        if self._counted(caller) >= rule.open_transfers:
            raise _later(429, f"This caller has {rule.open_transfers} open transfers, as many as it may have", 30)
        self._let_in(None, caller)
        return rule

    def admit_to_status(self, caller: str) -> CallerRule:
        """Return the caller's rule for a request about transfers. Raises :class:`ApiProblem` 403 or 429."""
        rule = self.rule(caller)
        self._draw("status", caller, rule.status_requests_per_minute)
        return rule

    def _counted(self, caller: str | None) -> int:
        """Open transfers, counted once a second: a hundred thousand of them must not be counted for each request."""
        now_s = self._monotonic_s()
        with self._lock:
            counted_at_s, count = self._counts.get(caller, (-_COUNT_HOLDS_S, 0))
        if now_s - counted_at_s < _COUNT_HOLDS_S:
            return count
        count = self._open_transfers(caller)
        with self._lock:
            if len(self._counts) > _LONGEST_KEPT_BUCKETS:
                self._counts.clear()
            self._counts[caller] = (now_s, count)
        return count

    def _let_in(self, *callers: str | None) -> None:
        with self._lock:
            for caller in callers:
                if caller in self._counts:
                    counted_at_s, count = self._counts[caller]
                    self._counts[caller] = (counted_at_s, count + 1)

    def _draw(self, kind: str, caller: str, per_minute: float) -> None:
        per_s = per_minute / 60
        now_s = self._monotonic_s()
        with self._lock:
            if len(self._buckets) > _LONGEST_KEPT_BUCKETS:
                self._buckets.clear()
            fresh = Bucket.full(per_s=per_s, burst=max(1.0, per_minute / 6), now_s=now_s)
            bucket, wait_s = self._buckets.get((kind, caller), fresh).take(now_s)
            self._buckets[kind, caller] = bucket
        if wait_s > 0:
            raise _later(429, f"More than {per_minute:g} requests a minute", wait_s)


def _later(status: int, detail: str, wait_s: float) -> ApiProblem:
    return ApiProblem(
        status,
        "Send this again later",
        f"{detail}; nothing was recorded.",
        headers={"Retry-After": str(max(1, round(wait_s)))},
    )
