"""Answers that take long to find are cached, so that no caller waits for them twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

#: An answer that takes less time is computed each time.
_FAST_S = 0.05
#: At most a twentieth of the time is spent on computing.
_KEPT_TIMES = 20.0


class Remembered(Generic[T]):
    """What ``find`` returns, at most about twenty times as old as it took to compute. The first call waits.

    It is computed again in the background: a scrape that waited for it would run into its own time limit.
    """

    def __init__(self, find: Callable[[], T], *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._find = find
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._found: list[T] = []
        self._found_at_s = self._took_s = 0.0
        self._refresher: threading.Thread | None = None

    def __call__(self) -> T:
        """Return it. Raises what ``find`` raises, where the answer is computed at once."""
        with self._lock:
            if not self._found or self._took_s < _FAST_S:
                self._refresh()
            elif self._is_old() and (self._refresher is None or not self._refresher.is_alive()):
                self._refresher = threading.Thread(target=self._refresh_quietly, name="remembered", daemon=True)
                self._refresher.start()
            return self._found[0]

    def _is_old(self) -> bool:
        return self._monotonic_s() - self._found_at_s > self._took_s * _KEPT_TIMES

    def _refresh(self) -> None:
        began_s = self._monotonic_s()
        found = self._find()
        self._found_at_s = self._monotonic_s()
        self._took_s = self._found_at_s - began_s
        self._found = [found]

    def _refresh_quietly(self) -> None:
        try:
            self._refresh()
        except Exception:  # noqa: BLE001 - the next call tries again; until then the last answer is returned
            self._found_at_s = self._monotonic_s()
