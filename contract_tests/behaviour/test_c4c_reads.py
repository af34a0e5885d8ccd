"""Reads of C4C. Every test runs on the mock and on a tenant."""

from __future__ import annotations

import re
from typing import Any

import pytest

from attachment_lab.probe.edm import Edm, read_edm
from attachment_lab.probe.requests.c4c import SERVICES, STRICT, UNASSIGNED_ID

pytestmark = [pytest.mark.stack, pytest.mark.system("c4c")]
CHATS = "/ChatActivityCollection"


@pytest.fixture
def edm(subject: Any) -> Edm:
    """The model of the service chatactivity."""
    return read_edm(subject.c4c("/$metadata", headers={"Accept": "application/xml"}).body)


@pytest.fixture
def chat(subject: Any) -> str:
    """Path of the contact's activity."""
    options = {"$filter": f"ID eq '{subject.target.contact_id}'", "$select": "ParentObjectID"}
    [row] = subject.c4c("/ChatActivityBTDReferenceCollection", options).rows
    return f"{CHATS}('{row['ParentObjectID']}')"


@pytest.mark.verifies("c4c.basic-auth")
def test_without_credentials_c4c_challenges_for_basic_authentication(subject: Any) -> None:
    answer = subject.c4c("/", credentials="none")
    assert answer.status == 401
    assert answer.headers["www-authenticate"].lower().startswith("basic")


@pytest.mark.parametrize("service", SERVICES)
def test_the_service_document_names_the_entity_sets(subject: Any, service: str) -> None:
    answer = subject.c4c("/", service=service)
    assert answer.status == 200
    assert all(isinstance(name, str) for name in answer.json()["d"]["EntitySets"])


@pytest.mark.verifies("c4c.root_without_slash")
def test_the_service_root_needs_its_slash(subject: Any) -> None:
    assert subject.c4c("").status == 404


@pytest.mark.verifies("c4c.unticked_service_status")
def test_a_service_that_is_not_selected_is_forbidden(subject: Any) -> None:
    assert subject.c4c("/", service="c4codataapi").status == 403


@pytest.mark.verifies("c4c.catalog")
def test_the_catalog_lists_services(subject: Any) -> None:
    assert subject.c4c("/ODataServiceCollection", {"$format": "json"}, service="odataservicecatalog").rows


@pytest.mark.verifies("c4c.metadata-shape")
def test_metadata_is_named_after_its_service_and_leads_from_the_chat_to_its_files(edm: Edm) -> None:
    assert edm.namespace == "chatactivity"
    nav = edm.attachment_nav("ChatActivityCollection")
    assert nav is not None
    assert nav.entity_set


@pytest.mark.verifies("c4c.attachment_title_creatable")
def test_the_title_of_an_attachment_can_be_set(edm: Edm) -> None:
    nav = edm.attachment_nav("ChatActivityCollection")
    assert nav is not None
    assert nav.properties["Title"].creatable


@pytest.mark.verifies("c4c.attachment_back_navigation")
def test_attachments_have_no_navigation_back_to_their_chat(edm: Edm) -> None:
    nav = edm.attachment_nav("ChatActivityCollection")
    assert nav is not None
    assert not nav.back_navigations


@pytest.mark.verifies("c4c.metadata_labels")
def test_labels_are_returned_on_request(subject: Any, edm: Edm) -> None:
    assert not any(p.label for kind in edm.types.values() for p in kind.properties.values())
    labelled = subject.c4c("/$metadata", {"sap-label": "true"}, headers={"Accept": "application/xml"})
    assert any(p.label for kind in read_edm(labelled.body).types.values() for p in kind.properties.values())


@pytest.mark.verifies("c4c.reference_kept_in", "service.c4c.lookups")
def test_the_chat_is_found_by_the_contact_id_in_its_reference(chat: str) -> None:
    assert re.fullmatch(r"/ChatActivityCollection\('[0-9A-F]+'\)", chat)


@pytest.mark.verifies("c4c.string_eq_ignores_case")
def test_case_counts_in_a_filter(subject: Any) -> None:
    options = {"$filter": f"ID eq '{subject.target.contact_id.lower()}'", "$select": "ObjectID"}
    assert subject.c4c("/ChatActivityBTDReferenceCollection", options).rows == []


