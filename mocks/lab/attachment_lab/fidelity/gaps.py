"""What to ask a tenant next: everything that is not proven, by what an answer would settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from attachment_lab.evidence.rows import BehaviourRow, Part, Proof
from attachment_lab.flips.table import RISKS, flips
from attachment_lab.probe.findings.assumptions import NOT_SHOWN, reason_unseen

#: What an answer would settle, by the risk of the flip table.
SETTLES: Mapping[str, str] = {
    "lost": "whether a file could be lost",
    "doubled": "whether a file could be stored twice",
    "refused": "whether an upload or an event could be refused",
    "cosmetic": "nothing of a file in the demo",
    "": "something that the demo does not use",
}
_SEEN = frozenset({"confirmed", "refuted", "moved"})


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One open question.

    Attributes:
        risk: lost, doubled, refused or cosmetic; empty where the demo does not rest on it.
        ask: how to ask it.
    """

    id: str
    behaviour: str
    proof: Proof
    risk: str
    settles: str
    ask: str

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


def gaps(found: Sequence[Part], today: date, *, earlier: Mapping[str, Any] | None = None) -> list[Gap]:
    """Open questions, the most important first; those that a plain run answers before those that need more.

    Args:
        earlier: ``report.json`` of a run: what it has seen is left out.
    """
    known = {row["id"] for row in earlier["assumptions"] if row["verdict"] in _SEEN} if earlier else set()
    open_ones = [
        _gap(part, row, today)
        for part in found
        for row in part.rows
        if row.proof(today) in {"unknown", "not proven"} and part.full_id(row) not in known
    ]
    return sorted(open_ones, key=_rank)


def _gap(part: Part, row: BehaviourRow, today: date) -> Gap:
    id_ = part.full_id(row)
    risk = min((each.risk for each in flips() if each.of == id_), key=RISKS.index, default="")
    why = reason_unseen(id_)
    ask = "attachment-lab probe, as it is" if why == NOT_SHOWN else why
    return Gap(id=id_, behaviour=row.behaviour, proof=row.proof(today), risk=risk, settles=SETTLES[risk], ask=ask)


def _rank(gap: Gap) -> tuple[int, bool, bool, str]:
    place = RISKS.index(gap.risk) if gap.risk in RISKS else len(RISKS)
    return (place, gap.proof != "unknown", not gap.ask.startswith("attachment-lab"), gap.id)
