"""What each label owes, and how much of the whole may be unknown."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from attachment_lab.evidence.rows import BehaviourRow, Part, lapses

#: Caps of pyproject.toml, in percent of all behaviours: their name, and the labels that they bound.
CAPS: Mapping[str, tuple[str, ...]] = {
    "most-assumed-percent": ("assumed",),
    "most-unproven-percent": ("assumed", "inferred"),
}
_FOUND = frozenset({"documented", "recorded"})


def debts(found: Iterable[Part], root: Path) -> list[str]:
    """What a label lacks of what it owes, one sentence each. ``root``: the project's folder, for the tests."""
    rows = [row for part in found for row in part.rows]
    return [f"{row.id} ({row.label}): {lack}" for row in rows for lack in _debts(row, root)]


def _debts(row: BehaviourRow, root: Path) -> Iterable[str]:
    if row.label in _FOUND:
        yield from _debts_of_the_found(row)
    if row.label == "assumed" and not row.switch:
        yield "no switch changes it"
    if row.label == "inferred" and not row.pages:
        yield f"a reader can follow nothing in its source {row.source!r}: link a page, or call it assumed"
    file, _, name = row.test.partition("::")
    if not name:
        yield "no test pins it"
    elif not (root / file).is_file() or f"def {name}(" not in (root / file).read_text(encoding="utf-8"):
        yield f"its test does not exist: {row.test}"


def _debts_of_the_found(row: BehaviourRow) -> Iterable[str]:
    if not row.pages:
        yield f"no page of attachment_lab/evidence/sources.toml is named by its source {row.source!r}"
    if not row.says:
        yield "the gist of the source's sentence is missing (says)"
    if not row.date:
        yield "the date is missing on which it was read or recorded"
    elif row.label == "recorded":
        try:
            lapses(row.date)
        except ValueError:
            yield f"its date {row.date!r} is none"
    mixed = [word for word in (" inferred", " assumed") if word in f" {row.source} {row.says}"]
    if mixed:
        yield f"a part of it is{mixed[0]} by its own words: make that part a row of its own"


def caps(project: Path) -> dict[str, float]:
    """The caps in percent: ``[tool.attachment-lab]`` of pyproject.toml."""
    with project.open("rb") as file:
        settings = tomllib.load(file)["tool"]["attachment-lab"]
    return {name: float(settings[name]) for name in CAPS}


def over_the_caps(by_label: Mapping[str, float], most_percent: Mapping[str, float]) -> list[str]:
    """A sentence for each cap that is exceeded."""
    found = []
    for name, most in most_percent.items():
        share = sum(by_label[label] for label in CAPS[name])
        if share > most:
            excess = f"{share:.1f} % of all behaviours are {' or '.join(CAPS[name])}, more than the {most:g} % allowed"
            remedy = f"find evidence (attachment-lab probe, documentation), or raise {name} in pyproject.toml"
            found.append(f"{excess}: {remedy} and say why")
    return found


def shares_line(by_label: Mapping[str, float], total: int) -> str:
    """What is printed: each label's share, and what is purely documented apart."""
    text = " · ".join(f"{label} {share:.1f} %" for label, share in by_label.items())
    return f"evidence of {total} behaviours: {text}; purely documented: {by_label['documented']:.1f} %"


def today() -> date:
    """The day on which recordings are judged."""
    return date.today()  # noqa: DTZ011 - a recording's age in years knows no time zone
