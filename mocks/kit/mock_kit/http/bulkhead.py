"""The bulkhead: neighbours' requests never get the server's last threads, which are kept for ``/_mock``."""

from __future__ import annotations

import threading

#: The server's threads (``server.serve``), and how many of them neighbours' requests never get.
SERVER_THREADS = 128
CONTROL_THREADS = 16
DATA_SLOTS = SERVER_THREADS - CONTROL_THREADS


class RequestSlots:
    """A counter with an upper limit; requests do not queue. Thread-safe."""

    def __init__(self, total: int = DATA_SLOTS) -> None:
        """``total`` slots, all free."""
        self.total = total
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """Slots in use."""
        return self._taken

    def take(self, total: int | None = None) -> bool:
        """Take a slot; False if none is free. ``total``: how many there are for this one request."""
        with self._lock:
            if self._taken >= (self.total if total is None else total):
                return False
            self._taken += 1
            return True

    def give_back(self) -> None:
        """One slot is free again."""
        with self._lock:
            self._taken -= 1
