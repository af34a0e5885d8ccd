"""How many requests of one tenant run at once. Source of the limit: SAP KBA 3577788, documented as advice."""

from __future__ import annotations

import threading
from collections.abc import Callable

from c4c_mock.model.errors import TooManyThreads


class Threads:
    """Counts the requests under way. Never waits: one too many is turned away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy = 0

    def enter(self, limit: int, *, status: int) -> Callable[[], None]:
        """Count a request in; the result counts it out again. Raises TooManyThreads. ``limit`` 0 = none."""
        with self._lock:
            if limit and self._busy >= limit:
                raise TooManyThreads(
                    f"Too many parallel requests: this tenant works on {limit} at once",
                    status=status,
                    hint="dialect parallel_limit; send fewer at once and retry later",
                )
            self._busy += 1
        return self._leave

    def _leave(self) -> None:
        with self._lock:
            self._busy -= 1
