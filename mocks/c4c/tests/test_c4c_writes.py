"""Writing: rights from $metadata, ETags, tunnelling, verbs, and bodies that are no bodies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from c4c_caller import MakeTenant, TenantClient

CHATS = "/chatactivity/ChatActivityCollection"
CALLS = "/activity/PhoneCallCollection"


@pytest.fixture
def call(tenant: TenantClient) -> str:
    """A phone call, created over OData; its path."""
    answer = tenant.call("POST", CALLS, json={"Subject": "first", "Phone": "+1"})
    assert answer.status_code == 201, answer.text
    return f"{CALLS}('{answer.get_json()['d']['results']['ObjectID']}')"


def test_a_created_entity_is_at_its_location_with_its_etag(tenant: TenantClient) -> None:
    answer = tenant.call("POST", CALLS, json={"Subject": "x"})
    path = answer.headers["Location"].partition("/sap/c4c/odata/v1")[2]
    got = tenant.get(path)
    assert got.get_json()["d"]["results"]["Subject"] == "x"
    assert got.headers["ETag"] == answer.headers["ETag"]
    assert got.get_json()["d"]["results"]["__metadata"]["etag"] == answer.headers["ETag"]


@pytest.mark.parametrize("method", ["PATCH", "MERGE"])
def test_a_merge_keeps_what_it_does_not_name(tenant: TenantClient, call: str, method: str) -> None:
    assert tenant.call(method, call, json={"Subject": "second"}).status_code == 204
    assert (tenant.results(call)["Subject"], tenant.results(call)["Phone"]) == ("second", "+1")


def test_a_put_resets_what_it_does_not_name(tenant: TenantClient, call: str) -> None:
    number = tenant.results(call)["ID"]
    assert tenant.call("PUT", call, json={"Subject": "second"}).status_code == 204
    assert (tenant.results(call)["Phone"], tenant.results(call)["ID"]) == ("", number)


@pytest.mark.parametrize("verb", ["MERGE", "PATCH", "PUT", "DELETE"])
def test_post_can_carry_another_verb(tenant: TenantClient, call: str, verb: str) -> None:
    body = None if verb == "DELETE" else {"Subject": "tunnelled"}
    assert tenant.call("POST", call, {"x-http-method": verb}, json=body).status_code == 204
    assert tenant.get(call).status_code == (404 if verb == "DELETE" else 200)


@pytest.mark.parametrize(("method", "verb"), [("POST", "GET"), ("POST", "NOTHING"), ("GET", "DELETE")])
def test_other_tunnels_are_refused(tenant: TenantClient, call: str, method: str, verb: str) -> None:
    assert tenant.call(method, call, {"x-http-method": verb}).status_code == 400


def test_a_matching_etag_lets_a_change_through_and_a_stale_one_does_not(tenant: TenantClient, call: str) -> None:
    old = tenant.get(call).headers["ETag"]
    assert old.startswith("W/\"datetimeoffset'20")
    assert old.endswith("0Z'\"")
    assert tenant.call("PATCH", call, {"If-Match": old}, json={"Subject": "2"}).status_code == 204
    assert tenant.call("PATCH", call, {"If-Match": old}, json={"Subject": "3"}).status_code == 412
    assert tenant.call("DELETE", call, {"If-Match": old}).status_code == 412
    assert tenant.call("PATCH", call, {"If-Match": "*"}, json={"Subject": "4"}).status_code == 204
    assert tenant.results(call)["Subject"] == "4"


def test_the_status_of_a_delete_is_the_dialects(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(delete_status=200)
    tenant.attach(tenant.chat())
    assert tenant.call("DELETE", tenant.file_path()).status_code == 200


def test_deleting_a_chat_deletes_its_parts(tenant: TenantClient) -> None:
    chat = tenant.chat()
    tenant.attach(chat)
    assert tenant.call("DELETE", tenant.path(chat)).status_code == 204
    assert tenant.stored() == []
    assert tenant.get("/chatactivity/ChatActivityBTDReferenceCollection/$count").text == "0"


@pytest.mark.parametrize("verb", ["PATCH", "PUT", "MERGE"])
def test_a_property_that_is_not_updatable_may_be_sent_back_but_not_changed(
    tenant: TenantClient, call: str, verb: str
) -> None:
    row = tenant.results(call)
    same = {
        "ID": row["ID"],
        "Subject": "again",
        "ETag": "/Date(0)/",
        "StatusText": "whatever",
        "UUID": row["UUID"],
    }
    assert tenant.call(verb, call, json=same).status_code == 204
    assert tenant.call(verb, call, json={"ID": "other"}).status_code == 400
    assert tenant.results(call)["ID"] == row["ID"]


def test_what_is_sent_as_null_is_not_set(tenant: TenantClient) -> None:
    nulls = dict.fromkeys(["ObjectID", "ID", "UUID", "CreatedOn", "ETag", "Status", "Account", "Phone"])
    made = tenant.call("POST", CALLS, json={"Subject": "x", **nulls}).get_json()["d"]["results"]
    assert (made["Status"], made["Account"], made["Phone"]) == ("", None, "")
    assert made["ID"] == "1000000"
    assert made["UUID"].replace("-", "") == made["ObjectID"]
    assert made["CreatedOn"].startswith("/Date(")
    path = f"{CALLS}('{made['ObjectID']}')"
    assert tenant.call("PATCH", path, json={"Subject": None}).status_code == 204
    assert tenant.results(path)["Subject"] == ""
    assert tenant.call("PATCH", path, json={"ID": None}).status_code == 400


def test_an_entity_as_read_can_be_sent_back_whole(tenant: TenantClient, call: str) -> None:
    assert tenant.call("PATCH", call, json=tenant.results(call)).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        {"Nothing": 1},
        {"Subject": 5},
        {"Subject": "x" * 766},
        {"InitiatorCode": "12"},
        {"StartDateTime": "yesterday"},
        {"StartDateTime": "/Date(99999999999999999)/"},
        {"Account": "no-guid"},
        {"PhoneCallNotes": [{"Text": 5}]},
        {"PhoneCallNotes": "text"},
        [],
        "text",
        None,
    ],
)
def test_a_bad_body_is_refused_and_creates_nothing(tenant: TenantClient, body: Any) -> None:
    answer = tenant.call("POST", CALLS, data=json.dumps(body), content_type="application/json")
    assert answer.status_code == 400, answer.text
    assert tenant.get(f"{CALLS}/$count").text == "0"


@pytest.mark.parametrize("value", ["1.234", "1000", "NaN", "Infinity", "x", True, []])
def test_a_number_that_does_not_fit_is_refused(make_tenant: MakeTenant, value: Any) -> None:
    tenant = make_tenant(technical_users_create_interactions=True)
    assert tenant.call("POST", CHATS, json={"CompletionPercent": value}).status_code == 400


@pytest.mark.parametrize(("value", "shown"), [("12.5", "12.50"), (7, "7.00"), (0.25, "0.25")])
def test_a_number_is_shown_with_its_scale(make_tenant: MakeTenant, value: Any, shown: str) -> None:
    tenant = make_tenant(technical_users_create_interactions=True)
    answer = tenant.call("POST", CHATS, json={"CompletionPercent": value})
    assert answer.get_json()["d"]["results"]["CompletionPercent"] == shown


@pytest.mark.parametrize("sent", ["/Date(1600000000000)/", "/Date(1600000000000+0060)/", "2020-09-13T12:26:40Z"])
def test_dates_are_read_as_ticks_or_iso(tenant: TenantClient, sent: str) -> None:
    answer = tenant.call("POST", CALLS, json={"StartDateTime": sent})
    assert answer.get_json()["d"]["results"]["StartDateTime"] == "/Date(1600000000000)/"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("text/plain", 415),
        ("", 415),
        ("application/json;charset=utf-16", 415),
        ("application/json; charset=UTF-8", 201),
        ("application/json;odata=verbose", 201),
        ("application/atom+xml", 400),
        ("application/atom+xml;charset=iso-8859-1", 415),
    ],
)
def test_the_content_type_decides_whether_a_body_is_read(tenant: TenantClient, content_type: str, status: int) -> None:
    answer = tenant.call("POST", CALLS, data=b'{"Subject":"x"}', content_type=content_type)
    assert answer.status_code == status


@pytest.mark.parametrize("raw", [b"", b"{", b'{"Subject":"x"', b'{"Subject":"\xff"}', b'{"Subject":"x","Subject":"y"}'])
def test_a_broken_body_is_refused(tenant: TenantClient, raw: bytes) -> None:
    assert tenant.call("POST", CALLS, data=raw, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PATCH", CALLS, 405),
        ("DELETE", CALLS, 405),
        ("POST", "/activity/", 405),
        ("POST", "/activity/$metadata", 405),
        ("POST", f"{CALLS}/$count", 405),
    ],
)
def test_a_verb_that_a_resource_does_not_take_is_refused(
    tenant: TenantClient, method: str, path: str, status: int
) -> None:
    assert tenant.call(method, path, json={}).status_code == status


def test_single_properties_and_links_cannot_be_written_yet(tenant: TenantClient, call: str) -> None:
    assert tenant.call("PUT", f"{call}/Subject", json={"Subject": "x"}).status_code == 501
    assert tenant.call("POST", f"{call}/$links/PhoneCallNotes", json={"uri": "x"}).status_code == 501
    assert tenant.call("POST", call, json={}).status_code == 405


def test_a_child_is_created_by_navigation_and_by_deep_insert(tenant: TenantClient, call: str) -> None:
    assert tenant.call("POST", f"{call}/PhoneCallNotes", json={"Text": "by navigation"}).status_code == 201
    body = {"Subject": "deep", "PhoneCallNotes": {"results": [{"Text": "one"}, {"Text": "two"}]}}
    assert tenant.call("POST", CALLS, json=body).status_code == 201
    notes = tenant.results("/activity/PhoneCallNotesCollection?$select=Text")
    assert [n["Text"] for n in notes] == ["by navigation", "one", "two"]


def test_binding_to_an_existing_entity_says_it_is_not_built(tenant: TenantClient) -> None:
    body = {"PhoneCallNotes": [{"__metadata": {"uri": "x"}}]}
    assert tenant.call("POST", CALLS, json=body).status_code == 501


def test_a_child_may_name_its_parent_by_its_address(tenant: TenantClient, call: str) -> None:
    uri = tenant.results(call)["__metadata"]["uri"]
    notes = "/activity/PhoneCallNotesCollection"
    assert tenant.call("POST", notes, json={"Text": "a", "PhoneCall": {"__metadata": {"uri": uri}}}).status_code == 201
    assert tenant.get(f"{call}/PhoneCallNotes/$count").text == "1"
    body: dict[str, Any] = {"PhoneCall": {"__metadata": {"uri": uri}}, "ParentObjectID": None}
    assert tenant.call("POST", notes, json=body).status_code == 201
    for other in (f"{uri}x", "VisitCollection('x')", "'"):
        body = {"Text": "a", "PhoneCall": {"__metadata": {"uri": other}}, "ParentObjectID": uri[-34:-2]}
        assert tenant.call("POST", notes, json=body).status_code == 400


def test_a_technical_user_creates_no_chat_and_a_business_user_does(tenant: TenantClient) -> None:
    assert tenant.call("POST", CHATS, json={"SubjectName": "x"}).status_code == 403
    tenant.control("users", {"user": "ada", "password": "Secret-1"})
    headers = {"Authorization": tenant.basic("ada", "Secret-1")}
    fetched = tenant.get("/chatactivity/", {**headers, "x-csrf-token": "fetch"})
    headers["x-csrf-token"] = fetched.headers["x-csrf-token"]
    assert tenant.call("POST", CHATS, headers, json={"SubjectName": "x"}).status_code == 201


def test_the_answer_to_a_create_follows_the_strict_header_unless_the_dialect_says_reads_only(
    make_tenant: MakeTenant,
) -> None:
    tenant = make_tenant()
    strict = {"odata-v2-strict-json-format": "true"}
    assert "Subject" in tenant.call("POST", CALLS, strict, json={}).get_json()["d"]
    tenant.dialect(post_follows_strict_header=False)
    assert "results" in tenant.call("POST", CALLS, strict, json={}).get_json()["d"]


def test_a_json_body_without_accept_is_answered_in_json(tenant: TenantClient) -> None:
    assert tenant.call("POST", CALLS, {"Accept": ""}, json={"Subject": "x"}).mimetype == "application/json"
