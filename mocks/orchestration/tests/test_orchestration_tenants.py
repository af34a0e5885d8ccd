"""Tenants, reset, dialect, evidence; the kit's control suite; the real process."""

import json
import re
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
from orchestration_caller import (
    GUID,
    PASSWORDS,
    App,
    TenantCaller,
    a_contact,
    a_credential,
    a_form,
    a_tenant_body,
    caller_of,
)
from werkzeug.test import Client

from mock_kit.testing import ControlSuite, MockProcess, running_mock
from orchestration_mock.evidence import DIALECT

BEHAVIOURS = {one.id for one in DIALECT.book.all() if not one.id.startswith(("dialect.", "kit."))}


class TestControl(ControlSuite):
    """What every mock's ``/_mock`` must do."""

    @pytest.fixture
    def mock_client(self, tenant: TenantCaller) -> Client:
        tenant.state.journal.clear()
        return tenant.client

    @pytest.fixture
    def data_request(self) -> dict[str, Any]:
        return {"method": "GET", "path": "/acme/.well-known/jwks.json"}

    @pytest.fixture
    def other_tenant(self) -> dict[str, Any]:
        return a_tenant_body("other", "other")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tenant_path": ""}, "tenant_path"),
        ({"tenant_path": "a/b"}, "tenant_path"),
        ({"tenant_path": "_mock"}, "tenant_path"),
        ({"oauth": {"client_id": "x"}}, "oauth.client_secret"),
        ({"oauth": 5}, "oauth"),
        ({"dialect": {"no_such": 1}}, "dialect.no_such"),
        ({"dialect": {"max_triggered": "three"}}, "dialect.max_triggered"),
        ({"dialect": {"retries": True}}, "dialect.retries"),
        ({"dialect": {"event_strings": "SHOUT"}}, "dialect.event_strings"),
        ({"colour": "red"}, "colour"),
        ({"secrets": [{"name": "bad name", "secret": "x-password"}]}, "name"),
    ],
)
def test_a_wrong_tenant_is_refused_by_its_field(app: App, change: dict[str, Any], field: str) -> None:
    reply = app.test_client().post("/_mock/tenants", json=a_tenant_body() | change)
    assert 400 <= reply.status_code < 500
    assert [error["field"] for error in reply.get_json()["errors"]] == [field]
    assert app.mock.tenants.names() == []


def test_a_tenant_path_belongs_to_one_tenant(tenant: TenantCaller) -> None:
    assert tenant.client.post("/_mock/tenants", json=a_tenant_body("other", "acme")).status_code == 409


