"""The pauses between two polls of the queue: short while rounds run, longer when idle, ended at once by a wake-up.

DBOS polls and has no public way to be woken. Its queue thread pauses in ``wait`` of the event that stops it; this
module replaces that method. If a later release pauses elsewhere, it polls as before, and a contract test fails.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: How long after the end of the last round the short pause stays: DBOS frees the slot a moment after the end.
_BUSY_AFTER_S = 1.0


class PollPauses:
    """Counts the rounds of this process, and replaces the pauses of a thread.

    Args:
        idle_s: the pause while no round runs, in seconds; None = the same as with rounds.
    """

    def __init__(self, *, idle_s: float | None, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._idle_s = idle_s
        self._monotonic_s = monotonic_s
        self._changed = threading.Condition()
        self._wake_ups = self._seen = self._running = 0
        self._busy_until_s = monotonic_s() + _BUSY_AFTER_S

    def end_pause(self) -> None:
        """End the present pause, or skip the next one."""
        with self._changed:
            self._wake_ups += 1
            self._changed.notify_all()

    @contextmanager
    def round(self) -> Iterator[None]:
        """A round runs in this block. A long pause that began before it becomes a short one."""
        with self._changed:
            self._running += 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._busy_until_s = self._monotonic_s() + _BUSY_AFTER_S

    def take_over(self, stop: threading.Event, thread_name: str) -> None:
        """Replace ``stop.wait`` and ``stop.set``; wake-ups end the pauses of the thread of that name alone."""
        wait, set_it = stop.wait, stop.set

        def waiting(timeout: float | None = None) -> bool:
            if threading.current_thread().name != thread_name or timeout is None:
                return wait(timeout)
            return self._pause(stop, timeout)

        def setting() -> None:
            set_it()
            with self._changed:
                self._changed.notify_all()

        stop.wait, stop.set = waiting, setting  # type: ignore[method-assign]

    def _pause(self, stop: threading.Event, timeout_s: float) -> bool:
        began_s = self._monotonic_s()
        with self._changed:
            while not stop.is_set() and self._wake_ups == self._seen:
                left_s = self._length_s(timeout_s) - (self._monotonic_s() - began_s)
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
            self._seen = self._wake_ups
        return stop.is_set()

    def _length_s(self, timeout_s: float) -> float:
        if self._idle_s is None or self._running or self._monotonic_s() < self._busy_until_s:
            return timeout_s
        return max(timeout_s, self._idle_s)
