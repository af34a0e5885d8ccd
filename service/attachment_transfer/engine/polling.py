"""The pauses between two looks at the queue: short while rounds run, longer when idle, ended at once by a wake-up.

DBOS polls and has no public way to be woken. Its queue thread pauses in ``wait`` of the event that ends it; this module
stands in that one place. Should a later release pause elsewhere, it polls as it always did; a contract test would tell.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: How long after the last round ended the next may still be had at once: its slot is free a moment after its end.
_BUSY_AFTER_S = 1.0


class PollPauses:
    """Counts the rounds of this process, and takes over the pauses of a thread.

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
        """End the present pause, or leave out the next."""
        with self._changed:
            self._wake_ups += 1
            self._changed.notify_all()

    @contextmanager
    def round(self) -> Iterator[None]:
        """A round runs. A pause that began before it, and took this process to be idle, becomes a short one."""
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
        """Stand in for ``stop.wait`` and ``stop.set``; wake-ups are for the thread of that name alone."""
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
