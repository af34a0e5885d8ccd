"""One run, from the first request to the last file."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attachment_lab.probe import token as read_token
from attachment_lab.probe.client import ProbeClient, ProbeFailed
from attachment_lab.probe.exchange import ProbeExchange
from attachment_lab.probe.findings.evidence_files import EvidenceFolder
from attachment_lab.probe.findings.redaction import Redactor
from attachment_lab.probe.findings.verdicts import (
    CONTRADICTIONS,
    FILE,
    AssumptionVerdict,
    dialect_text,
    judge_assumptions,
    over_passes,
    since,
)
from attachment_lab.probe.permits import Permits
from attachment_lab.probe.readings import c4c as read_c4c
from attachment_lab.probe.readings import cmi as read_cmi
from attachment_lab.probe.readings import writes as read_writes
from attachment_lab.probe.readings.observations import apply
from attachment_lab.probe.requests.c4c import C4cRequests
from attachment_lab.probe.requests.cmi import CmiRequests
from attachment_lab.probe.requests.writes import WriteRequests
from attachment_lab.probe.target import ProbeTarget, System
from attachment_lab.probe.token import request_token

RULES = (*read_writes.WRITES, *read_c4c.READS, *read_cmi.READS, *read_token.READS)


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """The result of a run.

    Attributes:
        stopped: the reason, for each system that could not be probed to the end.
        left_behind: number of attachments that remain in the test activity.
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
    evidence: EvidenceFolder = field(repr=False)
    passes: int = 1

    @property
    def ok(self) -> bool:
        """Everything was probed, and nothing contradicts an assumption, an earlier run or itself."""
        return not self.stopped and not any(verdict.word in CONTRADICTIONS for verdict in self.verdicts)

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
            "passes": self.passes,
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
    passes: int = 1,
    earlier: Mapping[str, Any] | None = None,
    on_exchange: Callable[[ProbeExchange], None] = lambda _: None,
) -> ProbeResult:
    """Send the requests, keep the evidence, write report.json, index.json and dialect.toml into ``folder``.

    Args:
        passes: how often everything is asked; a second pass and later ones only read, and show what is not stable.
        earlier: ``report.json`` of an earlier run of the same tenant, to show what has changed.

    Raises WrongUse (nothing was sent). A system that cannot be probed is listed in ``stopped``; the others continue.
    """
    first = _pass(target, permits, folder, on_exchange)
    again = []
    for number in range(2, passes + 1):
        if not first.stopped:
            again.append(_pass(target, _reading(permits), folder / f"pass-{number}", on_exchange))
    found = over_passes([first.verdicts, *(each.verdicts for each in again)])
    outcome = replace(
        first,
        verdicts=since(found, earlier) if earlier is not None else found,
        stopped={system: why for each in (first, *again) for system, why in each.stopped.items()},
        exchanges=sum(each.exchanges for each in (first, *again)),
        passes=1 + len(again),
    )
    _write(outcome)
    return outcome


def _reading(permits: Permits) -> Permits:
    """Without anything that changes the tenant, or could lock an account."""
    return replace(permits, writes=False, clean_up=False, tries_on=None)


def _pass(
    target: ProbeTarget, permits: Permits, folder: Path, on_exchange: Callable[[ProbeExchange], None]
) -> ProbeResult:
    folders: list[EvidenceFolder] = []

    def keep(exchange: ProbeExchange) -> None:
        folders[0].keep(exchange)
        on_exchange(exchange)

    client = ProbeClient(target, permits, on_exchange=keep)
    folders.append(EvidenceFolder(folder, target, Redactor()))
    try:
        stopped = dict(_probe_all(client))
    finally:
        client.close()
    return _finished(client, stopped, folders[0])


def _finished(client: ProbeClient, stopped: dict[str, str], evidence: EvidenceFolder) -> ProbeResult:
    deleted = sum(1 for each in client.log if each.method == "DELETE" and each.ok)
    evidence.write("index.json", evidence.index(client.log))
    return ProbeResult(
        verdicts=judge_assumptions(apply(RULES, client.log)),
        stopped=stopped,
        folder=evidence.folder,
        exchanges=len(client.log),
        left_behind=len(client.used.created) - deleted,
        rehearsal=bool(client.target.loopback_map),
        at=datetime.now(UTC),
        files=dict(evidence.files),
        evidence=evidence,
    )


def _write(outcome: ProbeResult) -> None:
    outcome.evidence.write("report.json", outcome.to_json())
    text = dialect_text(outcome.verdicts, at=outcome.at, rehearsal=outcome.rehearsal, files=outcome.files)
    outcome.evidence.write_text(FILE, text)


def _probe_all(client: ProbeClient) -> Iterator[tuple[str, str]]:
    """Probe each system; yields those that could not be probed to the end, with the reason."""
    probes: dict[System, Callable[[ProbeClient], None]] = {
        "cmi": _probe_cmi,
        "c4c": _probe_c4c,
        "token": request_token,
    }
    for system, probe in probes.items():
        if system not in client.target.systems:
            continue
        try:
            probe(client)
        except ProbeFailed as exc:
            yield system, str(exc)


def _probe_cmi(client: ProbeClient) -> None:
    requests = CmiRequests(client)
    requests.run()
    if client.permits.tries_on == "cmi":
        requests.ask("wrong_password", f"chats/{client.target.contact_id}", credentials="wrong_password")
        requests.ask("after_wrong_password", f"chats/{client.target.contact_id}")


def _probe_c4c(client: ProbeClient) -> None:
    requests = C4cRequests(client)
    requests.run()
    if client.permits.writes:
        WriteRequests(requests, secrets.token_hex(3)).run()
    if client.permits.tries_on == "c4c":
        requests.ask("wrong_password", "chatactivity", "/", credentials="wrong_password")
        requests.ask("after_wrong_password", "chatactivity", "/")
