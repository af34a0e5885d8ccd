"""The flip table itself: sound, complete for what is kept, and its page is current."""

from __future__ import annotations

from pathlib import Path

import pytest

from attachment_lab.demo.assumptions import Assumption
from attachment_lab.errors import WrongUse
from attachment_lab.flips.page import page, recorded, settled_by
from attachment_lab.flips.play import FlipResult
from attachment_lab.flips.table import RISKS, Flip, chosen, complaints, flips, unflipped

ROOT = Path(__file__).resolve().parents[3]
SOUND = {"of": "c4c.x", "flipped": "the opposite", "declared": "stored", "found": "stored"}


def test_every_flip_turns_a_known_behaviour_into_something_else() -> None:
    assert complaints() == []


def test_flips_have_names_of_their_own_and_each_has_a_result() -> None:
    names = [each.name for each in flips()]
    assert len(set(names)) == len(names)
    assert set(names) == set(recorded())


def test_no_kept_result_is_worse_than_the_table_declares() -> None:
    assert {each.name: recorded()[each.name]["found"] for each in flips()} == {
        each.name: each.outcome for each in flips()
    }


def test_the_page_is_that_of_the_kept_results() -> None:
    """`python -m attachment_lab.flips.page --play` writes both."""
    assert (ROOT / "docs" / "assumptions.md").read_text(encoding="utf-8") == page()


def test_the_page_ranks_by_what_would_break() -> None:
    text = page()
    places = [text.index(each) for each in ("could be lost", "stored twice", "could be refused", "nothing of a file")]
    assert places == sorted(places)
    assert len(places) == len(RISKS)


def test_an_assumption_without_a_flip_is_named() -> None:
    new = Assumption(mock="orchestration", id="edi.new", label="assumed", behaviour="It does.", switch=None)
    assert unflipped([new]) == ["orchestration.edi.new"]


def test_what_the_probe_cannot_settle_says_why() -> None:
    assert settled_by("c4c.commit_delay_s").startswith("probe: ")
    assert settled_by("cmi.dialect.chat_shape") == "`attachment-lab probe` sees it"


def test_a_pattern_that_fits_no_flip_is_refused() -> None:
    with pytest.raises(WrongUse, match="no flip"):
        chosen("nothing like it")


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        ({"lost": 1}, "lost 1, doubled 0"),
        ({"doubled": 2}, "lost 0, doubled 2"),
        ({"found": "parked:internal", "reasons": ("internal",)}, "declared stored, found parked:internal (internal)"),
        ({"declared": "skipped:no_activity", "found": "skipped:no_activity"}, "no reason with a remedy is given"),
        ({"trouble": "the stack ended"}, "the stack ended"),
        ({}, ""),
    ],
)
def test_a_result_is_good_only_if_nothing_is_lost_doubled_or_unexplained(seen: dict[str, object], why: str) -> None:
    result = FlipResult(**{**SOUND, **seen})  # type: ignore[arg-type]  # members of both kinds
    assert (result.why, result.ok) == (why, not why)


def test_a_flip_that_needs_a_person_is_known_by_its_outcome() -> None:
    given = {"of": "c4c.x", "flipped": "y", "risk": "lost"}
    needs = [Flip(**given, outcome=each).needs_a_person for each in ("stored", "parked:x", "skipped:y", "refused")]  # type: ignore[arg-type]  # texts alone
    assert needs == [False, True, True, True]
