"""User and Role Management on the console: its routes in front of a CMI mock in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.app import build_app
from attachment_lab.tenant import people
from attachment_lab.tenant.credentials import default_tenant
from cmi_mock.app import create_app

NOWHERE = dict.fromkeys(("console", "orchestration", "cmi", "c4c", "service"), "http://127.0.0.1:1")
TENANT = default_tenant()
PAGE = f"/w/{TENANT.name}/users"
PASSWORD = "a password of its own"
NONE: dict[str, list[str]] = {"queues": [], "agents": [], "queue_groups": []}


@pytest.fixture
def transport(tmp_path: Path) -> httpx.WSGITransport:
    """A CMI with the documentation's tenant and user."""
    app = create_app(tmp_path)
    order = {"name": TENANT.name, "host": TENANT.cmi_host, "tenant_path": TENANT.tenant_path}
    login = {"api_key": TENANT.api_key, "user": TENANT.cmi_user, "password": TENANT.cmi_password}
    assert app.test_client().post("/_mock/tenants", json=order | login).status_code == 201
    return httpx.WSGITransport(app=app)


@pytest.fixture
def client(transport: httpx.WSGITransport) -> FlaskClient:
    return build_app(StackClients(NOWHERE, transport=transport), TENANT, NOWHERE).test_client()


@pytest.fixture
def listed(transport: httpx.WSGITransport) -> Any:
    """Reads the CMI mock's users by name."""

    def read() -> dict[str, dict[str, Any]]:
        with httpx.Client(transport=transport, base_url="http://127.0.0.1:1") as http:
            answer = http.get("/_mock/users", params={"tenant": TENANT.name})
        return {each["name"]: each for each in answer.json()["users"]}

    return read


def test_the_page_says_where_one_is(client: FlaskClient) -> None:
    text = client.get(f"{PAGE}/").text
    for step in ("User and Role Management", "Users", "Authentication", "User rights"):
        assert f">{step}</li>" in text
    assert "Assign Expiration Time for Service account" in text


def test_a_new_user_is_created_without_rights(client: FlaskClient, listed: Any) -> None:
    body = {"name": "chat.upload", "password": PASSWORD, "expires_at": "2099-12-31"}
    made = client.post(f"{PAGE}/api/users", json=body)
    assert made.status_code == 201
    assert PASSWORD not in made.text
    user = listed()["chat.upload"]
    assert user["rights"] == {**NONE, "statistics_details": NONE, "messaging": NONE}
    assert user["expires_at"].startswith("2099-12-31T00:00:00")


def test_a_taken_name_is_refused_at_the_field(client: FlaskClient, listed: Any) -> None:
    refused = client.post(f"{PAGE}/api/users", json={"name": TENANT.cmi_user, "password": PASSWORD})
    [error] = refused.get_json()["errors"]
    assert (refused.status_code, error["field"], error["value"]) == (409, "name", TENANT.cmi_user)
    assert listed()[TENANT.cmi_user]["rights"]["queues"] == ["*"]


@pytest.mark.parametrize("password", ["short", "Grünkohl-Rezept-2026", "costs 100 € a month!"])
def test_a_bad_password_is_refused_at_the_field_and_not_repeated(client: FlaskClient, password: str) -> None:
    refused = client.put(f"{PAGE}/api/users/{TENANT.cmi_user}/authentication", json={"password": password})
    assert refused.status_code == 422
    assert {each["field"] for each in refused.get_json()["errors"]} == {"password"}
    assert password not in refused.text


def test_password_expiration_and_lockout_are_changed(client: FlaskClient, listed: Any) -> None:
    path = f"{PAGE}/api/users/{TENANT.cmi_user}"
    assert client.put(f"{path}/authentication", json={"password": PASSWORD}).status_code == 200
    assert client.put(f"{path}/expiration", json={"expires_at": "2020-01-01"}).get_json()["logon"] == "expired"
    refused = client.put(f"{path}/expiration", json={"expires_at": ""})
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (400, "expires_at")
    assert client.put(f"{path}/expiration", json={"expires_at": None}).get_json()["logon"] == "good"
    assert client.post(f"{path}/unlock", json={}).status_code == 200


def test_rights_are_given_on_a_queue_group(client: FlaskClient, listed: Any) -> None:
    group = people.QUEUE_GROUPS[0].id
    body = {"rights": {"queue_groups": [group]}}
    assert client.put(f"{PAGE}/api/users/{TENANT.cmi_user}/rights", json=body).status_code == 200
    assert listed()[TENANT.cmi_user]["rights"] == {
        **NONE,
        "queue_groups": [group],
        "statistics_details": NONE,
        "messaging": NONE,
    }


def test_a_user_is_deleted(client: FlaskClient, listed: Any) -> None:
    assert client.delete(f"{PAGE}/api/users/{TENANT.cmi_user}").status_code == 204
    assert listed() == {}


def test_every_queue_is_in_a_group_on_which_rights_can_be_given() -> None:
    for queue in people.QUEUES:
        assert queue.group in people.QUEUE_GROUPS
        assert queue.to_json("whatsapp")["group_id"] == queue.group.id
