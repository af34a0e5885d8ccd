"""The configuration page's JSON, its e-mail sibling and a broken one, all the way to the stand-in."""

import json
from pathlib import Path
from typing import Any

import pytest
from orchestration_caller import (
    GUID,
    PASSWORDS,
    App,
    Outside,
    TenantCaller,
    a_credential,
    a_form,
    a_tenant_body,
    caller_of,
)

DATA = Path(__file__).parent / "data"
MAIL_ENDPOINT = "https://cc-workflows-eu-c1.cc.sinch.com/prod/email-analysis"
MAIL: dict[str, Any] = {
    "id": "5AB6E20342A6EE11B3ED58961D1810CC",
    "channel_type": "email",
    "channel_sub_type": "EMAIL",
    "source": "alice@example.com",
    "email": {"body": "Where is it?", "subject": "Order 7", "to": ["shop@acme.example"], "cc": None},
    "queue": {"id": "A" * 32, "address": "shop@acme.example"},
}


@pytest.fixture
def layered(app: App, outside: Outside) -> TenantCaller:
    """A tenant whose client may use both workflows, and whose endpoint is its own stand-in."""
    body = a_tenant_body()
    body["oauth"]["scope"] = "chat-attachments email-analysis"
    secrets = {
        **PASSWORDS,
        "cmi-email-analysis-user": "mail-password-0123456789",
        "orchestration-layer": a_credential(),
    }
    body["secrets"] = [{"name": name, "secret": value} for name, value in secrets.items()]
    assert app.test_client().post("/_mock/tenants", json=body).status_code == 201
    outside.on_call = lambda request: outside.answers.append(outside.forward(request))
    return caller_of(app, outside)


def calls(tenant: TenantCaller) -> list[dict[str, Any]]:
    return list(tenant.read("workflows"))


def test_the_configuration_pages_json_behaves_as_documented(layered: TenantCaller, example: str) -> None:
    saved = layered.integrate(example)
    assert (saved["json"], saved["warnings"]) == (example, [])
    layered.fire()
    (call,) = calls(layered)
    assert (call["workflow"], call["contact_id"], call["cmi_user"]) == (
        "chat-attachments",
        GUID,
        "transcript.user",
    )
    (row,) = layered.deliveries()
    assert (row["state"], row["status"], row["token_use"]) == ("delivered", 202, "fetched")


@pytest.mark.parametrize(
    ("mail", "analysed"),
    [({}, True), ({"body": ""}, True), ({"subject": ""}, True), ({"body": None, "subject": ""}, False)],
)
def test_the_email_analysis_sibling_behaves_as_documented(
    layered: TenantCaller, mail: dict[str, Any], analysed: bool
) -> None:
    """contact_id is {contact.id}, cc may be absent, and it works on subject or body."""
    text = (DATA / "email_analysis.json").read_text(encoding="utf-8")
    form = {"channel_type": "Email", "direction": "Inbound", "events": ["Received"], "endpoint_url": MAIL_ENDPOINT}
    assert layered.integrate(text, **form)["warnings"] == []
    layered.fire("Received", **MAIL | {"email": MAIL["email"] | mail})
    (call,) = calls(layered)
    assert (call["workflow"], call["contact_id"], call["analysed"]) == ("email-analysis", MAIL["id"], analysed)
    assert call["headers_present"] == ["x-cmi-api-key", "x-cmi-password"]


def test_the_siblings_do_not_disturb_each_other(layered: TenantCaller, example: str) -> None:
    text = (DATA / "email_analysis.json").read_text(encoding="utf-8")
    layered.integrate(example, name="files")
    layered.integrate(
        text, name="mails", channel_type="Email", direction="Inbound", events=["Received"], endpoint_url=MAIL_ENDPOINT
    )
    layered.fire("Ended")
    layered.fire("Received", **MAIL)
    assert [(row["config_name"], row["state"]) for row in layered.deliveries()] == [
        ("files", "delivered"),
        ("mails", "delivered"),
    ]
    assert [row["token_use"] for row in layered.deliveries()] == ["fetched", "cached"]


def test_a_mail_without_from_is_refused_by_the_workflow(layered: TenantCaller) -> None:
    text = (DATA / "email_analysis.json").read_text(encoding="utf-8")
    layered.integrate(text, channel_type="Email", direction="Inbound", events=["Received"], endpoint_url=MAIL_ENDPOINT)
    layered.fire("Received", **MAIL | {"source": None})
    (row,) = layered.deliveries()
    assert (row["state"], row["status"]) == ("failed", 400)
    assert json.loads(row["response_body"])["errors"][0]["field"] == "from"
    assert calls(layered) == []


def test_a_broken_configuration_is_refused_with_every_place(layered: TenantCaller) -> None:
    text = (DATA / "broken.json").read_text(encoding="utf-8")
    reply = layered.call("POST", "event-driven-integrations", json=a_form(json=text))
    assert reply.status_code == 422
    places = {error["field"]: (error["line"], error["column"]) for error in reply.get_json()["errors"]}
    assert places == {
        "json.request.method": (3, 15),
        "json.request.authentication.client_id": (4, 23),
        "json.request.authentication.access_token_url": (4, 23),
        "json.request.headers.x cmi password": (7, 25),
        "json.request.condition": (9, 18),
        "json.request.timeout": (10, 16),
        "json.request.body": (11, 13),
    }
    assert layered.call("GET", "event-driven-integrations").get_json() == []


def test_a_configuration_that_was_cut_off_is_refused_where_it_ends(layered: TenantCaller, example: str) -> None:
    reply = layered.call("POST", "event-driven-integrations", json=a_form(json=example[:200]))
    (error,) = reply.get_json()["errors"]
    assert (reply.status_code, error["field"], error["line"]) == (422, "json", 1)
    assert error["column"] <= 201
