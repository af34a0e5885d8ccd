"""What happens to a request on its way through the frame."""

from __future__ import annotations

import hashlib
import io
import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from parcel_mock import DIALECT, ParcelTenant
from werkzeug.test import Client

from mock_kit.app import WrappedApp, wrap
from mock_kit.faults import Fault
from mock_kit.faults.fault_proxy import FAULT_HEADER
from mock_kit.journal import JournalEntry
from mock_kit.mock import Mock
from mock_kit.tenants import MockTenant, Tenants

HOST = {"Host": "depot.example"}


def last(tenant: MockTenant) -> JournalEntry:
    return tenant.journal.list()[-1]


def send(client: Client, body: bytes = b"parcel", **more: Any) -> Any:
    return client.post("/parcels", data=body, headers=HOST, **more)


def test_both_bodies_are_counted_and_hashed(client: Client, depot: ParcelTenant) -> None:
    response = send(client, b"a parcel")
    seen = last(depot)
    assert (seen.request.size_bytes, seen.request.sha256) == (8, hashlib.sha256(b"a parcel").hexdigest())
    assert seen.response.sha256 == hashlib.sha256(response.data).hexdigest()
    assert (seen.method, seen.url, seen.host, seen.status) == ("POST", "/parcels", "depot.example", 201)


def test_a_streamed_reply_is_filed_before_its_last_byte_is_seen(client: Client, depot: ParcelTenant) -> None:
    send(client, b"x" * 300_000)
    reply = client.get("/parcels/1", headers=HOST, buffered=False)
    pieces = iter(reply.response)
    got = 0
    while got < 300_000:
        got += len(next(pieces))
    assert last(depot).response.size_bytes == 300_000


def test_a_reply_without_a_length_is_filed_when_it_ends(client: Client, depot: ParcelTenant) -> None:
    assert len(client.get("/stream?pieces=5", headers=HOST).data) == 40
    assert (last(depot).response.size_bytes, last(depot).response.complete) == (40, True)
    assert last(depot).url == "/stream?pieces=5"


def test_a_reply_the_caller_does_not_wait_for_is_noted(client: Client, depot: ParcelTenant) -> None:
    send(client, b"x" * 600_000)
    reply = client.get("/parcels/1", headers=HOST, buffered=False)
    next(iter(reply.response))
    reply.close()
    assert last(depot).response.complete is False
    assert [note.code for note in last(depot).notes] == ["reply_broke_off"]


def test_a_head_request_is_complete_without_a_body(client: Client, depot: ParcelTenant) -> None:
    client.head("/parcels", headers=HOST)
    assert (last(depot).response.size_bytes, last(depot).response.complete) == (0, True)


def test_a_body_the_application_ignored_is_drained_and_noted(client: Client, depot: ParcelTenant) -> None:
    client.post("/refuse", data=b"y" * 5000, headers=HOST)
    assert (last(depot).request.size_bytes, last(depot).request.complete) == (5000, True)
    assert [note.code for note in last(depot).notes] == ["body_not_read"]


def test_a_large_ignored_body_is_left_unread(client: Client, depot: ParcelTenant) -> None:
    client.post("/refuse", data=b"y" * 2_000_000, headers=HOST)
    assert (last(depot).request.size_bytes, last(depot).request.complete) == (0, False)


def test_a_body_that_waits_for_100_continue_is_not_drained(client: Client, depot: ParcelTenant) -> None:
    client.post("/refuse", data=b"y" * 5000, headers=HOST | {"Expect": "100-continue"})
    assert last(depot).request.size_bytes == 0


def test_an_upload_that_breaks_off_is_no_parcel(client: Client, depot: ParcelTenant) -> None:
    response = send(client, b"half", environ_overrides={"CONTENT_LENGTH": "100"})
    assert response.status_code == 400
    assert depot.parcels == []
    assert last(depot).request.complete is False


def test_a_chunked_body_is_read_to_the_servers_end_mark(client: Client, depot: ParcelTenant) -> None:
    environ = {"wsgi.input": io.BytesIO(b"chunky"), "wsgi.input_terminated": True}
    client.open("/parcels", method="POST", headers=HOST, environ_overrides=environ)
    assert last(depot).request.size_bytes == 6


def test_a_status_before_the_work_prevents_it(client: Client, depot: ParcelTenant) -> None:
    depot.faults.add(Fault(kind="status", params={"status": 429, "headers": {"Retry-After": "7"}}))
    response = send(client)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    assert depot.parcels == []


def test_a_status_after_the_work_only_hides_it(client: Client, depot: ParcelTenant) -> None:
    fault = depot.faults.add(Fault(kind="status", phase="after", params={"status": 504, "body": "late"}))
    response = send(client)
    assert (response.status_code, response.text) == (504, "late")
    assert len(depot.parcels) == 1
    assert (last(depot).fault, last(depot).status) == (fault.id, 504)


@pytest.mark.parametrize("offset", [0, 7, -1])
def test_a_flipped_byte_leaves_the_length_intact(client: Client, depot: ParcelTenant, offset: int) -> None:
    send(client, b"12345678")
    depot.faults.add(Fault(kind="flip_byte", params={"offset": offset}))
    response = client.get("/parcels/1", headers=HOST)
    expected = bytearray(b"12345678")
    expected[offset] ^= 1
    assert (response.data, response.headers["Content-Length"]) == (bytes(expected), "8")


def test_a_byte_flipped_on_the_way_in_is_stored_flipped(client: Client, depot: ParcelTenant) -> None:
    depot.faults.add(Fault(kind="flip_request_byte", params={"offset": 2, "xor": 255}))
    response = send(client, b"12345")
    assert response.json["sha256"] == hashlib.sha256(b"12" + bytes([ord("3") ^ 255]) + b"45").hexdigest()
    assert last(depot).request.sha256 == hashlib.sha256(b"12345").hexdigest()


