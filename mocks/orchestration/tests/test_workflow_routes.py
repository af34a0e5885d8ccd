"""The orchestration layer's own stand-in."""

import pytest

HOST = {"Host": "cc-workflows-eu-c1.cc.sinch.com"}
HEADERS = {
    "x-cmi-api-key": "k-0123456789",
    "x-cmi-password": "p-0123456789",
    "x-sap-v1-password": "s-0123456789",
}


@pytest.fixture
def body(make):
    return {
        "cmi_url": "https://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi",
        "cmi_user": "transcript.user",
        "sap_v1": {"url": "https://my2554607.de1.crm.cloud.sap", "user": "v1user"},
        "contact_id": make.guid,
    }


@pytest.fixture
def bearer(tenant, make):
    form = {"grant_type": "client_credentials", "scope": "chat-attachments"}
    reply = tenant.client.post("/acme/oauth2/token", data=form, auth=("event-engine", make.client_secret))
    return {"Authorization": f"Bearer {reply.json['access_token']}"}


def post(tenant, body, **headers):
    return tenant.client.post("/prod/chat-attachments", json=body, headers=HOST | headers)


def test_a_complete_call_is_accepted_and_recorded(tenant, body, bearer, make):
    reply = post(tenant, body, **HEADERS, **bearer)
    assert (reply.status_code, reply.json["status"]) == (202, "accepted")
    (call,) = tenant.client.get("/_mock/workflows").json
    assert (call["contact_id"], call["id"]) == (make.guid, reply.json["job_id"])
    assert not [value for value in HEADERS.values() if value in str(call)]


@pytest.mark.parametrize(("answer", "member"), [("sync", "attachments"), ("execution", "executionArn")])
def test_the_dialect_chooses_another_answer(tenant, body, bearer, answer, member):
    tenant.world.dialect["workflow_answer"] = answer
    reply = post(tenant, body, **HEADERS, **bearer)
    assert reply.status_code == 200
    assert member in reply.json


def test_a_call_without_a_token_is_unauthorized(tenant, body):
    assert post(tenant, body, **HEADERS).status_code == 401
    assert post(tenant, body, **HEADERS, Authorization="Bearer a.b.c").status_code == 401


def test_a_token_of_another_scope_is_forbidden(tenant, body, make):
    form = {"grant_type": "client_credentials", "scope": "transfers"}
    token = tenant.client.post("/acme/oauth2/token", data=form, auth=("event-engine", make.client_secret)).json
    reply = post(tenant, body, **HEADERS, Authorization=f"Bearer {token['access_token']}")
    assert reply.status_code == 403


def test_what_is_missing_is_named(tenant, body, bearer):
    del body["contact_id"]
    body["sap_v1"] = {"url": "https://x"}
    reply = post(tenant, body, **bearer)
    assert (reply.status_code, reply.mimetype) == (400, "application/problem+json")
    fields = {error["field"] for error in reply.json["errors"]}
    assert fields == {*HEADERS, "contact_id", "sap_v1.user"}


def test_an_unknown_workflow_is_a_501(tenant, bearer):
    reply = tenant.client.post("/prod/post-call-transcription", json={}, headers=HOST | bearer)
    assert reply.status_code == 501
    assert "chat-attachments, email-analysis" in reply.json["detail"]


def test_a_call_belongs_to_the_tenant_that_issued_its_token(tenant, body, make):
    tenant.client.post("/_mock/worlds", json=make.world("other", "other"))
    auth = ("event-engine", make.client_secret)
    token = tenant.client.post("/other/oauth2/token", data={"grant_type": "client_credentials"}, auth=auth).json
    assert post(tenant, body, **HEADERS, Authorization=f"Bearer {token['access_token']}").status_code == 202
    assert len(tenant.client.get("/_mock/workflows?world=other").json) == 1
    assert tenant.client.get("/_mock/workflows").json == []
