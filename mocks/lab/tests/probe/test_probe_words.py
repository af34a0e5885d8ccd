"""Confirmed, refuted, moved, flaky, not seen: what each word means; and what is open is ranked by what it settles."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from attachment_lab.evidence.rows import Part, parts
from attachment_lab.fidelity.gaps import SETTLES, gaps
from attachment_lab.probe.findings.assumptions import assumptions
from attachment_lab.probe.findings.verdicts import AssumptionVerdict, Word, over_passes, since

SHAPE = assumptions()["cmi.dialect.chat_shape"]
DAY = date(2026, 12, 1)


def verdict(word: Word, seen: Any = None) -> AssumptionVerdict:
    return AssumptionVerdict(assumption=SHAPE, word=word, seen=seen, describable=word != "not seen")


@pytest.mark.parametrize(
    ("passes", "word", "seen"),
    [
        ([verdict("confirmed", "A"), verdict("confirmed", "A")], "confirmed", "A"),
        ([verdict("refuted", "B"), verdict("refuted", "B")], "refuted", "B"),
        ([verdict("confirmed", "A"), verdict("refuted", "B")], "flaky", None),
        ([verdict("not seen"), verdict("confirmed", "A")], "confirmed", "A"),
        ([verdict("not seen"), verdict("not seen")], "not seen", None),
    ],
)
def test_passes_that_saw_different_values_make_an_assumption_flaky(
    passes: list[AssumptionVerdict], word: str, seen: Any
) -> None:
    (found,) = over_passes([[each] for each in passes])
    assert (found.word, found.seen) == (word, seen)
    assert found.describable is (seen is not None)


@pytest.mark.parametrize(
    ("now", "before", "word"),
    [
        (verdict("confirmed", "A"), ("confirmed", "A"), "confirmed"),
        (verdict("refuted", "B"), ("refuted", "B"), "refuted"),
        (verdict("refuted", "B"), ("confirmed", "A"), "moved"),
        (verdict("confirmed", "A"), ("refuted", "B"), "moved"),
        (verdict("confirmed", "A"), ("not seen", None), "confirmed"),
        (verdict("not seen"), ("confirmed", "A"), "not seen"),
        (verdict("flaky"), ("confirmed", "A"), "flaky"),
    ],
)
def test_another_value_than_in_the_earlier_run_is_moved(
    now: AssumptionVerdict, before: tuple[str, Any], word: str
) -> None:
    row = {"id": SHAPE.id, "verdict": before[0], "seen": before[1]}
    (found,) = since([now], {"at": "2026-11-01T10:00:00+00:00", "assumptions": [row]})
    assert found.word == word
    assert ("on 2026-11-01" in found.detail) is (word == "moved")


@pytest.fixture(scope="module")
def found() -> list[Part]:
    return parts()


def test_gaps_are_ranked_by_what_an_answer_settles(found: list[Part]) -> None:
    order = list(SETTLES.values())
    places = [order.index(each.settles) for each in gaps(found, DAY)]
    assert places == sorted(places)
    assert places[0] == 0


def test_every_gap_says_how_to_ask_it(found: list[Part]) -> None:
    open_ones = gaps(found, DAY)
    assert {each.proof for each in open_ones} == {"unknown", "not proven"}
    assert all(each.ask for each in open_ones)
    assert "attachment-lab probe, as it is" in {each.ask for each in open_ones}


def test_what_a_run_has_seen_is_no_gap_any_more(found: list[Part]) -> None:
    row = {"id": SHAPE.id, "verdict": "refuted", "seen": "B"}
    left = {each.id for each in gaps(found, DAY, earlier={"at": "2026-11-01", "assumptions": [row]})}
    assert left == {each.id for each in gaps(found, DAY)} - {SHAPE.id}
