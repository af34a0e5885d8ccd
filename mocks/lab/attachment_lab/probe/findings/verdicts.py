"""A verdict per assumption: confirmed, refuted, or not seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from attachment_lab.probe.findings.assumptions import NamedAssumption, assumptions, reason_unseen
from attachment_lab.probe.readings.observations import NO_VALUE, Observation

Word = Literal["confirmed", "refuted", "not seen"]


@dataclass(frozen=True, kw_only=True)
class AssumptionVerdict:
    """The verdict on one assumption.

    Attributes:
        seen: the value that describes the tenant; None when it was not observed, or no value does.
        describable: whether ``seen`` can be written into a dialect file.
        seen_in: labels of the exchanges.
    """

    assumption: NamedAssumption
    word: Word
    seen: Any = None
    describable: bool = False
    seen_in: tuple[str, ...] = ()
    detail: str = ""


def judge_assumptions(observations: Iterable[Observation]) -> list[AssumptionVerdict]:
    """One verdict for each assumption, in the order of the catalogue. KeyError for an observation of none."""
    seen = {each.id: each for each in observations}
    unknown = seen.keys() - assumptions().keys()
    if unknown:
        raise KeyError(f"no assumption is called {sorted(unknown)}")
    return [_verdict(one, seen) for one in assumptions().values()]


def _verdict(one: NamedAssumption, seen: Mapping[str, Observation]) -> AssumptionVerdict:
    observation = seen.get(one.id)
    if observation is None:
        return AssumptionVerdict(assumption=one, word="not seen", detail=reason_unseen(one.id))
    if observation.value is None:
        return AssumptionVerdict(
            assumption=one, word="not seen", seen_in=observation.seen_in, detail=observation.detail
        )
    known = observation.value is not NO_VALUE
    same = known and observation.value == one.assumed
    return AssumptionVerdict(
        assumption=one,
        word="confirmed" if same else "refuted",
        seen=observation.value if known else None,
        describable=known and bool(one.entry),
        seen_in=observation.seen_in,
        detail=observation.detail,
    )
