"""A verdict per assumption: confirmed, refuted, or not seen; and the dialect file that they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from attachment_lab.evidence.dialect_file import FORMAT, toml_value
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


FILE = "dialect.toml"


def dialect_text(
    verdicts: Iterable[AssumptionVerdict], *, at: datetime, rehearsal: bool, files: Mapping[str, str]
) -> str:
    """The file's text.

    Args:
        rehearsal: the answers came from mocks on this machine; the file states it.
        files: from an exchange's label to its evidence file.
    """
    lines = [
        "# What a tenant showed, for mocks and service: attachment-lab up --dialect FILE,",
        "# and ATTACHMENT_TRANSFER_DIALECT_FILE=FILE for the service. Written by attachment-lab probe.",
        f"format = {toml_value(FORMAT)}",
        "",
        "[recorded]",
        f"at = {at.isoformat(timespec='seconds')}",
        f"rehearsal = {toml_value(rehearsal)}",
    ]
    for verdict in verdicts:
        if verdict.describable:
            lines += _entry(verdict, at, files)
    return "\n".join(lines) + "\n"


def _entry(verdict: AssumptionVerdict, at: datetime, files: Mapping[str, str]) -> list[str]:
    one = verdict.assumption
    seen_in = [files[label] for label in verdict.seen_in if label in files]
    lines = [
        "",
        f"[{one.participant}.{one.entry}]",
        f"value = {toml_value(verdict.seen)}",
        'evidence = "recorded"',
        f"date = {at.date().isoformat()}",
        f"seen_in = {toml_value(seen_in)}",
    ]
    if verdict.word == "refuted":
        lines.append(f"assumed_before = {toml_value(one.assumed)}")
    return [*lines, f"detail = {toml_value(verdict.detail)}"] if verdict.detail else lines
