"""C4C's administrator on the console: its routes in front of a C4C mock in this process."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from flask.testing import FlaskClient

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.app import build_app
from attachment_lab.console.pages.c4c_administrator import administrator_view
from attachment_lab.tenant.credentials import default_tenant
from attachment_lab.tenant.entries import C4C_SERVICES, COMMUNICATION_SYSTEM
from c4c_mock.app import create_app

NOWHERE = dict.fromkeys(("console", "orchestration", "cmi", "c4c", "service"), "http://127.0.0.1:1")
TENANT = default_tenant()
PAGE = f"/w/{TENANT.name}/c4c/administrator"
SCENARIO = "OData Services for Business Objects"
PASSWORD = "Another-Password-7"


@pytest.fixture
def transport(tmp_path: Path) -> httpx.WSGITransport:
    """A C4C with the documentation's tenant: one system, one arrangement."""
    app = create_app(tmp_path)
    arrangement = {"user": TENANT.c4c_user, "password": TENANT.c4c_password, "services": list(C4C_SERVICES)}
    order = {"name": TENANT.name, "host": TENANT.c4c_host, "communication_system": {"id": COMMUNICATION_SYSTEM}}
    answer = app.test_client().post("/_mock/tenants", json=order | {"arrangement": arrangement})
    assert answer.status_code == 201
    return httpx.WSGITransport(app=app)


@pytest.fixture
def c4c(transport: httpx.WSGITransport) -> httpx.Client:
    return httpx.Client(transport=transport, base_url="http://127.0.0.1:1")


@pytest.fixture
def client(transport: httpx.WSGITransport) -> FlaskClient:
    return build_app(StackClients(NOWHERE, transport=transport), TENANT, NOWHERE).test_client()


def control(c4c: httpx.Client, what: str) -> list[dict[str, object]]:
    answer = c4c.get(f"/_mock/{what}", params={"tenant": TENANT.name})
    assert answer.status_code == 200
    return list(answer.json())


def test_the_page_says_where_one_is_and_what_of_it_is_assumed(client: FlaskClient) -> None:
    text = client.get(f"{PAGE}/").text
    for step in ("Administrator", "General Settings", "Communication Systems", "Communication Arrangements"):
        assert f"<li>{step}</li>" in text
    assert "<strong>Assumed, 2026-11</strong> The place in the menu" in text


def test_a_person_sets_up_system_and_arrangement_and_the_password_never_comes_back(
    client: FlaskClient, c4c: httpx.Client
) -> None:
    system = client.post(f"{PAGE}/api/systems", json={"id": "SINCH", "host": "contact-pro.example.com"})
    assert (system.status_code, system.get_json()["host"]) == (201, "contact-pro.example.com")
    body = {"scenario": SCENARIO, "system": "SINCH", "authentication": "basic", "user": "second"}
    made = client.post(f"{PAGE}/api/arrangements", json=body | {"password": PASSWORD, "services": ["activity"]})
    assert made.status_code == 201
    assert PASSWORD not in made.text
    assert [each["user"] for each in control(c4c, "communication-arrangements")] == [TENANT.c4c_user, "second"]


def test_a_bad_field_is_named_with_value_and_remedy_and_a_password_is_not_repeated(client: FlaskClient) -> None:
    refused = client.post(f"{PAGE}/api/systems", json={"id": "SINCH", "host": "https://x"})
    [error] = refused.get_json()["errors"]
    assert (refused.status_code, error["field"], error["value"]) == (400, "host", "https://x")
    assert error["remedy"]
    refused = client.put(f"{PAGE}/api/arrangements/1/credentials", json={"password": "Grünkohl-7"})
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (400, "password")
    assert "Grünkohl" not in refused.text


def test_without_a_system_an_arrangement_is_refused_at_the_field(client: FlaskClient) -> None:
    body = {"scenario": SCENARIO, "system": "", "authentication": "basic", "user": "u", "password": PASSWORD}
    refused = client.post(f"{PAGE}/api/arrangements", json=body | {"services": []})
    assert [each["field"] for each in refused.get_json()["errors"]] == ["system"]


def test_services_host_and_credentials_are_changed_and_a_lockout_lifted(client: FlaskClient, c4c: httpx.Client) -> None:
    edited = client.put(f"{PAGE}/api/arrangements/1", json={"system": COMMUNICATION_SYSTEM, "services": ["activity"]})
    assert edited.get_json()["services"] == ["activity"]
    assert client.put(f"{PAGE}/api/systems/{COMMUNICATION_SYSTEM}", json={"host": "a.example"}).status_code == 200
    assert client.put(f"{PAGE}/api/arrangements/1/credentials", json={"password": PASSWORD}).status_code == 200
    assert client.post(f"{PAGE}/api/users/{TENANT.c4c_user}/unlock", json={}).status_code == 200
    assert control(c4c, "users")[0]["services"] == ["activity"]


def test_a_system_in_use_stays_and_an_arrangement_can_be_deleted(client: FlaskClient, c4c: httpx.Client) -> None:
    refused = client.delete(f"{PAGE}/api/systems/{COMMUNICATION_SYSTEM}")
    assert (refused.status_code, "arrangement 1" in refused.get_json()["detail"]) == (409, True)
    assert client.delete(f"{PAGE}/api/arrangements/1").status_code == 204
    assert client.delete(f"{PAGE}/api/systems/{COMMUNICATION_SYSTEM}").status_code == 204
    assert control(c4c, "communication-systems") == []


def test_a_foreign_form_changes_nothing(client: FlaskClient) -> None:
    assert client.post(f"{PAGE}/api/systems", data={"id": "SINCH"}).status_code in {400, 415}


def test_the_view_names_documented_services_that_are_not_ticked_and_locked_users() -> None:
    arrangement = {"id": 1, "system": "S", "user": "u", "services": ["activity", "c4codataapi"]}
    shown = administrator_view(
        [{"id": "S", "host": ""}], [arrangement], [{"name": "u", "locked": True}], ["activity", "chatactivity"]
    )
    assert shown["systems"][0]["used_by"] == [1]
    assert shown["arrangements"][0]["missing"] == ["chatactivity", "call_list", "socialmediaactivity"]
    assert shown["arrangements"][0]["locked"] is True
