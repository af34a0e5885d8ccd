"""``$search``: whole words, wildcards, every value required, and only in properties that are relevant for it."""

from __future__ import annotations

import pytest
from c4c_caller import MakeTenant, TenantClient

CHATS = "/chatactivity/ChatActivityCollection"


@pytest.fixture
def mustafa(make_tenant: MakeTenant) -> TenantClient:
    """Three chats, one of which has the guide's name."""
    tenant = make_tenant()
    for number, subject in enumerate(("Mustafa 1705 Test", "Mustafar", "Else 1705")):
        tenant.chat(f"REF{number}", Subject=subject, Email=f"u{number}@example.com")
    return tenant


def found(tenant: TenantClient, term: str, **options: str) -> list[str]:
    """Subjects of the chats that ``$search`` finds."""
    query = {"$search": term, "$select": "SubjectName", **{f"${name}": text for name, text in options.items()}}
    return [row["SubjectName"] for row in tenant.results(CHATS, query_string=query)]


@pytest.mark.parametrize(
    ("term", "subjects"),
    [
        ("Mustafa", ["Mustafa 1705 Test"]),
        ("'Mustafa'", ["Mustafa 1705 Test"]),
        ("Mus", []),
        ("ust", []),
        ("Mus*", ["Mustafa 1705 Test", "Mustafar"]),
        ("*afa", ["Mustafa 1705 Test"]),
        ("*", ["Mustafa 1705 Test", "Mustafar", "Else 1705"]),
        ("Mustafa 1705", ["Mustafa 1705 Test"]),
        ("'1705 Mustafa'", ["Mustafa 1705 Test"]),
        ("'Mustafa' '1705'", ["Mustafa 1705 Test"]),
        ("'Mustafa'  *", ["Mustafa 1705 Test"]),
        ("Mustafa Else", []),
        ("Mustafa or Else", []),
        ("u1@example.com", ["Mustafar"]),
        ("example", ["Mustafa 1705 Test", "Mustafar", "Else 1705"]),
    ],
)
def test_search_finds_whole_words_and_wildcards_as_the_guide_says(
    mustafa: TenantClient, term: str, subjects: list[str]
) -> None:
    assert found(mustafa, term) == subjects


def test_search_joins_a_filter_and_an_order(mustafa: TenantClient) -> None:
    assert found(mustafa, "1705", filter="SubjectName eq 'Else*'") == ["Else 1705"]
    assert found(mustafa, "1705", orderby="SubjectName") == ["Else 1705", "Mustafa 1705 Test"]
    assert mustafa.get(f"{CHATS}/$count?$search=1705").text == "2"


def test_double_quotes_are_refused_unless_the_dialect_takes_them_as_characters_or_drops_them(
    mustafa: TenantClient,
) -> None:
    answer = mustafa.get(CHATS, query_string={"$search": '"Mustafa"'})
    assert (answer.status_code, "double quotes are not supported" in answer.text) == (400, True)
    mustafa.dialect(search_double_quotes="literal")
    assert found(mustafa, '"Mustafa"') == []
    mustafa.dialect(search_double_quotes="dropped")
    assert found(mustafa, '"Mustafa"') == ["Mustafa 1705 Test"]


def test_only_properties_that_are_relevant_for_search_are_compared(mustafa: TenantClient) -> None:
    assert found(mustafa, "ACTIVITY_INTERACTION_STANDARD") == []
    mustafa.dialect(search_properties=["StatusSchemaName"])
    assert len(found(mustafa, "ACTIVITY_INTERACTION_STANDARD")) == 3
    assert found(mustafa, "Mustafa") == []


def test_search_ignores_case_unless_the_dialect_says_no(mustafa: TenantClient) -> None:
    assert found(mustafa, "mUSTAFA") == ["Mustafa 1705 Test"]
    mustafa.dialect(search_ignores_case=False)
    assert found(mustafa, "mUSTAFA") == []
