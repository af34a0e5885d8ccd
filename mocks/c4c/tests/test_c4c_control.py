"""The tenant's own control routes, and the kit's suite run against this mock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from c4c_caller import MakeTenant, TenantClient
from werkzeug.test import Client

from c4c_mock.app import create_app
from mock_kit.testing import ControlSuite


class TestControl(ControlSuite):
    """Everything the kit demands of every mock."""

    @pytest.fixture
    def mock_client(self, tenant: TenantClient) -> Client:
        return tenant.client

    @pytest.fixture
    def data_request(self, tenant: TenantClient) -> dict[str, Any]:
        headers = {"Host": tenant.host, "Authorization": tenant.basic(tenant.user, tenant.password)}
        return {"method": "GET", "path": "/sap/c4c/odata/v1/chatactivity/", "headers": headers}

    @pytest.fixture
    def other_tenant(self) -> dict[str, Any]:
        return {"name": "other", "host": "my0000002.de1.crm.cloud.sap"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"host": "bad host"}, "host"),
        ({"host": 5}, "host"),
        ({"host": "h.example", "arrangement": "x"}, "arrangement"),
        ({"host": "h.example", "arrangement": {"user": "u", "password": "a€", "services": []}}, "password"),
        ({"host": "h.example", "arrangement": {"user": "u:", "password": "a", "services": []}}, "user"),
        (
            {"host": "h.example", "arrangement": {"user": "u", "password": "a", "services": ["crm"]}},
            "services",
        ),
        ({"host": "h.example", "arrangement": {"user": "u", "password": "a", "services": 5}}, "services"),
        ({"host": "h.example", "communication_system": {"id": ""}}, "id"),
        ({"host": "h.example", "dialect": {"nothing": 1}}, "dialect.nothing"),
        ({"host": "h.example", "dialect": {"delete_status": 418}}, "dialect.delete_status"),
        ({"host": "h.example", "dialect": {"page_size": "many"}}, "dialect.page_size"),
        ({"host": "h.example", "dialect": {"page_size": True}}, "dialect.page_size"),
        ({"host": "h.example", "dialect": {"mime_deny_list": [1]}}, "dialect.mime_deny_list"),
    ],
)
def test_a_bad_tenant_is_refused_naming_the_field_and_is_not_created(
    tmp_path: Path, body: dict[str, Any], field: str
) -> None:
    client = create_app(tmp_path).test_client()
    answer = client.post("/_mock/tenants", json={"name": "w", **body})
    assert answer.status_code == (422 if "dialect" in body else 400)
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["errors"][0]["field"] == field
    assert client.get("/_mock/tenants").get_json()["tenants"] == []


def test_switches_can_be_changed_later_but_not_to_nonsense(tenant: TenantClient) -> None:
    assert tenant.control("dialect", {"delete_status": 200}).status_code == 200
    assert tenant.control("dialect", {"delete_status": "no"}).status_code == 422


def test_an_arrangement_needs_a_system_that_exists(tenant: TenantClient) -> None:
    body = {"system": "NOWHERE", "user": "u", "password": "p", "services": ["activity"]}
    assert tenant.control("communication-arrangements", body).status_code == 400
    tenant.control("communication-systems", {"id": "NOWHERE"})
    assert tenant.control("communication-arrangements", body).status_code == 201


def test_two_arrangements_of_one_user_add_up(tenant: TenantClient) -> None:
    body = {"user": tenant.user, "password": tenant.password, "services": ["c4codataapi"]}
    tenant.control("communication-arrangements", body)
    assert tenant.get("/c4codataapi/").status_code == 200
    assert tenant.get("/activity/").status_code == 200


ARRANGEMENTS = "communication-arrangements"


def test_an_arrangement_is_made_step_by_step_as_in_the_configuration_guide(tmp_path: Path) -> None:
    client = create_app(tmp_path).test_client()
    client.post("/_mock/tenants", json={"name": "default", "host": "h.example"})
    system = client.post("/_mock/communication-systems", json={"id": "SINCH", "host": "sinch.example"})
    assert system.status_code == 201
    assert client.get("/_mock/communication-systems").get_json() == [{"id": "SINCH", "host": "sinch.example"}]
    body = {
        "scenario": "OData Services for Business Objects",
        "system": "SINCH",
        "authentication": "basic",
        "user": "v1user",
        "password": "Welcome-1",
        "services": ["activity", "chatactivity", "call_list", "socialmediaactivity"],
    }
    made = client.post(f"/_mock/{ARRANGEMENTS}", json=body).get_json()
    assert made == {**{n: v for n, v in body.items() if n != "password"}, "id": 1}
    assert client.get(f"/_mock/{ARRANGEMENTS}").get_json() == [made]
    assert client.get(f"/_mock/{ARRANGEMENTS}/1").get_json() == made
    assert client.get(f"/_mock/{ARRANGEMENTS}/2").status_code == 404


def test_edited_credentials_replace_the_old_ones_and_lift_no_lockout(tenant: TenantClient) -> None:
    wrong = {"Authorization": tenant.basic(tenant.user, "wrong")}
    new = {"Authorization": tenant.basic(tenant.user, "Renewed-1")}
    for password in ("umläut", "", 5, None):
        answer = tenant.control(f"{ARRANGEMENTS}/1/credentials", {"password": password}, "PUT")
        assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (400, "password")
    assert tenant.control(f"{ARRANGEMENTS}/1/credentials", {"password": "Renewed-1"}, "PUT").status_code == 200
    assert [tenant.get("/activity/").status_code, tenant.get("/activity/", new).status_code] == [401, 200]
    assert [tenant.get("/activity/", wrong).status_code for _ in range(3)] == [401] * 3
    tenant.control(f"{ARRANGEMENTS}/1/credentials", {"password": "Renewed-2"}, "PUT")
    tenant.password = "Renewed-2"
    assert tenant.get("/activity/").status_code == 401
    tenant.control(f"users/{tenant.user}/unlock")
    assert tenant.get("/activity/").status_code == 200


def test_without_the_tick_a_service_refuses(tenant: TenantClient) -> None:
    assert tenant.get("/activity/").status_code == 200
    unticked = tenant.control(f"{ARRANGEMENTS}/1/services", {"services": ["chatactivity"]}, "PUT")
    assert unticked.get_json()["services"] == ["chatactivity"]
    assert [tenant.get(f"/{s}/").status_code for s in ("activity", "chatactivity")] == [403, 200]
    assert tenant.control(f"{ARRANGEMENTS}/1/services", {"services": ["crm"]}, "PUT").status_code == 400


def test_deleting_an_arrangement_removes_its_ticks(tenant: TenantClient) -> None:
    assert tenant.control(f"{ARRANGEMENTS}/1", method="DELETE").status_code == 204
    assert tenant.get("/activity/").status_code == 403
    assert tenant.control(f"{ARRANGEMENTS}/1", method="DELETE").status_code == 404


def test_accepting_a_chat_creates_the_activity_with_its_reference_and_end_completes_it(tenant: TenantClient) -> None:
    chat = tenant.chat(Subject="")
    row = tenant.results(tenant.path(chat))
    assert (row["SubjectName"], row["LifeCycleStatusCode"], row["InitiatorCode"]) == (
        "Chat From:ada@example.com",
        "2",
        "2",
    )
    tenant.control("cti", {"Type": "CHAT", "Action": "END", "ExternalReferenceID": tenant.guid})
    row = tenant.results(tenant.path(chat))
    assert row["LifeCycleStatusCodeText"] == "Completed"
    assert row["CompletionDateTime"]


def test_accepting_twice_is_one_chat(tenant: TenantClient) -> None:
    assert tenant.chat() == tenant.chat()


def test_without_a_communication_system_no_reference_is_stored(tmp_path: Path) -> None:
    client = create_app(tmp_path).test_client()
    client.post("/_mock/tenants", json={"name": "default", "host": "h.example"})
    body = {"Type": "CHAT", "Action": "ACCEPT", "ExternalReferenceID": "ABC"}
    answer = client.post("/_mock/cti", json=body).get_json()
    assert answer["reference_stored"] is False
    assert answer["activity"]["object_id"]
    ended = client.post("/_mock/cti", json={**body, "Action": "END"}).get_json()
    assert ended["activity"]["object_id"] == answer["activity"]["object_id"]


@pytest.mark.parametrize("action", ["NOTIFY", "DECLINE", "END"])
def test_nothing_but_accept_creates_an_activity(tenant: TenantClient, action: str) -> None:
    answer = tenant.control("cti", {"Type": "CHAT", "Action": action, "ExternalReferenceID": "NEW"})
    assert answer.get_json() == {"activity": None}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"Type": "FAX"}, "Type"),
        ({"Action": "DANCE"}, "Action"),
        ({"EventType": "SIDEWAYS"}, "EventType"),
        ({"ExternalReferenceID": "with-dash"}, "ExternalReferenceID"),
        ({"ExternalReferenceID": "A" * 36}, "ExternalReferenceID"),
        ({"Email": 5}, "Email"),
        ({"Subject": "\ud800"}, "Subject"),
    ],
)
def test_a_bad_widget_payload_is_refused_naming_the_member(
    tenant: TenantClient, change: dict[str, Any], field: str
) -> None:
    body = {"Type": "CHAT", "Action": "ACCEPT", "ExternalReferenceID": "A", **change}
    answer = tenant.control("cti", body)
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("kind", "dialect", "path", "field"),
    [
        ("CALL", {}, "/activity/PhoneCallBTDReferenceCollection", "ID"),
        ("MESSAGE", {}, "/socialmediaactivity/SocialMediaActivityCollection", "SocialMediaMessageID"),
        (
            "MESSAGE",
            {"message_channel_target": "chat"},
            "/chatactivity/ChatActivityBTDReferenceCollection",
            "ID",
        ),
    ],
)
def test_each_channel_leaves_its_reference_where_its_entity_has_room(
    make_tenant: MakeTenant, kind: str, dialect: dict[str, Any], path: str, field: str
) -> None:
    tenant = make_tenant(**dialect)
    tenant.chat(Type=kind)
    rows = tenant.results(path, query_string={"$filter": f"{field} eq '{tenant.guid}'"})
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("kind", "path"), [("CHAT", "/chatactivity/ChatActivityCollection"), ("CALL", "/activity/PhoneCallCollection")]
)
def test_the_dialect_says_where_a_reference_is_kept(make_tenant: MakeTenant, kind: str, path: str) -> None:
    tenant = make_tenant(reference_kept_in="GroupwareItemID")
    made = tenant.chat(Type=kind)
    query = {"$filter": f"GroupwareItemID eq '{tenant.guid}'", "$select": "ObjectID"}
    assert [r["ObjectID"] for r in tenant.results(path, query_string=query)] == [made]
    assert tenant.get("/chatactivity/ChatActivityBTDReferenceCollection/$count").text == "0"
    assert tenant.chat(Type=kind) == made
    tenant.attach(made) if kind == "CHAT" else None
    assert [a["external_reference_id"] for a in tenant.stored()] == [tenant.guid] * (kind == "CHAT")


def test_attachments_of_every_service_are_listed_with_their_reference(tenant: TenantClient) -> None:
    call = tenant.chat(Type="CALL")
    body = {"Name": "call.txt", "TypeCode": "10001", "CategoryCode": "2", "Binary": "QUJD"}
    tenant.call("POST", f"/activity/PhoneCallCollection('{call}')/PhoneCallAttachmentFolder", json=body)
    listed = tenant.stored()
    assert [(a["service"], a["name"], a["external_reference_id"]) for a in listed] == [
        ("activity", "call.txt", tenant.guid)
    ]
    assert tenant.client.get("/_mock/attachments?external_reference_id=OTHER").get_json() == []


def test_reset_forgets_chats_files_and_lockouts_but_not_the_login(tenant: TenantClient) -> None:
    tenant.attach(tenant.chat())
    for _ in range(3):
        tenant.get("/chatactivity/", {"Authorization": tenant.basic(tenant.user, "wrong")})
    tenant.control("reset")
    assert tenant.stored() == []
    assert tenant.get("/chatactivity/ChatActivityCollection/$count").text == "0"


def test_two_tenants_share_nothing(tenant: TenantClient) -> None:
    chat = tenant.chat()
    other = {"host": "my0000002.de1.crm.cloud.sap", "name": "other"}
    login = {"user": tenant.user, "password": "Other-1", "services": ["chatactivity"]}
    tenant.client.post("/_mock/tenants", json={**other, "arrangement": login})
    tenant.host = other["host"]
    assert tenant.get(tenant.path(chat)).status_code == 401
    tenant.password = "Other-1"
    assert tenant.get(tenant.path(chat)).status_code == 404


def test_the_host_is_matched_without_its_port_and_case(tenant: TenantClient) -> None:
    assert tenant.get("/chatactivity/", {"Host": tenant.host.upper() + ":443"}).status_code == 200


def test_other_roots_say_they_are_not_built(tenant: TenantClient) -> None:
    headers = {"Host": tenant.host, "Authorization": tenant.basic(tenant.user, tenant.password)}
    for path in ("cust/v1/mine/", "uid/v1/c4codataapi/"):
        assert tenant.client.get(f"/sap/c4c/odata/{path}", headers=headers).status_code == 501
    assert tenant.client.get("/sap/nothing", headers=headers).status_code == 404


def test_a_hint_for_the_developer_is_in_the_journal_and_a_header_not_in_the_error(tenant: TenantClient) -> None:
    answer = tenant.get("/c4codataapi/")
    assert "tick c4codataapi" in answer.headers["X-Mock-Hint"]
    assert "tick" not in answer.text
    assert "refused" in tenant.notes()


def test_what_a_result_rests_on_is_returned_on_request(tenant: TenantClient) -> None:
    chat = tenant.chat()
    answer = tenant.attach(chat, headers={"X-Mock-Evidence": "1"})
    touched = answer.headers["X-Mock-Evidence"].split(", ")
    rests_on = {
        "c4c.binary-echo;label=recorded",
        "c4c.size-is-bytes;label=recorded",
        "c4c.max_attachment_bytes;label=assumed",
    }
    assert rests_on <= set(touched)


def test_a_system_with_several_names_has_one_state_and_links_begin_with_the_name_that_was_asked(tmp_path: Path) -> None:
    client = create_app(tmp_path).test_client()
    names = ("my1.de1.crm.cloud.sap", "my2.de1.crm.cloud.sap")
    body: dict[str, Any] = {"name": "two", "host": names[0], "other_hosts": [names[1].upper()]}
    body["arrangement"] = {"user": "u", "password": "Pw-123456789", "services": ["chatactivity"]}
    assert client.post("/_mock/tenants", json=body).status_code == 201
    rows = [{"set": "ChatActivityCollection", "values": {"SubjectName": "seeded"}}]
    assert client.post("/_mock/seed?tenant=two", json={"rows": rows}).status_code == 201
    path = "/sap/c4c/odata/v1/chatactivity/ChatActivityCollection?$format=json"
    seen = {}
    for host in names:
        answer = client.get(path, headers={"Host": host}, auth=("u", "Pw-123456789"))
        [row] = json.loads(answer.text)["d"]["results"]
        assert row["__metadata"]["uri"].startswith(f"https://{host}/")
        seen[host] = row["ObjectID"]
    assert seen[names[0]] == seen[names[1]]
    taken = client.post("/_mock/tenants", json={"name": "three", "host": names[1]})
    assert taken.status_code == 409
    assert "two" in taken.text


def test_other_hosts_that_are_no_hosts_are_refused_by_their_place(tmp_path: Path) -> None:
    client = create_app(tmp_path).test_client()
    for wrong, field in (("x", "other_hosts"), ([5], "other_hosts[0]"), (["ok.example", "a b"], "other_hosts[1]")):
        body = {"name": "two", "host": "my1.de1.crm.cloud.sap", "other_hosts": wrong}
        answer = client.post("/_mock/tenants", json=body)
        assert answer.status_code == 400
        assert field in answer.text
