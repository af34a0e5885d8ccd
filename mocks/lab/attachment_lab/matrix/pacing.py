"""The one virtual clock of a stack that plays many cells at once.

The clock stands still while any cell is at work. When every cell waits for a time, it moves so far that a share of
them goes on: a wait takes a little longer than the service asks for, never less.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from attachment_lab.errors import NotSettled

#: Moved so far beyond the time that those due shortly after it come along.
GRACE_S = 1.0
#: A cell that waits longer than this in real time, while others never come to rest, is given up. Long, for machines
#: that are busy: a refused credential waits half an hour of virtual time, in many small moves.
PATIENCE_S = 1_800.0


class MatrixClock:
    """Cells call ``enter``, ``wait_until`` and ``leave``; the last one to wait moves the clock.

    Args:
        share: how many of the waiting cells go on with a move, from 0 (the first one) to below 1.
    """

    def __init__(self, advance: Callable[[float], None], offset_s: Callable[[], float], *, share: float = 0.0) -> None:
        self._share = share
        self._advance = advance
        self._offset_s = offset_s
        self._changed = threading.Condition()
        self._busy = 0
        self._due: dict[int, float] = {}
        self.moves = 0

    def now_s(self) -> float:
        """Virtual epoch seconds."""
        return time.time() + self._offset_s()

    def enter(self) -> None:
        """A cell begins: the clock stands still."""
        with self._changed:
            self._busy += 1

    def leave(self) -> None:
        """A cell has ended."""
        with self._changed:
            self._busy -= 1
            self._move_if_all_wait()
            self._changed.notify_all()

    def wait_until(self, due_s: float) -> None:
        """Return once virtual time is ``due_s`` or later. Raises NotSettled if the other cells never come to rest."""
        me, deadline = threading.get_ident(), time.monotonic() + PATIENCE_S
        with self._changed:
            self._busy -= 1
            self._due[me] = due_s
            try:
                self._move_if_all_wait()
                while self.now_s() < due_s and time.monotonic() < deadline:
                    self._changed.wait(0.5)
                    self._move_if_all_wait()
                if self.now_s() < due_s:
                    raise NotSettled(f"the other cells did not come to rest within {PATIENCE_S:,.0f} s")
            finally:
                self._due.pop(me, None)
                self._busy += 1

    def _move_if_all_wait(self) -> None:
        waiting = [due_s for due_s in self._due.values() if due_s > self.now_s()]
        if self._busy == 0 and waiting and len(waiting) == len(self._due):
            due_s = sorted(waiting)[int(len(waiting) * self._share)]
            self._advance(due_s - self.now_s() + GRACE_S)
            self.moves += 1
            self._changed.notify_all()
