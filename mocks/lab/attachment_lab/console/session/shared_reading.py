"""Readings that all open pages of a tenant share for a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any


class SharedReading:
    """Calls ``read`` at most once per ``for_s``; callers in between wait and get the same value. Safe for threads."""

    def __init__(self, read: Callable[[], Any], *, for_s: float) -> None:
        self._read = read
        self._for_s = for_s
        self._lock = threading.Lock()
        self._at = float("-inf")
        self._value: Any = None

    def __call__(self) -> Any:
        """The value, new or not older than ``for_s``. An error of ``read`` is raised and not kept."""
        with self._lock:
            if time.monotonic() - self._at >= self._for_s:
                self._value = self._read()
                self._at = time.monotonic()
            return self._value

    def forget(self) -> None:
        """Make the next call read again: something was just changed."""
        with self._lock:
            self._at = float("-inf")
