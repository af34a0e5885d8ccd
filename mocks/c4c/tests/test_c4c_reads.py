"""Reading: C4C's own JSON shapes, the standard's on request, paging, projection, navigation."""

from __future__ import annotations

from typing import Any

import pytest
from c4c_caller import MakeTenant, TenantClient

STRICT = {"odata-v2-strict-json-format": "true"}
CHATS = "/chatactivity/ChatActivityCollection"


def test_a_single_entity_stands_in_d_results(tenant: TenantClient) -> None:
    chat = tenant.chat()
    assert tenant.results(tenant.path(chat))["ObjectID"] == chat


def test_the_strict_header_puts_the_entity_into_d(tenant: TenantClient) -> None:
    chat = tenant.chat()
    assert tenant.get(tenant.path(chat), STRICT).get_json()["d"]["ObjectID"] == chat


def test_an_expanded_navigation_is_a_bare_array_and_strictly_an_object_with_results(tenant: TenantClient) -> None:
    chat = tenant.chat()
    tenant.attach(chat)
    path = f"{tenant.path(chat)}?$expand=ChatActivityAttachment"
    assert [a["Name"] for a in tenant.results(path)["ChatActivityAttachment"]] == ["a.txt"]
    strict = tenant.get(path, STRICT).get_json()["d"]["ChatActivityAttachment"]
    assert [a["Name"] for a in strict["results"]] == ["a.txt"]


def test_nested_expands_go_down_and_up_again(tenant: TenantClient) -> None:
    chat = tenant.chat()
    path = f"{tenant.path(chat)}?$expand=ChatActivityBTDReference/ChatActivity"
    assert tenant.results(path)["ChatActivityBTDReference"][0]["ChatActivity"]["ObjectID"] == chat


def test_an_unexpanded_navigation_is_a_link_that_works(tenant: TenantClient) -> None:
    chat = tenant.chat()
    link = tenant.results(tenant.path(chat))["ChatActivityBTDReference"]["__deferred"]["uri"]
    path = link.partition("/sap/c4c/odata/v1")[2]
    assert tenant.results(path)[0]["ID"] == tenant.guid


def test_both_forms_of_a_key_find_the_entity(tenant: TenantClient) -> None:
    chat = tenant.chat()
    for key in (f"'{chat}'", f"ObjectID='{chat}'"):
        assert tenant.results(f"{CHATS}({key})")["ObjectID"] == chat


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{CHATS}('{'0' * 32}')", 404),
        (f"{CHATS}(5)", 400),
        (f"{CHATS}(Nothing='x')", 400),
        (f"{CHATS}(ObjectID='x',ObjectID='y')", 400),
        (f"{CHATS}()", 400),
        (f"{CHATS}('x", 400),
        ("/chatactivity/NothingCollection", 404),
        ("/nothing/", 404),
        (f"{CHATS}/ChatActivityAttachment", 400),
        ("/chatactivity/$nothing", 404),
        (f"{CHATS}/$count/x", 400),
        ("/odataservicecatalog/NothingCollection", 404),
        ("/socialmediaactivity/GetAllChildSocialMediaActivity", 400),
        ("/socialmediaactivity/GetAllChildSocialMediaActivity('x')", 404),
        ("/socialmediaactivity/GetAllChildSocialMediaActivity?RootSocialMediaActivityNodeID=5", 400),
        ("/chatactivity/$batch", 405),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(tenant: TenantClient, path: str, status: int) -> None:
    answer = tenant.get(path)
    assert answer.status_code == status
    assert answer.get_json()["error"]["message"]["value"]


@pytest.mark.parametrize("name", ["Nothing", "ChatActivityAttachment('x')", "$value"])
def test_nothing_unknown_hangs_below_an_entity(tenant: TenantClient, name: str) -> None:
    assert tenant.get(f"{tenant.path(tenant.chat())}/{name}").status_code == 404


