"""A tenant with the documented secrets, and a stand-in for everything it calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from werkzeug.test import Client, TestResponse

from mock_kit.app import WrappedApp
from orchestration_mock.app import create_app
from orchestration_mock.tenant import OrchestrationTenant
from orchestration_mock.wire.egress import read_egress
from orchestration_mock.wire.outbound import Carrier

DATA = Path(__file__).parent / "data"
GUID = "5AB6E20342A6EE11B3ED58961D1810CC"
ENDPOINT = "https://cc-workflows-eu-c1.cc.sinch.com/prod/chat-attachments"
CLIENT_SECRET = "client-secret-0123456789"
PASSWORDS = {
    "ri-apikey": 'key{contact.guid}"\\:0123456789',
    "cmi-chat-attachment-upload-user": "cmi password 0123456789",
    "sap-v1-secret": "sap}{password-0123456789",
}


@dataclass
class Outside:
    """Everything beyond the tenant: records what it is sent; the token address leads back into the twin.

    ``answers`` are given to the endpoint's calls one by one, then 202 for ever.
    """

    app: WrappedApp[OrchestrationTenant] | None = None
    endpoint_calls: list[httpx.Request] = field(default_factory=list)
    token_calls: list[httpx.Request] = field(default_factory=list)
    answers: list[httpx.Response | Exception] = field(default_factory=list)
    on_call: Callable[[httpx.Request], None] = lambda _: None

    def handle(self, request: httpx.Request) -> httpx.Response:
        """What the carrier's transport does with a request."""
        if request.url.path.endswith("/oauth2/token"):
            self.token_calls.append(request)
            return self.token(request)
        self.endpoint_calls.append(request)
        self.on_call(request)
        answer = self.answers.pop(0) if self.answers else httpx.Response(202, json={"status": "accepted"})
        if isinstance(answer, Exception):
            raise answer
        return answer

    def token(self, request: httpx.Request) -> httpx.Response:
        """Ask the twin itself."""
        assert self.app is not None
        reply = self.app.test_client().post(
            request.url.path, data=request.content, headers=list(request.headers.items())
        )
        return httpx.Response(reply.status_code, content=reply.data, headers=list(reply.headers.items()))


@dataclass
class Tenant:
    """One tenant and a client to steer it."""

    client: Client
    state: OrchestrationTenant
    outside: Outside

    def call(self, method: str, path: str, **rest: Any) -> TestResponse:
        """One request; a path below the System Configurator API may leave out its base."""
        if path.startswith(("secrets", "event-driven-integrations")):
            path = f"/{self.state.tenant_path}/system-configurator/api/{path}"
        return self.client.open(path, method=method, **rest)

    def integrate(self, definition: dict[str, Any] | str | None = None, **form: Any) -> dict[str, Any]:
        """Save a configuration; without ``definition`` a bare POST."""
        text = definition if isinstance(definition, str) else json.dumps(definition or a_request())
        reply = self.call("POST", "event-driven-integrations", json=a_form(json=text, **form))
        assert reply.status_code == 201, reply.text
        return dict(reply.json or {})

    def fire(self, event: str = "Ended", **contact: Any) -> dict[str, Any]:
        """An event, and the wait for its deliveries."""
        body = {"event": event, "contact": a_contact(**contact)}
        reply = self.client.post(f"/_mock/events?tenant={self.state.name}", json=body)
        assert reply.status_code == 202, reply.text
        assert self.state.engine.drain(30)
        return dict(reply.json or {})

    def deliveries(self) -> list[dict[str, Any]]:
        """The delivery log."""
        return list(self.client.get(f"/_mock/deliveries?tenant={self.state.name}").json or [])


def a_request(**members: Any) -> dict[str, Any]:
    """A small configuration."""
    return {"request": {"method": "POST", "body": {"contact_id": "{contact.guid}"}} | members}


