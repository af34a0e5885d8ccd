"""Assumption by assumption: confirmed, refuted, or not seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from attachment_lab.probe.findings.assumptions import NamedAssumption, assumptions, reason_unseen
from attachment_lab.probe.readings.observations import NO_VALUE, Observation

Word = Literal["confirmed", "refuted", "not seen"]


@dataclass(frozen=True, kw_only=True)
class AssumptionVerdict:
    """What became of one assumption.

    Attributes:
        seen: the value that describes the tenant; None when it was not seen, or no value does.
        describable: whether ``seen`` can be written into a dialect file.
        seen_in: labels of the exchanges.
    """

    assumption: NamedAssumption
    word: Word
    seen: Any = None
    describable: bool = False
    seen_in: tuple[str, ...] = ()
    detail: str = ""


def judge_assumptions(sightings: Iterable[Observation]) -> list[AssumptionVerdict]:
    """One verdict for each assumption, in the order of the catalogue. KeyError for a sighting of none."""
    seen = {sighting.id: sighting for sighting in sightings}
    unknown = seen.keys() - assumptions().keys()
    if unknown:
        raise KeyError(f"no assumption is called {sorted(unknown)}")
    return [_verdict(one, seen) for one in assumptions().values()]


def _verdict(one: NamedAssumption, seen: Mapping[str, Observation]) -> AssumptionVerdict:
    sighting = seen.get(one.id)
    if sighting is None:
        return AssumptionVerdict(assumption=one, word="not seen", detail=reason_unseen(one.id))
    if sighting.value is None:
        return AssumptionVerdict(assumption=one, word="not seen", seen_in=sighting.seen_in, detail=sighting.detail)
    known = sighting.value is not NO_VALUE
    same = known and sighting.value == one.assumed
    return AssumptionVerdict(
        assumption=one,
        word="confirmed" if same else "refuted",
        seen=sighting.value if known else None,
        describable=known and bool(one.entry),
        seen_in=sighting.seen_in,
        detail=sighting.detail,
    )
