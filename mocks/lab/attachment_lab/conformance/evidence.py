"""What a row rests on: labels and sources from the mocks' dialect files."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from attachment_lab.conformance.model import Row, RowEvidence, weakest_first


def evidence_of(row: Row) -> tuple[RowEvidence, ...]:
    """The behaviours that a row rests on, the weakest first. Raises KeyError for an entry that no dialect has."""
    return weakest_first(_evidence(each) for each in row.rests_on)


def _evidence(name: str) -> RowEvidence:
    mock, _, entry = name.partition(":")
    found = _dialect(mock)[entry]
    return RowEvidence(entry=name, label=str(found["label"]), source=str(found["source"]))


@cache
def _dialect(mock: str) -> dict[str, Any]:
    return tomllib.loads(files(f"{mock}_mock").joinpath("dialect.toml").read_text(encoding="utf-8"))
