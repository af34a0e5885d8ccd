"""$batch: reads one by one, change sets all or nothing."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable
from typing import Any

import pytest
from c4c_caller import TenantClient
from werkzeug.test import TestResponse

from c4c_mock.model.cti import DESKTOP
from c4c_mock.model.edm import entity_set
from c4c_mock.model.payloads import EntityPayload
from c4c_mock.tenant import C4CTenant

CRLF = "\r\n"


def request(method: str, url: str, body: Any = None, **headers: str) -> str:
    """One application/http part."""
    raw = json.dumps(body) if body is not None else ""
    lines = [f"{method} {url} HTTP/1.1", "Accept: application/json"]
    lines += [f"{n.replace('_', '-')}: {v}" for n, v in headers.items()]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(raw)}"]
    head = ["Content-Type: application/http", "Content-Transfer-Encoding: binary", "", *lines, "", raw]
    return CRLF.join(head)


def envelope(parts: Iterable[str], boundary: str = "batch_1") -> str:
    """A multipart body."""
    return "".join(f"--{boundary}{CRLF}{part}{CRLF}" for part in parts) + f"--{boundary}--{CRLF}"


def change_set(*parts: str) -> str:
    """A change set part."""
    return f"Content-Type: multipart/mixed; boundary=cs_1{CRLF}{CRLF}" + envelope(parts, "cs_1")


def send(
    tenant: TenantClient,
    *parts: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    service: str = "chatactivity",
) -> TestResponse:
    """POST a batch."""
    kind = {"Content-Type": "multipart/mixed; boundary=batch_1", **(headers or {})}
    data = envelope(parts) if body is None else body
    return tenant.call("POST", f"/{service}/$batch", kind, data=data)


def upload(chat: str, name: str = "a", **change: Any) -> str:
    """A part that creates an attachment."""
    body = {"ParentObjectID": chat, "Name": name, "TypeCode": "10001", "CategoryCode": "2", "Binary": "QUJD", **change}
    return request("POST", "ChatActivityAttachmentCollection", body)


def statuses(answer: TestResponse) -> list[int]:
    """Status lines of all parts, in order."""
    return [int(line.split()[1]) for line in answer.text.splitlines() if line.startswith("HTTP/1.1 ")]


def test_reads_and_a_change_set_are_answered_in_order(tenant: TenantClient) -> None:
    chat = tenant.chat()
    answer = send(
        tenant,
        request("GET", "ChatActivityCollection?$top=1"),
        change_set(upload(chat, "a"), upload(chat, "b")),
        request("GET", "ChatActivityAttachmentCollection/$count"),
        request("GET", "Nothing"),
    )
    assert answer.status_code == 202
    assert answer.headers["Content-Type"].startswith("multipart/mixed; boundary=")
    assert statuses(answer) == [200, 201, 201, 200, 404]
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert [a["name"] for a in tenant.stored()] == ["a", "b"]


def test_one_failure_undoes_the_whole_change_set_and_is_its_only_answer(tenant: TenantClient) -> None:
    chat = tenant.chat()
    rename = request("PATCH", f"ChatActivityCollection('{chat}')", {"SubjectName": "renamed"})
    drop = request("DELETE", f"ChatActivityBTDReferenceCollection('{reference_of(tenant)}')")
    answer = send(tenant, change_set(upload(chat), rename, drop, upload(chat, CategoryCode="9")))
    assert statuses(answer) == [400]
    assert tenant.stored() == []
    row = tenant.results(tenant.path(chat) + "?$expand=ChatActivityBTDReference")
    assert row["SubjectName"] != "renamed"
    assert [r["ID"] for r in row["ChatActivityBTDReference"]] == [tenant.guid]


def reference_of(tenant: TenantClient) -> str:
    """ObjectID of the one reference row."""
    rows = tenant.results("/chatactivity/ChatActivityBTDReferenceCollection")
    return str(rows[0]["ObjectID"])


def test_a_failed_change_set_does_not_stop_the_next_one(tenant: TenantClient) -> None:
    chat = tenant.chat()
    answer = send(tenant, change_set(upload(chat, CategoryCode="9")), change_set(upload(chat, "good")))
    assert statuses(answer) == [400, 201]
    assert [a["name"] for a in tenant.stored()] == ["good"]


def test_a_later_part_can_refer_to_an_entity_created_before_it(tenant: TenantClient) -> None:
    first = "Content-ID: 1\r\n" + request("POST", "PhoneCallCollection", {"Subject": "x"})
    second = request("POST", "$1/PhoneCallNotes", {"Text": "note"})
    answer = send(tenant, change_set(first, second), service="activity")
    assert statuses(answer) == [201, 201]
    assert statuses(send(tenant, change_set(request("POST", "$7/PhoneCallNotes", {})), service="activity")) == [400]


def test_writes_stand_in_change_sets_and_reads_outside(tenant: TenantClient) -> None:
    chat = tenant.chat()
    assert statuses(send(tenant, upload(chat))) == [400]
    assert statuses(send(tenant, change_set(request("GET", "ChatActivityCollection")))) == [400]
    assert tenant.stored() == []


def test_updates_and_deletes_answer_204_and_urls_may_be_absolute(tenant: TenantClient) -> None:
    chat = tenant.chat()
    tenant.attach(chat)
    drop = request("DELETE", "/sap/c4c/odata/v1" + tenant.file_path())
    change = request("POST", tenant.path(chat)[1:].partition("/")[2], {"SubjectName": "n"}, x_http_method="MERGE")
    answer = send(tenant, change_set(drop, change))
    assert statuses(answer) == [204, 204]
    assert "text/html" in answer.text


def test_the_document_link_of_a_create_in_a_batch_does_not_work_as_recorded(tenant: TenantClient) -> None:
    answer = send(tenant, change_set(upload(tenant.chat())))
    assert "/chatactivity/$batch/Binary/$value" in answer.text


def test_search_is_not_supported_in_a_batch(tenant: TenantClient) -> None:
    assert statuses(send(tenant, request("GET", "ChatActivityCollection?$search=x"))) == [400]


def test_a_part_without_accept_is_answered_in_atom(tenant: TenantClient) -> None:
    part = request("GET", "ChatActivityCollection").replace("Accept: application/json\r\n", "")
    assert "<feed" in send(tenant, part).text


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", "multipart/mixed; boundary=batch_1"),
        ("--batch_1\r\n", "multipart/mixed; boundary=batch_1"),
        ("nothing here", "multipart/mixed; boundary=batch_1"),
        (envelope(["Content-Type: text/plain\r\n\r\nx"]), "multipart/mixed; boundary=batch_1"),
        (
            envelope(["Content-Type: application/http\r\n\r\nNONSENSE\r\n\r\n"]),
            "multipart/mixed; boundary=batch_1",
        ),
        (envelope([change_set(change_set())]), "multipart/mixed; boundary=batch_1"),
        (envelope([request("GET", "ChatActivityCollection")]), "multipart/mixed"),
        (envelope([request("GET", "ChatActivityCollection")]), "application/json"),
    ],
)
def test_what_is_no_batch_is_refused(tenant: TenantClient, body: str, content_type: str) -> None:
    assert send(tenant, body=body, headers={"Content-Type": content_type}).status_code == 400


@pytest.mark.parametrize("url", ["$batch", "/elsewhere/X", "https://example.com/x", "../activity/PhoneCallCollection"])
def test_a_part_cannot_leave_its_service(tenant: TenantClient, url: str) -> None:
    assert statuses(send(tenant, request("GET", url)))[0] in {400, 404}


def test_line_feeds_alone_and_a_boundary_inside_the_file_are_read(tenant: TenantClient) -> None:
    chat = tenant.chat()
    body = envelope([change_set(upload(chat, "--cs_1 in the name"))]).replace(CRLF, "\n")
    assert statuses(send(tenant, body=body)) == [201]
    assert tenant.stored()[0]["name"] == "--cs_1 in the name"


@pytest.mark.parametrize("declared", ["1", "17", "5000", "nonsense"])
def test_the_length_that_a_part_declares_is_ignored(tenant: TenantClient, declared: str) -> None:
    part = request("POST", "PhoneCallCollection", {"Subject": "called"})
    part = re.sub(r"Content-Length: \d+", f"Content-Length: {declared}", part)
    assert statuses(send(tenant, change_set(part), service="activity")) == [201]
    assert '"Subject":"called"' in tenant.get("/activity/PhoneCallCollection").text


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/PhoneCallCollection", 200),
        ("/sap/c4c/odata/v1/activity/PhoneCallCollection", 200),
        ("https://my2554607.de1.crm.cloud.sap/sap/c4c/odata/v1/activity/PhoneCallCollection", 200),
        ("/sap/c4c/odata/v1/chatactivity/ChatActivityCollection", 400),
        ("https://elsewhere.example/PhoneCallCollection", 400),
        ("$batch", 400),
        ("/$batch", 400),
    ],
)
def test_an_address_in_a_part_is_relative_to_the_service_or_lies_within_it(
    tenant: TenantClient, url: str, status: int
) -> None:
    assert statuses(send(tenant, request("GET", url), service="activity")) == [status]


def test_a_verb_that_odata_lacks_and_a_bad_tunnel_are_refused_in_a_change_set(tenant: TenantClient) -> None:
    chat = tenant.chat()
    path = f"ChatActivityCollection('{chat}')"
    assert statuses(send(tenant, change_set(request("FOO", path, {"SubjectName": "x"})))) == [405]
    tunnel = request("POST", path, {"SubjectName": "x"}, X_HTTP_Method="FOO")
    assert statuses(send(tenant, change_set(tunnel))) == [400]
    tunnel = request("POST", path, {"SubjectName": "tunnelled"}, X_HTTP_Method="MERGE")
    assert statuses(send(tenant, change_set(tunnel))) == [204]
    assert tenant.get(f"{tenant.path(chat)}/SubjectName/$value").text == "tunnelled"


def test_a_failed_change_set_leaves_deleted_rows_where_they_were(tenant: TenantClient) -> None:
    chats = [tenant.chat(f"R{n}") for n in range(3)]
    delete = request("DELETE", f"ChatActivityCollection('{chats[1]}')")
    assert statuses(send(tenant, change_set(delete, request("DELETE", "ChatActivityCollection('x')")))) == [404]
    rows = tenant.results("/chatactivity/ChatActivityCollection?$select=ObjectID")
    assert [row["ObjectID"] for row in rows] == chats


def test_no_reader_sees_half_a_change_set(tenant: TenantClient) -> None:
    state = tenant.state
    counts: list[str] = []

    def count() -> None:
        counts.append(tenant.get("/activity/PhoneCallCollection/$count").text)

    with state.rows.all_or_nothing():
        store_call(state)
        reader = threading.Thread(target=count)
        reader.start()
        reader.join(0.2)
        store_call(state)
    reader.join(10)
    assert counts == ["2"]


def store_call(state: C4CTenant) -> None:
    """A phone call, stored by the model itself."""
    eset = entity_set("PhoneCallCollection")
    state.writer.create(EntityPayload(eset=eset, values={"Subject": "x"}), None, DESKTOP)


def test_a_read_may_have_spaces_in_its_address_as_in_the_guides_mass_query(tenant: TenantClient) -> None:
    tenant.chat(Subject="two words")
    line = "GET ChatActivityCollection?$format=json&$filter=SubjectName eq 'two words' or SubjectName eq 'x' HTTP/1.1"
    answer = send(tenant, f"Content-Type: application/http\r\n\r\n{line}\r\n\r\n\r\n")
    assert "HTTP/1.1 200" in answer.text
    assert answer.text.count('"SubjectName":"two words"') == 1
