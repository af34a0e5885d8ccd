"""Limits calls per (tenant, host): they are paced, and stop for a while after repeated failures.

A call waits for the pace up to two seconds. Beyond that, and while the breaker is open,
:class:`NeighbourBusy` is raised with the time to wait: then the durable queue waits, and no thread does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto

import httpx

from attachment_transfer.clients.outbound.time_limits import too_slow
from attachment_transfer.core.errors import NeighbourBusy, NotCalled
from attachment_transfer.core.limits import Breaker, BreakerRule, Bucket

_FAILURES = frozenset({429, 500, 502, 503, 504})
_LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Calls per second in the long run, and at once, for each (tenant, host)."""

    per_s: float = 50.0
    burst: float = 100.0


class CallEnd(Enum):
    """How a call ended, as far as that shows the neighbour's state."""

    WELL = auto()
    FAILED = auto()
    SLOW = auto()  # given up at a time limit: it occupied a slot for all that time
    UNDECIDED = auto()


class Governor:
    """Buckets and breakers of one process.

    Args:
        now_s: the service's clock, for breakers: the lab's clock closes them too.
        monotonic_s, pause_s: a steady clock and a sleep, for the pace.
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

    def call(self, tenant: str, host: str, *, on_slow: Callable[[], None] = lambda: None) -> GovernedCall:
        """Admit one call and watch it. Raises :class:`NeighbourBusy`.

        Args:
            on_slow: called if the call is given up because the neighbour is too slow.
        """
        self.admit(tenant, host)

        def record(end: CallEnd) -> None:
            if end is CallEnd.SLOW:
                on_slow()
            self.note(tenant, host, end)

        return GovernedCall(record)

    def admit(self, tenant: str, host: str) -> None:
        """Admit one call, perhaps after a short wait, or raise :class:`NeighbourBusy`."""
        while (wait_s := self._draw((tenant, host))) > 0:
            if wait_s > _LONGEST_PAUSE_S:
                raise NeighbourBusy(f"the pace for {host} is used up", retry_after_s=wait_s)
            self._pause_s(wait_s)
        with self._lock:
            breaker, wait_s = self._breakers.get((tenant, host), self._fresh).ask(self._now_s())
            if wait_s > 0:
                raise NotCalled(
                    f"{host} failed {breaker.failed} times in a row: it is not called now", retry_after_s=wait_s
                )
            self._breakers[(tenant, host)] = breaker

    def note(self, tenant: str, host: str, end: CallEnd) -> None:
        """Record how a call ended, its answer's body included."""
        with self._lock:
            breaker = self._breakers.get((tenant, host), self._fresh)
            match end:
                case CallEnd.WELL:
                    breaker = breaker.succeeded()
                case CallEnd.FAILED:
                    breaker = breaker.failed_at(self._now_s())
                case CallEnd.SLOW:
                    breaker = breaker.slow_at(self._now_s())
                case CallEnd.UNDECIDED:
                    breaker = breaker.undecided()
            self._breakers[(tenant, host)] = breaker

    def open_breakers(self) -> list[tuple[str, str]]:
        """(tenant, host) of every neighbour that is not called now."""
        with self._lock:
            return sorted(key for key, breaker in self._breakers.items() if breaker.open_until_s is not None)

    def _draw(self, key: tuple[str, str]) -> float:
        now_s = self._monotonic_s()
        with self._lock:
            bucket = self._buckets.get(key) or Bucket.full(per_s=self._pace.per_s, burst=self._pace.burst, now_s=now_s)
            self._buckets[key], wait_s = bucket.take(now_s)
            return wait_s


class GovernedCall:
    """One call that was admitted; its end is recorded once."""

    def __init__(self, record: Callable[[CallEnd], None]) -> None:
        self._record = record
        self._is_over = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Record what breaks the call off. An error of our own, or of the other neighbour, decides nothing here."""
        try:
            yield
        except httpx.TransportError as exc:
            self.end(CallEnd.SLOW if too_slow(exc) else CallEnd.FAILED)
            raise
        except Exception:
            self.end(CallEnd.UNDECIDED)
            raise

    def answered(self, response: httpx.Response) -> httpx.Response:
        """Record the end: at once for a failure, after the body for everything else."""
        if response.status_code in _FAILURES:
            self.end(CallEnd.FAILED)
        if response.is_stream_consumed:  # it came with its body
            self.end(CallEnd.WELL)
        response.stream = _WatchedBody(response.stream, self)
        return response

    def end(self, how: CallEnd) -> None:
        """Record ``how`` the call ended, unless that is recorded already."""
        if not self._is_over:
            self._is_over = True
            self._record(how)


class _WatchedBody(httpx.SyncByteStream):
    """An answer's body: a good end unless it breaks off. If we stop reading, that is not the neighbour's failure."""

    def __init__(self, inner: httpx.SyncByteStream | httpx.AsyncByteStream, call: GovernedCall) -> None:
        if not isinstance(inner, httpx.SyncByteStream):
            raise TypeError("the transport below is a synchronous one")
        self._inner = inner
        self._call = call

    def __iter__(self) -> Iterator[bytes]:
        with self._call.watched():
            yield from self._inner
        self._call.end(CallEnd.WELL)

    def close(self) -> None:
        """Release the connection."""
        self._call.end(CallEnd.WELL)
        self._inner.close()