@pytest.mark.verifies("c4c.quirk-a")
def test_a_single_entity_is_in_d_results(subject: Any, chat: str) -> None:
    assert isinstance(subject.c4c(chat).json()["d"]["results"], dict)


@pytest.mark.verifies("c4c.quirk-c")
def test_the_strict_header_puts_the_entity_into_d(subject: Any, chat: str) -> None:
    assert "__metadata" in subject.c4c(chat, headers=STRICT).json()["d"]


@pytest.mark.verifies("c4c.quirk-b")
def test_an_expanded_navigation_is_a_bare_array(subject: Any, chat: str) -> None:
    expanded = subject.c4c(chat, {"$expand": "ChatActivityBTDReference"}).entity["ChatActivityBTDReference"]
    assert isinstance(expanded, list)


@pytest.mark.verifies("c4c.etag")
def test_an_entity_has_a_weak_etag_in_header_and_body(subject: Any, chat: str) -> None:
    answer = subject.c4c(chat)
    about = answer.entity["__metadata"]
    assert answer.headers["etag"] == about["etag"]
    assert about["etag"].startswith("W/\"datetimeoffset'")


@pytest.mark.verifies("c4c.link_scheme")
def test_links_are_https(subject: Any, chat: str) -> None:
    assert subject.c4c(chat).entity["__metadata"]["uri"].startswith("https://")


@pytest.mark.verifies("c4c.conditional_reads")
def test_an_unchanged_entity_is_not_sent_again(subject: Any, chat: str) -> None:
    etag = subject.c4c(chat).headers["etag"]
    assert subject.c4c(chat, headers={"If-None-Match": etag}).status == 304


@pytest.mark.verifies("c4c.escape_date_slashes")
def test_dates_are_ticks_and_their_slashes_are_escaped(subject: Any, chat: str) -> None:
    body = subject.c4c(chat).body
    assert re.search(rb'"\\/Date\(\d+\)\\/"', body)
    assert b'"/Date' not in body


@pytest.mark.verifies("c4c.no-codedescs")
def test_descriptions_of_codes_can_be_left_out(subject: Any, chat: str) -> None:
    assert "TypeCodeText" in subject.c4c(chat).entity
    assert "TypeCodeText" not in subject.c4c(chat, headers={"odata-no-codedescs": "true"}).entity


@pytest.mark.verifies("c4c.gzip_replies")
def test_documents_are_compressed_for_a_client_that_accepts_it(subject: Any, chat: str) -> None:
    assert subject.c4c(chat, headers={"Accept-Encoding": "gzip"}).headers.get("content-encoding") == "gzip"


@pytest.mark.verifies("c4c.atom_property_types")
def test_atom_is_supported_without_types(subject: Any, chat: str) -> None:
    answer = subject.c4c(chat, headers={"Accept": "application/atom+xml"})
    assert b"properties" in answer.body
    assert b"m:type=" not in answer.body


def test_a_feed_returns_its_row_count_as_a_string_on_request(subject: Any) -> None:
    document = subject.c4c(CHATS, {"$select": "ObjectID", "$top": "1", "$inlinecount": "allpages"}).json()["d"]
    assert document["__count"].isdigit()
    assert len(document["results"]) <= 1


def test_top_and_skip_page_through_a_feed(subject: Any) -> None:
    options = {"$select": "ObjectID", "$orderby": "ObjectID", "$top": "2"}
    pair = [row["ObjectID"] for row in subject.c4c(CHATS, options).rows]
    second = subject.c4c(CHATS, {**options, "$top": "1", "$skip": "1"}).rows
    assert [row["ObjectID"] for row in second] == pair[1:]


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param("substringof('probe',SubjectName)", marks=pytest.mark.verifies("c4c.filter_substringof")),
        pytest.param(
            f"ID eq '{UNASSIGNED_ID}' or SubjectName eq '{UNASSIGNED_ID}'",
            marks=pytest.mark.verifies("c4c.filter_or_across_properties"),
        ),
        pytest.param(f"not (ID eq '{UNASSIGNED_ID}')", marks=pytest.mark.verifies("c4c.filter_not")),
        pytest.param("length(ID) eq 1", marks=pytest.mark.verifies("c4c.filter-grammar")),
        pytest.param("ETag eq null", marks=pytest.mark.verifies("c4c.filter_on_not_filterable")),
    ],
)
def test_what_is_not_documented_for_a_filter_is_refused(subject: Any, condition: str) -> None:
    assert subject.c4c(CHATS, {"$filter": condition, "$select": "ObjectID", "$top": "1"}).status == 400


