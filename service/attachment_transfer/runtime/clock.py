"""The clocks of a process: the system's; in the lab, plus an offset that tests move; on PostgreSQL, the database's.

One worker writes a time ("this upload has ended by then") and another reads it. If their clocks differed, the reader
would look for an upload that is still running and file it twice, or delay a waiting file by the difference.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import sqlalchemy as sa
import structlog

from attachment_transfer.ledger.leases import database_now

_log = structlog.get_logger(__name__)
_TELLS_FROM_S = 1.0
#: A sample that took longer is ignored: its error can be half of its duration.
_SLOW_S = 1.0


class SystemClock:
    """The wall clock."""

    def now_s(self) -> float:
        """Epoch seconds, UTC."""
        return time.time()

    def offset_s(self) -> float:
        """How far this clock is ahead of the wall clock, in seconds."""
        return 0.0


class LabClock(SystemClock):
    """The wall clock plus the offset in a file ``{"offset_s": n}`` that the lab writes. Read again when it changes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: tuple[int, int] | None = None
        self._offset_s = 0.0

    def now_s(self) -> float:
        return time.time() + self.offset_s()

    def offset_s(self) -> float:
        try:
            stat = self._file.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino)
            if stamp != self._seen:
                self._offset_s = float(json.loads(self._file.read_text(encoding="utf-8"))["offset_s"])
                self._seen = stamp
        except (OSError, ValueError, KeyError, TypeError):
            pass  # being replaced, or not there yet: the last known offset stays in force
        return self._offset_s


class SharedClock(SystemClock):
    """``machine``'s clock plus its difference to the database's, measured by the last :meth:`align`."""

    def __init__(self, engine: sa.Engine, machine: SystemClock) -> None:
        self._engine = engine
        self._machine = machine
        self._correction_s = 0.0
        self._is_aligned = False
        self.align()

    def now_s(self) -> float:
        return self._machine.now_s() + self._correction_s

    def wall_s(self) -> float:
        """The same without the lab's offset."""
        return self._machine_s() + self._correction_s

    def offset_s(self) -> float:
        return self._machine.offset_s()

    def align(self) -> None:
        """Read the database's time and correct this clock. Raises the database's errors.

        A slow answer, and an error, leave the correction as it was.
        """
        with self._engine.connect() as connection:
            connection.execute(sa.select(1))  # opens the connection, so that the next statement is not delayed by it
            began_s, before_s = time.monotonic(), self._machine_s()
            database_s = float(connection.execute(sa.select(database_now(self._engine))).scalar_one())
            took_s = time.monotonic() - began_s
        if took_s > _SLOW_S and self._is_aligned:
            return
        correction_s = database_s - (before_s + took_s / 2)
        if abs(correction_s - self._correction_s) >= _TELLS_FROM_S:
            _log.warning(
                "this machine's clock and the database's differ: the database's is used",
                machine_is_ahead_s=round(-correction_s, 1),
            )
        self._correction_s = correction_s
        self._is_aligned = True

    def _machine_s(self) -> float:
        return self._machine.now_s() - self._machine.offset_s()