@pytest.mark.parametrize("kind", ["flip_byte", "flip_request_byte"])
def test_a_flip_beyond_the_body_is_noted_as_without_effect(client: Client, depot: ParcelTenant, kind: str) -> None:
    depot.faults.add(Fault(kind=kind, params={"offset": 9999}))
    assert send(client).status_code == 201
    assert "fault_without_effect" in [note.code for note in last(depot).notes]


@pytest.mark.parametrize(("content_length", "declared"), [("kept", "8"), ("fixed", "3")])
def test_a_truncated_body_ends_early(client: Client, depot: ParcelTenant, content_length: str, declared: str) -> None:
    send(client, b"12345678")
    params = {"keep_bytes": 3, "content_length": content_length}
    depot.faults.add(Fault(kind="truncate_body", params=params))
    response = client.get("/parcels/1", headers=HOST)
    assert (response.data, response.headers["Content-Length"]) == (b"123", declared)


def test_a_wrong_type_changes_nothing_else(client: Client, depot: ParcelTenant) -> None:
    depot.faults.add(Fault(kind="wrong_type", params={"content_type": "text/html"}))
    response = client.get("/parcels", headers=HOST)
    assert (response.mimetype, response.data) == ("text/html", b'{"count":0}\n')


def test_reset_ends_a_planned_delay(
    client: Client, toy: WrappedApp[ParcelTenant], depot: ParcelTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = depot.faults.add(Fault(kind="latency", params={"delay_s": 3600}))
    waiting, wait = threading.Event(), depot.faults.wait

    def noticed(fault: Fault, seconds: float) -> bool:
        waiting.set()
        return wait(fault, seconds)

    monkeypatch.setattr(depot.faults, "wait", noticed)
    responses: list[int] = []
    caller = threading.Thread(target=lambda: responses.append(send(toy.test_client()).status_code))
    caller.start()
    assert waiting.wait(10)
    client.post("/_mock/reset")
    caller.join(10)
    assert (responses, fault.applied) == ([201], 1)


def test_a_request_to_no_tenant_is_answered_with_the_tenants_that_exist(
    client: Client, toy: WrappedApp[ParcelTenant]
) -> None:
    response = client.get("/parcels", headers={"Host": "nowhere.example", "Authorization": "Basic eDp5"})
    assert response.status_code == 421
    assert response.get_json()["errors"][0]["expected"] == "default (depot.example)"
    stray = client.get("/_mock/strays").get_json()["exchanges"][0]
    assert (stray["host"], stray["request_headers"]["Authorization"]) == ("nowhere.example", "***")


def test_control_answers_while_every_data_slot_is_taken(tmp_path: Path) -> None:
    entered, leave = threading.Event(), threading.Event()
    app = Flask("one slot")

    @app.get("/hang")
    def hang() -> Response:
        entered.set()
        leave.wait(10)
        return Response("done")

    tenants: Tenants[MockTenant] = Tenants()
    tenant = tenants.add(MockTenant(**MockTenant.parts("default", tmp_path)), ["h"])
    mock = Mock(
        name="hanging",
        tenants=tenants,
        tenant_of=lambda request: tenant,
        create_tenant=lambda body: tenant,
        reset_tenant=lambda tenant: None,
        dialect=DIALECT,
    )
    wrapped = wrap(app, mock, data_slots=1)
    hanging = threading.Thread(target=lambda: wrapped.test_client().get("/hang"))
    hanging.start()
    assert entered.wait(10)
    client = wrapped.test_client()
    refused = client.get("/hang")
    health = client.get("/_mock/health")
    while_it_runs = client.get("/_mock/tenants/default").get_json()["busy"]
    leave.set()
    hanging.join(10)
    assert (while_it_runs, client.get("/_mock/tenants/default").get_json()["busy"]) == (1, 0)
    assert (refused.status_code, refused.mimetype) == (503, "application/problem+json")
    assert health.status_code == 200
    assert client.get("/hang").status_code == 200


def test_a_slot_comes_back_when_a_reply_was_read(tmp_path: Path, toy: WrappedApp[ParcelTenant]) -> None:
    narrow = WrappedApp(toy.flask_app, toy.mock, data_slots=1)
    for _ in range(3):
        with narrow.test_client().get("/stream", headers=HOST) as response:
            assert (response.status_code, len(response.data)) == (200, 24)


def test_touched_evidence_is_listed_when_the_request_wants_it(client: Client, depot: ParcelTenant) -> None:
    response = client.post("/parcels", data=b"x", headers=HOST | {"X-Mock-Evidence": "1"})
    assert response.headers["X-Mock-Evidence"] == "parcel.counted;label=own"
    assert "X-Mock-Evidence" not in send(client).headers
    assert depot.evidence_hits() == {"parcel.counted": 2}
    assert last(depot).evidence == ["parcel.counted"]


def test_a_forged_fault_proxy_note_is_ignored(client: Client, depot: ParcelTenant) -> None:
    client.get("/parcels", headers=HOST | {FAULT_HEADER: "guessed f-1"})
    assert last(depot).fault is None
    assert FAULT_HEADER not in last(depot).request_headers


def test_a_mock_that_breaks_is_in_its_own_journal(toy: WrappedApp[ParcelTenant], depot: ParcelTenant) -> None:
    toy.flask_app.testing = True
    with pytest.raises(IndexError):
        toy.test_client().get("/parcels/7", headers=HOST)
    assert (last(depot).status, last(depot).notes[0].code) == (500, "mock_failed")
