"""Everything that mocks and service assume about the neighbours: what a tenant can confirm or refute."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from attachment_lab.evidence.dialect_file import DIALECTS, full_id, service_entries

#: What a plain run could have shown, and did not.
NOT_SHOWN = "this tenant's answers did not show it"


@dataclass(frozen=True, kw_only=True)
class NamedAssumption:
    """One assumption.

    Attributes:
        id: as in docs/fidelity.md; Contact Pro's with ``orchestration.`` before.
        participant: orchestration, cmi, c4c or service.
        entry: path of its dialect entry below the participant; empty for a behaviour without a switch.
        assumed: the entry's default; True for a behaviour without a switch.
        label: its evidence so far.
    """

    id: str
    participant: str
    entry: str
    assumed: Any
    behaviour: str
    label: str


@cache
def assumptions() -> Mapping[str, NamedAssumption]:
    """All assumptions by id: every switch, and the vendors' behaviours without a switch."""
    found = [*_of_mocks(), *_of_service()]
    return {one.id: one for one in found if one.entry or one.label != "own"}


def _of_mocks() -> Iterator[NamedAssumption]:
    for mock, dialect in DIALECTS.items():
        entries = {switch.evidence.id: (switch.name, switch.value) for switch in dialect.switches.values()}
        for one in dialect.book.all():
            name, value = entries.get(one.id, ("", True))
            yield NamedAssumption(
                id=full_id(mock, one.id),
                participant=mock,
                entry=name,
                assumed=value,
                behaviour=one.behaviour,
                label=one.label,
            )


def _of_service() -> Iterator[NamedAssumption]:
    for name, entry in service_entries():
        yield NamedAssumption(
            id=f"service.{name}",
            participant="service",
            entry=name,
            assumed=entry["value"],
            behaviour=entry["source"],
            label=entry["evidence"],
        )


@cache
def why_unseen() -> Mapping[str, str]:
    """Why the probe cannot observe an assumption, or what it needs; by id, or by a prefix that ends in a dot."""
    text = resources.files("attachment_lab.probe.findings").joinpath("unseen.toml").read_text(encoding="utf-8")
    return {str(name): str(reason) for name, reason in tomllib.loads(text)["why"].items()}


def reason_unseen(id_: str) -> str:
    """The sentence for one assumption that was not observed."""
    reasons = why_unseen()
    if id_ in reasons:
        return reasons[id_]
    prefixes = [prefix for prefix in reasons if prefix.endswith(".") and id_.startswith(prefix)]
    return reasons[max(prefixes, key=len)] if prefixes else NOT_SHOWN
