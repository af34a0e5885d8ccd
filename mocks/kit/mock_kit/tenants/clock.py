"""One virtual clock per tenant: wall time plus an offset that only ever grows until reset.

Tests do not sleep: an hour passes by ``POST /_mock/clock``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

#: The furthest a clock may be moved in all, in seconds (ten years): enough for every expiry,
#: far from the end of ``datetime``.
MAX_OFFSET_S = 10 * 366 * 86_400.0


def wall_now() -> datetime:
    """Wall time as aware UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """UTC, milliseconds, Z: ``2026-11-30T12:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock:
    """Virtual time: what the wall clock says plus ``offset_s`` seconds. Safe to share between threads."""

    def __init__(self, wall: Callable[[], datetime] = wall_now) -> None:
        """``wall`` gives aware UTC; a test hands in a frozen one."""
        self._wall = wall
        self._offset_s = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The tenant's time, aware UTC."""
        return self._wall() + timedelta(seconds=self.offset_s)

    def advance(self, seconds: float) -> None:
        """Move on by ``seconds`` (>= 0). ValueError for a step back or beyond ``MAX_OFFSET_S`` in all."""
        with self._lock:
            moved = self._offset_s + seconds
            # Written so that NaN is refused as well: it is neither >= 0 nor <= the limit.
            if not (seconds >= 0 and moved <= MAX_OFFSET_S):
                raise ValueError(f"a clock moves forward only, by at most {MAX_OFFSET_S:.0f} s in all")
            self._offset_s = moved

    @property
    def offset_s(self) -> float:
        """How far this tenant is ahead of the wall clock, in seconds."""
        with self._lock:
            return self._offset_s

    def reset(self) -> None:
        """Back to wall time."""
        with self._lock:
            self._offset_s = 0.0