def test_a_property_its_raw_value_and_its_count_are_addressable(tenant: TenantClient) -> None:
    chat = tenant.chat(Subject="Hello & goodbye")
    path = tenant.path(chat)
    assert tenant.get(f"{path}/SubjectName").get_json() == {"d": {"SubjectName": "Hello & goodbye"}}
    raw = tenant.get(f"{path}/SubjectName/$value")
    assert (raw.text, raw.mimetype) == ("Hello & goodbye", "text/plain")
    assert tenant.get(f"{path}/ChatActivityBTDReference/$count").text == "1"
    assert tenant.get(f"{path}/CompletionDateTime/$value").status_code == 404


def test_navigation_goes_on_from_a_keyed_child(tenant: TenantClient) -> None:
    chat = tenant.chat()
    child = tenant.results(f"{tenant.path(chat)}/ChatActivityBTDReference")[0]["ObjectID"]
    path = f"{tenant.path(chat)}/ChatActivityBTDReference('{child}')/ChatActivity/SubjectName/$value"
    assert tenant.get(path).status_code == 200


def test_a_child_of_another_parent_is_not_found_below_this_one(tenant: TenantClient) -> None:
    chat, other = tenant.chat("A"), tenant.chat("B")
    child = tenant.results(f"{tenant.path(other)}/ChatActivityBTDReference")[0]["ObjectID"]
    assert tenant.get(f"{tenant.path(chat)}/ChatActivityBTDReference('{child}')").status_code == 404


def test_links_of_a_navigation_are_listed(tenant: TenantClient) -> None:
    chat = tenant.chat()
    found = tenant.results(f"{tenant.path(chat)}/$links/ChatActivityBTDReference")
    assert [list(link) for link in found] == [["uri"]]


def test_children_repeat_their_parents_fields(tenant: TenantClient) -> None:
    chat = tenant.chat()
    row = tenant.results("/chatactivity/ChatActivityBTDReferenceCollection")[0]
    assert (row["ParentObjectID"], row["ChatActivityID"], row["ChatActivityTypeCodeText"]) == (
        chat,
        "1000000",
        "Chat",
    )


def test_select_returns_only_what_it_names(tenant: TenantClient) -> None:
    chat = tenant.chat()
    row = tenant.results(f"{tenant.path(chat)}?$select=ObjectID,TypeCode")
    assert set(row) == {"__metadata", "ObjectID", "TypeCode"}


def test_select_reaches_into_an_expanded_navigation(tenant: TenantClient) -> None:
    chat = tenant.chat()
    tenant.attach(chat)
    path = f"{tenant.path(chat)}?$select=ID,ChatActivityAttachment/Name&$expand=ChatActivityAttachment"
    row = tenant.results(path)
    assert set(row) == {"__metadata", "ID", "ChatActivityAttachment"}
    assert set(row["ChatActivityAttachment"][0]) == {"__metadata", "Name"}


@pytest.mark.parametrize(
    "query",
    [
        "$select=Nothing",
        "$select=ChatActivityAttachment/Name",
        "$expand=Nothing",
        "$expand=ChatActivityAttachment/Nothing",
        "$expand=/",
        "$top=-1",
        "$top=x",
        "$skip=1.5",
        "$skiptoken=abc",
        "$inlinecount=some",
        "$format=csv",
        "$nothing=1",
        "$top=1&$top=2",
        "$filter=%FF",
    ],
)
def test_a_bad_query_option_is_refused(tenant: TenantClient, query: str) -> None:
    assert tenant.get(f"{CHATS}?{query}").status_code == 400


def test_feed_options_on_one_entity_are_refused_and_foreign_options_ignored(tenant: TenantClient) -> None:
    path = tenant.path(tenant.chat())
    assert tenant.get(f"{path}?$top=1").status_code == 400
    assert tenant.get(f"{path}?sap-language=EN&saml2=disabled").status_code == 200


