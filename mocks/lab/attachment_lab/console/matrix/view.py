"""What the page of the fault matrix shows: figures, marks and the heat map of the last known run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attachment_lab.matrix.heat_map import MARKS, WORDS, columns, heat_map
from attachment_lab.matrix.play import MatrixRun

TITLES: Mapping[str, str] = {
    "wire": "Wire and HTTP faults",
    "process": "Process faults",
    "event": "Event faults",
}


def view(run: MatrixRun) -> dict[str, Any]:
    """The template's variables."""
    rows = heat_map(run.results)
    maps = []
    for family, title in TITLES.items():
        mine = [row for row in rows if row.family == family]
        maps.append((title, [hop for hop in columns() if any(hop in row.fields for row in mine)], mine))
    return {
        "at": run.at,
        "figures": _figures(run),
        "legend": [(tone, MARKS[tone], words) for tone, words in WORDS.items()],
        "failed": [each for each in run.results if not each.ok],
        "maps": maps,
        "marks": MARKS,
    }


def _figures(run: MatrixRun) -> list[tuple[str, str]]:
    found = run.figures
    counted = [
        ("Cells declared", found.declared),
        ("Run", found.run),
        ("Passed", found.passed),
        ("Files lost", found.lost),
        ("Files doubled", found.doubled),
        ("Stuck", found.stuck),
    ]
    recovery = (("Recovery, median", found.recovery_median_s), ("Recovery, maximum", found.recovery_max_s))
    words = [(title, "–" if value is None else f"{value:g} s") for title, value in recovery]
    return [*((title, f"{value:,}") for title, value in counted), *words]
