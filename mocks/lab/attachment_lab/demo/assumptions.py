"""The undocumented vendor behaviours that a run used, the riskiest first.

Risk is ordered by what is known: an assumed behaviour before an inferred one (which follows from something documented),
then by how often the run used it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from attachment_lab.clients.stack_clients import MOCKS, StackClients

#: As people call the systems.
SYSTEMS = {"orchestration": "Contact Pro", "cmi": "CMI", "c4c": "C4C"}
LABELS = ("assumed", "inferred")
#: Number of assumptions that are shown unless all are wanted.
RISKIEST = 5


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """An undocumented vendor behaviour that the run used, ``hits`` times."""

    mock: str
    id: str
    label: str
    behaviour: str
    switch: str | None
    hits: int = 1

    def to_json(self) -> dict[str, Any]:
        """As ``demo --json --assumptions`` prints it."""
        return vars(self)


def assumptions(to: StackClients, tenant: str) -> list[Assumption]:
    """Behaviours labelled assumed or inferred that were used in this tenant, the riskiest first."""
    found = []
    for mock in MOCKS:
        for entry in to.control(mock, tenant).evidence():
            if entry["label"] in LABELS and entry.get("hits"):
                found.append(
                    Assumption(
                        mock=mock,
                        id=entry["id"],
                        label=entry["label"],
                        behaviour=entry["behaviour"],
                        switch=entry.get("switch"),
                        hits=int(entry["hits"]),
                    )
                )
    return by_risk(found)


def by_risk(found: Iterable[Assumption]) -> list[Assumption]:
    """Assumed before inferred, then the most used; equal ones by system and id."""
    return sorted(found, key=lambda one: (LABELS.index(one.label), -one.hits, MOCKS.index(one.mock), one.id))


def by_system(found: Sequence[Assumption]) -> list[tuple[str, list[Assumption]]]:
    """Grouped by system, in the order in which a chat reaches them; the order within a system stays."""
    ordered = sorted(found, key=lambda one: MOCKS.index(one.mock))
    return [(SYSTEMS[mock], list(each)) for mock, each in groupby(ordered, key=lambda one: one.mock)]
