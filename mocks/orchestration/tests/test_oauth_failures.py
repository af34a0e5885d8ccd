"""Every failure of an issuer on demand, and the reaction of the sender and of a careful receiver."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from orchestration_caller import TenantCaller
from werkzeug.test import TestResponse

from orchestration_mock.model.issuer.failures import (
    BAD_TOKENS,
    ODD_REPLIES,
    REFUSALS,
)

HOST = {"Host": "cc-workflows-eu-c1.cc.sinch.com"}
CALL = {
    "cmi_url": "https://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi",
    "cmi_user": "transcript.user",
    "sap_v1": {"url": "https://my2554607.de1.crm.cloud.sap", "user": "v1user"},
    "contact_id": "5AB6E20342A6EE11B3ED58961D1810CC",
}
HEADERS = {"x-cmi-api-key": "key-0123", "x-cmi-password": "pass-0123", "x-sap-v1-password": "sap-0123"}


def plan(tenant: TenantCaller, kind: str, **more: Any) -> Any:
    return tenant.control("oauth/failures", {"kind": kind} | more, status=201)


def post(tenant: TenantCaller, token: str) -> TestResponse:
    headers = HOST | HEADERS | {"Authorization": f"Bearer {token}"}
    return tenant.client.post("/prod/chat-attachments", json=CALL, headers=headers)


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_planned_refusal_strikes_once_with_the_standards_error(tenant: TenantCaller, kind: str) -> None:
    plan(tenant, kind)
    status, code, _ = REFUSALS[kind]
    struck, healthy = tenant.token_reply(), tenant.token_reply()
    assert (struck.status_code, struck.get_json()["error"], healthy.status_code) == (status, code, 200)
    assert ("Retry-After" in struck.headers) is (status in (429, 500, 503))
    assert struck.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_refusal_leaves_the_request_unsent_with_the_reason_in_the_log(
    tenant: TenantCaller, example: str, kind: str
) -> None:
    plan(tenant, kind)
    tenant.integrate(example)
    tenant.fire()
    row = tenant.delivery()
    assert (row["state"], tenant.outside.endpoint_calls) == ("not_sent", [])
    assert f"answered {REFUSALS[kind][0]} (error: {REFUSALS[kind][1]}" in row["error"]


@pytest.mark.parametrize("kind", ["reply_not_json", "reply_empty", "reply_without_token"])
def test_a_reply_without_a_token_leaves_the_request_unsent(tenant: TenantCaller, example: str, kind: str) -> None:
    plan(tenant, kind)
    tenant.integrate(example)
    tenant.fire()
    row = tenant.delivery()
    assert (row["state"], row["token_use"]) == ("not_sent", "none")
    assert row["error"].startswith("no token: the token address answered 200")


@pytest.mark.parametrize("times", [0, None])
@pytest.mark.parametrize("kind", ["reply_without_expiry", "reply_expires_at_once"])
def test_a_token_of_unknown_life_is_used_once_and_never_cached(
    tenant: TenantCaller, example: str, kind: str, times: int | None
) -> None:
    plan(tenant, kind, times=times)
    tenant.integrate(example)
    tenant.fire()
    tenant.fire()
    assert [row["token_use"] for row in tenant.deliveries()] == ["fetched", "fetched"]
    assert len(tenant.outside.token_calls) == 2


UNREADABLE = {"reply_expiry_nan": "NaN", "reply_expiry_in_words": '"soon"', "reply_expiry_negative": "-1"}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_an_unreadable_expiry_is_a_failed_token_fetch_in_words(tenant: TenantCaller, example: str, kind: str) -> None:
    plan(tenant, kind)
    tenant.integrate(example)
    tenant.fire()
    tenant.fire()
    failed, healthy = tenant.deliveries()
    assert (failed["state"], failed["token_use"], healthy["state"]) == ("not_sent", "none", "delivered")
    assert failed["error"] == (
        f"no token: the token address answered 200 with expires_in {UNREADABLE[kind]}, not a number of seconds"
    )
    assert len(tenant.outside.endpoint_calls) == 1


@pytest.mark.parametrize("kind", UNREADABLE)
def test_the_dialect_uses_a_token_of_unreadable_expiry_once(tenant: TenantCaller, example: str, kind: str) -> None:
    tenant.state.dialect["token_bad_expiry"] = "use_once"
    plan(tenant, kind, times=None)
    tenant.integrate(example)
    tenant.fire()
    tenant.fire()
    assert [row["token_use"] for row in tenant.deliveries()] == ["fetched", "fetched"]


def test_a_life_written_as_text_is_read_as_the_number_it_is(tenant: TenantCaller, example: str) -> None:
    plan(tenant, "reply_expiry_as_text")
    tenant.integrate(example)
    tenant.fire()
    tenant.fire()
    assert [row["token_use"] for row in tenant.deliveries()] == ["fetched", "cached"]


@pytest.mark.parametrize("value", ["1e999", "-0.5", '"NaN"', '"Infinity"', "true", "null", "[1]", "{}"])
def test_no_form_of_expiry_breaks_the_mock(tenant: TenantCaller, example: str, value: str) -> None:
    body = f'{{"access_token": "t", "token_type": "bearer", "expires_in": {value}}}'
    fault = {"kind": "status", "params": {"status": 200, "body": body}, "match": {"path": "*/oauth2/token"}}
    assert tenant.client.post("/_mock/faults", json=fault).status_code == 201
    tenant.integrate(example)
    tenant.fire()
    row = tenant.delivery()
    assert (row["state"], "not a number of seconds" in row["error"]) == ("not_sent", True)


@pytest.mark.parametrize("kind", ODD_REPLIES)
def test_an_odd_reply_is_odd_as_its_name_says(tenant: TenantCaller, kind: str) -> None:
    plan(tenant, kind)
    reply = tenant.token_reply()
    assert reply.status_code == 200
    body = reply.get_json(silent=True)
    assert {
        "reply_not_json": reply.mimetype == "text/html" and body is None,
        "reply_empty": reply.data == b"",
        "reply_without_token": body is not None and "access_token" not in body,
        "reply_without_expiry": body is not None and "expires_in" not in body,
        "reply_expiry_in_words": body is not None and body.get("expires_in") == "soon",
        "reply_expiry_nan": body is not None and body.get("expires_in") != body.get("expires_in"),
        "reply_expiry_negative": body is not None and body.get("expires_in") == -1,
        "reply_expiry_as_text": body is not None and body.get("expires_in") == "3599",
        "reply_expires_at_once": body is not None and body.get("expires_in") == 0,
        "reply_other_token_type": body is not None and body.get("token_type") == "mac",
    }[kind]


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
@pytest.mark.parametrize("kind", BAD_TOKENS)
def test_every_bad_token_is_refused_by_who_checks_it(tenant: TenantCaller, kind: str, algorithm: str) -> None:
    tenant.state.dialect["oauth_signing"] = algorithm
    tenant.client.post("/_mock/oauth/rotate", json={"keep_old": False})
    plan(tenant, kind)
    bad, good = (tenant.token() for _ in range(2))
    expected = 403 if kind in ("token_of_other_scope", "token_without_scope") else 401
    assert post(tenant, bad).status_code == expected
    assert post(tenant, good).status_code == 202
    exchanges = tenant.read("journal")["exchanges"]
    codes = [note["code"] for each in exchanges for note in each["notes"] if note["code"].startswith("bearer.")]
    assert codes == ["bearer.insufficient_scope" if expected == 403 else "bearer.invalid_token"]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("token_unsigned", "its algorithm none is not accepted"),
        ("token_signed_with_public_key", "its algorithm HS256 is not accepted"),
        ("token_of_unknown_key", "the key that signed it is not published"),
        ("token_tampered", "its signature is wrong"),
        ("token_for_other_audience", "it is for another audience"),
    ],
)
def test_the_journal_has_the_reason_for_a_refused_token(tenant: TenantCaller, kind: str, why: str) -> None:
    plan(tenant, kind)
    post(tenant, tenant.token())
    notes = [note for each in tenant.read("journal")["exchanges"] for note in each["notes"]]
    assert why in [note["message"] for note in notes]


def test_a_token_that_names_another_published_key_than_it_was_signed_with_is_refused(tenant: TenantCaller) -> None:
    issuer = tenant.state.issuer
    old, claims = issuer.keys.current, issuer.keys.claims_of(tenant.token())
    assert claims is not None
    tenant.client.post("/_mock/oauth/rotate")
    for kid, status in ((str(old.kid), 202), (issuer.kid, 401)):
        assert post(tenant, jwt.encode({"alg": "ES256", "kid": kid}, claims, old)).status_code == status


@pytest.mark.parametrize("kind", BAD_TOKENS)
def test_the_key_set_verifies_true_signatures_and_no_forged_ones(tenant: TenantCaller, kind: str) -> None:
    """Signature and algorithm only: what is wrong with claims, time or revocation does not matter here."""
    plan(tenant, kind)
    token = tenant.token()
    keys = KeySet.import_key_set(tenant.client.get("/acme/.well-known/jwks.json").get_json())
    forged = {
        "token_signed_by_other_key",
        "token_of_unknown_key",
        "token_unsigned",
        "token_signed_with_public_key",
        "token_tampered",
        "token_garbled",
    }
    if kind in forged:
        with pytest.raises((JoseError, ValueError)):
            jwt.decode(token, keys, algorithms=["ES256"])
    else:
        assert jwt.decode(token, keys, algorithms=["ES256"]).claims["sub"] == "event-engine"


def test_a_refused_token_is_replaced_once_by_the_sender(tenant: TenantCaller, example: str) -> None:
    """The whole chain: a bad token from the issuer, 401 from the stand-in, a fresh token, 202."""
    plan(tenant, "token_for_other_audience")
    tenant.integrate(example)
    tenant.outside.on_call = lambda request: tenant.outside.answers.append(tenant.outside.forward(request))
    tenant.fire()
    row = tenant.delivery()
    assert (row["state"], row["status"], row["token_use"]) == ("delivered", 202, "refreshed")
    assert len(tenant.read("workflows")) == 1


def test_an_opaque_token_shows_only_what_it_can(tenant: TenantCaller) -> None:
    tenant.state.dialect["token_format"] = "opaque"
    refused = tenant.client.post("/_mock/oauth/failures", json={"kind": "token_unsigned"})
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (422, "kind")
    for kind in ("token_expired", "token_revoked"):
        plan(tenant, kind)
        assert post(tenant, tenant.token()).status_code in (401, 421)


@pytest.mark.parametrize(("skew_s", "status"), [(0, 202), (-30, 202), (300, 401), (-4000, 401)])
def test_an_issuers_clock_that_is_off_makes_tokens_that_are_not_good_now(
    tenant: TenantCaller, skew_s: int, status: int
) -> None:
    assert tenant.control("oauth", {"clock_skew_s": skew_s})["clock_skew_s"] == skew_s
    assert post(tenant, tenant.token()).status_code == status


def test_a_token_of_the_future_becomes_good_when_the_tenants_clock_gets_there(tenant: TenantCaller) -> None:
    tenant.client.post("/_mock/oauth", json={"clock_skew_s": 300})
    token = tenant.token()
    assert post(tenant, token).status_code == 401
    tenant.state.clock.advance(301)
    assert post(tenant, token).status_code == 202


@pytest.mark.parametrize(
    "body", [{"clock_skew_s": "a lot"}, {"clock_skew_s": True}, {"clock_skew_s": 1e12}, {"skew": 1}]
)
def test_a_skew_is_a_sensible_number_of_seconds(tenant: TenantCaller, body: dict[str, Any]) -> None:
    assert tenant.client.post("/_mock/oauth", json=body).status_code == 422


def test_a_locked_client_is_refused_until_the_lock_ends(tenant: TenantCaller) -> None:
    tenant.state.dialect.update(client_lock_after=3, client_lock_s=1800)
    assert [tenant.token_reply("wrong").status_code for _ in range(3)] == [401] * 3
    locked = tenant.token_reply()
    assert (locked.status_code, locked.get_json()["error_description"]) == (401, "this client is locked for a while")
    assert tenant.read("oauth")["locked_until"] is not None
    tenant.state.clock.advance(1801)
    assert tenant.token_reply().status_code == 200
    assert tenant.read("oauth")["locked_until"] is None


def test_a_right_secret_in_between_restarts_the_count(tenant: TenantCaller) -> None:
    tenant.state.dialect["client_lock_after"] = 3
    for _ in range(3):
        assert [tenant.token_reply("wrong").status_code, tenant.token_reply("wrong").status_code] == [401, 401]
        assert tenant.token_reply().status_code == 200


def test_no_client_is_locked_by_default(tenant: TenantCaller) -> None:
    assert [tenant.token_reply("wrong").status_code for _ in range(20)] == [401] * 20
    assert tenant.token_reply().status_code == 200