def test_encoded_option_names_and_plus_signs_are_understood(tenant: TenantClient) -> None:
    tenant.chat(Subject="a b")
    assert len(tenant.results(f"{CHATS}?%24filter=SubjectName+eq+%27a%20b%27")) == 1


@pytest.fixture
def five(make_tenant: MakeTenant) -> TenantClient:
    """Five chats in pages of two; of four with ``$top``, of three with ``$expand``."""
    tenant = make_tenant(page_size=2, top_page_size=4, expand_page_size=3)
    for number in range(5):
        tenant.chat(f"REF{number}", Subject=f"S{number}")
    return tenant


def follow(tenant: TenantClient, path: str) -> list[list[str]]:
    """Subjects page by page along ``__next``."""
    pages = []
    while path:
        document = tenant.get(path).get_json()["d"]
        pages.append([r["SubjectName"] for r in document["results"]])
        path = document.get("__next", "").partition("/sap/c4c/odata/v1")[2]
    return pages


@pytest.mark.parametrize(
    ("query", "pages"),
    [
        ("", [["S0", "S1"], ["S2", "S3"], ["S4"]]),
        ("?$top=3", [["S0", "S1", "S2"]]),
        ("?$top=5", [["S0", "S1", "S2", "S3"], ["S4"]]),
        ("?$expand=ChatActivityParties", [["S0", "S1", "S2"], ["S3", "S4"]]),
        ("?$expand=ChatActivityParties&$top=4", [["S0", "S1", "S2"], ["S3"]]),
        ("?$top=2", [["S0", "S1"]]),
        ("?$skip=2&$orderby=SubjectName", [["S2", "S3"], ["S4"]]),
        ("?$filter=SubjectName ne 'S0'&$select=SubjectName", [["S1", "S2"], ["S3", "S4"]]),
        ("?$top=0", [[]]),
        ("?$skip=9", [[]]),
    ],
)
def test_next_links_lead_through_all_pages_once(five: TenantClient, query: str, pages: list[Any]) -> None:
    assert follow(five, CHATS + query) == pages


def test_the_next_link_counts_from_one_and_keeps_the_other_options(five: TenantClient) -> None:
    link = five.get(f"{CHATS}?$select=ID").get_json()["d"]["__next"]
    assert link.startswith(f"https://{five.host}/sap/c4c/odata/v1{CHATS}/?$skiptoken=3&")
    assert link.endswith("$select=ID")


