"""A scenario's parts: steps that are executed, checks, and the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from attachment_lab.reconciliation.records import ReconciliationVerdict

if TYPE_CHECKING:
    from attachment_lab.scenarios.run import ScenarioRun

#: The service's clock, which is shared by all tenants; fault proxies, for a wire fault; a worker on this machine.
Need = Literal["clock", "fault_proxy", "worker"]
Value = int | float | str | bool | None


@dataclass(frozen=True, kw_only=True)
class FileFact:
    """The outcome of one file.

    Attributes:
        outcome: stored, parked, skipped, changed, or the service's state of it.
        objects: how many C4C objects hold its bytes.
        downloads, uploads: number of requests for it at CMI, and of uploads to C4C.
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
    """What happened, from reconciliation, service and journals.

    Attributes:
        objects: attachment objects of this chat's activity in C4C.
        deliveries: one state per attempt of Contact Pro, oldest first, such as delivered or failed.
        statuses: what the service answered to each of them; None without an answer.
        tokens: the origin of each delivery's token: fetched, cached, refreshed.
        retries: requests for a file beyond the first, at CMI or C4C.
        refused: uploads that C4C refused.
        faults_applied: number of requests that planned faults affected.
        kills: processes of the service killed.
        virtual_s: seconds by which the stack's clock was moved.
    """

    files: tuple[FileFact, ...]
    verdict: ReconciliationVerdict
    outcome: str | None = None
    objects: int = 0
    transfers: int = 0
    rounds: int = 0
    deliveries: tuple[str, ...] = ()
    statuses: tuple[int | None, ...] = ()
    tokens: tuple[str, ...] = ()
    retries: int = 0
    refused: int = 0
    faults_applied: int = 0
    kills: int = 0
    virtual_s: float = 0.0

    def count(self, outcome: str) -> int:
        """Number of files with this outcome."""
        return sum(1 for each in self.files if each.outcome == outcome)

    def to_json(self) -> dict[str, Any]:
        """For the page and ``--json``: numbers, and a row per file."""
        shown = (
            "outcome",
            "objects",
            "transfers",
            "rounds",
            "retries",
            "refused",
            "faults_applied",
            "kills",
            "virtual_s",
        )
        found = {name: getattr(self, name) for name in shown}
        reconciliation = {"ok": self.verdict.ok, "violations": [each.sentence for each in self.verdict.violations]}
        found |= {"deliveries": list(self.deliveries), "statuses": list(self.statuses), "tokens": list(self.tokens)}
        found |= {"reconciliation": reconciliation}
        return found | {"files": [each.to_json() for each in self.files]}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One expectation.

    Attributes:
        title: what is checked, in words.
        want: what is expected, in words.
        found: reads the value from the facts.
        holds: whether the value is as expected.
    """

    title: str
    want: str
    found: Callable[[RunFacts], Value]
    holds: Callable[[Value, RunFacts], bool]

    def judge(self, facts: RunFacts) -> CheckResult:
        """The expectation and what was found."""
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
    """One action; ``say`` describes it for people.

    Attributes:
        needs: what it uses of the stack, beyond its own tenant.
    """

    say: str
    do: Callable[[ScenarioRun], None]
    needs: Need | None = None


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One row of the table.

    Attributes:
        happens: what goes wrong, in words.
        expected: the expected result, in words.
    """

    id: str
    title: str
    happens: str
    expected: str
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]

    @property
    def needs(self) -> frozenset[Need]:
        """What its steps use of the stack."""
        return frozenset(step.needs for step in self.steps if step.needs)

    def to_json(self) -> dict[str, Any]:
        """What a list shows."""
        listed: dict[str, Any] = {name: getattr(self, name) for name in ("id", "title", "happens", "expected")}
        listed |= {"moves_clock": "clock" in self.needs, "needs_fault_proxy": "fault_proxy" in self.needs}
        listed["needs_worker"] = "worker" in self.needs
        checks = [{"title": each.title, "want": each.want} for each in self.checks]
        return listed | {"steps": [each.say for each in self.steps], "checks": checks}


@dataclass(frozen=True, kw_only=True)
class ScenarioResult:
    """A scenario that has run.

    Attributes:
        chat: the guid of its chat.
        trouble: why it could not be run to its end; then nothing was checked.
    """

    scenario: Scenario
    chat: str | None = None
    findings: tuple[CheckResult, ...] = field(default=())
    facts: RunFacts | None = None
    trouble: str | None = None
    took_s: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it ran and every check holds."""
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
