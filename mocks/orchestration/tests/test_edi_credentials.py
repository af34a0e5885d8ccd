"""Where a request's credentials come from, and what the log says when they are missing."""

import base64
import json
from typing import Any

import pytest
from orchestration_caller import CLIENT_SECRET, PASSWORDS, TenantCaller, a_request

TOKEN_URL = "https://login-eu-c1.cc.sinch.com/acme/oauth2/token"


@pytest.mark.parametrize(
    ("authentication", "says"),
    [
        (
            {"type": "oauth", "secrets_ref": "unknown"},
            "authentication oauth: there is no secret named unknown (secrets_ref)",
        ),
        ({"type": "oauth", "secrets_ref": "ri-apikey"}, "the secret ri-apikey is not an OAuth credential"),
        ({"type": "basic"}, "authentication basic: no user and password"),
        ({"type": "oauth", "client_id": "x", "access_token_url": TOKEN_URL}, "no client secret for x"),
    ],
)
def test_a_missing_credential_leaves_the_request_unsent_and_is_named(
    tenant: TenantCaller, authentication: dict[str, Any], says: str
) -> None:
    tenant.integrate(a_request(authentication=authentication))
    tenant.fire()
    assert tenant.delivery()["state"] == "not_sent"
    assert says in tenant.delivery()["error"]
    assert tenant.outside.endpoint_calls == []


def test_an_oauth_secret_is_no_text(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(headers={"x": "{secrets.orchestration-layer}"}))
    tenant.fire()
    assert "is an OAuth credential; refer to it by secrets_ref" in tenant.delivery()["error"]
    assert CLIENT_SECRET not in json.dumps(tenant.delivery())


@pytest.mark.parametrize("scope", [None, "transfers", ["transfers"], []])
def test_inline_oauth_may_take_its_secret_from_the_secrets_manager(tenant: TenantCaller, scope: object) -> None:
    tenant.call("POST", "secrets", json={"name": "engine-secret", "secret": CLIENT_SECRET})
    auth = {"type": "oauth", "client_id": "event-engine", "access_token_url": TOKEN_URL, "scope": scope}
    tenant.integrate(a_request(authentication=auth | {"client_secret": "{secrets.engine-secret}"}))
    tenant.fire()
    assert tenant.delivery()["state"] == "delivered"
    wanted = b"scope=transfers" if scope else b"grant_type=client_credentials"
    assert tenant.outside.token_calls[0].content.endswith(wanted)


def test_basic_may_stand_in_the_json_with_a_secret(tenant: TenantCaller) -> None:
    auth = {"type": "basic", "user": "hook", "password": "{secrets.sap-v1-secret}"}
    tenant.integrate(a_request(authentication=auth))
    tenant.fire()
    value = tenant.outside.endpoint_calls[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(value).decode() == f"hook:{PASSWORDS['sap-v1-secret']}"
    assert {"id": "edi.basic", "label": "documented"} in tenant.delivery()["evidence"]


def test_the_older_authentications_list_can_be_used_by_name(tenant: TenantCaller) -> None:
    tenant.integrate(
        a_request(headers={"x-api-key": "{authentications.api-key}"}),
        authentications=[{"name": "api-key", "value": "older-key-0123"}],
    )
    tenant.fire()
    assert tenant.outside.endpoint_calls[0].headers["x-api-key"] == "older-key-0123"
    assert "older-key-0123" not in json.dumps(tenant.delivery())


def test_an_unknown_entry_of_that_list_is_named(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(headers={"x-api-key": "{authentications.api-key}"}))
    tenant.fire()
    assert (
        tenant.delivery()["error"] == "{authentications.api-key}: the configuration has no authentication named api-key"
    )


def test_configurations_of_one_credential_share_a_token_and_others_do_not(tenant: TenantCaller) -> None:
    auth = {"type": "oauth", "client_id": "event-engine", "access_token_url": TOKEN_URL}
    credentials = [{"name": "main", "user": "event-engine", "value": CLIENT_SECRET}]
    for ordinal, scope in enumerate(("transfers", "transfers", "chat-attachments"), start=1):
        request = a_request(authentication=auth | {"scope": [scope]})
        tenant.integrate(request, ordinal=ordinal, authentications=credentials)
    tenant.fire()
    assert [row["token_use"] for row in tenant.deliveries()] == ["fetched", "cached", "fetched"]


def test_a_token_is_renewed_some_time_before_it_expires_by_the_dialect(tenant: TenantCaller, example: str) -> None:
    tenant.state.dialect["token_leeway_s"] = 600
    tenant.integrate(example)
    tenant.fire()
    tenant.state.clock.advance(3599 - 601)
    tenant.fire()
    tenant.state.clock.advance(60)
    tenant.fire()
    assert [row["token_use"] for row in tenant.deliveries()] == ["fetched", "cached", "fetched"]


def test_a_header_that_does_not_fit_the_wire_leaves_the_request_unsent(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(headers={"x-name": "{contact.source}"}))
    tenant.fire(source="日本")
    assert tenant.delivery()["error"] == "header x-name: its value has characters outside Latin-1"
