"""Synchronous mode: wait a little for the transfer's end, so that the answer can contain the result per file."""

from __future__ import annotations

import threading
from collections.abc import Callable

from attachment_transfer.core.model import Transfer
from attachment_transfer.core.states import TERMINAL_TRANSFER

_READ_EVERY_S = 0.1


class Waiting:
    """Waits for ends, for few requests at once: a waiting request blocks a thread of the server.

    Args:
        longest_s: 0 = never wait (the asynchronous mode).
        in_all_s: a wait ends so many seconds after its request arrived; None = no such limit.
        at_once: further requests are answered 202 without a wait.
    """

    def __init__(
        self,
        *,
        longest_s: float,
        at_once: int,
        monotonic_s: Callable[[], float],
        pause_s: Callable[[float], None],
        in_all_s: float | None = None,
    ) -> None:
        self._in_all_s = in_all_s
        self._longest_s = longest_s
        self._places = threading.BoundedSemaphore(max(1, at_once))
        self._monotonic_s = monotonic_s
        self._pause_s = pause_s

    def for_end(self, read: Callable[[], Transfer | None], *, arrived_at_s: float | None = None) -> Transfer | None:
        """Return the transfer once it has ended, or None if that takes too long.

        Args:
            arrived_at_s: when the request arrived, on the steady clock.
        """
        if self._longest_s <= 0 or not self._places.acquire(blocking=False):
            return None
        try:
            end_s = self._monotonic_s() + self._longest_s
            if arrived_at_s is not None and self._in_all_s is not None:
                end_s = min(end_s, arrived_at_s + self._in_all_s)
            while True:
                transfer = read()
                if transfer is not None and transfer.state in TERMINAL_TRANSFER:
                    return transfer
                if self._monotonic_s() >= end_s:
                    return None
                self._pause_s(_READ_EVERY_S)
        finally:
            self._places.release()
