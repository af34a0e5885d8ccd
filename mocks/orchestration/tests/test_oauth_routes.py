"""The issuer over HTTP."""

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from orchestration_caller import CLIENT_ID, CLIENT_SECRET, TenantCaller
from werkzeug.test import TestResponse

LOGIN = (CLIENT_ID, CLIENT_SECRET)


def introspect(tenant: TenantCaller, token: str, auth: tuple[str, str] = LOGIN) -> TestResponse:
    return tenant.client.post("/acme/oauth2/introspect", data={"token": token}, auth=auth)


def test_the_key_set_verifies_a_token(tenant: TenantCaller) -> None:
    reply = tenant.token_reply()
    metadata = tenant.client.get("/acme/.well-known/openid-configuration").get_json()
    assert metadata["jwks_uri"] == "https://login-eu-c1.cc.sinch.com/acme/.well-known/jwks.json"
    keys = tenant.client.get("/acme/.well-known/jwks.json").get_json()
    claims = jwt.decode(reply.get_json()["access_token"], KeySet.import_key_set(keys), algorithms=["ES256"]).claims
    assert claims["iss"] == metadata["issuer"] == "https://login-eu-c1.cc.sinch.com/acme"


def test_a_token_reply_is_never_cached(tenant: TenantCaller) -> None:
    reply = tenant.token_reply()
    assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-store")


def test_a_wrong_secret_is_an_invalid_client(tenant: TenantCaller) -> None:
    reply = tenant.token_reply("wrong")
    assert (reply.status_code, reply.get_json()["error"]) == (401, "invalid_client")
    assert reply.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert reply.headers["Cache-Control"] == "no-store"


def test_json_is_no_token_request(tenant: TenantCaller) -> None:
    reply = tenant.client.post("/acme/oauth2/token", json={"grant_type": "client_credentials"})
    assert (reply.status_code, reply.get_json()["error"]) == (400, "invalid_request")


def test_a_parameter_given_twice_is_refused(tenant: TenantCaller) -> None:
    reply = tenant.client.post(
        "/acme/oauth2/token",
        data="grant_type=client_credentials&scope=transfers&scope=chat-attachments",
        content_type="application/x-www-form-urlencoded",
        auth=("event-engine", CLIENT_SECRET),
    )
    assert reply.get_json()["error"] == "invalid_request"


def test_a_revoked_token_is_inactive(tenant: TenantCaller) -> None:
    token = tenant.token()
    assert introspect(tenant, token).get_json()["active"] is True
    assert tenant.control("oauth/revoke", {"token": token})["revoked"] is True
    assert introspect(tenant, token).get_json() == {"active": False}


def test_introspection_needs_the_client(tenant: TenantCaller) -> None:
    assert introspect(tenant, "x", (CLIENT_ID, "wrong")).status_code == 401


def test_the_lifetime_of_tokens_can_be_set(tenant: TenantCaller) -> None:
    assert tenant.control("oauth", {"expires_in": 60})["expires_in"] == 60
    assert tenant.token_reply().get_json()["expires_in"] == 60


@pytest.mark.parametrize("wrong", [0, -1, "60", 1e3, True, 10**12])
def test_a_lifetime_is_a_sensible_number_of_seconds(tenant: TenantCaller, wrong: object) -> None:
    reply = tenant.client.post("/_mock/oauth", json={"expires_in": wrong})
    assert (reply.status_code, reply.get_json()["errors"][0]["field"]) == (422, "expires_in")


def test_a_rotation_by_control_changes_the_key_id(tenant: TenantCaller) -> None:
    before = tenant.read("oauth")["kid"]
    assert tenant.control("oauth/rotate")["kid"] != before
    assert len(tenant.client.get("/acme/.well-known/jwks.json").get_json()["keys"]) == 2


def test_a_planned_fault_strikes_the_token_address(tenant: TenantCaller) -> None:
    fault = {"match": {"path": "*/oauth2/token"}, "kind": "status", "params": {"status": 503}}
    assert tenant.client.post("/_mock/faults", json=fault).status_code == 201
    assert tenant.token_reply().status_code == 503
    assert tenant.token_reply().status_code == 200


def test_no_token_and_no_client_secret_is_in_the_journal(tenant: TenantCaller) -> None:
    token = tenant.token()
    form = {
        "grant_type": "client_credentials",
        "client_id": "event-engine",
        "client_secret": CLIENT_SECRET,
    }
    tenant.client.post("/acme/oauth2/token", data=form)
    journal = tenant.client.get("/_mock/journal?limit=1000").text
    assert token.split(".")[2] not in journal
    assert CLIENT_SECRET not in journal
