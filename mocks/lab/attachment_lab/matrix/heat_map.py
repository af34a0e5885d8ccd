"""The heat map: faults in rows, hops in columns, in each field the attempts with what was declared and what came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from attachment_lab.matrix.cells import Cell
from attachment_lab.matrix.declared import Declaration, declared_cells
from attachment_lab.matrix.hops import HOPS
from attachment_lab.matrix.results import CellResult

Tone = Literal["stored", "retried", "person", "unseen", "failed", "open"]
TONES: Mapping[str, Tone] = {
    "stored": "stored",
    "retried": "retried",
    "changed": "unseen",
    "unseen": "unseen",
    "refused": "person",
    "parked": "person",
    "skipped": "person",
}
#: One character per tone, for text; colours never carry the meaning alone.
MARKS: Mapping[Tone, str] = {"stored": "●", "retried": "↻", "person": "!", "unseen": "?", "failed": "✗", "open": "·"}
WORDS: Mapping[Tone, str] = {
    "stored": "stored at the first attempt",
    "retried": "retried and stored",
    "person": "reported, and stored after a person acted",
    "unseen": "only the reconciliation sees it",
    "failed": "not as declared",
    "open": "not played",
}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One cell in the map."""

    cell: Cell
    declared: Declaration
    result: CellResult | None

    @property
    def tone(self) -> Tone:
        """By the declared outcome, unless it was not played or did not come."""
        if self.result is None:
            return "open"
        return TONES[self.declared.outcome.partition(":")[0]] if self.result.ok else "failed"

    @property
    def says(self) -> str:
        """In words, for a person who does not see the mark."""
        came = f": {self.result.why}" if self.result and not self.result.ok else ""
        return f"{self.cell.attempt} attempt: {self.declared.outcome}, {WORDS[self.tone]}{came}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault, its marks by hop."""

    fault: str
    family: str
    fields: Mapping[str, tuple[Mark, ...]]


def heat_map(results: Iterable[CellResult]) -> list[Row]:
    """Every declared cell, in the order of its tables: wire, process, event."""
    by_id = {each.cell: each for each in results}
    fields: dict[tuple[str, str], dict[str, list[Mark]]] = defaultdict(lambda: defaultdict(list))
    for cell, declared in declared_cells():
        mark = Mark(cell=cell, declared=declared, result=by_id.get(cell.id))
        fields[(cell.family, cell.fault)][cell.hop].append(mark)
    return [
        Row(fault=fault, family=family, fields={hop: tuple(marks) for hop, marks in by_hop.items()})
        for (family, fault), by_hop in fields.items()
    ]


def columns() -> list[str]:
    """The hops, in the order of a transfer."""
    return [each.id for each in HOPS]
