"""One time for all worker processes on PostgreSQL: this machine's clock, set right by the database's.

What one worker writes down ("this upload has ended by then") another reads. Were their clocks apart, the one would look
for an upload that is still under way, and file it twice, or leave a waiting file lying for as long as they differ.
"""

from __future__ import annotations

import time

import sqlalchemy as sa
import structlog

from attachment_transfer.clock import SystemClock

_log = structlog.get_logger(__name__)
_TELLS_FROM_S = 1.0
#: A sample that took longer tells too little: half of its time is the error that it may have.
_SLOW_S = 1.0


def database_now(engine: sa.Engine) -> sa.ColumnElement[float]:
    """The database's own time in epoch seconds, as an expression; it moves on within a transaction."""
    text = (
        "extract(epoch from clock_timestamp())"
        if engine.dialect.name == "postgresql"
        else "((julianday('now') - 2440587.5) * 86400.0)"  # SQLite serves tests of this; it has no clock_timestamp()
    )
    return sa.literal_column(text, type_=sa.Float)


class SharedClock(SystemClock):
    """``machine``'s clock plus what the database's is ahead of it, as of the last :meth:`align`."""

    def __init__(self, engine: sa.Engine, machine: SystemClock) -> None:
        self._engine = engine
        self._machine = machine
        self._correction_s = 0.0
        self._is_aligned = False
        self.align()

    def now_s(self) -> float:
        return self._machine.now_s() + self._correction_s

    def wall_s(self) -> float:
        """The same without what the lab has added."""
        return self._machine_s() + self._correction_s

    def offset_s(self) -> float:
        return self._machine.offset_s()

    def align(self) -> None:
        """Ask the database for the time, unless it is slow to tell. Raises its errors; what was known holds on."""
        with self._engine.connect() as connection:
            connection.execute(sa.select(1))  # so that the second question finds everything ready
            began_s, before_s = time.monotonic(), self._machine_s()
            told_s = float(connection.execute(sa.select(database_now(self._engine))).scalar_one())
            took_s = time.monotonic() - began_s
        if took_s > _SLOW_S and self._is_aligned:
            return
        correction_s = told_s - (before_s + took_s / 2)
        if abs(correction_s - self._correction_s) >= _TELLS_FROM_S:
            _log.warning(
                "this machine's clock and the database's differ: the database's counts",
                machine_is_ahead_s=round(-correction_s, 1),
            )
        self._correction_s = correction_s
        self._is_aligned = True

    def _machine_s(self) -> float:
        return self._machine.now_s() - self._machine.offset_s()
