"""Tenants, reset, dialect, evidence; the kit's control suite; the real process."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from mock_kit.testing import ControlSuite, running_mock
from orchestration_mock.evidence import DIALECT

BEHAVIOURS = {one.id for one in DIALECT.book.all() if not one.id.startswith(("dialect.", "kit."))}


class TestControl(ControlSuite):
    """What every mock's ``/_mock`` must do."""

    @pytest.fixture
    def mock_client(self, tenant):
        tenant.state.journal.clear()
        return tenant.client

    @pytest.fixture
    def data_request(self):
        return {"method": "GET", "path": "/acme/.well-known/jwks.json"}

    @pytest.fixture
    def other_tenant(self, make):
        return make.tenant_body("other", "other")


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
def test_a_wrong_tenant_is_refused_by_its_field(app, make, change, field):
    reply = app.test_client().post("/_mock/tenants", json=make.tenant_body() | change)
    assert 400 <= reply.status_code < 500
    assert [error["field"] for error in reply.json["errors"]] == [field]
    assert app.mock.tenants.names() == []


def test_a_tenant_is_taken_once(tenant, make):
    assert tenant.client.post("/_mock/tenants", json=make.tenant_body("other", "acme")).status_code == 409


def test_two_tenants_share_nothing(tenant, make, example):
    tenant.integrate(example)
    tenant.client.post("/_mock/tenants", json=make.tenant_body("other", "other"))
    assert tenant.client.get("/other/system-configurator/api/secrets").json == []
    assert tenant.client.get("/other/system-configurator/api/event-driven-integrations").json == []
    keys = [tenant.client.get(f"/{t}/.well-known/jwks.json").json for t in ("acme", "other")]
    assert keys[0] != keys[1]


def test_a_reset_brings_back_the_setup_and_nothing_else(app, make, example):
    client = app.test_client()
    setup = {
        "secrets": [{"name": "a", "secret": "a-password"}],
        "event_driven_integrations": [make.form(json=example)],
    }
    assert client.post("/_mock/tenants", json=make.tenant_body() | setup).status_code == 201
    base = "/acme/system-configurator/api"
    before = client.get(f"{base}/event-driven-integrations").json
    client.post(f"{base}/secrets", json={"name": "b", "secret": "b-password"})
    client.post("/_mock/events", json={"event": "Ended", "contact": make.contact()})
    assert app.mock.tenants.get("default").engine.drain(30)
    assert client.post("/_mock/reset").status_code == 200
    assert [s["name"] for s in client.get(f"{base}/secrets").json] == ["a"]
    assert client.get(f"{base}/event-driven-integrations").json == before
    assert client.get("/_mock/deliveries").json == []


def test_a_reset_keeps_the_issuers_key(tenant):
    before = tenant.client.get("/_mock/oauth").json["kid"]
    tenant.client.post("/_mock/reset")
    assert tenant.client.get("/_mock/oauth").json["kid"] == before


def test_a_tenant_opened_anew_signs_with_the_keys_its_neighbours_have_fetched(tenant, make):
    before = tenant.client.get("/_mock/oauth").json["kid"]
    rotated = tenant.client.post("/_mock/oauth/rotate", json={"keep_old": False}).json["kid"]
    tenant.client.delete("/_mock/tenants/default")
    assert tenant.client.post("/_mock/tenants", json=make.tenant_body()).status_code == 201
    assert tenant.client.get("/_mock/oauth").json["kid"] == rotated != before


def test_a_dialect_value_is_judged_when_it_is_changed(tenant):
    assert tenant.client.post("/_mock/dialect", json={"max_triggered": 1}).status_code == 200
    refused = tenant.client.post("/_mock/dialect", json={"event_strings": "SHOUT"})
    assert refused.status_code == 422
    assert tenant.state.dialect["event_strings"] == "title"


def test_every_switch_says_where_it_comes_from():
    switches = DIALECT.switches.values()
    assert [s.name for s in switches if not s.evidence.source] == []
    assert {s.evidence.label for s in switches} <= {"documented", "inferred", "assumed", "own"}
    assert [s.name for s in switches if not s.accepts(s.value)] == []


