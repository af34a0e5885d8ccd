"""Whether a starting process still makes progress: start-up waits for it that long, not for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

#: A starting process that makes no progress for so long (wall seconds) is given up.
STALLED_S = 60.0
#: Progress within that time: so many CPU seconds. A starting process gets more even at a load of 50 on two cores; one
#: that only waits in a polling loop uses less.
STALLED_CPU_S = 1.0
#: Wall seconds between two readings of the CPU time.
CPU_INTERVAL_S = 1.0


class Watched(Protocol):
    """What is observed of a process."""

    @property
    def log_bytes(self) -> int:
        """Size of its log so far."""

    @property
    def cpu_s(self) -> float:
        """CPU seconds that it has used so far."""


class StartProgress:
    """Observes one process: it uses CPU time, writes its log, or answers differently.

    Args:
        status: what it answers instead of being ready, in words.
        now_s: monotonic seconds.
    """

    def __init__(
        self, process: Watched, status: Callable[[], str], *, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._process = process
        self._status = status
        self._now_s = now_s
        self._began_s = self._since_s = now_s()
        self._next_cpu_s = self._since_s + CPU_INTERVAL_S
        self._cpu_s, self._log_bytes, self._words = process.cpu_s, process.log_bytes, status()

    def took_s(self) -> float:
        """Wall seconds since the beginning."""
        return self._now_s() - self._began_s

    def stalled_for_s(self) -> float:
        """Wall seconds since the last progress."""
        if (self._process.log_bytes, self._status()) != (self._log_bytes, self._words):
            self._mark()
        elif self._now_s() >= self._next_cpu_s:
            self._next_cpu_s = self._now_s() + CPU_INTERVAL_S
            if self._process.cpu_s - self._cpu_s >= STALLED_CPU_S:
                self._mark()
        return self._now_s() - self._since_s

    def _mark(self) -> None:
        self._since_s, self._cpu_s = self._now_s(), self._process.cpu_s
        self._next_cpu_s = self._since_s + CPU_INTERVAL_S
        self._log_bytes, self._words = self._process.log_bytes, self._status()