def test_or_joins_conditions_on_one_property(subject: Any) -> None:
    contact = subject.target.contact_id
    options = {"$filter": f"ID eq '{contact}' or ID eq '{UNASSIGNED_ID}'", "$select": "ObjectID"}
    assert len(subject.c4c("/ChatActivityBTDReferenceCollection", options).rows) == 1


@pytest.mark.verifies("c4c.search")
def test_a_search_finds_whole_words_with_a_wildcard_and_in_single_quotes(subject: Any, chat: str) -> None:
    number = subject.c4c(chat).entity["ID"]
    found = {
        term: len(subject.c4c(CHATS, {"$search": term, "$select": "ObjectID"}).rows)
        for term in (number, f"'{number}'", f"{number[:-1]}*", number[:-1])
    }
    assert found[number] == found[f"'{number}'"] >= 1
    assert found[f"{number[:-1]}*"] >= found[number]
    assert found[number[:-1]] == 0


@pytest.mark.verifies("c4c.search_double_quotes")
def test_double_quotes_in_a_search_are_refused(subject: Any, chat: str) -> None:
    number = subject.c4c(chat).entity["ID"]
    assert subject.c4c(CHATS, {"$search": f'"{number}"', "$select": "ObjectID"}).status == 400


@pytest.mark.verifies("c4c.empty-error-code")
def test_an_unknown_key_is_404_with_an_empty_code(subject: Any) -> None:
    answer = subject.c4c(f"{CHATS}('{UNASSIGNED_ID}')")
    assert answer.status == 404
    assert answer.json()["error"]["code"] == ""
    assert answer.json()["error"]["message"].keys() == {"lang", "value"}


@pytest.mark.verifies("c4c.error_innererror")
def test_an_error_has_a_code_and_a_message_and_nothing_else(subject: Any) -> None:
    assert subject.c4c(f"{CHATS}('{UNASSIGNED_ID}')").json()["error"].keys() == {"code", "message"}


def test_an_unknown_set_is_404(subject: Any) -> None:
    assert subject.c4c("/NoSuchCollection").status == 404


def test_an_unknown_property_is_refused(subject: Any) -> None:
    assert subject.c4c(CHATS, {"$select": "NoSuchProperty", "$top": "1"}).status == 400


@pytest.mark.verifies("c4c.version")
def test_a_version_above_two_is_refused(subject: Any) -> None:
    assert subject.c4c(CHATS, {"$top": "1"}, headers={"DataServiceVersion": "3.0"}).status == 400


@pytest.mark.verifies("c4c.head_fetch_on_navigation")
def test_a_token_request_below_an_entity_is_answered_as_a_read(subject: Any, chat: str) -> None:
    nav = f"{chat}/ChatActivityAttachment"
    assert subject.c4c(nav, method="HEAD", headers={"x-csrf-token": "fetch"}).status == 200


@pytest.mark.verifies("c4c.csrf_token_on_errors")
def test_a_refused_read_returns_a_token_too(subject: Any) -> None:
    answer = subject.c4c("/$batch", headers={"x-csrf-token": "fetch"})
    assert answer.status == 405
    assert answer.headers["x-csrf-token"].lower() not in {"", "required"}


def test_attachments_are_listed_below_their_chat(subject: Any, chat: str) -> None:
    answer = subject.c4c(f"{chat}/ChatActivityAttachment", {"$select": "ObjectID,Name,SizeInkB"})
    assert answer.status == 200
    assert isinstance(answer.json()["d"]["results"], list)


@pytest.mark.wrong_password("c4c")
def test_a_wrong_password_is_401_and_does_not_lock_at_once(trying: Any) -> None:
    tried = trying("c4c")
    assert tried.c4c("/", credentials="wrong_password").status == 401
    assert tried.c4c("/").status == 200
