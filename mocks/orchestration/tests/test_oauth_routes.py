"""The issuer over HTTP."""

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet


@pytest.fixture
def ask(tenant, make):
    def send(path="token", *, auth=("event-engine", make.client_secret), **form):
        return tenant.client.post(f"/acme/oauth2/{path}", data=form, auth=auth)

    return send


def test_the_key_set_verifies_a_token(tenant, ask):
    reply = ask(grant_type="client_credentials")
    metadata = tenant.client.get("/acme/.well-known/openid-configuration").json
    assert metadata["jwks_uri"] == "https://login-eu-c1.cc.sinch.com/acme/.well-known/jwks.json"
    keys = tenant.client.get("/acme/.well-known/jwks.json").json
    claims = jwt.decode(reply.json["access_token"], KeySet.import_key_set(keys), algorithms=["ES256"]).claims
    assert claims["iss"] == metadata["issuer"] == "https://login-eu-c1.cc.sinch.com/acme"


def test_a_token_reply_is_never_cached(ask):
    reply = ask(grant_type="client_credentials")
    assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-store")


def test_a_wrong_secret_is_an_invalid_client(ask):
    reply = ask(auth=("event-engine", "wrong"), grant_type="client_credentials")
    assert (reply.status_code, reply.json["error"]) == (401, "invalid_client")
    assert reply.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert reply.headers["Cache-Control"] == "no-store"


def test_json_is_no_token_request(tenant):
    reply = tenant.client.post("/acme/oauth2/token", json={"grant_type": "client_credentials"})
    assert (reply.status_code, reply.json["error"]) == (400, "invalid_request")


def test_a_parameter_given_twice_is_refused(tenant, make):
    reply = tenant.client.post(
        "/acme/oauth2/token",
        data="grant_type=client_credentials&scope=transfers&scope=chat-attachments",
        content_type="application/x-www-form-urlencoded",
        auth=("event-engine", make.client_secret),
    )
    assert reply.json["error"] == "invalid_request"


def test_a_revoked_token_is_inactive(tenant, ask):
    token = ask(grant_type="client_credentials").json["access_token"]
    assert ask("introspect", token=token).json["active"] is True
    assert tenant.client.post("/_mock/oauth/revoke", json={"token": token}).json["revoked"] is True
    assert ask("introspect", token=token).json == {"active": False}


def test_introspection_needs_the_client(ask):
    assert ask("introspect", auth=("event-engine", "wrong"), token="x").status_code == 401


def test_the_lifetime_of_tokens_can_be_set(tenant, ask):
    assert tenant.client.post("/_mock/oauth", json={"expires_in": 60}).json["expires_in"] == 60
    assert ask(grant_type="client_credentials").json["expires_in"] == 60


@pytest.mark.parametrize("wrong", [0, -1, "60", 1e3, True, 10**12])
def test_a_lifetime_is_a_sensible_number_of_seconds(tenant, wrong):
    reply = tenant.client.post("/_mock/oauth", json={"expires_in": wrong})
    assert (reply.status_code, reply.json["errors"][0]["field"]) == (422, "expires_in")


def test_a_rotation_by_control_changes_the_key_id(tenant):
    before = tenant.client.get("/_mock/oauth").json["kid"]
    assert tenant.client.post("/_mock/oauth/rotate").json["kid"] != before
    assert len(tenant.client.get("/acme/.well-known/jwks.json").json["keys"]) == 2


def test_a_planned_fault_strikes_the_token_address(tenant, ask):
    fault = {"match": {"path": "*/oauth2/token"}, "kind": "status", "params": {"status": 503}}
    assert tenant.client.post("/_mock/faults", json=fault).status_code == 201
    assert ask(grant_type="client_credentials").status_code == 503
    assert ask(grant_type="client_credentials").status_code == 200


def test_no_token_and_no_client_secret_is_in_the_journal(tenant, ask, make):
    token = ask(grant_type="client_credentials").json["access_token"]
    form = {
        "grant_type": "client_credentials",
        "client_id": "event-engine",
        "client_secret": make.client_secret,
    }
    ask(auth=None, **form)
    journal = tenant.client.get("/_mock/journal?limit=1000").text
    assert token.split(".")[2] not in journal
    assert make.client_secret not in journal