def test_every_pinned_behaviour_names_a_test_that_exists(request):
    root = request.config.rootpath
    pinned = [entry.test for entry in DIALECT.book.all() if entry.id in BEHAVIOURS]
    assert len(pinned) == len(BEHAVIOURS)
    for path, _, name in (entry.partition("::") for entry in pinned):
        assert f"def {name}(" in (root / path).read_text(encoding="utf-8"), f"{path}::{name}"


def test_whatever_the_code_says_to_have_shown_is_in_the_book():
    package = files("orchestration_mock")
    code = "".join(path.read_text(encoding="utf-8") for path in Path(str(package)).rglob("*.py"))
    named = set(re.findall(r"""["']((?:edi|secrets|oauth|workflows)\.[a-z_0-9]+)["']""", code))
    assert named
    assert named <= BEHAVIOURS


def test_every_documented_behaviour_is_pinned_by_a_test():
    loose = [
        entry.id for entry in DIALECT.book.all() if not entry.test and not entry.id.startswith(("dialect.", "kit."))
    ]
    assert loose == []
    assert sum(entry.label == "documented" for entry in DIALECT.book.all()) >= 40


def test_a_delivery_counts_its_evidence_in_its_tenant(tenant, example):
    tenant.integrate(example)
    tenant.fire()
    hits = {e["id"]: e["hits"] for e in tenant.client.get("/_mock/evidence").json["evidence"]}
    assert (hits["edi.request"], hits["edi.token"], hits["edi.matching"]) == (1, 1, 1)


class _Endpoint(BaseHTTPRequestHandler):
    """Records one POST on its server and says 202."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, self.headers, body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def endpoint():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    server.seen = []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def issuer_and_engine(tmp_path, endpoint):
    """Two processes of the twin: one issues the tokens, the other fires the events at ``endpoint``."""
    with running_mock("orchestration_mock", tmp_path / "issuer") as issuer:
        egress = f"cc-workflows-*.cc.sinch.com=http://127.0.0.1:{endpoint.server_port},login-*={issuer.fault_proxy_url}"
        with running_mock("orchestration_mock", tmp_path / "engine", "--egress", egress) as engine:
            yield issuer, engine


def test_a_real_process_carries_an_event_to_the_endpoint(issuer_and_engine, endpoint, make, example):
    """The token comes through another process's fault proxy; the call has the real host name, path and bytes."""
    issuer, engine = issuer_and_engine
    credential = {
        "client_id": "event-engine",
        "client_secret": make.client_secret,
        "access_token_url": "https://login-eu-c1.cc.sinch.com/acme/oauth2/token",
    }
    secrets = [{"name": name, "secret": value} for name, value in make.passwords.items()]
    setup = {
        "secrets": [*secrets, {"name": "orchestration-layer", "secret": credential}],
        "event_driven_integrations": [make.form(json=example)],
    }
    assert httpx.post(f"{issuer.url}/_mock/tenants", json=make.tenant_body()).status_code == 201
    assert httpx.post(f"{engine.url}/_mock/tenants", json=make.tenant_body() | setup).status_code == 201
    event = {"event": "Ended", "contact": make.contact()}
    assert httpx.post(f"{engine.url}/_mock/events", json=event).status_code == 202
    (row,) = httpx.get(f"{engine.url}/_mock/deliveries", params={"drain_s": 30}, timeout=40).json()
    assert (row["state"], row["status"], row["error"]) == ("delivered", 202, None)
    ((path, headers, body),) = endpoint.seen
    assert (path, headers["Host"]) == ("/prod/chat-attachments", "cc-workflows-eu-c1.cc.sinch.com")
    assert headers["User-Agent"].startswith("python-requests/")
    assert headers["x-cmi-api-key"] == make.passwords["ri-apikey"]
    assert headers["Authorization"].startswith("Bearer ey")
    assert json.loads(body)["contact_id"] == make.guid
