"""What the twin does and how we know it: ``evidence.toml``, and every switch of the dialect."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import cast

from mock_kit.evidence import Evidence, EvidenceBook, Label
from orchestration_mock.model.dialect import SWITCHES

_TESTS = "mocks/orchestration/tests"


def _behaviours() -> Iterator[Evidence]:
    text = files("orchestration_mock").joinpath("evidence.toml").read_text(encoding="utf-8")
    for id_, entry in tomllib.loads(text).items():
        yield Evidence(
            id_,
            entry["behaviour"],
            cast("Label", entry["label"]),
            entry["source"],
            switch=entry.get("switch"),
            test=f"{_TESTS}/{entry['test']}",
        )


def _switches() -> Iterator[Evidence]:
    for switch in SWITCHES.values():
        words = {"behaviour": switch.behaviour, "source": switch.source, "test": switch.test}
        yield Evidence(f"dialect.{switch.name}", label=cast("Label", switch.label), switch=switch.name, **words)


BOOK = EvidenceBook((*_behaviours(), *_switches()))
#: The label of each behaviour, by its id.
LABELS: dict[str, str] = {entry.id: entry.label for entry in BOOK.all()}
