"""Two independent implementations of one grammar, the gate's and the mock's: an error in one of them is a difference.

The gate knows one endpoint and so is stricter; the mock is the engine for all endpoints. The mock saves what is valid
for the gate; what the mock refuses as invalid is an error of the gate; the mock sends what the dry run shows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from werkzeug.test import Client

from attachment_contract import check
from attachment_contract.dryrun.request import dry_run
from attachment_contract.dryrun.substitution import SAMPLE_CONTACT
from attachment_contract.gate.wording import MASK
from orchestration_mock.app import create_app
from orchestration_mock.wire.egress import read_egress
from orchestration_mock.wire.outbound import HttpSender

CORPUS = Path(__file__).parent / "corpus"
ENDPOINT = "https://cc-workflows-eu-c1.cc.sinch.com/prod/chat-attachments"
INTEGRATIONS = "/acme/system-configurator/api/event-driven-integrations"
SECRETS = {
    "ri-apikey": "k-4711-4711",
    "cmi-chat-attachment-upload-user": "p-4711-4711-4711",
    "cmi-user": "p-4712-4712-4712",
    "c4c_user": "s-4712",
    "sap-v1-secret": "s-4711",
}
REFUSED_AS_INVALID = {400, 422}


class Outside:
    """The tenant beyond the mock: a token service and the endpoint, which keeps what it gets."""

    def __init__(self) -> None:
        self.received: list[httpx.Request] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth2/token"):
            return httpx.Response(200, json={"access_token": "t-1", "token_type": "bearer", "expires_in": 3599})
        self.received.append(request)
        return httpx.Response(202, json={"status": "accepted"})


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def configurator(tmp_path: Path, outside: Outside) -> Client:
    egress = read_egress("cc-workflows-*.cc.sinch.com=http://127.0.0.1:1,login-*.cc.sinch.com=http://127.0.0.1:2")
    app = create_app(tmp_path, requests=HttpSender(egress, transport_for=lambda _: httpx.MockTransport(outside.handle)))
    client = app.test_client()
    oauth = {"client_id": "engine", "client_secret": "c-4711-4711", "scope": "chat-attachments", "audience": "a"}
    made = client.post("/_mock/tenants", json={"name": "default", "tenant_path": "acme", "oauth": oauth})
    assert made.status_code == 201, made.text
    token_url = "https://login-eu-c1.cc.sinch.com/acme/oauth2/token"
    credential = {"client_id": "engine", "client_secret": "c-4711-4711", "access_token_url": token_url}
    for name, secret in {**SECRETS, "orchestration-layer": credential}.items():
        saved = client.post("/acme/system-configurator/api/secrets", json={"name": name, "secret": secret})
        assert saved.status_code == 201, saved.text
    return client


def saved(configurator: Client, text: str) -> int:
    form = {"name": "files", "channel_type": "Chat", "endpoint_url": ENDPOINT, "ordinal": 1, "direction": "Both"}
    rest = {"events": ["Ended"], "queues": [], "direct_conversations": False, "enabled": True, "json": text}
    return configurator.post(INTEGRATIONS, json={**form, **rest}).status_code


def bare(file: Path) -> str | None:
    """The configuration alone, as a user pastes it into the form; None if it is not UTF-8."""
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError:
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return text
    inner = document.get("json") if isinstance(document, dict) else None
    return text if inner is None else inner if isinstance(inner, str) else json.dumps(inner)


SOUND = [file for folder in ("sound", "documented") for file in sorted((CORPUS / folder).iterdir())]


@pytest.mark.parametrize("file", SOUND, ids=lambda file: file.stem)
def test_the_mock_saves_what_is_sound_for_the_gate(configurator: Client, file: Path) -> None:
    text = bare(file)
    assert text is not None
    assert saved(configurator, text) == 201


def test_what_the_mock_refuses_as_invalid_is_an_error_of_the_gate(configurator: Client) -> None:
    refused = 0
    for file in sorted((CORPUS / "broken").iterdir()):
        text = bare(file)
        if text is not None and saved(configurator, text) in REFUSED_AS_INVALID:
            refused += 1
            assert not check(text).ok, file.name
    # Otherwise this test would pass with a mock that refuses nothing.
    assert refused > 20


def event(configurator: Client) -> Any:
    fired = configurator.post("/_mock/events", json={"event": "Ended", "contact": SAMPLE_CONTACT})
    assert fired.status_code == 202, fired.text
    return configurator.get("/_mock/deliveries?drain_s=20").get_json()


@pytest.mark.parametrize(
    "name",
    [
        "plain",
        "all_options",
        "condition_language",
        "condition_sub_type",
        "header_names_in_other_case_and_own_secret_names",
        "escapes_and_umlauts_where_they_may_be",
        "accept_header",
    ],
)
def test_the_mock_sends_what_the_dry_run_shows(configurator: Client, outside: Outside, name: str) -> None:
    text = (CORPUS / "sound" / f"{name}.json").read_text(encoding="utf-8")
    document = json.loads(text)
    document["request"].pop("delay", None)
    document["request"].pop("delayMax", None)
    text = json.dumps(document)
    assert saved(configurator, text) == 201
    deliveries = event(configurator)
    (sent,) = outside.received or [pytest.fail(str(deliveries))]
    shown = dry_run(text)
    assert shown.sends is True
    assert (shown.method, shown.url) == (sent.method, ENDPOINT)
    assert shown.body.encode() == sent.content
    hidden = {"authorization": "Bearer t-1", **dict.fromkeys(map(str.lower, document["request"]["headers"]), "")}
    for header, value in shown.headers:
        assert header.lower() in sent.headers
        if MASK not in value and header.lower() not in hidden:
            assert sent.headers[header] == value
    assert {header.lower() for header, _ in shown.headers} | {"host", "content-length"} >= set(sent.headers)
    assert sent.headers["authorization"] == "Bearer t-1"


@pytest.mark.parametrize(
    "condition",
    [
        "contact.get_priority() <= 50",
        "contact.get_priority() > 50",
        "contact.get_queue() is not None  # direct chats have no queue",
        "contact.get_queue() is None",
        "contact.get_direction() == 'inbound'\n  and contact.get_priority() > 10",
        "contact.get_language().lower() in ('de', 'fi')",
        "'app' in contact.get_channel_sub_type()",
        "not (1 < contact.get_priority() < 60)",
    ],
)
def test_dry_run_and_mock_agree_whether_a_condition_is_true(
    configurator: Client, outside: Outside, condition: str
) -> None:
    document = json.loads((CORPUS / "sound" / "plain.json").read_text(encoding="utf-8"))
    document["request"]["condition"] = condition
    text = json.dumps(document)
    assert saved(configurator, text) == 201
    event(configurator)
    assert dry_run(text).sends is bool(outside.received)
