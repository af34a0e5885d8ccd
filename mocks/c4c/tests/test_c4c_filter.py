"""$filter: what the developer guide documents, and nothing else."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import quote

import pytest
from c4c_caller import MakeTenant, TenantClient
from hypothesis import given, settings
from hypothesis import strategies as st

from c4c_mock.model.edm import entity_set
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.queries import Compare
from c4c_mock.wire.filter import parse_filter, parse_orderby

DECIDED = settings(derandomize=True, database=None, deadline=None)
CHATS = entity_set("ChatActivityCollection")
FILES = entity_set("ChatActivityAttachmentCollection")


def found(tenant: TenantClient, condition: str, collection: str = "ChatActivityCollection") -> list[str]:
    """ObjectIDs that a condition selects."""
    answer = tenant.get(f"/chatactivity/{collection}", query_string={"$filter": condition, "$select": "ObjectID"})
    assert answer.status_code == 200, answer.text
    return [r["ObjectID"] for r in answer.get_json()["d"]["results"]]


@pytest.fixture
def three(tenant: TenantClient) -> tuple[TenantClient, list[str]]:
    """Three chats: subjects O'Hara 1, O'Hara 2, Else."""
    subjects = ["O'Hara 1", "O'Hara 2", "Else"]
    ids = [tenant.chat(f"REF{n}", Subject=s, Email=f"u{n}@example.com") for n, s in enumerate(subjects)]
    return tenant, ids


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("SubjectName eq 'O''Hara 1'", [0]),
        ("SubjectName eq 'O''Hara*'", [0, 1]),
        ("SubjectName eq '*1'", [0]),
        ("SubjectName ne 'Else'", [0, 1]),
        ("startswith(SubjectName,'O')", [0, 1]),
        ("endswith(SubjectName, '2') eq true", [1]),
        ("SubjectName ge 'F' and ChatMainEmailURI eq 'u1@example.com'", [1]),
        ("SubjectName eq 'Else' or SubjectName eq 'O''Hara 2'", [1, 2]),
        ("(SubjectName eq 'Else' or SubjectName eq 'O''Hara 2') and InitiatorCode eq '2'", [1, 2]),
        ("CompletionPercent lt 1.5M", [0, 1, 2]),
        ("BouncedIndicator eq false", [0, 1, 2]),
        ("BouncedIndicator eq true", []),
        ("CompletionDateTime eq null", [0, 1, 2]),
        ("CompletionDateTime gt datetimeoffset'2000-01-01T00:00:00Z'", []),
        ("EntityLastChangedOn ge datetimeoffset'2000-01-01T00:00:00.0000000Z'", [0, 1, 2]),
        ("EntityLastChangedOn lt datetimeoffset'2000-01-01T02:00:00+02:00'", []),
        ("CreationDate gt datetime'2000-01-01T00:00:00'", [0, 1, 2]),
    ],
)
def test_documented_conditions_select(
    three: tuple[TenantClient, list[str]], condition: str, expected: list[Any]
) -> None:
    tenant, ids = three
    assert found(tenant, condition) == [ids[n] for n in expected]


@pytest.mark.parametrize(
    "condition",
    [
        "substringof('x',SubjectName)",
        "substringof('x',SubjectName) eq true",
        "tolower(SubjectName) eq 'x'",
        "length(SubjectName) eq 1",
        "year(CreationDate) eq 2020",
        "not SubjectName eq 'x'",
        "not (SubjectName eq 'x')",
        "SubjectName eq 'x' or ID eq 'y'",
        "SubjectName eq 'x' and ID eq 'z' or SubjectName eq 'y'",
        "ChatActivityAttachment/Name eq 'x'",
        "ChatActivityAttachment eq 'x'",
        "Nothing eq 'x'",
        "SubjectName eq SubjectName",
        "'x' eq SubjectName",
        "SubjectName eq 5",
        "SubjectName",
        "SubjectName eq",
        "SubjectName like 'x'",
        "SubjectName eq 'x",
        "SubjectName eq 'x' and",
        "SubjectName eq 'x' garbage",
        "(SubjectName eq 'x'",
        "SubjectName eq 'x')",
        "CompletionPercent eq '1'",
        "CompletionPercent add 1 eq 2",
        "BouncedIndicator gt true",
        "SubjectName gt null",
        "ChatMainPartyUUID eq 'x'",
        "ChatMainPartyUUID eq guid'x'",
        "EntityLastChangedOn gt datetimeoffset'2020-13-01T00:00:00Z'",
        "EntityLastChangedOn gt '2020-01-01'",
        "startswith(CompletionPercent,'1')",
        "startswith('1',SubjectName)",
        "startswith(SubjectName,'1') eq false",
        "ETag eq datetimeoffset'2020-01-01T00:00:00Z'",
        "();",
    ],
)
def test_everything_else_is_refused_with_400_in_c4cs_form(tenant: TenantClient, condition: str) -> None:
    answer = tenant.get("/chatactivity/ChatActivityCollection", query_string={"$filter": condition})
    assert answer.status_code == 400
    error = answer.get_json()["error"]
    assert error["code"] == ""
    assert error["message"]["value"]


def test_the_file_itself_cannot_be_filtered_by() -> None:
    with pytest.raises(BadRequest, match="not filterable"):
        parse_filter("Binary eq 'x'", FILES)


def test_substringof_works_where_the_dialect_says_so(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(filter_substringof=True)
    chat = tenant.chat(Subject="needle in hay")
    assert found(tenant, "substringof('dle',SubjectName)") == [chat]


def test_case_counts_unless_the_dialect_says_otherwise(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    chat = tenant.chat(Subject="Needle")
    assert found(tenant, "SubjectName eq 'needle'") == []
    tenant.dialect(string_eq_ignores_case=True)
    assert found(tenant, "SubjectName eq 'needle'") == [chat]


def test_thousands_of_parentheses_are_refused_not_crashed_on() -> None:
    with pytest.raises(BadRequest):
        parse_filter("(" * 5000 + "ID eq 'x'" + ")" * 5000, CHATS)


@DECIDED
@given(text=st.text(alphabet="ID eqnaor()'/,.x5$ ", max_size=60) | st.text(max_size=20))
def test_no_text_at_all_crashes_the_parser(text: str) -> None:
    with contextlib.suppress(BadRequest):
        parse_filter(text, CHATS)


@DECIDED
@given(value=st.text(max_size=30))
def test_any_text_can_be_a_literal_when_its_quotes_are_doubled(value: str) -> None:
    literal = value.replace("'", "''")
    condition = parse_filter(f"ID eq '{literal}'", CHATS)
    assert isinstance(condition, Compare)
    assert condition.value == value


def test_order_follows_asc_and_desc_and_null_comes_first(three: tuple[TenantClient, list[str]]) -> None:
    tenant, ids = three
    answer = tenant.get("/chatactivity/ChatActivityCollection", query_string={"$orderby": "SubjectName desc"})
    assert [r["ObjectID"] for r in answer.get_json()["d"]["results"]] == [ids[1], ids[0], ids[2]]


@pytest.mark.parametrize("text", ["Nothing", "ID up", "ID asc desc", ",", "ChatActivityAttachment/Name", "ID,,ID"])
def test_a_bad_order_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="orderby"):
        parse_orderby(text, CHATS)


def test_the_description_of_a_code_is_a_condition(three: tuple[TenantClient, list[str]]) -> None:
    tenant, chats = three
    found = tenant.results("/chatactivity/ChatActivityCollection?$filter=ProcessingTypeCodeText eq 'Chat Activity'")
    assert {row["ObjectID"] for row in found} == set(chats)


@pytest.mark.parametrize("operator", ["ne", "gt", "lt"])
def test_comparisons_that_the_guide_does_not_list_are_the_dialects(make_tenant: MakeTenant, operator: str) -> None:
    tenant = make_tenant()
    path = f"/chatactivity/ChatActivityCollection?$filter=SubjectName {operator} 'a'"
    assert tenant.get(path).status_code == 200
    tenant.dialect(filter_undocumented_operators=[each for each in ("ne", "gt", "lt") if each != operator])
    assert tenant.get(path).status_code == 400


@pytest.mark.off_contract(reason="answers that are longer than the recorder keeps")
def test_five_thousand_conditions_are_understood_in_a_batch(tenant: TenantClient) -> None:
    rows = [{"set": "ChatActivityCollection", "values": {"ID": str(n)}} for n in range(2, 5002)]
    tenant.control("seed", {"rows": rows})
    for count, status in ((5000, "200"), (5001, "400")):
        condition = quote(" or ".join(f"ID eq '{n}'" for n in range(count)))
        part = f"GET ChatActivityCollection?$top=5000&$select=ID&$format=json&$filter={condition} HTTP/1.1"
        body = f"--b\r\nContent-Type: application/http\r\n\r\n{part}\r\n\r\n\r\n--b--\r\n"
        headers = {"Content-Type": "multipart/mixed; boundary=b"}
        answer = tenant.call("POST", "/chatactivity/$batch", headers, data=body)
        assert f"HTTP/1.1 {status}" in answer.text
        assert answer.text.count('"ID":') == (4998 if status == "200" else 0)
