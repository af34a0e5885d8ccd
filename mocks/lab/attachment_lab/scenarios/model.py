"""The words of a scenario: steps that are carried out, checks that are judged, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from attachment_lab.reconciliation.records import ReconciliationVerdict

if TYPE_CHECKING:
    from attachment_lab.scenarios.run import ScenarioRun

Value = int | float | str | bool | None


@dataclass(frozen=True, kw_only=True)
class FileFact:
    """What became of one file.

    Attributes:
        outcome: stored, parked, skipped, changed, or the service's state of it.
        objects: how many C4C objects hold its bytes.
        downloads, uploads: how often it was asked for at CMI and sent to C4C.
    """

    name: str
    size_bytes: int
    outcome: str
    reason: str = ""
    remedy: str = ""
    objects: int = 0
    downloads: int = 0
    uploads: int = 0

    def to_json(self) -> dict[str, Any]:
        """For the page and ``--json``."""
        return dict(vars(self))


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What happened, as reconciliation, service and journals tell it.

    Attributes:
        objects: attachment objects of this chat's activity in C4C.
        deliveries: one state per attempt of Contact Pro, oldest first, such as delivered or failed.
        tokens: how the token of each delivery was come by: fetched, cached, refreshed.
        retries: requests for a file beyond the first, at CMI or C4C.
        refused: uploads that C4C turned away.
        strikes: how often planned faults struck.
        kills: worker processes killed.
        virtual_s: seconds by which the stack's clock was moved.
    """

    files: tuple[FileFact, ...]
    verdict: ReconciliationVerdict
    outcome: str | None = None
    objects: int = 0
    transfers: int = 0
    rounds: int = 0
    deliveries: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    retries: int = 0
    refused: int = 0
    strikes: int = 0
    kills: int = 0
    virtual_s: float = 0.0

    def count(self, outcome: str) -> int:
        """How many files ended so."""
        return sum(1 for each in self.files if each.outcome == outcome)

    def to_json(self) -> dict[str, Any]:
        """For the page and ``--json``: numbers, and a row per file."""
        shown = ("outcome", "objects", "transfers", "rounds", "retries", "refused", "strikes", "kills", "virtual_s")
        text = {name: getattr(self, name) for name in shown}
        reconciliation = {"ok": self.verdict.ok, "violations": [each.sentence for each in self.verdict.violations]}
        text |= {"deliveries": list(self.deliveries), "tokens": list(self.tokens), "reconciliation": reconciliation}
        return text | {"files": [each.to_json() for each in self.files]}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that should be so.

    Attributes:
        title: what is looked at, in words.
        want: what is expected, in words.
        found: reads it from the facts.
        holds: judges what was read.
    """

    title: str
    want: str
    found: Callable[[RunFacts], Value]
    holds: Callable[[Value, RunFacts], bool]

    def judge(self, facts: RunFacts) -> CheckResult:
        """What should be, and what is."""
        value = self.found(facts)
        return CheckResult(title=self.title, want=self.want, found=_words(value), ok=self.holds(value, facts))


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """A check after the run."""

    title: str
    want: str
    found: str
    ok: bool


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that is done; ``say`` tells a spectator what."""

    say: str
    do: Callable[[ScenarioRun], None]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One row of the table.

    Attributes:
        happens: what goes wrong, for a spectator.
        expected: what should come of it.
        moves_clock: the service has one clock for all tenants; the run moves it.
        needs_fault_proxy: it breaks the wire, which only a stack through the fault proxies can have.
        needs_worker: it kills the worker, which only works where the stack runs on this machine.
    """

    id: str
    title: str
    happens: str
    expected: str
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    moves_clock: bool = False
    needs_fault_proxy: bool = False
    needs_worker: bool = False

    def to_json(self) -> dict[str, Any]:
        """What a list shows."""
        shown = ("id", "title", "happens", "expected", "moves_clock", "needs_fault_proxy", "needs_worker")
        text = {name: getattr(self, name) for name in shown}
        checks = [{"title": each.title, "want": each.want} for each in self.checks]
        return text | {"steps": [each.say for each in self.steps], "checks": checks}


@dataclass(frozen=True, kw_only=True)
class ScenarioResult:
    """A scenario that has run.

    Attributes:
        chat: the guid of its chat.
        trouble: why it could not be run to its end; then nothing was judged.
    """

    scenario: Scenario
    chat: str | None = None
    findings: tuple[CheckResult, ...] = field(default=())
    facts: RunFacts | None = None
    trouble: str | None = None
    took_s: float = 0.0

    @property
    def ok(self) -> bool:
        """It ran, and everything is as it should be."""
        return self.trouble is None and bool(self.findings) and all(each.ok for each in self.findings)

    def to_json(self) -> dict[str, Any]:
        """For the page and ``--json``."""
        return {
            "id": self.scenario.id,
            "title": self.scenario.title,
            "ok": self.ok,
            "chat": self.chat,
            "trouble": self.trouble,
            "took_s": round(self.took_s, 1),
            "findings": [vars(each) for each in self.findings],
            "facts": self.facts.to_json() if self.facts else None,
        }


def _words(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return "–" if value is None or value == "" else str(value)
