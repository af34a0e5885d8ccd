"""A duration on a command line: ``90``, ``90s``, ``5m``, ``1h30m``, ``2d``."""

from __future__ import annotations

import math
import re
from typing import Any

import click

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_FORMS = "seconds, or a number with s, m, h or d, such as 90, 5m, 1h30m or 2d"


class Duration(click.ParamType[float]):
    """Seconds as a float; parts may follow one another. A number without a unit is in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Raises BadParameter with the forms that are understood."""
        seconds = _seconds(str(value).strip().lower())
        if seconds is None:
            self.fail(f"{value!r} is no duration: write {_FORMS}", param, ctx)
        return seconds


def _seconds(text: str) -> float | None:
    parts = _PART.findall(text)
    if parts and _PART.sub("", text) == "":
        return sum(float(number) * SECONDS[unit] for number, unit in parts)
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def words(seconds: float) -> str:
    """``+3690`` as ``+1 h 1 min 30 s``; with a sign, the largest unit first."""
    left, parts = round(abs(seconds)), []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
    if left or not parts:
        parts.append(f"{left} s")
    return f"{'-' if seconds < 0 else '+'}{' '.join(parts)}"
