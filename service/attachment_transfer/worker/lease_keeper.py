"""Renews our lease and takes over the rounds of workers that died. PostgreSQL only; SQLite has the file lock."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable

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