def test_two_tenants_share_nothing(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    tenant.client.post("/_mock/tenants", json=a_tenant_body("other", "other"))
    assert tenant.client.get("/other/system-configurator/api/secrets").get_json() == []
    assert tenant.client.get("/other/system-configurator/api/event-driven-integrations").get_json() == []
    keys = [tenant.client.get(f"/{t}/.well-known/jwks.json").get_json() for t in ("acme", "other")]
    assert keys[0] != keys[1]


def test_a_reset_brings_back_the_setup_and_nothing_else(app: App, example: str) -> None:
    client = app.test_client()
    setup = {
        "secrets": [{"name": "a", "secret": "a-password"}],
        "event_driven_integrations": [a_form(json=example)],
    }
    assert client.post("/_mock/tenants", json=a_tenant_body() | setup).status_code == 201
    base = "/acme/system-configurator/api"
    before = client.get(f"{base}/event-driven-integrations").get_json()
    client.post(f"{base}/secrets", json={"name": "b", "secret": "b-password"})
    client.post("/_mock/events", json={"event": "Ended", "contact": a_contact()})
    caller_of(app).drain()
    assert client.post("/_mock/reset").status_code == 200
    assert [s["name"] for s in client.get(f"{base}/secrets").get_json()] == ["a"]
    assert client.get(f"{base}/event-driven-integrations").get_json() == before
    assert client.get("/_mock/deliveries").get_json() == []


def test_a_reset_keeps_the_issuers_key(tenant: TenantCaller) -> None:
    before = tenant.read("oauth")["kid"]
    tenant.client.post("/_mock/reset")
    assert tenant.read("oauth")["kid"] == before


def test_a_tenant_that_is_created_again_signs_with_its_former_keys(tenant: TenantCaller) -> None:
    before = tenant.read("oauth")["kid"]
    rotated = tenant.control("oauth/rotate", {"keep_old": False})["kid"]
    tenant.client.delete("/_mock/tenants/default")
    assert tenant.client.post("/_mock/tenants", json=a_tenant_body()).status_code == 201
    assert tenant.read("oauth")["kid"] == rotated != before


def test_a_dialect_value_is_checked_when_it_is_changed(tenant: TenantCaller) -> None:
    assert tenant.client.post("/_mock/dialect", json={"max_triggered": 1}).status_code == 200
    refused = tenant.client.post("/_mock/dialect", json={"event_strings": "SHOUT"})
    assert refused.status_code == 422
    assert tenant.state.dialect["event_strings"] == "title"


def test_every_switch_names_its_source() -> None:
    switches = DIALECT.switches.values()
    assert [s.name for s in switches if not s.evidence.source] == []
    assert {s.evidence.label for s in switches} <= {"documented", "inferred", "assumed", "own"}
    assert [s.name for s in switches if not s.accepts(s.value)] == []


def test_every_pinned_behaviour_names_a_test_that_exists(request: pytest.FixtureRequest) -> None:
    root = request.config.rootpath
    pinned = [entry.test or "" for entry in DIALECT.book.all() if entry.id in BEHAVIOURS]
    assert len(pinned) == len(BEHAVIOURS)
    for path, _, name in (entry.partition("::") for entry in pinned):
        assert f"def {name}(" in (root / path).read_text(encoding="utf-8"), f"{path}::{name}"


def test_every_evidence_id_in_the_code_is_in_the_book() -> None:
    package = files("orchestration_mock")
    code = "".join(path.read_text(encoding="utf-8") for path in Path(str(package)).rglob("*.py"))
    named = set(re.findall(r"""["']((?:edi|secrets|oauth|workflows)\.[a-z_0-9]+)["']""", code))
    assert named
    assert named <= BEHAVIOURS


def test_every_documented_behaviour_is_pinned_by_a_test() -> None:
    entries = DIALECT.book.all()
    loose = [entry.id for entry in entries if not entry.test and not entry.id.startswith(("dialect.", "kit."))]
    assert loose == []
    assert sum(entry.label == "documented" for entry in DIALECT.book.all()) >= 40


def test_a_delivery_counts_its_evidence_in_its_tenant(tenant: TenantCaller, example: str) -> None:
    tenant.integrate(example)
    tenant.fire()
    hits = {e["id"]: e["hits"] for e in tenant.read("evidence")["evidence"]}
    assert (hits["edi.request"], hits["edi.token"], hits["edi.matching"]) == (1, 1, 1)


class _EndpointServer(ThreadingHTTPServer):
    """An endpoint on a free port that records each POST."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _EndpointHandler)
        self.seen: list[tuple[str, Message, bytes]] = []


class _EndpointHandler(BaseHTTPRequestHandler):
    """Answers 202 to a POST."""

    server: _EndpointServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, self.headers, body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def endpoint() -> Iterator[_EndpointServer]:
    server = _EndpointServer()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def issuer_and_engine(tmp_path: Path, endpoint: _EndpointServer) -> Iterator[tuple[MockProcess, MockProcess]]:
    """Two processes of the mock: one issues the tokens, the other fires the events at ``endpoint``."""
    with running_mock("orchestration_mock", tmp_path / "issuer") as issuer:
        egress = f"cc-workflows-*.cc.sinch.com=http://127.0.0.1:{endpoint.server_port},login-*={issuer.fault_proxy_url}"
        with running_mock("orchestration_mock", tmp_path / "engine", "--egress", egress) as engine:
            yield issuer, engine


def test_a_real_process_carries_an_event_to_the_endpoint(
    issuer_and_engine: tuple[MockProcess, MockProcess], endpoint: _EndpointServer, example: str
) -> None:
    """The token comes through another process's fault proxy; the call has the real host name, path and bytes."""
    issuer, engine = issuer_and_engine
    secrets = [{"name": name, "secret": value} for name, value in PASSWORDS.items()]
    setup = {
        "secrets": [*secrets, {"name": "orchestration-layer", "secret": a_credential()}],
        "event_driven_integrations": [a_form(json=example)],
    }
    assert httpx.post(f"{issuer.url}/_mock/tenants", json=a_tenant_body()).status_code == 201
    assert httpx.post(f"{engine.url}/_mock/tenants", json=a_tenant_body() | setup).status_code == 201
    event = {"event": "Ended", "contact": a_contact()}
    assert httpx.post(f"{engine.url}/_mock/events", json=event).status_code == 202
    (row,) = httpx.get(f"{engine.url}/_mock/deliveries", params={"drain_s": 30}, timeout=40).json()
    assert (row["state"], row["status"], row["error"]) == ("delivered", 202, None)
    ((path, headers, body),) = endpoint.seen
    assert (path, headers["Host"]) == ("/prod/chat-attachments", "cc-workflows-eu-c1.cc.sinch.com")
    assert headers["User-Agent"].startswith("python-requests/")
    assert headers["x-cmi-api-key"] == PASSWORDS["ri-apikey"]
    assert headers["Authorization"].startswith("Bearer ey")
    assert json.loads(body)["contact_id"] == GUID
