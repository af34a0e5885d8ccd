"""The configuration page's JSON, its e-mail sibling and a broken one, all the way to the stand-in."""

import json
from pathlib import Path

import httpx
import pytest

DATA = Path(__file__).parent / "data"
MAIL_ENDPOINT = "https://cc-workflows-eu-c1.cc.sinch.com/prod/email-analysis"
MAIL = {
    "id": "5AB6E20342A6EE11B3ED58961D1810CC",
    "channel_type": "email",
    "channel_sub_type": "EMAIL",
    "source": "alice@example.com",
    "email": {"body": "Where is it?", "subject": "Order 7", "to": ["shop@acme.example"], "cc": None},
    "queue": {"id": "A" * 32, "address": "shop@acme.example"},
}


@pytest.fixture
def layered(app, make, outside):
    """A tenant whose client may use both workflows, and whose endpoint is its own stand-in."""
    body = make.tenant_body()
    body["oauth"]["scope"] = "chat-attachments email-analysis"
    client = app.test_client()
    secrets = make.passwords | {"cmi-email-analysis-user": "mail-password-0123456789"}
    credential = {
        "client_id": "event-engine",
        "client_secret": make.client_secret,
        "access_token_url": "https://login-eu-c1.cc.sinch.com/acme/oauth2/token",
    }
    body["secrets"] = [{"name": name, "secret": value} for name, value in secrets.items()]
    body["secrets"].append({"name": "orchestration-layer", "secret": credential})
    assert client.post("/_mock/tenants", json=body).status_code == 201

    def stand_in(request):
        headers = [(name, value) for name, value in request.headers.items() if name != "content-length"]
        reply = client.post(request.url.path, data=request.content, headers=headers)
        outside.answers = [httpx.Response(reply.status_code, content=reply.data)]

    outside.on_call = stand_in
    return make.tenant(app)


def calls(tenant):
    return tenant.client.get("/_mock/workflows").json


def test_the_configuration_pages_json_behaves_as_documented(layered, example, make):
    saved = layered.integrate(example)
    assert (saved["json"], saved["warnings"]) == (example, [])
    layered.fire()
    (call,) = calls(layered)
    assert (call["workflow"], call["contact_id"], call["cmi_user"]) == (
        "chat-attachments",
        make.guid,
        "transcript.user",
    )
    (row,) = layered.deliveries()
    assert (row["state"], row["status"], row["token_use"]) == ("delivered", 202, "fetched")


@pytest.mark.parametrize(
    ("mail", "analysed"),
    [({}, True), ({"body": ""}, True), ({"subject": ""}, True), ({"body": None, "subject": ""}, False)],
)
def test_the_email_analysis_sibling_behaves_as_documented(layered, mail, analysed):
    """contact_id is {contact.id}, cc may be lacking, and it works on subject or body."""
    text = (DATA / "email_analysis.json").read_text(encoding="utf-8")
    form = {"channel_type": "Email", "direction": "Inbound", "events": ["Received"], "endpoint_url": MAIL_ENDPOINT}
    assert layered.integrate(text, **form)["warnings"] == []
    layered.fire("Received", **MAIL | {"email": MAIL["email"] | mail})
    (call,) = calls(layered)
    assert (call["workflow"], call["contact_id"], call["analysed"]) == ("email-analysis", MAIL["id"], analysed)
    assert call["headers_present"] == ["x-cmi-api-key", "x-cmi-password"]


def test_the_siblings_do_not_disturb_each_other(layered, example):
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


def test_a_mail_without_from_is_refused_by_the_workflow(layered):
    text = (DATA / "email_analysis.json").read_text(encoding="utf-8")
    layered.integrate(text, channel_type="Email", direction="Inbound", events=["Received"], endpoint_url=MAIL_ENDPOINT)
    layered.fire("Received", **MAIL | {"source": None})
    (row,) = layered.deliveries()
    assert (row["state"], row["status"]) == ("failed", 400)
    assert json.loads(row["response_body"])["errors"][0]["field"] == "from"
    assert calls(layered) == []


def test_a_broken_configuration_is_refused_with_every_place(layered, make):
    text = (DATA / "broken.json").read_text(encoding="utf-8")
    reply = layered.call("POST", "event-driven-integrations", json=make.form(json=text))
    assert reply.status_code == 422
    places = {error["field"]: (error["line"], error["column"]) for error in reply.json["errors"]}
    assert places == {
        "json.request.method": (3, 15),
        "json.request.authentication.client_id": (4, 23),
        "json.request.authentication.access_token_url": (4, 23),
        "json.request.headers.x cmi password": (7, 25),
        "json.request.condition": (9, 18),
        "json.request.timeout": (10, 16),
        "json.request.body": (11, 13),
    }
    assert layered.call("GET", "event-driven-integrations").json == []


def test_a_configuration_that_was_cut_off_is_refused_where_it_ends(layered, make, example):
    reply = layered.call("POST", "event-driven-integrations", json=make.form(json=example[:200]))
    (error,) = reply.json["errors"]
    assert (reply.status_code, error["field"], error["line"]) == (422, "json", 1)
    assert error["column"] <= 201
