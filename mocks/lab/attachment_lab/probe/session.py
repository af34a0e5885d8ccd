"""One run from the first question to the last file."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attachment_lab.probe import token as read_token
from attachment_lab.probe.client import ProbeClient, ProbeFailed
from attachment_lab.probe.exchange import ProbeExchange
from attachment_lab.probe.findings.dialect_text import FILE, dialect_text
from attachment_lab.probe.findings.evidence_files import EvidenceFolder
from attachment_lab.probe.findings.redaction import Redactor
from attachment_lab.probe.findings.verdicts import AssumptionVerdict, judge_assumptions
from attachment_lab.probe.permits import Permits
from attachment_lab.probe.readings import c4c as read_c4c
from attachment_lab.probe.readings import cmi as read_cmi
from attachment_lab.probe.readings import writes as read_writes
from attachment_lab.probe.readings.observations import apply
from attachment_lab.probe.requests.c4c import C4cQuestions
from attachment_lab.probe.requests.cmi import CmiQuestions
from attachment_lab.probe.requests.writes import WriteQuestions
from attachment_lab.probe.target import ProbeTarget, System
from attachment_lab.probe.token import ask_for_token

RULES = (*read_writes.WRITES, *read_c4c.READS, *read_cmi.READS, *read_token.READS)


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """What a run found.

    Attributes:
        stopped: per system that could not be asked to the end, why.
        left_behind: attachments that stay in the test activity.
        rehearsal: the answers came from mocks.
        files: evidence file of each exchange, by label.
    """

    verdicts: Sequence[AssumptionVerdict]
    stopped: dict[str, str]
    folder: Path
    exchanges: int
    left_behind: int
    rehearsal: bool
    at: datetime
    files: dict[str, str]

    @property
    def ok(self) -> bool:
        """Everything was asked, and nothing contradicts an assumption."""
        return not self.stopped and not any(verdict.word == "refuted" for verdict in self.verdicts)

    def with_word(self, word: str) -> list[AssumptionVerdict]:
        """The verdicts of one kind."""
        return [verdict for verdict in self.verdicts if verdict.word == word]

    def to_json(self) -> dict[str, Any]:
        """The report: nothing but ids, values of switches, our own sentences and evidence files."""
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "rehearsal": self.rehearsal,
            "ok": self.ok,
            "exchanges": self.exchanges,
            "left_behind": self.left_behind,
            "stopped": self.stopped,
            "assumptions": [_row(verdict, self.files) for verdict in self.verdicts],
        }


def _row(verdict: AssumptionVerdict, files: dict[str, str]) -> dict[str, Any]:
    one = verdict.assumption
    return {
        "id": one.id,
        "verdict": verdict.word,
        "assumed": one.assumed,
        "seen": verdict.seen,
        "label": one.label,
        "switch": f"{one.participant}.{one.entry}" if one.entry else None,
        "behaviour": one.behaviour,
        "detail": verdict.detail,
        "seen_in": [files[label] for label in verdict.seen_in if label in files],
    }


def run_probe(
    target: ProbeTarget,
    permits: Permits,
    folder: Path,
    *,
    on_exchange: Callable[[ProbeExchange], None] = lambda _: None,
) -> ProbeResult:
    """Ask, keep the evidence, judge, write report.json, index.json and dialect.toml into ``folder``.

    Raises WrongUse (nothing was sent). A system that cannot be asked ends up in ``stopped``; the others go on.
    """
    keeper_holder: list[EvidenceFolder] = []

    def keep(exchange: ProbeExchange) -> None:
        keeper_holder[0].keep(exchange)
        on_exchange(exchange)

    wire = ProbeClient(target, permits, on_exchange=keep)
    keeper_holder.append(EvidenceFolder(folder, target, Redactor()))
    try:
        stopped = dict(_ask_all(wire))
    finally:
        wire.close()
    return _judged(wire, stopped, keeper_holder[0])


def _judged(wire: ProbeClient, stopped: dict[str, str], keeper: EvidenceFolder) -> ProbeResult:
    deleted = sum(1 for each in wire.notebook if each.method == "DELETE" and each.ok)
    outcome = ProbeResult(
        verdicts=judge_assumptions(apply(RULES, wire.notebook)),
        stopped=stopped,
        folder=keeper.folder,
        exchanges=len(wire.notebook),
        left_behind=len(wire.spent.created) - deleted,
        rehearsal=bool(wire.target.loopback_map),
        at=datetime.now(UTC),
        files=dict(keeper.files),
    )
    keeper.write("index.json", keeper.index(wire.notebook))
    keeper.write("report.json", outcome.to_json())
    text = dialect_text(outcome.verdicts, at=outcome.at, rehearsal=outcome.rehearsal, files=outcome.files)
    keeper.write_text(FILE, text)
    return outcome


def _ask_all(wire: ProbeClient) -> Iterator[tuple[str, str]]:
    """Ask each system; yields those that could not be asked to the end, with the reason."""
    asked: dict[System, Callable[[ProbeClient], None]] = {"cmi": _ask_cmi, "c4c": _ask_c4c, "token": ask_for_token}
    for system, ask in asked.items():
        if system not in wire.target.systems:
            continue
        try:
            ask(wire)
        except ProbeFailed as exc:
            yield system, str(exc)


def _ask_cmi(wire: ProbeClient) -> None:
    questions = CmiQuestions(wire)
    questions.run()
    if wire.permits.tries_on == "cmi":
        questions.ask("wrong_password", f"chats/{wire.target.contact_id}", credentials="wrong_password")
        questions.ask("after_wrong_password", f"chats/{wire.target.contact_id}")


def _ask_c4c(wire: ProbeClient) -> None:
    questions = C4cQuestions(wire)
    questions.run()
    if wire.permits.writes:
        WriteQuestions(questions, secrets.token_hex(3)).run()
    if wire.permits.tries_on == "c4c":
        questions.ask("wrong_password", "chatactivity", "/", credentials="wrong_password")
        questions.ask("after_wrong_password", "chatactivity", "/")
