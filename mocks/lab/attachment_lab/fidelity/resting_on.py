"""What the green tests of a run rest on: of each the weakest evidence label that its tenant used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.evidence.rows import BehaviourRow
from attachment_lab.fidelity.checks import today
from attachment_lab.testing.lab import LabTenant

#: From the strongest to the weakest.
_LABELS = ("documented", "recorded", "inferred", "assumed")
#: A test whose tenant used no vendor's behaviour.
NONE = "none"


def weakest_label(tenant: LabTenant) -> str:
    """The weakest label of what this tenant has used so far; a recording that has lapsed counts as inferred."""
    used = {
        label
        for mock in MOCKS
        for entry in tenant.lab.stack.clients.control(mock, tenant.name).evidence()
        if entry.get("hits") and (label := _row(entry).worth(today())) in _LABELS
    }
    return max(used, key=_LABELS.index, default=NONE)


def _row(entry: Mapping[str, object]) -> BehaviourRow:
    text = {
        name: str(entry.get(name) or "") for name in ("id", "behaviour", "label", "source", "switch", "test", "date")
    }
    return BehaviourRow(**text)


def summary(labels: Iterable[str]) -> str:
    """One line over all green tests; empty if none used a tenant."""
    counted = Counter(labels)
    if not counted:
        return ""
    shown = [f"{label} {counted[label]}" for label in (*reversed(_LABELS), NONE) if counted[label]]
    return f"{counted.total()} green tests on a tenant, by the weakest evidence that each rests on: {' · '.join(shown)}"
