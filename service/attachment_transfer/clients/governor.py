"""Keeps the service a good neighbour: calls per (tenant, host) are paced, and stop for a while where they only fail.

A pace that is used up is waited for, up to two seconds; a neighbour that is left alone raises :class:`NeighbourBusy`
with the time to wait, and then the durable queue waits, no thread does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from attachment_transfer.core.errors import NeighbourBusy
from attachment_transfer.core.limits import Breaker, BreakerRule, Bucket

_FAILURES = frozenset({429, 500, 502, 503, 504})
_LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Calls per second in the long run, and at once, for each (tenant, host)."""

    per_s: float = 50.0
    burst: float = 100.0


class Governor:
    """Buckets and breakers of one process.

    Args:
        now_s: the service's clock, for breakers: the lab's time heals them too.
        monotonic_s, pause_s: steady time and how to let it pass, for the pace.
    """

    def __init__(
        self,
        *,
        pace: Pace,
        now_s: Callable[[], float],
        monotonic_s: Callable[[], float],
        pause_s: Callable[[float], None],
        rule: BreakerRule | None = None,
    ) -> None:
        self._pace = pace
        self._now_s = now_s
        self._monotonic_s = monotonic_s
        self._pause_s = pause_s
        self._fresh = Breaker(rule=rule or BreakerRule())
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._breakers: dict[tuple[str, str], Breaker] = {}

    def admit(self, tenant: str, host: str) -> None:
        """Let one call pass, perhaps after a short wait, or raise :class:`NeighbourBusy`."""
        while (wait_s := self._draw((tenant, host))) > 0:
            if wait_s > _LONGEST_PAUSE_S:
                raise NeighbourBusy(f"the pace for {host} is used up", retry_after_s=wait_s)
            self._pause_s(wait_s)
        with self._lock:
            breaker, wait_s = self._breakers.get((tenant, host), self._fresh).ask(self._now_s())
            if wait_s > 0:
                raise NeighbourBusy(
                    f"{host} failed {breaker.failed} times in a row: it is left alone", retry_after_s=wait_s
                )
            self._breakers[(tenant, host)] = breaker

    def note(self, tenant: str, host: str, *, well: bool | None) -> None:
        """Tell how a call ended; None if it says nothing about the neighbour."""
        with self._lock:
            breaker = self._breakers.get((tenant, host), self._fresh)
            if well is None:
                breaker = breaker.undecided()
            else:
                breaker = breaker.succeeded() if well else breaker.failed_at(self._now_s())
            self._breakers[(tenant, host)] = breaker

    def open_breakers(self) -> list[tuple[str, str]]:
        """(tenant, host) of every neighbour that is left alone now."""
        with self._lock:
            return sorted(key for key, breaker in self._breakers.items() if breaker.open_until_s is not None)

    def _draw(self, key: tuple[str, str]) -> float:
        now_s = self._monotonic_s()
        with self._lock:
            bucket = self._buckets.get(key) or Bucket.full(per_s=self._pace.per_s, burst=self._pace.burst, now_s=now_s)
            self._buckets[key], wait_s = bucket.take(now_s)
            return wait_s


class GovernedTransport(httpx.BaseTransport):
    """A shared transport as one tenant sees it: governed, and not closed with the client that uses it."""

    def __init__(self, inner: httpx.BaseTransport, governor: Governor, tenant: str) -> None:
        self._inner = inner
        self._governor = governor
        self._tenant = tenant

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask, send, tell."""
        host = request.url.host
        self._governor.admit(self._tenant, host)
        well: bool | None = None
        try:
            response = self._inner.handle_request(request)
            well = response.status_code not in _FAILURES
        except httpx.TransportError:
            well = False
            raise
        finally:
            # Anything else that breaks a call off is ours, or the other neighbour's: it decides nothing here.
            self._governor.note(self._tenant, host, well=well)
        return response
