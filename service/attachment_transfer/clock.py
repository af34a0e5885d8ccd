"""Time, handed to whoever needs it. Production has the system's clock; the lab adds an offset that tests move."""

from __future__ import annotations

import json
import time
from pathlib import Path


class SystemClock:
    """The wall clock."""

    def now_s(self) -> float:
        """Epoch seconds, UTC."""
        return time.time()

    def offset_s(self) -> float:
        """How far this clock is ahead of the wall, in seconds."""
        return 0.0


class LabClock(SystemClock):
    """The wall clock plus the offset in a file ``{"offset_s": n}`` that the lab writes. Read anew when it changes."""

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
            pass  # being replaced, or not there yet: the last known offset holds
        return self._offset_s
