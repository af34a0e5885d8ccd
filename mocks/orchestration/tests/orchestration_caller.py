"""For tests: a caller of one tenant, and a stand-in for all that the tenant calls. No server, no sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from werkzeug.test import Client, TestResponse

from mock_kit.app import WrappedApp
from orchestration_mock.tenant import OrchestrationTenant

GUID = "5AB6E20342A6EE11B3ED58961D1810CC"
ENDPOINT = "https://cc-workflows-eu-c1.cc.sinch.com/prod/chat-attachments"
CLIENT_ID = "event-engine"
CLIENT_SECRET = "client-secret-0123456789"
TOKEN_URL = "https://login-eu-c1.cc.sinch.com/acme/oauth2/token"
PASSWORDS = {
    "ri-apikey": 'key{contact.guid}"\\:0123456789',
    "cmi-chat-attachment-upload-user": "cmi password 0123456789",
    "sap-v1-secret": "sap}{password-0123456789",
}
App = WrappedApp[OrchestrationTenant]


@dataclass
class Outside:
    """The endpoint and the token address: records the requests; the token address leads back to the mock.

    The endpoint gives ``answers`` one by one, then 202 without end.
    """

    app: App | None = None
    endpoint_calls: list[httpx.Request] = field(default_factory=list)
    token_calls: list[httpx.Request] = field(default_factory=list)
    answers: list[httpx.Response | Exception] = field(default_factory=list)
    on_call: Callable[[httpx.Request], object] = lambda _: None

    def handle(self, request: httpx.Request) -> httpx.Response:
        """The handler of httpx's mock transport."""
        if request.url.path.endswith("/oauth2/token"):
            self.token_calls.append(request)
            return self.forward(request)
        self.endpoint_calls.append(request)
        self.on_call(request)
        answer = self.answers.pop(0) if self.answers else httpx.Response(202, json={"status": "accepted"})
        if isinstance(answer, Exception):
            raise answer
        return answer

    def forward(self, request: httpx.Request) -> httpx.Response:
        """The mock's own reply to this request."""
        assert self.app is not None
        headers = [(name, value) for name, value in request.headers.items() if name != "content-length"]
        reply = self.app.test_client().post(request.url.path, data=request.content, headers=headers)
        return httpx.Response(reply.status_code, content=reply.data, headers=list(reply.headers.items()))

    @property
    def sent(self) -> list[Any]:
        """The JSON bodies that the endpoint has received."""
        return [json.loads(call.content) for call in self.endpoint_calls]


@dataclass
class TenantCaller:
    """One tenant, and a client that calls its addresses and its control."""

    client: Client
    state: OrchestrationTenant
    outside: Outside

    def call(self, method: str, path: str, **rest: Any) -> TestResponse:
        """One request; a path below the System Configurator API may leave out its base."""
        if path.startswith(("secrets", "event-driven-integrations")):
            path = f"/{self.state.tenant_path}/system-configurator/api/{path}"
        return self.client.open(path, method=method, **rest)

    def read(self, path: str) -> Any:
        """The JSON at ``/_mock/{path}``."""
        return self.client.get(f"/_mock/{path}").get_json()

    def control(self, path: str, body: object = None, *, status: int = 200) -> Any:
        """POST to ``/_mock/{path}``; the JSON of the reply."""
        reply = self.client.post(f"/_mock/{path}", json=body)
        assert reply.status_code == status, reply.text
        return reply.get_json()

    def save(self, **form: Any) -> TestResponse:
        """POST a configuration's form."""
        return self.call("POST", "event-driven-integrations", json=a_form(**form))

    def integrate(self, definition: dict[str, Any] | str | None = None, **form: Any) -> dict[str, Any]:
        """Save a configuration; without ``definition`` a POST of the conversation's id."""
        text = definition if isinstance(definition, str) else json.dumps(definition or a_request())
        reply = self.save(json=text, **form)
        assert reply.status_code == 201, reply.text
        return dict(reply.get_json())

    def start(self, event: str = "Ended", contact: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """An event, without waiting for its deliveries."""
        body = {"event": event, "contact": a_contact() if contact is None else contact} | options
        return dict(self.control(f"events?tenant={self.state.name}", body, status=202))

    def fire(self, event: str = "Ended", **contact: Any) -> dict[str, Any]:
        """An event; returns when its deliveries have ended."""
        fired = self.start(event, a_contact(**contact))
        self.drain()
        return fired

    def drain(self) -> None:
        """Wait until every delivery that is due has ended."""
        assert self.state.engine.drain(30)

    def deliveries(self) -> list[dict[str, Any]]:
        """The delivery log."""
        return list(self.read(f"deliveries?tenant={self.state.name}"))

    def delivery(self) -> dict[str, Any]:
        """The only delivery of the log."""
        (row,) = self.deliveries()
        return row

    def token_reply(self, secret: str = CLIENT_SECRET, **form: str) -> TestResponse:
        """A token request by client credentials."""
        body = {"grant_type": "client_credentials"} | form
        return self.client.post(f"/{self.state.tenant_path}/oauth2/token", data=body, auth=(CLIENT_ID, secret))

    def token(self, **form: str) -> str:
        """A token by client credentials."""
        return str(self.token_reply(**form).get_json()["access_token"])


def errors_of(reply: TestResponse) -> dict[str, dict[str, Any]]:
    """The errors of a problem reply by field."""
    return {error["field"]: error for error in reply.get_json()["errors"]}


def a_request(**members: Any) -> dict[str, Any]:
    """A small JSON for configuration."""
    return {"request": {"method": "POST", "body": {"contact_id": "{contact.guid}"}} | members}


def a_form(**fields: Any) -> dict[str, Any]:
    """A configuration's form that matches every ended chat of a queue."""
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


def a_credential(**members: Any) -> dict[str, Any]:
    """The OAuth secret of the tenant's own issuer."""
    return {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "access_token_url": TOKEN_URL} | members


def a_tenant_body(name: str = "default", tenant_path: str = "acme", **members: Any) -> dict[str, Any]:
    """The body that creates a tenant."""
    oauth = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "scope": "chat-attachments transfers",
        "audience": "attachment-transfer",
    }
    return {"name": name, "tenant_path": tenant_path, "oauth": oauth} | members


def caller_of(app: App, outside: Outside | None = None, name: str = "default") -> TenantCaller:
    """A caller of a tenant that exists."""
    tenant = app.mock.tenants.get(name)
    assert tenant is not None
    return TenantCaller(app.test_client(), tenant, outside or Outside())