def test_without_next_links_in_json_a_client_is_left_with_the_first_page(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(page_size=1, json_next_link=False)
    tenant.chat("A")
    tenant.chat("B")
    assert list(tenant.get(CHATS).get_json()["d"]) == ["results"]


def test_the_default_page_is_a_thousand(tenant: TenantClient) -> None:
    chat = tenant.chat()
    state = tenant.state
    parent = state.rows.all("ChatActivityCollection")[0]
    for number in range(1001):
        tenant.call("POST", f"{tenant.path(chat)}/ChatActivityTextCollection", json={"Text": str(number)})
    assert parent.object_id == chat
    document = tenant.get("/chatactivity/ChatActivityTextCollectionCollection").get_json()["d"]
    assert len(document["results"]) == 1000
    assert "$skiptoken=1001" in document["__next"]


@pytest.fixture(scope="module")
def many(shared_tenant: TenantClient) -> TenantClient:
    """More chats than any page has."""
    rows = [{"set": "ChatActivityCollection", "values": {"SubjectName": f"S{n}"}} for n in range(5003)]
    assert shared_tenant.control("seed", {"rows": rows}).status_code == 201
    return shared_tenant


def test_an_expanded_list_comes_in_pages_of_a_hundred_and_a_client_without_next_links_loses_rows(
    many: TenantClient,
) -> None:
    pages = follow(many, f"{CHATS}?$expand=ChatActivityParties&$select=SubjectName,ChatActivityParties&$top=250")
    assert [len(page) for page in pages] == [100, 100, 50]
    assert [name for page in pages for name in page] == [f"S{n}" for n in range(250)]
    unlimited = many.get(f"{CHATS}?$expand=ChatActivityParties").get_json()["d"]
    assert (len(unlimited["results"]), "$skiptoken=101" in unlimited["__next"]) == (100, True)


@pytest.mark.off_contract(reason="answers that are longer than the recorder keeps")
def test_top_brings_up_to_five_thousand_rows_in_one_answer(many: TenantClient) -> None:
    sizes = {top: many.get(f"{CHATS}?$select=ObjectID&$top={top}").get_json()["d"] for top in (1001, 5000, 5003)}
    assert {top: len(page["results"]) for top, page in sizes.items()} == {1001: 1001, 5000: 5000, 5003: 5000}
    assert [top for top, page in sizes.items() if "__next" in page] == [5003]


def test_the_count_is_a_string_and_is_written_on_request_only(five: TenantClient) -> None:
    assert five.get(f"{CHATS}?$inlinecount=allpages&$top=1").get_json()["d"]["__count"] == "5"
    assert "__count" not in five.get(f"{CHATS}?$inlinecount=none").get_json()["d"]


def test_without_code_descriptions_no_text_members_come(tenant: TenantClient) -> None:
    chat = tenant.chat()
    row = tenant.results(tenant.path(chat), {"odata-no-codedescs": "true"})
    assert row["TypeCode"] == "1976"
    assert "TypeCodeText" not in row


def test_dates_are_ticks_numbers_are_strings_and_unset_is_empty_or_null(tenant: TenantClient) -> None:
    row = tenant.results(tenant.path(tenant.chat()))
    assert row["ActualStartDateTime"].startswith("/Date(")
    assert (row["CompletionPercent"], row["ExternalName"], row["CompletionDateTime"]) == ("0.00", "", None)


@pytest.mark.parametrize(("escaped", "written", "other"), [(True, '"\\/Date(', '"/Date('), (False, '"/Date(', "\\/")])
def test_slashes_in_dates_are_escaped_unless_the_dialect_says_no(
    make_tenant: MakeTenant, escaped: bool, written: str, other: str
) -> None:
    tenant = make_tenant()
    path = tenant.path(tenant.chat())
    if not escaped:
        tenant.dialect(escape_date_slashes=False)
    raw = tenant.get(path).text
    assert written in raw
    assert other not in raw


def test_code_lists_read_like_any_set_and_cannot_be_written(tenant: TenantClient) -> None:
    path = "/chatactivity/ChatActivityLifeCycleStatusCodeCollection"
    assert tenant.results(f"{path}('3')")["Description"] == "Completed"
    assert tenant.results(f"{path}?$filter=Description eq 'Open'")[0]["Code"] == "1"
    assert tenant.call("POST", path, json={"Code": "9"}).status_code == 405
    assert tenant.call("DELETE", f"{path}('3')").status_code == 405
    assert tenant.call("PATCH", f"{path}('3')", json={"Description": "x"}).status_code == 405


def test_a_contextual_code_list_has_two_keys(tenant: TenantClient) -> None:
    path = "/chatactivity/ChatActivityAttachmentFolderTypeCodeCollection"
    assert tenant.results(f"{path}(Context='',Code='10001')")["Code"] == "10001"
    assert tenant.get(f"{path}('10001')").status_code == 400


def test_the_umbrella_service_has_the_same_entities(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    tenant.control(
        "communication-arrangements",
        {"user": tenant.user, "password": tenant.password, "services": ["c4codataapi"]},
    )
    chat = tenant.chat()
    row = tenant.results(f"/c4codataapi/ChatActivityCollection('{chat}')")
    assert row["__metadata"]["type"] == "c4codataapi.ChatActivity"


def test_head_answers_like_get_without_a_body(tenant: TenantClient) -> None:
    for path in ("/chatactivity/", "/chatactivity/$metadata", CHATS):
        got, head = tenant.get(path), tenant.call("HEAD", path)
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["Content-Length"] == got.headers["Content-Length"]
