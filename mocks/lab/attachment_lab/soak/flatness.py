"""Is a series of samples flat? A slope test, in plain words.

The first third of the samples is warm-up and left out. The slope is the median of the slopes between all pairs of the
others (Theil–Sen: a single outlier does not tilt it). Slope times the length of the window is the growth. A series is
flat if it has grown by no more than its allowance, which is the larger one of a number and a share of its median.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

WARM_UP = 1 / 3
#: Fewer samples after the warm-up show nothing.
LEAST_SAMPLES = 6


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """How much a series may grow in the window: ``least`` in its unit, or ``share`` of its median."""

    least: float
    share: float


@dataclass(frozen=True, kw_only=True)
class Flatness:
    """The verdict on one series.

    Attributes:
        first, last: medians of the window's first and last quarter, for people.
        growth: slope × window, in the series' unit.
        allowed: what it might have grown.
    """

    name: str
    unit: str
    first: float
    last: float
    growth: float
    allowed: float
    enough: bool

    @property
    def ok(self) -> bool:
        """Whether it is flat; falling is flat too."""
        return self.enough and self.growth <= self.allowed

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            **{name: round(value, 3) if isinstance(value, float) else value for name, value in vars(self).items()},
            "ok": self.ok,
        }


def judge(name: str, unit: str, samples: Sequence[tuple[float, float]], allowance: Allowance) -> Flatness:
    """Judge (second, value) pairs in the order of time."""
    window = list(samples[int(len(samples) * WARM_UP) :])
    enough = len(window) >= LEAST_SAMPLES
    values = [value for _, value in window] or [0.0]
    quarter = max(1, len(values) // 4)
    length_s = window[-1][0] - window[0][0] if window else 0.0
    return Flatness(
        name=name,
        unit=unit,
        first=statistics.median(values[:quarter]),
        last=statistics.median(values[-quarter:]),
        growth=_slope(window) * length_s,
        allowed=max(allowance.least, allowance.share * statistics.median(values)),
        enough=enough,
    )


def _slope(window: Sequence[tuple[float, float]]) -> float:
    slopes = [(b - a) / (t - s) for (s, a), (t, b) in combinations(window, 2) if t > s]
    return statistics.median(slopes) if slopes else 0.0
