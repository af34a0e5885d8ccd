"""The fidelity page: every label pays what it owes, and not too much is assumed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from attachment_lab.evidence.fidelity import (
    BehaviourRow,
    Part,
    cap_percent,
    debts,
    over_the_cap,
    page,
    parts,
    shares,
    sources,
    sources_of,
)

ROOT = Path(__file__).resolve().parents[3]
SOUND = BehaviourRow(
    id="cmi.x",
    behaviour="It does.",
    label="documented",
    source="Event-driven integrations, Available data",
    switch="",
    test="mocks/lab/tests/test_fidelity.py::test_a_sound_label_owes_nothing",
)


@pytest.fixture(scope="module")
def found() -> list[Part]:
    return parts()


def owed(**changes: str) -> list[str]:
    return debts([Part("one", [replace(SOUND, **changes)])], ROOT)


def test_no_label_owes_anything(found: list[Part]) -> None:
    assert debts(found, ROOT) == []


def test_no_more_is_assumed_than_the_project_allows(found: list[Part]) -> None:
    assert over_the_cap(shares(found), cap_percent(ROOT / "pyproject.toml")) == []


def test_too_many_assumptions_are_reported_with_the_remedy() -> None:
    (text,) = over_the_cap({"assumed": 33.4}, 33)
    assert "33.4 %" in text
    assert "probe" in text


def test_a_sound_label_owes_nothing() -> None:
    assert owed() == []


@pytest.mark.parametrize(
    ("changes", "lack"),
    [
        ({"source": "somebody said so"}, "no page"),
        ({"label": "recorded", "source": "seen somewhere"}, "no page"),
        ({"label": "assumed", "source": "a guess"}, "no switch"),
        ({"label": "inferred", "source": ""}, "no reason"),
        ({"test": ""}, "no test pins it"),
        ({"test": "mocks/lab/tests/test_fidelity.py::test_that_nobody_wrote"}, "does not exist"),
        ({"test": "mocks/lab/tests/nowhere.py::test_a_sound_label_owes_nothing"}, "does not exist"),
    ],
)
def test_what_a_label_owes_is_reported(changes: dict[str, str], lack: str) -> None:
    (text,) = owed(**changes)
    assert text.startswith("cmi.x (")
    assert lack in text


def test_shares_add_up_to_a_hundred(found: list[Part]) -> None:
    assert sum(shares(found).values()) == pytest.approx(100)


def test_every_page_of_the_list_is_named_by_some_label(found: list[Part]) -> None:
    named = {each.key for part in found for row in part.rows for each in sources_of(row.source)}
    assert {each.key for each in sources()} - named == set()


def test_the_page_links_a_documented_behaviour_and_dates_a_recorded_one(found: list[Part]) -> None:
    text = page(found)
    documented = next(line for line in text.splitlines() if line.startswith("| cmi.auth.key_and_basic "))
    assert "](#s" in documented
    recorded = next(line for line in text.splitlines() if line.startswith("| c4c.quirk-b "))
    assert "| recorded 2020-09-23 |" in recorded
