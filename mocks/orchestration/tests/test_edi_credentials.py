"""Where a request's credentials come from, and what is said when they are lacking."""

import base64
import json

import pytest

TOKEN_URL = "https://login-eu-c1.cc.sinch.com/acme/oauth2/token"


def only(tenant):
    (row,) = tenant.deliveries()
    return row


@pytest.mark.parametrize(
    ("authentication", "says"),
    [
        (
            {"type": "oauth", "secrets_ref": "nobody"},
            "authentication oauth: there is no secret named nobody (secrets_ref)",
        ),
        ({"type": "oauth", "secrets_ref": "ri-apikey"}, "the secret ri-apikey holds no OAuth credential"),
        ({"type": "basic"}, "authentication basic: no user and password"),
        ({"type": "oauth", "client_id": "x", "access_token_url": TOKEN_URL}, "no client secret for x"),
    ],
)
def test_a_lacking_credential_leaves_the_request_unsent_and_is_named(tenant, make, authentication, says):
    tenant.integrate(make.request(authentication=authentication))
    tenant.fire()
    assert only(tenant)["state"] == "not_sent"
    assert says in only(tenant)["error"]
    assert tenant.outside.endpoint_calls == []


def test_an_oauth_secret_is_no_text(tenant, make):
    tenant.integrate(make.request(headers={"x": "{secrets.orchestration-layer}"}))
    tenant.fire()
    assert "is an OAuth credential; refer to it by secrets_ref" in only(tenant)["error"]
    assert make.client_secret not in json.dumps(only(tenant))


@pytest.mark.parametrize("scope", [None, "transfers", ["transfers"], []])
def test_inline_oauth_may_take_its_secret_from_the_secrets_manager(tenant, make, scope):
    tenant.call("POST", "secrets", json={"name": "engine-secret", "secret": make.client_secret})
    auth = {"type": "oauth", "client_id": "event-engine", "access_token_url": TOKEN_URL, "scope": scope}
    tenant.integrate(make.request(authentication=auth | {"client_secret": "{secrets.engine-secret}"}))
    tenant.fire()
    assert only(tenant)["state"] == "delivered"
    wanted = b"scope=transfers" if scope else b"grant_type=client_credentials"
    assert tenant.outside.token_calls[0].content.endswith(wanted)


def test_basic_may_stand_in_the_json_with_a_secret(tenant, make):
    auth = {"type": "basic", "user": "hook", "password": "{secrets.sap-v1-secret}"}
    tenant.integrate(make.request(authentication=auth))
    tenant.fire()
    value = tenant.outside.endpoint_calls[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(value).decode() == f"hook:{make.passwords['sap-v1-secret']}"
    assert {"id": "edi.basic", "label": "documented"} in only(tenant)["evidence"]


def test_the_older_authentications_list_can_be_used_by_name(tenant, make):
    tenant.integrate(
        make.request(headers={"x-api-key": "{authentications.api-key}"}),
        authentications=[{"name": "api-key", "value": "older-key-0123"}],
    )
    tenant.fire()
    assert tenant.outside.endpoint_calls[0].headers["x-api-key"] == "older-key-0123"
    assert "older-key-0123" not in json.dumps(only(tenant))


def test_an_unknown_entry_of_that_list_is_named(tenant, make):
    tenant.integrate(make.request(headers={"x-api-key": "{authentications.api-key}"}))
    tenant.fire()
    assert only(tenant)["error"] == "{authentications.api-key}: the configuration has no authentication named api-key"


def test_configurations_of_one_credential_share_a_token_and_others_do_not(tenant, make):
    auth = {"type": "oauth", "client_id": "event-engine", "access_token_url": TOKEN_URL}
    credentials = [{"name": "main", "user": "event-engine", "value": make.client_secret}]
    for ordinal, scope in enumerate(("transfers", "transfers", "chat-attachments"), start=1):
        request = make.request(authentication=auth | {"scope": [scope]})
        tenant.integrate(request, ordinal=ordinal, authentications=credentials)
    tenant.fire()
    assert [row["token_use"] for row in tenant.deliveries()] == ["fetched", "cached", "fetched"]


def test_a_token_is_renewed_some_time_before_it_expires_by_the_dialect(tenant, example):
    tenant.state.dialect["token_leeway_s"] = 600
    tenant.integrate(example)
    tenant.fire()
    tenant.state.clock.advance(3599 - 601)
    tenant.fire()
    tenant.state.clock.advance(60)
    tenant.fire()
    assert [row["token_use"] for row in tenant.deliveries()] == ["fetched", "cached", "fetched"]


def test_a_header_that_does_not_fit_the_wire_leaves_the_request_unsent(tenant, make):
    tenant.integrate(make.request(headers={"x-name": "{contact.source}"}))
    tenant.fire(source="日本")
    assert only(tenant)["error"] == "header x-name: its value has characters outside Latin-1"
