"""The token issuer: grants, refusals, keys, lifetimes by the tenant's clock."""

import base64
import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from mock_kit.http.refusals import MissingItem
from mock_kit.tenants.clock import Clock
from mock_kit.tenants.ids import Ids
from orchestration_mock.evidence import DIALECT
from orchestration_mock.model.issuer.client_login import OAuthClient, OAuthError
from orchestration_mock.model.issuer.issuer import Issuer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://login-eu-c1.cc.sinch.com/acme"
BASIC = "Basic " + base64.b64encode(b"cid:s e+c%ret").decode()
FORM = {"grant_type": "client_credentials"}


def new_issuer(**dialect: Any) -> Issuer:
    client = OAuthClient(client_id="cid", client_secret="s e+c%ret", scope=("files", "status"), audience="aud")
    return Issuer(url=URL, client=client, clock=Clock(lambda: NOW), ids=Ids("w"), dialect=DIALECT.defaults() | dialect)


@pytest.fixture
def issuer() -> Issuer:
    return new_issuer()


def claims_of(token: str, issuer: Issuer, algorithm: str = "ES256") -> dict[str, Any]:
    return jwt.decode(token, KeySet.import_key_set(cast("Any", issuer.jwks())), algorithms=[algorithm]).claims


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_token_says_who_asked_for_what_and_until_when(algorithm: str) -> None:
    issuer = new_issuer(oauth_signing=algorithm)
    reply = issuer.grant(FORM | {"scope": "files"}, BASIC)
    claims = claims_of(reply["access_token"], issuer, algorithm)
    seconds = int(NOW.timestamp())
    assert claims.pop("jti")
    assert claims == {
        "iss": URL,
        "sub": "cid",
        "client_id": "cid",
        "aud": "aud",
        "scope": "files",
        "iat": seconds,
        "nbf": seconds,
        "exp": seconds + 3599,
    }
    assert (reply["token_type"], reply["expires_in"], reply["scope"]) == ("bearer", 3599, "files")


def test_the_token_names_its_key(issuer: Issuer) -> None:
    head = issuer.grant(FORM, BASIC)["access_token"].split(".")[0]
    header = json.loads(base64.urlsafe_b64decode(head + "=="))
    assert header == {"typ": "at+jwt", "alg": "ES256", "kid": issuer.kid}


def test_without_a_scope_the_client_gets_all_of_its_own(issuer: Issuer) -> None:
    assert issuer.grant(FORM, BASIC)["scope"] == "files status"


def test_credentials_are_read_from_the_body_as_well(issuer: Issuer) -> None:
    form = FORM | {"client_id": "cid", "client_secret": "s e+c%ret"}
    assert issuer.grant(form, None)["access_token"]


def test_basic_credentials_may_be_form_encoded(issuer: Issuer) -> None:
    encoded = "Basic " + base64.b64encode(b"cid:s+e%2Bc%25ret").decode()
    assert issuer.grant(FORM, encoded)["access_token"]


@pytest.mark.parametrize(
    ("form", "authorization", "code", "status"),
    [
        ({}, BASIC, "invalid_request", 400),
        ({"grant_type": "password"}, BASIC, "unsupported_grant_type", 400),
        (FORM | {"scope": "files admin"}, BASIC, "invalid_scope", 400),
        (FORM, "Basic " + base64.b64encode(b"cid:wrong").decode(), "invalid_client", 401),
        (FORM, "Basic " + base64.b64encode(b"other:s e+c%ret").decode(), "invalid_client", 401),
        (FORM, "Basic %%%", "invalid_client", 401),
        (FORM, "Bearer x", "invalid_client", 401),
        (FORM, None, "invalid_client", 401),
        (FORM | {"client_id": "cid"}, None, "invalid_client", 401),
        (FORM | {"client_id": "cid", "client_secret": "s e+c%ret"}, BASIC, "invalid_request", 400),
    ],
)
def test_a_refusal_is_one_of_rfc_6749(issuer: Issuer, form: Any, authorization: Any, code: str, status: int) -> None:
    with pytest.raises(OAuthError) as caught:
        issuer.grant(form, authorization)
    assert (caught.value.code, caught.value.status) == (code, status)
    assert "s e+c%ret" not in caught.value.description


def test_a_token_is_active_until_it_expires() -> None:
    clock = Clock(lambda: NOW)
    client = OAuthClient(client_id="cid", client_secret="s e+c%ret", scope=("files",), audience="aud")
    issuer = Issuer(url=URL, client=client, clock=clock, ids=Ids("w"), dialect=DIALECT.defaults())
    issuer.expires_in_s = 60
    token = issuer.grant(FORM, BASIC)["access_token"]
    clock.advance(59)
    assert issuer.introspect(token)["active"] is True
    clock.advance(1)
    assert issuer.introspect(token) == {"active": False}


def test_a_revoked_token_is_inactive_and_others_are_not(issuer: Issuer) -> None:
    one, other = (issuer.grant(FORM, BASIC)["access_token"] for _ in range(2))
    issuer.revoke(one)
    assert issuer.introspect(one) == {"active": False}
    assert issuer.introspect(other)["active"] is True


def test_an_unknown_token_cannot_be_revoked(issuer: Issuer) -> None:
    with pytest.raises(MissingItem):
        issuer.revoke("nonsense")


def test_after_a_rotation_both_keys_are_published_and_the_new_one_signs(issuer: Issuer) -> None:
    old = issuer.grant(FORM, BASIC)["access_token"]
    old_kid = issuer.kid
    new_kid = issuer.rotate(keep_old=True)
    assert [key["kid"] for key in issuer.jwks()["keys"]] == [new_kid, old_kid]
    assert claims_of(old, issuer)
    assert claims_of(issuer.grant(FORM, BASIC)["access_token"], issuer)


def test_a_rotation_can_withdraw_the_old_key(issuer: Issuer) -> None:
    token = issuer.grant(FORM, BASIC)["access_token"]
    issuer.rotate(keep_old=False)
    assert len(issuer.jwks()["keys"]) == 1
    assert issuer.introspect(token) == {"active": False}


def test_published_keys_are_public(issuer: Issuer) -> None:
    assert all("d" not in key for key in issuer.jwks()["keys"])


def test_an_opaque_token_is_known_to_introspection() -> None:
    issuer = new_issuer(token_format="opaque")
    token = issuer.grant(FORM, BASIC)["access_token"]
    assert "." not in token
    assert issuer.introspect(token)["scope"] == "files status"
