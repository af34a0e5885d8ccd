"""A row of the suite, its findings and its result; the scorecard of all rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from attachment_lab.conformance.facts import RowFacts
    from attachment_lab.conformance.row_run import RowRun

#: indeterminate: the row proves nothing; not_applicable: it cannot be judged with this service.
Outcome = Literal["green", "red", "indeterminate", "not_applicable"]
#: From the strongest to the weakest; "own" is the mock's own way and rests on no vendor.
LABELS = ("documented", "recorded", "inferred", "assumed")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was checked.

    Attributes:
        proves: without it the row shows nothing: its failure makes the row indeterminate, not red.
    """

    title: str
    want: str
    seen: str
    ok: bool
    proves: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """One rule, and the chat that shows whether it is kept.

    Attributes:
        rule: what a service must do.
        source: where the rule comes from.
        why: what happens at a customer's without it.
        rests_on: behaviours of the mocks that the row uses, as ``mock:entry`` of their dialects.
        play: plays the chat until the chain is at rest.
        checks: besides the invariants of the reconciliation, which every row checks.
        events: ticked in the integration.
        refuses: its events must be refused, so that an event that is not delivered is no violation.
        kills: the service's processes are killed, so they must be the lab's own.
        beyond: why no implementation can be judged here; empty = it can.
    """

    id: str
    group: str
    title: str
    rule: str
    source: str
    why: str
    rests_on: tuple[str, ...] = ()
    play: Callable[[RowRun], None] = lambda _: None
    checks: tuple[Callable[[RowFacts], Finding], ...] = ()
    events: tuple[str, ...] = ("Ended",)
    refuses: bool = False
    kills: bool = False
    beyond: str = ""

    def to_json(self) -> dict[str, Any]:
        """What a list shows."""
        return {name: getattr(self, name) for name in ("id", "group", "title", "rule", "source", "why")}


@dataclass(frozen=True, kw_only=True)
class RowEvidence:
    """A behaviour of a mock that a row rests on, with its label and source."""

    entry: str
    label: str
    source: str


@dataclass(frozen=True, kw_only=True)
class RowResult:
    """A row that was played, or not.

    Attributes:
        reason: of a row that is indeterminate or not applicable.
        evidence: the weakest first.
    """

    row: Row
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    evidence: tuple[RowEvidence, ...] = ()
    took_s: float = 0.0

    @property
    def weakest(self) -> str:
        """The weakest label that the row rests on; ``own`` where it rests on no vendor."""
        return self.evidence[0].label if self.evidence else "own"

    @property
    def seen(self) -> tuple[str, ...]:
        """What was seen, in sentences: what is wrong, else what is right."""
        wrong = [f"{each.title}: {each.seen} (expected {each.want})" for each in self.findings if not each.ok]
        if self.reason:
            return (self.reason, *wrong)
        return tuple(wrong) or tuple(f"{each.title}: {each.seen}" for each in self.findings)

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return self.row.to_json() | {
            "outcome": self.outcome,
            "seen": list(self.seen),
            "reason": self.reason or None,
            "weakest_evidence": self.weakest,
            "evidence": [vars(each) for each in self.evidence],
            "findings": [vars(each) for each in self.findings],
            "took_s": round(self.took_s, 1),
        }


def outcome_of(findings: Sequence[Finding]) -> Outcome:
    """Red where a rule is broken; indeterminate where the row proves nothing; else green."""
    if any(not each.ok and not each.proves for each in findings):
        return "red"
    return "green" if findings and all(each.ok for each in findings) else "indeterminate"


def weakest_first(evidence: Iterable[RowEvidence]) -> tuple[RowEvidence, ...]:
    """Sorted by label, without what is the mocks' own."""
    known = [each for each in evidence if each.label in LABELS]
    return tuple(sorted(known, key=lambda each: -LABELS.index(each.label)))


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """All rows. Divergence, coverage and what is indeterminate stand side by side and are never added up.

    Attributes:
        service: whose it is, in words.
        quiet_s: the declared window: so long nothing may move before doubles are judged, in seconds.
    """

    service: str
    results: tuple[RowResult, ...]
    quiet_s: float
    took_s: float = field(default=0.0)

    def of(self, outcome: Outcome) -> tuple[RowResult, ...]:
        """The rows with this outcome."""
        return tuple(each for each in self.results if each.outcome == outcome)

    @property
    def judged(self) -> int:
        """Number of rows that are green or red."""
        return len(self.of("green")) + len(self.of("red"))

    @property
    def applicable(self) -> int:
        """Number of rows that can be judged with this service."""
        return len(self.results) - len(self.of("not_applicable"))

    @property
    def ok(self) -> bool:
        """Whether every applicable row is green."""
        return bool(self.results) and len(self.of("green")) == self.applicable > 0

    @property
    def figures(self) -> tuple[tuple[str, str], ...]:
        """The three figures: name, words."""
        return (
            ("divergence", f"{len(self.of('red'))} of {self.judged} judged rows are red"),
            ("coverage", f"{self.judged} of {len(self.results)} rows are judged, {self.applicable} are applicable"),
            ("indeterminate", f"{len(self.of('indeterminate'))} of {self.applicable} applicable rows"),
        )

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "ok": self.ok,
            "service": self.service,
            "divergence": {"red": len(self.of("red")), "judged": self.judged},
            "coverage": {"judged": self.judged, "applicable": self.applicable, "rows": len(self.results)},
            "indeterminate": len(self.of("indeterminate")),
            "quiet_s": self.quiet_s,
            "took_s": round(self.took_s, 1),
            "rows": [each.to_json() for each in self.results],
        }