def a_form(**fields: Any) -> dict[str, Any]:
    """A configuration form that triggers on every ended chat of a queue."""
    return {
        "name": "files",
        "channel_type": "Chat",
        "endpoint_url": ENDPOINT,
        "ordinal": 1,
        "direction": "Both",
        "events": ["Ended"],
        "queues": [],
        "direct_conversations": False,
        "enabled": True,
        "json": json.dumps(a_request()),
    } | fields


def a_contact(**attributes: Any) -> dict[str, Any]:
    """An inbound WhatsApp chat of a queue."""
    return {
        "id": "5AB6E20342A6EE11B3ED58961D1810CD",
        "guid": GUID,
        "channel_type": "chat",
        "channel_sub_type": "whatsapp",
        "direction": "inbound",
        "created": "2026-11-22T10:00:00.000Z",
        "language": "EN",
        "priority": 50,
        "queue": {"id": "A" * 32, "address": "help@whatsapp.sinchconversation.com"},
    } | attributes


def a_tenant_body(name: str = "default", tenant_path: str = "acme", **members: Any) -> dict[str, Any]:
    """The body that creates a tenant."""
    oauth = {
        "client_id": "event-engine",
        "client_secret": CLIENT_SECRET,
        "scope": "chat-attachments transfers",
        "audience": "attachment-transfer",
    }
    return {"name": name, "tenant_path": tenant_path, "oauth": oauth} | members


def a_tenant(app: WrappedApp[OrchestrationTenant], name: str = "default") -> Tenant:
    """A client's view of a tenant that exists."""
    tenant = app.mock.tenants.get(name)
    assert tenant is not None
    return Tenant(app.test_client(), tenant, Outside())


@pytest.fixture
def outside() -> Outside:
    """What the tenant calls."""
    return Outside()


@pytest.fixture
def app(tmp_path: Path, outside: Outside) -> Iterator[WrappedApp[OrchestrationTenant]]:
    """The twin without a tenant."""
    egress = read_egress("cc-workflows-*.cc.sinch.com=http://127.0.0.1:1,login-*.cc.sinch.com=http://127.0.0.1:2")
    carrier = Carrier(egress, transport_for=lambda _: httpx.MockTransport(outside.handle))
    outside.app = create_app(tmp_path, carrier=carrier)
    yield outside.app
    for name in outside.app.mock.tenants.names():
        outside.app.mock.tenants.remove(name)


@pytest.fixture
def tenant(app: WrappedApp[OrchestrationTenant], outside: Outside) -> Tenant:
    """A tenant with the four documented secrets."""
    client = app.test_client()
    assert client.post("/_mock/tenants", json=a_tenant_body()).status_code == 201
    tenant = app.mock.tenants.get("default")
    assert tenant is not None
    found = Tenant(client, tenant, outside)
    for name, value in PASSWORDS.items():
        assert found.call("POST", "secrets", json={"name": name, "secret": value}).status_code == 201
    credential = {
        "client_id": "event-engine",
        "client_secret": CLIENT_SECRET,
        "access_token_url": tenant.issuer.token_url,
        "scope": ["chat-attachments"],
    }
    reply = found.call("POST", "secrets", json={"name": "orchestration-layer", "secret": credential})
    assert reply.status_code == 201
    return found


@pytest.fixture
def example() -> str:
    """The configuration page's JSON, verbatim."""
    return (DATA / "chat_attachments.json").read_text(encoding="utf-8")


@pytest.fixture
def make() -> SimpleNamespace:
    """Bodies to send, and the values they are made of."""
    return SimpleNamespace(
        request=a_request,
        form=a_form,
        contact=a_contact,
        tenant_body=a_tenant_body,
        tenant=a_tenant,
        guid=GUID,
        endpoint=ENDPOINT,
        client_secret=CLIENT_SECRET,
        passwords=PASSWORDS,
    )


@pytest.fixture(autouse=True)
def _on_contract(on_contract: object) -> None:
    """Live traffic is judged in every test here; ``off_contract`` lifts that."""
