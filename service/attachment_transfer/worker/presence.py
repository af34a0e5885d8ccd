"""SQLite's one worker renews a lease, so that the API knows whether a worker runs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import sqlalchemy as sa
import structlog

from attachment_transfer.ledger.leases import Leases

_log = structlog.get_logger(__name__)


class Presence:
    """Renews a lease, not more often than needed: every write flushes the disk.

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
