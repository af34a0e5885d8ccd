"""Every behaviour that has a label, with what the label is worth today.

A recording lapses: what was seen on a real system longer ago than ``RECORDING_LIVES_YEARS`` is *inferred* from then on.
C4C's CSRF protection is an example: recorded with a session in 2017, without one today.
"""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from attachment_lab.evidence.dialect_file import DIALECTS, full_id, service_entries
from attachment_lab.evidence.sources import EvidenceSource, sources_of
from mock_kit.evidence import MockDialect

RECORDING_LIVES_YEARS = 5
LABELS = ("documented", "recorded", "inferred", "assumed", "own")
Proof = Literal["proven", "not proven", "unknown", "own"]
#: What a label is worth, from the weakest; "own" is no behaviour of a vendor.
PROOFS: tuple[Proof, ...] = ("unknown", "not proven", "proven", "own")
_PROOF: dict[str, Proof] = {
    "documented": "proven",
    "recorded": "proven",
    "inferred": "not proven",
    "assumed": "unknown",
    "own": "own",
}
TITLES = {
    "orchestration": "Contact Pro and its orchestration layer",
    "cmi": "Contact Management Interface (CMI)",
    "c4c": "SAP Service Cloud (C4C)",
    "service": "The transfer service's own assumptions",
}


@dataclass(frozen=True)
class BehaviourRow:
    """One behaviour; ``test`` is ``file::name`` from the project's root.

    Attributes:
        label: as written in the code; see ``worth``.
        says: of documented and recorded: the gist of the source's sentence.
        date: when it was read or recorded, ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.
    """

    id: str
    behaviour: str
    label: str
    source: str
    switch: str
    test: str
    date: str = ""
    says: str = ""

    @property
    def pages(self) -> list[EvidenceSource]:
        """Public pages that its source names."""
        return sources_of(self.source)

    @property
    def seen(self) -> str:
        """When it was recorded: its own date, or that of the oldest page."""
        return self.date or min((each.recorded or each.read for each in self.pages), default="")

    def worth(self, today: datetime.date) -> str:
        """The label as it counts today: a recording that has lapsed is inferred."""
        if self.label == "recorded" and lapses(self.seen) <= today:
            return "inferred"
        return self.label

    def proof(self, today: datetime.date) -> Proof:
        """proven, not proven, unknown, or own."""
        return _PROOF[self.worth(today)]


@dataclass(frozen=True)
class Part:
    """The behaviours of one participant; ``mock``: its name, empty for the service."""

    title: str
    rows: Sequence[BehaviourRow]
    mock: str = ""

    def full_id(self, row: BehaviourRow) -> str:
        """The id of one of its rows among those of all participants."""
        return full_id(self.mock, row.id)


def lapses(recorded: str) -> datetime.date:
    """The day from which a recording of that time counts as inferred; of a year or a month the last day counts.

    ValueError for a text that is no date.
    """
    parts_of_it = [int(each) for each in recorded.split("-")]
    year, month, day = [*parts_of_it, *(12, 28)[len(parts_of_it) - 1 :]]
    return datetime.date(year + RECORDING_LIVES_YEARS, month, min(day, 28))


def parts() -> list[Part]:
    """Everything that has a label."""
    mocks = [Part(TITLES[mock], mock_rows(dialect), mock) for mock, dialect in DIALECTS.items()]
    return [*mocks, Part(TITLES["service"], service_rows())]


def mock_rows(dialect: MockDialect) -> list[BehaviourRow]:
    """The behaviours that one mock registered."""
    return [
        BehaviourRow(
            one.id,
            one.behaviour,
            one.label,
            one.source,
            one.switch or "",
            one.test or "",
            one.date or "",
            one.says or "",
        )
        for one in dialect.book.all()
    ]


def service_rows() -> list[BehaviourRow]:
    """The service's assumptions."""
    return [
        BehaviourRow(
            f"service.{name}",
            _shown(entry["value"]),
            entry["evidence"],
            entry["source"],
            name,
            entry.get("test", ""),
            str(entry.get("date", "")),
            entry.get("says", ""),
        )
        for name, entry in service_entries()
    ]


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return f"default {text}" if len(text) < 120 else "default: see service/attachment_transfer/dialect.toml"


def shares(found: Iterable[Part], today: datetime.date) -> dict[str, float]:
    """Percent of all behaviours by what their label is worth; an unused label has 0."""
    counted = Counter(row.worth(today) for part in found for row in part.rows)
    return {label: 100 * counted[label] / max(1, counted.total()) for label in LABELS}
