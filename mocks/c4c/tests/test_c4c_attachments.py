"""Attachments: what goes in comes out, what C4C refuses is refused, nothing is half stored."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from c4c_caller import MakeTenant, TenantClient

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def test_a_created_file_comes_back_byte_for_byte(tenant: TenantClient) -> None:
    content = bytes(range(256)) * 1000
    answer = tenant.attach(tenant.chat(), content, MimeType="application/octet-stream")
    assert answer.status_code == 201
    assert tenant.stored()[0]["sha256"] == hashlib.sha256(content).hexdigest()
    back = tenant.get(f"{tenant.file_path()}/Binary/$value")
    assert back.data == content
    assert back.headers["Content-Type"] == "application/octet-stream"
    assert back.headers["Content-Length"] == str(len(content))


def test_the_echo_of_a_create_has_the_file_its_size_in_bytes_and_its_link(tenant: TenantClient) -> None:
    content = b"x" * 37
    echo = tenant.attach(tenant.chat(), content).get_json()["d"]["results"]
    assert base64.b64decode(echo["Binary"]) == content
    assert echo["SizeInkB"] == "37.00000000000000"
    assert echo["CategoryCodeText"] == "Document"
    assert echo["TypeCodeText"] == ""
    assert echo["UUID"].replace("-", "") == echo["ObjectID"]
    assert echo["DocumentLink"].endswith(f"ChatActivityAttachmentCollection('{echo['ObjectID']}')/Binary/$value")


def test_without_response_payload_only_the_location_comes_back(tenant: TenantClient) -> None:
    answer = tenant.attach(tenant.chat(), headers={"odata-no-response-payload": "true"})
    assert (answer.status_code, answer.data) == (201, b"")
    path = answer.headers["Location"].partition("/sap/c4c/odata/v1")[2]
    assert tenant.results(path + "?$select=Name")["Name"] == "a.txt"


def test_the_flat_form_with_parent_object_id_works_too(tenant: TenantClient) -> None:
    chat = tenant.chat()
    body = {"ParentObjectID": chat, "Name": "b", "TypeCode": "10001", "CategoryCode": "2", "Binary": "QUJD"}
    answer = tenant.call("POST", "/chatactivity/ChatActivityAttachmentCollection", json=body)
    assert answer.status_code == 201
    assert tenant.stored()[0]["parent_object_id"] == chat


def test_the_flat_form_is_refused_where_the_parent_is_not_creatable(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(parent_object_id_creatable=False)
    body = {"ParentObjectID": tenant.chat(), "Name": "b", "TypeCode": "10001", "CategoryCode": "2", "Binary": "QUJD"}
    answer = tenant.call("POST", "/chatactivity/ChatActivityAttachmentCollection", json=body)
    assert answer.status_code == 400
    assert tenant.stored() == []


@pytest.mark.parametrize("parent", [None, "", "00000000000000000000000000000000"])
def test_a_flat_create_without_a_known_parent_is_refused(tenant: TenantClient, parent: str | None) -> None:
    body = {"Name": "b", "TypeCode": "10001", "CategoryCode": "2", "Binary": "QUJD"}
    body.update({} if parent is None else {"ParentObjectID": parent})
    answer = tenant.call("POST", "/chatactivity/ChatActivityAttachmentCollection", json=body)
    assert answer.status_code == 400


def test_a_parent_in_the_body_that_contradicts_the_path_is_refused(tenant: TenantClient) -> None:
    answer = tenant.attach(tenant.chat(), ParentObjectID="0" * 32)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"CategoryCode": None},
        {"CategoryCode": "9"},
        {"CategoryCode": "3"},
        {"CategoryCode": "3", "Binary": None},
        {"Binary": None},
        {"Binary": "not base64!"},
        {"Binary": "QUJD\n"},
        {"Binary": 5},
        {"Binary": ["QUJD"]},
        {"Binary": {"Binary": "QUJD"}},
        {"TypeCode": "99999"},
        {"TypeCode": "1234567"},
        {"Colour": "red"},
        {"TypeCode": None},
        {"SizeInkB": "5"},
        {"CreatedBy": "me"},
        {"CategoryCodeText": "Document"},
        {"ETag": "/Date(0)/"},
        {"ChatActivityID": "5"},
        {"Name": 5},
        {"OutputRelevanceIndicator": "yes"},
    ],
)
def test_a_bad_attachment_is_refused_in_c4cs_form_and_nothing_is_stored(
    tenant: TenantClient, change: dict[str, Any]
) -> None:
    answer = tenant.attach(tenant.chat(), **change)
    assert answer.status_code == 400, answer.text
    assert answer.get_json()["error"]["code"] == ""
    assert tenant.stored() == []
    assert list(tenant.state.spool.directory.glob("*.blob")) == []


def test_a_link_is_stored_without_content(tenant: TenantClient) -> None:
    answer = tenant.attach(tenant.chat(), CategoryCode="3", Binary=None, LinkWebURI="https://example.com", Title="T")
    assert answer.status_code == 201
    assert answer.get_json()["d"]["results"]["Binary"] is None
    assert tenant.get(f"{tenant.file_path()}/Binary/$value").status_code == 404


def test_an_object_id_in_the_body_is_ignored(tenant: TenantClient) -> None:
    answer = tenant.attach(tenant.chat(), ObjectID="A" * 32)
    assert answer.status_code == 201
    assert answer.get_json()["d"]["results"]["ObjectID"] != "A" * 32


def test_an_empty_file_is_a_file_unless_the_dialect_refuses_it(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    chat = tenant.chat()
    assert tenant.attach(chat, b"").status_code == 201
    tenant.dialect(empty_binary=False)
    assert tenant.attach(chat, b"").status_code == 400
    assert len(tenant.stored()) == 1


def test_a_file_above_the_limit_is_refused_and_one_at_the_limit_is_not(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(max_attachment_bytes=1000)
    chat = tenant.chat()
    assert tenant.attach(chat, b"x" * 1000).status_code == 201
    assert tenant.attach(chat, b"x" * 1001).status_code == 400
    tenant.dialect(too_large_status=413)
    answer = tenant.attach(chat, b"x" * 1001)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"].startswith("text/html")
    assert len(tenant.stored()) == 1


def test_mime_lists_decide_what_is_accepted(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(mime_allow_list=["text/plain"], mime_refused_status=415)
    chat = tenant.chat()
    assert tenant.attach(chat).status_code == 201
    assert tenant.attach(chat, MimeType="application/x-msdownload").status_code == 415
    assert tenant.attach(chat, MimeType=None).status_code == 415


def test_the_virus_test_file_is_refused(tenant: TenantClient) -> None:
    answer = tenant.attach(tenant.chat(), EICAR)
    assert answer.status_code == 400
    assert tenant.stored() == []


def test_a_title_is_refused_where_the_dialect_says_it_is_not_creatable(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(attachment_title_creatable=False)
    assert tenant.attach(tenant.chat(), Title="key").status_code == 400


def test_a_completed_chat_accepts_no_attachment_where_the_dialect_says_so(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(attach_to_completed=False)
    chat = tenant.chat()
    assert tenant.attach(chat).status_code == 201
    tenant.control("cti", {"Type": "CHAT", "Action": "END", "ExternalReferenceID": tenant.guid})
    assert tenant.attach(chat).status_code == 400


@pytest.mark.parametrize("method", ["PUT", "PATCH", "MERGE"])
def test_an_attachment_cannot_be_changed(tenant: TenantClient, method: str) -> None:
    tenant.attach(tenant.chat())
    answer = tenant.call(method, tenant.file_path(), json={"Name": "other"})
    assert (answer.status_code, "Property Name" in answer.text) == (400, True)
    tenant.dialect(attachment_update_status=405)
    answer = tenant.call(method, tenant.file_path(), json={"Name": "other"})
    assert (answer.status_code, "DELETE" in answer.headers["Allow"]) == (405, True)
    assert tenant.stored()[0]["name"] == "a.txt"


def test_a_deleted_attachment_is_not_found(tenant: TenantClient) -> None:
    tenant.attach(tenant.chat())
    path = tenant.file_path()
    assert tenant.call("DELETE", path).status_code == 204
    assert tenant.get(path).status_code == 404
    assert tenant.stored() == []


def test_two_files_of_one_name_are_two_files(tenant: TenantClient) -> None:
    chat = tenant.chat()
    assert [tenant.attach(chat).status_code for _ in range(2)] == [201, 201]
    assert len({a["object_id"] for a in tenant.stored()}) == 2


@pytest.mark.parametrize(
    ("header", "status", "body", "content_range"),
    [
        ("bytes=0-1", 206, b"he", "bytes 0-1/5"),
        ("bytes=3-", 206, b"lo", "bytes 3-4/5"),
        ("bytes=-2", 206, b"lo", "bytes 3-4/5"),
        ("bytes=3-99", 206, b"lo", "bytes 3-4/5"),
        ("lines=1-2", 200, b"hello", None),
    ],
)
def test_ranges_of_a_file_are_served(
    tenant: TenantClient, header: str, status: int, body: bytes, content_range: str | None
) -> None:
    tenant.attach(tenant.chat())
    answer = tenant.get(f"{tenant.file_path()}/Binary/$value", {"Range": header})
    assert (answer.status_code, answer.data, answer.headers.get("Content-Range")) == (
        status,
        body,
        content_range,
    )


def test_a_range_outside_the_file_is_416(tenant: TenantClient) -> None:
    tenant.attach(tenant.chat())
    assert tenant.get(f"{tenant.file_path()}/Binary/$value", {"Range": "bytes=9-"}).status_code == 416


def test_a_deep_insert_files_attachments_with_their_chat(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(technical_users_create_interactions=True)
    files = [{"Name": n, "TypeCode": "10001", "CategoryCode": "2", "Binary": "QUJD"} for n in ("one", "two")]
    body = {"SubjectName": "deep", "ChatActivityAttachment": files, "ChatActivityBTDReference": [{"ID": "X"}]}
    answer = tenant.call("POST", "/chatactivity/ChatActivityCollection", json=body)
    assert answer.status_code == 201, answer.text
    assert [a["name"] for a in tenant.stored()] == ["one", "two"]
    assert {a["external_reference_id"] for a in tenant.stored()} == {"X"}


def test_a_deep_insert_with_one_bad_attachment_stores_nothing(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(technical_users_create_interactions=True)
    files = [
        {"Name": "good", "TypeCode": "10001", "CategoryCode": "2", "Binary": "QUJD"},
        {"Name": "bad", "TypeCode": "10001", "Binary": "QUJD"},
    ]
    body = {"SubjectName": "deep", "ChatActivityAttachment": files}
    assert tenant.call("POST", "/chatactivity/ChatActivityCollection", json=body).status_code == 400
    assert tenant.get("/chatactivity/ChatActivityCollection/$count").data == b"0"


def test_a_slow_commit_shows_the_file_only_after_its_delay(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    chat = tenant.chat()
    tenant.dialect(commit_delay_s=30)
    assert tenant.attach(chat).status_code == 201
    count = f"{tenant.path(chat)}/ChatActivityAttachment/$count"
    assert tenant.get(count).data == b"0"
    assert [each["committed"] for each in tenant.control("attachments", method="GET").get_json()] == [False]
    tenant.control("clock", {"advance_s": 31})
    assert tenant.get(count).data == b"1"
    assert [each["committed"] for each in tenant.control("attachments", method="GET").get_json()] == [True]


@pytest.mark.parametrize(
    ("content", "mime", "code"),
    [
        (base64.b64encode(b"%PDF-1.7 and so on and on"), "application/pdf", "double-base64"),
        (b"<!doctype html><html><body>502</body></html>", "image/png", "html-content"),
        (json.dumps({"message": "Forbidden", "path": "/x"}).encode(), "image/png", "json-content"),
        (b"%PDF-1.7 and so on", "image/png", "mime-mismatch"),
        (b"\x89PNG\r\n\x1a\n and so on", "image/jpeg", "mime-mismatch"),
        (b"%PDF-1.7" + b"x" * (65536 * 16 - 8), "application/pdf", "round-length"),
    ],
)
def test_a_suspicious_file_leaves_a_warning_in_the_journal(
    tenant: TenantClient, content: bytes, mime: str, code: str
) -> None:
    assert tenant.attach(tenant.chat(), content, MimeType=mime, Name="file").status_code == 201
    assert tenant.notes() == [code]


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (b"plain words, honestly", "text/plain"),
        (b"%PDF-1.7 and so on", "application/pdf"),
        (b"PK\x03\x04 word/", None),
    ],
)
def test_an_ordinary_file_leaves_no_warning(tenant: TenantClient, content: bytes, mime: str | None) -> None:
    tenant.attach(tenant.chat(), content, MimeType=mime)
    assert tenant.notes() == []
