"""Keep a worker's lease. On PostgreSQL, also take over the rounds of workers that died; SQLite has the file lock."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable

import sqlalchemy as sa
import structlog

from attachment_transfer.ledger.leases import Leases
from attachment_transfer.telemetry import metrics

_log = structlog.get_logger(__name__)

#: Exit code for "the lease is lost": EX_TEMPFAIL of sysexits.h.
EXIT_LEASE_LOST = 75


class LeaseKeeper:
    """Two threads: the beat and the sweep.

    Args:
        take_over: makes the rounds of these executors run again, and says how many.
        owners: executors that own unfinished rounds, living or not.
        align: corrects this process's clock; called at each beat.
        on_lost: called when our own lease is gone; must not return to work.
    """

    def __init__(
        self,
        leases: Leases,
        executor_id: str,
        *,
        ttl_s: float,
        take_over: Callable[[list[str]], int],
        owners: Callable[[], Iterable[str]],
        align: Callable[[], None] = lambda: None,
        on_lost: Callable[[], None] = lambda: os._exit(EXIT_LEASE_LOST),
    ) -> None:
        self._leases = leases
        self._executor_id = executor_id
        self._pause_s = ttl_s / 4
        self._take_over = take_over
        self._owners = owners
        self._align = align
        self._on_lost = on_lost
        self._stop = threading.Event()
        self._orphans: set[str] = set()
        self._threads = [
            threading.Thread(target=self._every, args=(chore,), name=name, daemon=True)
            for name, chore in (("lease-beat", self.beat), ("lease-sweep", self.sweep))
        ]

    def start(self) -> None:
        """Begin to beat and sweep; the lease itself is taken before."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop beating, then release the lease: other workers take over what is unfinished."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10.0)
        self._leases.release(self._executor_id)

    def beat(self) -> None:
        """Renew the lease, or end at once: another worker has taken over our rounds."""
        if not self._leases.beat(self._executor_id):
            _log.error("the lease is gone: another worker has taken over", executor_id=self._executor_id)
            self._on_lost()
        self._align()

    def sweep(self) -> None:
        """Take over from the dead, and from owners without any lease that were seen twice."""
        dead = self._leases.sweep()
        ownerless = set(self._owners()) - self._leases.living() - {self._executor_id}
        taken = sorted({*dead, *(ownerless & self._orphans)})
        self._orphans = ownerless
        if taken:
            _log.warning("taking over", executors=taken)
            metrics.TAKEOVERS.inc(self._take_over(taken))

    def _every(self, chore: Callable[[], None]) -> None:
        while not self._stop.wait(self._pause_s):
            try:
                chore()
            except Exception as exc:  # noqa: BLE001 - the database may be away; the next beat tries again
                _log.warning("lease chore failed", error=type(exc).__name__)


class Presence:
    """SQLite's one worker renews a lease, so that the API knows whether a worker runs.

    Renewed not more often than needed: every write flushes the disk.

    Args:
        ttl_s: how long a lease lasts, in seconds.
    """

    def __init__(
        self, leases: Leases, executor_id: str, *, ttl_s: float, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._leases = leases
        self._executor_id = executor_id
        self._pause_s = ttl_s / 4
        self._monotonic_s = monotonic_s
        self._kept_at_s: float | None = None

    def keep(self) -> None:
        """Renew the lease if a quarter of its time is over. Called from the time that the worker claims rounds.

        A database error is logged, and the next call tries again.
        """
        now_s = self._monotonic_s()
        if self._kept_at_s is None or now_s - self._kept_at_s >= self._pause_s:
            try:
                self._leases.keep(self._executor_id)
            except sa.exc.DBAPIError as exc:
                _log.warning("the lease could not be renewed", error=type(exc.orig).__name__)
            else:
                self._kept_at_s = now_s

    def end(self) -> None:
        """Release the lease after the drain. After a database error it expires by itself."""
        with contextlib.suppress(sa.exc.DBAPIError):
            self._leases.release(self._executor_id)
