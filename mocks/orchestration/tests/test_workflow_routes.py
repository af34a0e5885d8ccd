"""The orchestration layer's own stand-in."""

from dataclasses import replace
from typing import Any

import pytest
from orchestration_caller import CLIENT_SECRET, GUID, TenantCaller, a_tenant_body
from werkzeug.test import TestResponse

HOST = {"Host": "cc-workflows-eu-c1.cc.sinch.com"}
HEADERS = {
    "x-cmi-api-key": "k-0123456789",
    "x-cmi-password": "p-0123456789",
    "x-sap-v1-password": "s-0123456789",
}


@pytest.fixture
def body() -> dict[str, Any]:
    return {
        "cmi_url": "https://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi",
        "cmi_user": "transcript.user",
        "sap_v1": {"url": "https://my2554607.de1.crm.cloud.sap", "user": "v1user"},
        "contact_id": GUID,
    }


@pytest.fixture
def bearer(tenant: TenantCaller) -> dict[str, str]:
    return {"Authorization": f"Bearer {tenant.token(scope='chat-attachments')}"}


def post(tenant: TenantCaller, body: dict[str, Any], **headers: str) -> TestResponse:
    return tenant.client.post("/prod/chat-attachments", json=body, headers=HOST | headers)


def test_a_complete_call_is_accepted_and_recorded(
    tenant: TenantCaller, body: dict[str, Any], bearer: dict[str, str]
) -> None:
    reply = post(tenant, body, **HEADERS, **bearer)
    assert (reply.status_code, reply.get_json()["status"]) == (202, "accepted")
    (call,) = tenant.read("workflows")
    assert (call["contact_id"], call["id"]) == (GUID, reply.get_json()["job_id"])
    assert not [value for value in HEADERS.values() if value in str(call)]


@pytest.mark.parametrize(("answer", "member"), [("sync", "attachments"), ("execution", "executionArn")])
def test_the_dialect_chooses_another_answer(
    tenant: TenantCaller, body: dict[str, Any], bearer: dict[str, str], answer: str, member: str
) -> None:
    tenant.state.dialect["workflow_answer"] = answer
    reply = post(tenant, body, **HEADERS, **bearer)
    assert reply.status_code == 200
    assert member in reply.get_json()


def test_the_synchronous_answer_lists_every_file(
    tenant: TenantCaller, body: dict[str, Any], bearer: dict[str, str]
) -> None:
    tenant.state.dialect["workflow_answer"] = "sync"
    files = [{"name": "a.pdf", "status": "stored"}, {"name": "b.exe", "status": "skipped", "reason": "type"}]
    guid = f"{GUID[:8]}-{GUID[8:]}".lower()
    assert tenant.client.put(f"/_mock/workflows/results/{guid}", json={"attachments": files}).get_json() == files
    assert post(tenant, body, **HEADERS, **bearer).get_json() == {
        "status": "done",
        "contact_id": GUID,
        "attachments": files,
    }
    wrong = tenant.client.put("/_mock/workflows/results/x", json={"attachments": [{"status": "lost"}]})
    assert {error["field"] for error in wrong.get_json()["errors"]} == {"attachments.name", "attachments.status"}


@pytest.mark.parametrize("workflow", ["chat-attachments", "email-analysis"])
def test_the_three_published_regions_answer_and_no_other(
    tenant: TenantCaller, body: dict[str, Any], workflow: str
) -> None:
    tenant.state.issuer.client = replace(tenant.state.issuer.client, scope=(workflow,))
    headers = HEADERS | {"Authorization": f"Bearer {tenant.token()}"}
    mail = body | {"from": "a@b.example", "to": "c@d.example", "subject": "x", "created": "2026-11-22T10:00:00.000Z"}
    regions = ["eu-c1", "na-w2", "au-s2"]
    for region in regions:
        host = {"Host": f"cc-workflows-{region}.cc.sinch.com"}
        assert tenant.client.post(f"/prod/{workflow}", json=mail, headers=headers | host).status_code == 202
    assert [call["region"] for call in tenant.read("workflows")] == regions
    nowhere = tenant.client.post(
        f"/prod/{workflow}", json=mail, headers=headers | {"Host": "cc-workflows-af-s1.cc.sinch.com"}
    )
    assert nowhere.status_code == 501
    assert "No workflow is published at cc-workflows-af-s1.cc.sinch.com" in nowhere.get_json()["detail"]


def test_a_body_that_is_too_large_is_a_413(tenant: TenantCaller, body: dict[str, Any], bearer: dict[str, str]) -> None:
    assert post(tenant, body | {"x": "y" * 1_100_000}, **HEADERS, **bearer).status_code == 413


def test_a_planned_fault_strikes_the_workflow(
    tenant: TenantCaller, body: dict[str, Any], bearer: dict[str, str]
) -> None:
    fault = {"kind": "status", "match": {"path": "/prod/*"}, "params": {"status": 429}}
    assert tenant.client.post("/_mock/faults", json=fault).status_code == 201
    assert [post(tenant, body, **HEADERS, **bearer).status_code for _ in range(2)] == [429, 202]


def test_a_call_without_a_token_is_unauthorized(tenant: TenantCaller, body: dict[str, Any]) -> None:
    assert post(tenant, body, **HEADERS).status_code == 401
    assert post(tenant, body, **HEADERS, Authorization="Bearer a.b.c").status_code == 401


def test_a_token_of_another_scope_is_forbidden(tenant: TenantCaller, body: dict[str, Any]) -> None:
    reply = post(tenant, body, **HEADERS, Authorization=f"Bearer {tenant.token(scope='transfers')}")
    assert reply.status_code == 403


def test_what_is_missing_is_named(tenant: TenantCaller, body: dict[str, Any], bearer: dict[str, str]) -> None:
    del body["contact_id"]
    body["sap_v1"] = {"url": "https://x"}
    reply = post(tenant, body, **bearer)
    assert (reply.status_code, reply.mimetype) == (400, "application/problem+json")
    fields = {error["field"] for error in reply.get_json()["errors"]}
    assert fields == {*HEADERS, "contact_id", "sap_v1.user"}


def test_an_unknown_workflow_is_a_501(tenant: TenantCaller, bearer: dict[str, str]) -> None:
    reply = tenant.client.post("/prod/post-call-transcription", json={}, headers=HOST | bearer)
    assert reply.status_code == 501
    assert "chat-attachments, email-analysis" in reply.get_json()["detail"]


def test_a_call_belongs_to_the_tenant_that_issued_its_token(tenant: TenantCaller, body: dict[str, Any]) -> None:
    tenant.client.post("/_mock/tenants", json=a_tenant_body("other", "other"))
    auth = ("event-engine", CLIENT_SECRET)
    token = tenant.client.post("/other/oauth2/token", data={"grant_type": "client_credentials"}, auth=auth).get_json()
    assert post(tenant, body, **HEADERS, Authorization=f"Bearer {token['access_token']}").status_code == 202
    assert len(tenant.read("workflows?tenant=other")) == 1
    assert tenant.read("workflows") == []
