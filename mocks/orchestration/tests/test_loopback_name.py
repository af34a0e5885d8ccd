"""The issuer answers at its tenant's loopback name; its identity and the configurator's guard stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from orchestration_caller import CLIENT_ID, CLIENT_SECRET, App, TenantCaller, a_tenant_body

from orchestration_mock.app import create_app

NAME = {"Host": "default.orchestration.localhost:8101"}
GRANT = {"grant_type": "client_credentials"}
LOGIN = (CLIENT_ID, CLIENT_SECRET)

pytestmark = pytest.mark.off_contract(reason="the contract describes the neighbours' real names")


def test_a_token_is_issued_there(tenant: TenantCaller) -> None:
    answer = tenant.client.post("/acme/oauth2/token", data=GRANT, auth=LOGIN, headers=NAME)
    assert answer.get_json()["token_type"] == "bearer"


def test_the_metadata_name_the_issuer_that_the_tokens_name(tenant: TenantCaller) -> None:
    """An issuer is an identity that is compared, not a link: RFC 8414, 3.3."""
    path = "/acme/.well-known/openid-configuration"
    own, there = tenant.client.get(path), tenant.client.get(path, headers=NAME)
    assert there.get_json() == own.get_json()
    assert there.get_json()["issuer"] == "https://login-eu-c1.cc.sinch.com/acme"


def test_an_issuer_of_a_customers_own_answers_there_by_its_paths(tmp_path: Path) -> None:
    body = a_tenant_body("teal", "teal")
    issuer = "https://auth.teal.example/realms/cc"
    body["oauth"] |= {"issuer": issuer, "token_url": f"{issuer}/protocol/token"}
    client = create_app(tmp_path).test_client()
    assert client.post("/_mock/tenants", json=body).status_code == 201
    name = {"Host": "teal.orchestration.localhost:8101"}
    assert client.get("/realms/cc/.well-known/jwks.json", headers=name).get_json()["keys"]
    answer = client.post("/realms/cc/protocol/token", data=GRANT, auth=LOGIN, headers=name)
    assert answer.get_json()["token_type"] == "bearer"
    assert client.get("/realms/cc/nothing", headers=name).status_code == 404


@pytest.mark.parametrize("part", ["secrets", "event-driven-integrations"])
def test_the_configurator_is_refused_there(tenant: TenantCaller, part: str) -> None:
    path = f"/acme/system-configurator/api/{part}"
    assert tenant.client.get(path, headers=NAME).status_code == 403
    own_page = {**NAME, "Origin": f"http://{NAME['Host']}", "Sec-Fetch-Site": "same-origin"}
    assert tenant.client.post(path, json={}, headers=own_page).status_code == 403


def test_the_path_of_another_tenant_is_none_of_its_addresses(app: App, tenant: TenantCaller) -> None:
    assert app.test_client().post("/_mock/tenants", json=a_tenant_body("other", "other")).status_code == 201
    assert tenant.client.post("/other/oauth2/token", data=GRANT, auth=LOGIN, headers=NAME).status_code == 421


def test_no_workflow_is_published_there(tenant: TenantCaller) -> None:
    assert tenant.client.post("/prod/chat-attachments", json={}, headers=NAME).status_code == 501
