"""An issuer of a customer's own: its token, metadata and keys are at the addresses that the tenant was made with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from orchestration_caller import a_tenant_body

from orchestration_mock.app import create_app

HOST = "auth.teal.example"
ISSUER = f"https://{HOST}/realms/cc"


def made(tmp_path: Path, **oauth: str) -> Any:
    body = a_tenant_body("teal", "teal")
    body["oauth"] |= oauth
    client = create_app(tmp_path).test_client()
    return client, client.post("/_mock/tenants", json=body), body


@pytest.mark.off_contract(reason="no hop of the contract describes a customer's own authorisation server")
def test_an_issuer_of_its_own_answers_at_its_own_addresses(tmp_path: Path) -> None:
    client, created, body = made(tmp_path, issuer=ISSUER, token_url=f"{ISSUER}/protocol/token")
    assert created.status_code == 201
    found = client.get("/realms/cc/.well-known/openid-configuration", headers={"Host": HOST}).json
    assert (found["issuer"], found["token_endpoint"]) == (ISSUER, f"{ISSUER}/protocol/token")
    assert client.get("/realms/cc/.well-known/jwks.json", headers={"Host": HOST}).json["keys"]
    credentials = (body["oauth"]["client_id"], body["oauth"]["client_secret"])
    answer = client.post(
        "/realms/cc/protocol/token", data={"grant_type": "client_credentials"}, headers={"Host": HOST}, auth=credentials
    )
    assert answer.json["token_type"] == "bearer"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/realms/cc/protocol/token", 405),
        ("POST", "/realms/cc/.well-known/jwks.json", 405),
        ("GET", "/realms/cc/nothing", 421),
    ],
)
def test_there_it_answers_nothing_else(tmp_path: Path, method: str, path: str, status: int) -> None:
    client, _, _ = made(tmp_path, issuer=ISSUER, token_url=f"{ISSUER}/protocol/token")
    assert client.open(path, method=method, headers={"Host": HOST}).status_code == status


def test_an_address_of_another_issuer_belongs_to_one_tenant_alone(tmp_path: Path) -> None:
    client, _, _ = made(tmp_path, issuer=ISSUER)
    second = a_tenant_body("other", "other")
    second["oauth"]["issuer"] = ISSUER
    answer = client.post("/_mock/tenants", json=second)
    assert answer.status_code == 409
    assert "teal" in answer.text


@pytest.mark.parametrize("wrong", ["http://auth.teal.example", "auth.teal.example", "https://", "https://user@host/x"])
def test_an_issuer_that_is_no_https_address_is_refused_by_its_field(tmp_path: Path, wrong: str) -> None:
    _, created, _ = made(tmp_path, issuer=wrong)
    assert created.status_code == 422
    assert "oauth.issuer" in created.text
