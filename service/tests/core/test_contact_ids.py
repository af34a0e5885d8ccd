"""The one id that crosses all systems, in every spelling that a neighbour may use."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attachment_transfer.core.request_values import normalise_contact_id

PLAIN = "5AB6E20342A6EE11B3ED58961D1810CC"
DASHED = "5ab6e203-42a6-ee11-b3ed-58961d1810cc"


@pytest.mark.parametrize("text", [PLAIN, PLAIN.lower(), DASHED, f"{{{DASHED}}}", f"{{{PLAIN}}}", f"  {DASHED}\n"])
def test_every_spelling_of_an_id_becomes_32_upper_case_hex(text: str) -> None:
    assert normalise_contact_id(text) == PLAIN


@pytest.mark.parametrize(
    "text",
    ["", "{}", PLAIN[:-1], PLAIN + "0", PLAIN[:-1] + "G", "{" + PLAIN, PLAIN + "}", "{{" + PLAIN + "}}", PLAIN + "'"],
)
def test_what_is_no_id_is_none(text: str) -> None:
    assert normalise_contact_id(text) is None


def test_dashes_in_unusual_places_are_no_id() -> None:
    assert normalise_contact_id("5ab6-e20342a6ee11b3ed58961d1810cc") is None


def test_a_ligature_that_upper_cases_to_hex_letters_is_no_id() -> None:
    assert normalise_contact_id("\ufb00" + PLAIN[2:]) is None


@given(st.uuids(), st.sampled_from([str.upper, str.lower]), st.booleans(), st.booleans())
def test_any_uuid_normalises_to_its_hex(identity: uuid.UUID, case: object, dashes: bool, braces: bool) -> None:
    text = case(str(identity) if dashes else identity.hex)  # type: ignore[operator]
    assert normalise_contact_id(f"{{{text}}}" if braces else text) == identity.hex.upper()


@given(st.text(max_size=40))
def test_the_result_is_none_or_a_fixed_point(text: str) -> None:
    found = normalise_contact_id(text)
    assert found is None or (len(found) == 32 and normalise_contact_id(found) == found)
