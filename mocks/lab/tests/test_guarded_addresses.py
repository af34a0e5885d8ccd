"""Every address of every mock and of the console is the vendor's own or guarded: read from the URL maps themselves."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.app import build_app
from attachment_lab.tenant.credentials import default_tenant
from c4c_mock.app import create_app as c4c_app
from cmi_mock.app import create_app as cmi_app
from mock_kit.app import WrappedApp
from mock_kit.testing import RouteAddress, route_addresses
from orchestration_mock.app import create_app as orchestration_app

NOWHERE = dict.fromkeys(("console", "orchestration", "cmi", "c4c", "service"), "http://127.0.0.1:1")
MOCKS: dict[str, Callable[[Path], WrappedApp[Any]]] = {
    "orchestration": orchestration_app,
    "cmi": cmi_app,
    "c4c": c4c_app,
}
#: Blueprints that answer as the vendor does. All else is ours: a new blueprint is guarded, or listed here on purpose.
VENDOR_FACES = {
    "orchestration": {"oauth", "own_issuer", "workflows"},
    "cmi": {"wire"},
    "c4c": {"odata"},
    "console": set(),
}
HOSTS = {
    "orchestration": "127.0.0.1:8101",
    "cmi": "127.0.0.1:8102",
    "c4c": "127.0.0.1:8103",
    "console": "127.0.0.1:8100",
}
TENANTS: dict[str, dict[str, object]] = {
    "orchestration": {"tenant_path": "acme", "oauth": {"client_id": "engine", "client_secret": "choose-one"}},
    "cmi": {"host": "h.example", "tenant_path": "acme", "api_key": "k", "user": "u", "password": "sixteen characters"},
    "c4c": {"host": "my1234567.de1.crm.cloud.sap"},
}


def applications() -> dict[str, tuple[Flask, Client]]:
    """One of each, with a tenant; no process is started."""
    made: dict[str, tuple[Flask, Client]] = {}
    for name, create_app in MOCKS.items():
        wrapped = create_app(Path(tempfile.mkdtemp()))
        client = wrapped.test_client()
        assert client.post("/_mock/tenants", json={"name": "acme", **TENANTS[name]}).status_code == 201
        made[name] = (wrapped.flask_app, client)
    console = build_app(StackClients(NOWHERE), default_tenant(), NOWHERE)
    return made | {"console": (console, console.test_client())}


APPLICATIONS = applications()
ALL = [
    (name, each)
    for name, (app, _) in APPLICATIONS.items()
    for each in route_addresses(app, tenant_path="acme", tenant="acme")
]
GUARDED = [(name, each) for name, each in ALL if each.blueprint not in VENDOR_FACES[name]]
FACES = [(name, each) for name, each in ALL if each.blueprint in VENDOR_FACES[name]]


def named(addressed: list[tuple[str, RouteAddress]]) -> pytest.MarkDecorator:
    """A case for each address."""
    ids = [f"{name} {each.method} {each.path}" for name, each in addressed]
    return pytest.mark.parametrize(("name", "address"), addressed, ids=ids)


def ask(name: str, address: RouteAddress, *, body: bytes | None = None, **headers: str) -> TestResponse:
    """One request to it, with headers as the test says; ``Sec_Fetch_Site`` is written with dashes."""
    sent = {"Host": HOSTS[name]} | {key.replace("_", "-"): value for key, value in headers.items()}
    return APPLICATIONS[name][1].open(address.path, method=address.method, headers=sent, data=body)


def refusal(answer: TestResponse) -> tuple[int, str]:
    """The guard's status and field."""
    assert answer.mimetype == "application/problem+json", answer.text
    problem = answer.get_json()
    (error,) = problem["errors"]
    assert problem["status"] == answer.status_code
    assert error["expected"]
    assert error["remedy"]
    assert "value" in error
    return answer.status_code, error["field"]


@named(GUARDED)
def test_a_rebound_name_reaches_no_guarded_address(name: str, address: RouteAddress) -> None:
    status = 421 if name == "console" else 403
    assert refusal(ask(name, address, Host="evil.example:8100")) == (status, "Host")


@named(GUARDED)
def test_a_foreign_page_reaches_no_guarded_address(name: str, address: RouteAddress) -> None:
    body = b"{}" if address.method != "GET" else None
    assert refusal(ask(name, address, body=body, Origin="http://evil.example", Content_Type="text/plain")) == (
        403,
        "Origin",
    )
    assert refusal(ask(name, address, body=body, Sec_Fetch_Site="cross-site")) == (403, "Sec-Fetch-Site")
    assert refusal(ask(name, address, body=body, Sec_Fetch_Site="same-site")) == (403, "Sec-Fetch-Site")


@named([(name, each) for name, each in GUARDED if each.method != "GET"])
@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_body_that_a_page_sends_without_asking_is_not_taken(name: str, address: RouteAddress, kind: str) -> None:
    assert refusal(ask(name, address, body=b"{}", Content_Type=kind)) == (415, "Content-Type")


@named(FACES)
def test_a_vendors_face_answers_as_the_vendor_does(name: str, address: RouteAddress) -> None:
    answer = ask(name, address, Origin="http://evil.example", Sec_Fetch_Site="cross-site")
    assert "Web pages must not steer" not in answer.text


@pytest.fixture(
    params=["//_mock/tenants", "/_mock//tenants", "/_mock/%77orlds", "/%5fmock/tenants", "/_mock/./tenants"]
)
def odd_path(request: pytest.FixtureRequest) -> str:
    """Another way to write /_mock/tenants."""
    return str(request.param)


@pytest.mark.parametrize("name", MOCKS)
def test_no_other_way_to_write_a_control_path_leads_past_the_guard(name: str, odd_path: str) -> None:
    answer = APPLICATIONS[name][1].get(odd_path, headers={"Host": "evil.example"})
    assert answer.status_code in {308, 403, 404, 421}
    assert '"tenants"' not in answer.text


def test_every_mock_has_control_addresses_and_contact_pro_a_configurator() -> None:
    found = {(name, each.path.split("/")[1]) for name, each in GUARDED}
    assert {(name, "_mock") for name in MOCKS} <= found
    configurator = [each for _, each in GUARDED if "/system-configurator/" in each.path]
    assert {each.method for each in configurator} == {"GET", "POST", "PUT", "PATCH", "DELETE"}
