"""Thirty-two tenants at once, with faults, clock moves and lockouts: nothing of one shows in another."""

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from orchestration_caller import App, Outside

TENANTS = 32
GUID = "5AB6E20342A6EE11B3ED58961D1810CC"  # the same conversation id in every tenant, so that a mix-up would show


def secrets_of(number: int) -> dict[str, str]:
    """What only this tenant may know."""
    return {
        "client": f"client-secret-of-{number:02d}-0123456789",
        "ri-apikey": f"api-key-of-{number:02d}-0123456789",
        "cmi-chat-attachment-upload-user": f"cmi-password-of-{number:02d}-0123456789",
        "sap-v1-secret": f"sap-password-of-{number:02d}-0123456789",
    }


@dataclass
class Endpoint:
    """Records the calls of every tenant."""

    calls: list[httpx.Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def on_call(self, request: httpx.Request) -> None:
        with self.lock:
            self.calls.append(request)

    def of(self, name: str) -> list[httpx.Request]:
        return [call for call in self.calls if call.url.path.startswith(f"/{name}/")]


class TenantThread:
    """One tenant's user, who works by HTTP alone."""

    def __init__(self, app: App, number: int, example: str) -> None:
        self.client = app.test_client()
        self.number = number
        self.name = f"t{number:02d}"
        self.secrets = secrets_of(number)
        self.example = example

    def control(self, method: str, path: str, **body: Any) -> Any:
        reply = self.client.open(f"/_mock/{path}?tenant={self.name}", method=method, json=body or None)
        assert reply.status_code < 400, reply.text
        return reply.get_json(silent=True)

    def create(self) -> None:
        credential = {
            "client_id": f"engine-{self.number}",
            "client_secret": self.secrets["client"],
            "access_token_url": f"https://login-eu-c1.cc.sinch.com/{self.name}/oauth2/token",
        }
        values = [{"name": name, "secret": value} for name, value in self.secrets.items() if name != "client"]
        definition = json.loads(self.example) | {
            "response": {"save": {"who": self.name}, "set": {"priority": self.number}}
        }
        form = {
            "name": f"files of {self.name}",
            "channel_type": "Chat",
            "endpoint_url": f"https://cc-workflows-eu-c1.cc.sinch.com/{self.name}/chat-attachments",
            "events": ["Ended"],
            "json": json.dumps(definition),
        }
        oauth = {"client_id": f"engine-{self.number}", "client_secret": self.secrets["client"]}
        tenant = {
            "name": self.name,
            "tenant_path": self.name,
            "oauth": oauth | {"scope": "chat-attachments"},
            "secrets": [*values, {"name": "orchestration-layer", "secret": credential}],
            "event_driven_integrations": [form],
            "dialect": {"client_lock_after": 2},
        }
        assert self.client.post("/_mock/tenants", json=tenant).status_code == 201

    def disturb(self) -> None:
        """Each tenant breaks something else."""
        match self.number % 4:
            case 0:
                fault = {"kind": "status", "match": {"path": "*/oauth2/token"}, "params": {"status": 503}}
                self.control("POST", "faults", **fault)
            case 1:
                self.control("POST", "oauth/failures", kind="server_error")
            case 2:
                for _ in range(2):
                    form = {"grant_type": "client_credentials"}
                    auth = (f"engine-{self.number}", "wrong")
                    assert self.client.post(f"/{self.name}/oauth2/token", data=form, auth=auth).status_code == 401
            case 3:
                self.control("POST", "oauth", clock_skew_s=300)

    def fire(self) -> list[dict[str, Any]]:
        queue = {"id": None, "address": "help@whatsapp.sinchconversation.com"}
        contact = {"guid": GUID, "channel_type": "chat", "direction": "inbound", "priority": 50, "queue": queue}
        self.control("POST", "events", event="Ended", contact=contact)
        rows = self.client.get(f"/_mock/deliveries?tenant={self.name}&drain_s=60").get_json()
        assert "pending" not in [row["state"] for row in rows]
        return list(rows)

    def live(self, together: threading.Barrier) -> list[dict[str, Any]]:
        """Everything from creation to a delivery; returns the delivery log."""
        together.wait()
        self.create()
        self.disturb()
        self.fire()
        self.control("POST", "clock", advance_s=3600 * (1 + self.number))
        return self.fire()


Lives = tuple[list[TenantThread], list[list[dict[str, Any]]], Endpoint]


@pytest.fixture
def lives(app: App, outside: Outside, example: str) -> Lives:
    """All tenants at once: their threads, their delivery logs, and the endpoint."""
    endpoint = Endpoint()
    outside.on_call = endpoint.on_call
    threads = [TenantThread(app, number, example) for number in range(TENANTS)]
    together = threading.Barrier(TENANTS, timeout=60)
    with ThreadPoolExecutor(TENANTS) as pool:
        logs = list(pool.map(lambda thread: thread.live(together), threads))
    return threads, logs, endpoint


def issuer_of(request: httpx.Request) -> Any:
    payload = request.headers["authorization"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=="))["iss"]


def test_thirty_two_tenants_at_once_share_nothing(lives: Lives) -> None:
    threads, logs, endpoint = lives
    for thread, log in zip(threads, logs, strict=True):
        states = ["delivered" if thread.number % 4 == 3 else "not_sent", "delivered"]
        assert [row["state"] for row in log] == states, log
        assert {row["config_name"] for row in log} == {f"files of {thread.name}"}
        check_calls(thread, endpoint.of(thread.name), states.count("delivered"))
        check_control(thread)
    check_leaks(threads)


def check_calls(thread: TenantThread, calls: list[httpx.Request], count: int) -> None:
    """The calls of this tenant carry this tenant's secrets and token, and no others."""
    assert len(calls) == count
    for call in calls:
        assert call.headers["x-cmi-api-key"] == thread.secrets["ri-apikey"]
        assert call.headers["x-sap-v1-password"] == thread.secrets["sap-v1-secret"]
        assert issuer_of(call) == f"https://login-eu-c1.cc.sinch.com/{thread.name}"


def check_control(thread: TenantThread) -> None:
    """Clock, faults, failures, lock, conversations and tokens are this tenant's own."""
    kind = thread.number % 4
    assert thread.control("GET", "clock")["offset_s"] == 3600 * (1 + thread.number)
    assert len(thread.control("GET", "faults")["faults"]) == (kind == 0)
    assert len(thread.control("GET", "oauth/failures")["failures"]) == (kind == 1)
    assert thread.control("GET", "oauth")["locked_until"] is None
    assert thread.control("GET", "oauth")["clock_skew_s"] == (300 if kind == 3 else 0)
    assert thread.control("GET", "conversations") == [
        {"guid": GUID, "attached_data": {"who": thread.name}, "set": {"priority": thread.number}}
    ]


def check_leaks(threads: list[TenantThread]) -> None:
    """No tenant's secret is in any journal, log or list, and no tenant's name in another's."""
    all_secrets = [value for thread in threads for value in thread.secrets.values()]
    for thread in threads:
        base = f"/{thread.name}/system-configurator/api"
        shown = [
            thread.client.get(f"/_mock/{what}?tenant={thread.name}&limit=1000").text
            for what in ("journal", "deliveries", "conversations", "evidence", "oauth")
        ]
        shown += [thread.client.get(f"{base}/{what}").text for what in ("secrets", "event-driven-integrations")]
        text = "\n".join(shown)
        assert [value for value in all_secrets if value in text] == []
        others = [f'"{other.name}"' for other in threads if other is not thread]
        assert [name for name in others if name in text] == []
