"""A clock moved by hand and ids that count. The neighbours are in ``fake_neighbours``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count


@dataclass
class HandClock:
    """Epoch seconds that only the test moves. Starts on 2026-11-22 at noon, UTC."""

    time_s: float = 1_795_348_800.0

    def now_s(self) -> float:
        return self.time_s

    def advance(self, seconds: float) -> None:
        self.time_s += seconds


def counting_ids() -> Callable[[], str]:
    """32 hex digits, counted from 1."""
    numbers = count(1)
    return lambda: f"{next(numbers):032x}"
