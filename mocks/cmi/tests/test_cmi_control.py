"""The control of chats, users and dialect: what it gives, and how it refuses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cmi_caller import HOST, KEY, PASSWORD, QUEUE, USER, Caller, basic

Make = Callable[..., Caller]
ORDER = {"name": "w2", "host": HOST, "tenant_path": "t2", "api_key": KEY, "user": USER, "password": PASSWORD}


def test_a_new_chat_gives_guid_legs_and_the_event_engines_contact(cmi: Caller) -> None:
    body = {"queue": QUEUE, "customer": {"name": "Alice", "email": "a@example.com"}, "language": "DE"}
    chat = cmi.control("/chats", body).get_json()
    contact = chat["contact"]
    assert len(chat["guid"]) == 32
    assert chat["leg_ids"] == [contact["id"]]
    assert contact["guid"] == chat["guid"]
    assert contact["queue"] == {"id": QUEUE["id"], "address": QUEUE["address"]}
    assert contact["agent"] is None
    assert (contact["language"], contact["source"]) == ("DE", "a@example.com")


def test_an_uploaded_attachment_is_answered_with_its_digest(cmi: Caller) -> None:
    content = bytes(range(256)) * 4000
    guid = cmi.chat()
    response = cmi.attach(guid, content, name="ü.bin", content_type="application/octet-stream")
    digest = hashlib.sha256(content).hexdigest()
    assert response.status_code == 201
    assert response.get_json() == {
        "id": response.get_json()["id"],
        "name": "ü.bin",
        "content_type": "application/octet-stream",
        "size_bytes": len(content),
        "sha256": digest,
    }
    kept = cmi.read("/attachments")
    assert [(a["chat_guid"], a["sha256"], a["originator_type"]) for a in kept] == [(guid, digest, "customer")]


def test_a_file_that_breaks_off_on_its_way_is_no_attachment(cmi: Caller) -> None:
    path = f"/_mock/chats/{cmi.chat()}/attachments?tenant=w&name=a.jpg"
    response = cmi.client.post(
        path, data=b"half", content_type="application/octet-stream", environ_overrides={"CONTENT_LENGTH": "8"}
    )
    assert response.status_code == 400
    assert cmi.read("/attachments") == []


def test_a_direct_chat_refuses_a_file_before_it_is_read(cmi: Caller) -> None:
    guid = cmi.chat(direct=True)
    response = cmi.attach(guid, b"bytes")
    assert response.status_code == 422
    assert response.get_json()["errors"][0]["field"] == "direct"
    assert cmi.read("/attachments") == []


def test_life_in_the_wrong_order_is_409(cmi: Caller) -> None:
    guid = cmi.chat()
    assert cmi.control(f"/chats/{guid}/accept").status_code == 409
    assert cmi.control(f"/chats/{guid}/wrap-up").status_code == 409
    assert cmi.control(f"/chats/{guid}/end").get_json()["status"] == "Ended"
    assert cmi.attach(guid, b"late").status_code == 409
    assert cmi.control(f"/chats/{guid}/wrap-up").get_json()["status"] == "Handled"
    assert cmi.control(f"/chats/{'0' * 32}/end").status_code == 404


def test_an_agent_who_accepts_may_be_named(cmi: Caller) -> None:
    guid = cmi.control("/chats", {}).get_json()["guid"]
    agent = {"id": "CC" * 16, "number": "77", "chat_address": "bob@chat.example"}
    assert cmi.control(f"/chats/{guid}/accept", {"agent": agent}).get_json()["contact"]["agent"] == agent


def test_messages_keep_who_said_what_in_which_leg(cmi: Caller) -> None:
    guid = cmi.chat()
    said = {"originator_type": "agent", "originator": "Bob", "message": "Hello"}
    assert cmi.control(f"/chats/{guid}/messages", said).status_code == 201
    message = cmi.read(f"/chats/{guid}")["messages"][0]
    assert (message["originator"], message["originator_type"], message["message"]) == (
        "Bob",
        "agent",
        "Hello",
    )
    assert message["leg_id"] == cmi.read(f"/chats/{guid}")["leg_ids"][0]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"direct": "no"}, "direct"),
        ({"queue": "Support"}, "queue"),
        ({"queue": {"name": "no id"}}, "id"),
        ({"direction": "sideways"}, "direction"),
        ({"priority": "high"}, "priority"),
        ({"customer": {"name": 7}}, "name"),
    ],
)
def test_a_chat_that_makes_no_sense_is_refused_by_field(cmi: Caller, body: dict[str, Any], field: str) -> None:
    response = cmi.control("/chats", body)
    assert (response.status_code, response.content_type) == (400, "application/problem+json")
    assert response.get_json()["errors"][0]["field"] == field


@pytest.mark.parametrize("content_type", ["jpeg", "image/jpeg\r\nX-Evil: 1", "image/jpeg; é"])
def test_a_content_type_that_cannot_be_a_header_is_refused(cmi: Caller, content_type: str) -> None:
    assert cmi.attach(cmi.chat(), b"x", content_type=content_type).status_code == 400


@pytest.mark.parametrize(
    "dialect",
    [{"chat_shap": "A"}, {"chat_shape": "E"}, {"ranges": 1}, {"history_delay_s": -1}, {"default_limit": "9"}],
)
def test_a_dialect_that_does_not_exist_is_refused_and_changes_nothing(cmi: Caller, dialect: dict[str, Any]) -> None:
    before = cmi.read("/dialect")["dialect"]
    assert cmi.control("/dialect", dialect).status_code in (400, 422)
    assert cmi.read("/dialect")["dialect"] == before
    order = {
        "name": "w2",
        "host": "x." + HOST,
        "tenant_path": "t2",
        "api_key": KEY,
        "user": USER,
        "password": PASSWORD,
    }
    assert cmi.client.post("/_mock/tenants", json={**order, "dialect": dialect}).status_code in (400, 422)


@pytest.mark.parametrize(
    "change",
    [{"host": "not a host"}, {"tenant_path": "a/b"}, {"password": "short one"}, {"api_key": ""}, {"user": None}],
)
def test_a_tenant_that_makes_no_sense_is_refused_without_echoing_secrets(cmi: Caller, change: dict[str, Any]) -> None:
    order = {
        "name": "w2",
        "host": "x." + HOST,
        "tenant_path": "t2",
        "api_key": KEY,
        "user": USER,
        "password": PASSWORD,
    }
    response = cmi.client.post("/_mock/tenants", json={**order, **change})
    assert response.status_code in (400, 422)
    assert "short one" not in response.text
    assert PASSWORD not in response.text


def test_a_second_tenant_of_the_same_host_and_path_is_refused(cmi: Caller) -> None:
    assert cmi.client.post("/_mock/tenants", json=ORDER | {"tenant_path": "acme"}).status_code == 409


def test_a_reset_leaves_no_chat_no_file_and_no_locked_user(cmi: Caller) -> None:
    cmi.ended_chat(b"bytes")
    for _ in range(5):
        cmi.get("/chats", authorization=basic(USER, "wrong"))
    assert cmi.get("/chats").status_code == 401
    assert cmi.control("/reset").status_code == 200
    assert cmi.get("/chats").get_json() == []
    assert cmi.read("/attachments") == []


def test_a_user_list_shows_no_password(cmi: Caller) -> None:
    cmi.control("/users", {"name": "svc", "password": "another long password"})
    response = cmi.client.get("/_mock/users?tenant=w")
    assert [user["name"] for user in response.get_json()["users"]] == ["svc", USER]
    assert "another long password" not in response.text


def test_tenants_do_not_see_each_others_chats(cmi: Caller) -> None:
    assert cmi.client.post("/_mock/tenants", json=ORDER).status_code == 201
    guid, _ = cmi.ended_chat()
    headers = {"x-api-key": KEY, "authorization": basic(USER, PASSWORD)}
    response = cmi.client.get(f"/t2/cmi/chats/{guid}", base_url=f"https://{HOST}", headers=headers)
    assert response.status_code == 404


def test_outgoing_limits_come_from_the_dialect(make: Make) -> None:
    cmi = make(outgoing_allowed_types=".PDF; docx")
    guid = cmi.chat()
    assert cmi.attach(guid, b"x", name="a.exe", originator_type="agent").status_code == 422
    spool = cmi.app.mock.named_tenant("w", "?tenant").spool.directory
    assert list(spool.glob("*")) == [], "a refused file stays on disk"
    assert cmi.attach(guid, b"x", name="a.pdf", originator_type="agent").status_code == 201
    assert cmi.attach(guid, b"x", name="a.exe", originator_type="customer").status_code == 201
