"""A verdict per assumption: confirmed, refuted, moved, flaky, or not seen; and the dialect file that they make."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from attachment_lab.evidence.dialect_file import FORMAT, toml_value
from attachment_lab.probe.findings.assumptions import NamedAssumption, assumptions, reason_unseen
from attachment_lab.probe.readings.observations import NO_VALUE, Observation

Word = Literal["confirmed", "refuted", "moved", "flaky", "not seen"]
#: The tenant is not as assumed, or not as it was, or not always alike.
CONTRADICTIONS: tuple[Word, ...] = ("refuted", "moved", "flaky")


@dataclass(frozen=True, kw_only=True)
class AssumptionVerdict:
    """The verdict on one assumption.

    Attributes:
        word: moved = an earlier run saw another value; flaky = the passes of this run disagree.
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


def over_passes(passes: Sequence[Sequence[AssumptionVerdict]]) -> list[AssumptionVerdict]:
    """One verdict for each assumption over all passes of a run, in the order of the first.

    Passes that saw different values make it *flaky*, and it has no value; one that saw nothing says nothing.
    """
    return [_over_passes(verdicts) for verdicts in zip(*passes, strict=True)]


def _over_passes(verdicts: tuple[AssumptionVerdict, ...]) -> AssumptionVerdict:
    seen = [each for each in verdicts if each.word != "not seen"]
    if not seen:
        return verdicts[0]
    values = list(dict.fromkeys(json.dumps(each.seen, sort_keys=True) for each in seen))
    if len(values) == 1:
        return seen[0]
    words = f"seen in {len(seen)} passes: {', '.join(values)}"
    return replace(seen[0], word="flaky", seen=None, describable=False, detail=words)


def since(verdicts: Iterable[AssumptionVerdict], earlier: Mapping[str, Any]) -> list[AssumptionVerdict]:
    """*moved* where an earlier report of the same tenant saw another value.

    Args:
        earlier: the document of that run's ``report.json``.
    """
    before = {row["id"]: row for row in earlier["assumptions"] if row["verdict"] in {"confirmed", "refuted", "moved"}}
    return [_since(each, before.get(each.assumption.id), str(earlier["at"])) for each in verdicts]


def _since(verdict: AssumptionVerdict, before: Mapping[str, Any] | None, at: str) -> AssumptionVerdict:
    if before is None or verdict.word in {"not seen", "flaky"} or before["seen"] == verdict.seen:
        return verdict
    detail = f"{json.dumps(before['seen'], ensure_ascii=False)} on {at[:10]}"
    return replace(verdict, word="moved", detail="; ".join(filter(None, (detail, verdict.detail))))


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
    if verdict.word in {"refuted", "moved"} and verdict.seen != one.assumed:
        lines.append(f"assumed_before = {toml_value(one.assumed)}")
    return [*lines, f"detail = {toml_value(verdict.detail)}"] if verdict.detail else lines
