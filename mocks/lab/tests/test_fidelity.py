"""The fidelity page: every label pays what it owes, recordings lapse, and not too much is unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from attachment_lab.evidence.rows import BehaviourRow, Part, lapses, parts, shares
from attachment_lab.evidence.sources import sources, sources_of
from attachment_lab.fidelity.checks import caps, debts, over_the_caps, shares_line, today
from attachment_lab.fidelity.page import page

ROOT = Path(__file__).resolve().parents[3]
DAY = date(2026, 12, 1)
SOUND = BehaviourRow(
    id="cmi.x",
    behaviour="It does.",
    label="documented",
    source="Event-driven integrations, Available data",
    switch="",
    test="mocks/lab/tests/test_fidelity.py::test_a_sound_label_owes_nothing",
    date="2026-11",
    says="it does",
)


@pytest.fixture(scope="module")
def found() -> list[Part]:
    return parts()


def owed(**changes: str) -> list[str]:
    return debts([Part("one", [replace(SOUND, **changes)])], ROOT)


def test_no_label_owes_anything(found: list[Part]) -> None:
    assert debts(found, ROOT) == []


def test_no_more_is_unknown_or_unproven_than_the_project_allows(found: list[Part]) -> None:
    assert over_the_caps(shares(found, today()), caps(ROOT / "pyproject.toml")) == []


def test_too_many_assumptions_are_reported_with_the_remedy() -> None:
    by_label = {"assumed": 33.4, "inferred": 20.0}
    most = {"most-assumed-percent": 33.0, "most-unproven-percent": 53.0}
    first, second = over_the_caps(by_label, most)
    assert "33.4 % of all behaviours are assumed" in first
    assert "53.4 % of all behaviours are assumed or inferred" in second
    assert "probe" in first


def test_a_sound_label_owes_nothing() -> None:
    assert owed() == []
    assert owed(label="recorded", date="2026-03-04") == []


@pytest.mark.parametrize(
    ("changes", "lack"),
    [
        ({"source": "somebody said so"}, "no page"),
        ({"says": ""}, "gist"),
        ({"date": ""}, "date is missing"),
        ({"label": "recorded", "date": ""}, "date is missing"),
        ({"label": "recorded", "date": "last year"}, "is none"),
        ({"label": "recorded", "source": "seen somewhere"}, "no page"),
        ({"says": "it does; that it is quick is inferred"}, "a row of its own"),
        ({"source": "Event-driven integrations, Available data; the rest is assumed"}, "a row of its own"),
        ({"label": "assumed", "source": "a guess"}, "no switch"),
        ({"label": "inferred", "source": "it is usual"}, "a reader can follow nothing"),
        ({"test": ""}, "no test pins it"),
        ({"test": "mocks/lab/tests/test_fidelity.py::test_that_nobody_wrote"}, "does not exist"),
        ({"test": "mocks/lab/tests/nowhere.py::test_a_sound_label_owes_nothing"}, "does not exist"),
    ],
)
def test_what_a_label_owes_is_reported(changes: dict[str, str], lack: str) -> None:
    (text,) = owed(**changes)
    assert text.startswith("cmi.x (")
    assert lack in text


@pytest.mark.parametrize(
    ("recorded", "day"),
    [("2020", date(2025, 12, 28)), ("2020-09", date(2025, 9, 28)), ("2020-09-23", date(2025, 9, 23))],
)
def test_a_recording_lapses_after_five_years(recorded: str, day: date) -> None:
    assert lapses(recorded) == day
    row = replace(SOUND, label="recorded", date=recorded)
    before = date(day.year, day.month, day.day - 1)
    assert (row.worth(before), row.proof(before)) == ("recorded", "proven")
    assert (row.worth(day), row.proof(day)) == ("inferred", "not proven")


def test_a_lapsed_recording_counts_towards_the_cap() -> None:
    lapsed = [Part("one", [replace(SOUND, label="recorded", date="2017-03")])]
    assert shares(lapsed, DAY)["inferred"] == 100
    assert over_the_caps(shares(lapsed, DAY), {"most-unproven-percent": 60.0}) != []


def test_shares_add_up_to_a_hundred(found: list[Part]) -> None:
    assert sum(shares(found, DAY).values()) == pytest.approx(100)


def test_what_is_purely_documented_is_printed_apart(found: list[Part]) -> None:
    by_label = shares(found, DAY)
    assert shares_line(by_label, 7).endswith(f"purely documented: {by_label['documented']:.1f} %")


def test_every_page_of_the_list_is_named_by_some_label(found: list[Part]) -> None:
    named = {each.key for part in found for row in part.rows for each in sources_of(row.source)}
    assert {each.key for each in sources()} - named == set()


def test_the_page_begins_with_what_is_proven_not_proven_and_unknown(found: list[Part]) -> None:
    text = page(found, DAY)
    places = [
        text.index(each)
        for each in ("## Proven, not proven, unknown", "## What matters for my run", "## Contact Pro", "## Sources")
    ]
    assert places == sorted(places)
    assert "is no evidence that a vendor ever behaves so" in text[: places[0]]


def test_the_counts_at_the_top_are_those_of_the_rows(found: list[Part]) -> None:
    rows = [row.proof(DAY) for part in found for row in part.rows]
    counts = [str(rows.count(each)) for each in ("proven", "not proven", "unknown")]
    assert f"| **all** | {' | '.join(counts)} |" in page(found, DAY)


def test_the_page_ranks_the_demos_assumptions_by_what_would_break(found: list[Part]) -> None:
    text = page(found, DAY)
    places = [text.index(f"\n| {each} |") for each in ("file lost", "file doubled", "upload or event refused")]
    assert places == sorted(places)


def test_the_page_shows_a_documented_behaviour_with_gist_address_and_date(found: list[Part]) -> None:
    line = next(line for line in page(found, DAY).splitlines() if line.startswith("| cmi.auth.key_and_basic "))
    assert "a service request returns an API key" in line
    assert "](#s" in line
    assert "| documented 2026-11 |" in line


def test_a_lapsed_recording_is_shown_as_such(found: list[Part]) -> None:
    lines = page(found, DAY).splitlines()
    assert "recorded 2020-09-23, lapsed" in next(line for line in lines if line.startswith("| c4c.quirk-b "))
