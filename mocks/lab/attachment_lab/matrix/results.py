"""What came of a cell that was played, and the figures over all of them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class CellResult:
    """One played cell.

    Attributes:
        cell: its id.
        declared, found: outcomes as ``declared.Outcome`` writes them, such as ``parked:credential-refused``.
        alerts: names of alerts whose condition was met when the outcome was reached.
        strikes: requests that the fault affected.
        lost, doubled, stuck: files not at C4C after the repair, copies, transfers that never came to rest.
        recovery_s: virtual seconds from the acceptance until everything was stored; None where a person had to act.
        trouble: why it could not be played, or what else is wrong.
    """

    cell: str
    family: str
    declared: str
    found: str = ""
    declared_alert: str = ""
    alerts: tuple[str, ...] = ()
    strikes: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0
    recovery_s: float | None = None
    took_s: float = 0.0
    trouble: str = ""

    @property
    def ok(self) -> bool:
        """Whether it came as declared, nothing was lost, doubled or stuck, and the declared alert was raised."""
        as_declared = self.found == self.declared and not self.trouble
        raised = not self.declared_alert or self.declared_alert in self.alerts
        return as_declared and raised and not (self.lost or self.doubled or self.stuck)

    @property
    def why(self) -> str:
        """Why it is not ok, in one sentence; empty if it is."""
        if self.ok:
            return ""
        if self.trouble:
            return self.trouble
        if self.found != self.declared:
            return f"declared {self.declared}, found {self.found}"
        if self.lost or self.doubled or self.stuck:
            return f"lost {self.lost}, doubled {self.doubled}, stuck {self.stuck}"
        return f"alert {self.declared_alert} was not raised; raised: {', '.join(self.alerts) or 'none'}"

    def to_json(self) -> dict[str, Any]:
        """For files and ``--json``."""
        return asdict(self) | {"alerts": list(self.alerts), "ok": self.ok, "why": self.why}

    def to_record(self) -> dict[str, Any]:
        """Without what is empty, and without what the table of outcomes says: that is joined when it is read."""
        given = asdict(self) | {"alerts": [each for each in self.alerts if each == self.declared_alert]}
        left_out = {"family", "declared", "declared_alert", "took_s"}
        return {name: value for name, value in given.items() if value and name not in left_out}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> CellResult:
        """From :meth:`to_json`."""
        given = {name: value for name, value in found.items() if name not in {"ok", "why"}}
        return cls(**{**given, "alerts": tuple(given["alerts"])})


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of a run. Recovery is in virtual seconds, of cells that recovered without a person."""

    declared: int
    run: int
    passed: int
    lost: int
    doubled: int
    stuck: int
    recovery_median_s: float | None
    recovery_max_s: float | None

    @classmethod
    def of(cls, declared: int, results: Iterable[CellResult]) -> Figures:
        """Add up."""
        found = list(results)
        recovered = [each.recovery_s for each in found if each.recovery_s is not None]
        return cls(
            declared=declared,
            run=len(found),
            passed=sum(each.ok for each in found),
            lost=sum(each.lost for each in found),
            doubled=sum(each.doubled for each in found),
            stuck=sum(each.stuck for each in found),
            recovery_median_s=round(statistics.median(recovered), 1) if recovered else None,
            recovery_max_s=round(max(recovered), 1) if recovered else None,
        )

    def to_json(self) -> dict[str, Any]:
        """For files and ``--json``."""
        return asdict(self)
