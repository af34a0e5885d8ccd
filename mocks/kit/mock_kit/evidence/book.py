"""How we know what a mock does: every behaviour carries a label, a source and the test that pins it.

Labels: ``documented`` (the vendor says so), ``recorded`` (seen on a real system), ``inferred`` (follows
from something documented), ``assumed`` (our guess, always with a switch), ``own`` (the mock's own control).
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from mock_kit.journal.context import CountsEvidence, running_exchange

Label = Literal["documented", "recorded", "inferred", "assumed", "own"]


@dataclass(frozen=True)
class Evidence:
    """One behaviour of a mock.

    Attributes:
        id: short and stable, e.g. ``lookup.order``.
        behaviour: one sentence a user of the neighbour would understand.
        source: page and section; for ``assumed`` the reasoning.
        switch: the dialect entry that changes it; None if nothing does.
        test: the test that pins it, ``file::name``.
        date: ``2026-11``: when a documented source was read, or a recorded one recorded.
        says: of documented and recorded: the gist of the source's sentence, in our words.
    """

    id: str
    behaviour: str
    label: Label
    source: str
    switch: str | None = None
    test: str | None = None
    date: str | None = None
    says: str | None = None


class EvidenceBook:
    """All behaviours of one mock, registered at import; uses are counted per tenant."""

    def __init__(self, entries: tuple[Evidence, ...] = ()) -> None:
        """``entries`` are registered at once."""
        self._entries: dict[str, Evidence] = {}
        self._lock = threading.Lock()
        for entry in entries:
            self.register(entry)

    def register(self, entry: Evidence) -> Evidence:
        """Add a behaviour and hand it back. ValueError if its id means something else already."""
        if entry.label not in get_args(Label):
            raise ValueError(f"{entry.id}: {entry.label!r} is no evidence label")
        with self._lock:
            if self._entries.setdefault(entry.id, entry) != entry:
                raise ValueError(f"evidence {entry.id!r} is registered twice with different words")
        return entry

    def all(self) -> list[Evidence]:
        """Every behaviour, sorted by id."""
        with self._lock:
            return sorted(self._entries.values(), key=lambda entry: entry.id)

    def touch(self, entry_id: str, tenant: CountsEvidence | None = None) -> Label:
        """Count one use of this behaviour, and name it in the running exchange. Returns its label.

        Without ``tenant`` it counts for the tenant of the running request; outside a request nothing is counted.
        KeyError for an id that is not registered.
        """
        label = self._entries[entry_id].label
        exchange = running_exchange()
        if exchange is not None and exchange.silent:
            return label
        if exchange is not None and entry_id not in exchange.evidence:
            exchange.evidence.append(entry_id)
            exchange.labels[entry_id] = label
        where = tenant or (exchange.tenant if exchange is not None else None)
        if where is not None:
            where.count_evidence(entry_id)
        return label

    def report(self, tenant: CountsEvidence) -> list[dict[str, Any]]:
        """Every behaviour as JSON, with ``hits`` in ``tenant``."""
        hits = tenant.evidence_hits()
        return [asdict(entry) | {"hits": hits.get(entry.id, 0)} for entry in self.all()]
