"""Who may come in: bearer tokens, their issuers and their keys."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from typing import Any

import pytest
from fakes import HandClock
from ingress_kit import ISSUER, Endpoint, Issuer, a_token_verifier
from joserfc.jwk import ECKey
from ledger_kit import counts
from werkzeug.test import TestResponse

from attachment_transfer.ingress.issuer_keys import IssuerKeys
from attachment_transfer.ingress.problems import ApiProblem


def refused(answer: TestResponse, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    document: dict[str, Any] = answer.get_json()
    assert document["status"] == status
    return document


def b64(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unsigned(endpoint: Endpoint, algorithm: str) -> str:
    payload = endpoint.issuer.token().split(".")[1]
    return f"{b64({'alg': algorithm, 'kid': 'key-1', 'typ': 'JWT'})}.{payload}."


def test_a_good_token_comes_in(endpoint: Endpoint) -> None:
    assert endpoint.post().status_code == 202


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic dTpw", "token"])
def test_no_bearer_token_is_401_with_a_challenge(endpoint: Endpoint, authorization: str | None) -> None:
    answer = endpoint.post(headers={"Authorization": authorization})
    refused(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert set(counts(endpoint.engine).values()) == {0}


@pytest.mark.parametrize("token", ["garbled", "a.b", "a.b.c", "a.b.c.d.e", "ü.ü.ü", "....", "e30.e30.e30"])
def test_a_garbled_token_is_401(endpoint: Endpoint, token: str) -> None:
    answer = endpoint.post(token=token.encode().decode("latin-1"))
    assert "invalid_token" in answer.headers["WWW-Authenticate"]
    refused(answer, 401)
    assert set(counts(endpoint.engine).values()) == {0}


@pytest.mark.parametrize(
    ("claims", "named"),
    [
        ({"exp": -31}, "expired_token (exp)"),
        ({"exp": None}, "missing_claim (exp)"),
        ({"nbf": 31}, "invalid_claim (nbf)"),
        ({"aud": "someone-else"}, "invalid_claim (aud)"),
        ({"aud": None}, "missing_claim (aud)"),
        ({"aud": ["a", "b"]}, "invalid_claim (aud)"),
        ({"exp": "soon"}, "invalid_claim (exp)"),
    ],
)
def test_a_claim_that_does_not_fit_is_401_and_named(endpoint: Endpoint, claims: dict[str, Any], named: str) -> None:
    now = int(endpoint.issuer.clock.now_s())
    changed = {name: now + value if isinstance(value, int) else value for name, value in claims.items()}
    document = refused(endpoint.post(token=endpoint.issuer.token(**changed)), 401)
    assert document["detail"] == f"The token is not accepted: {named}."
    assert set(counts(endpoint.engine).values()) == {0}


def test_clocks_may_differ_by_the_leeway(endpoint: Endpoint) -> None:
    now = int(endpoint.issuer.clock.now_s())
    assert endpoint.post(token=endpoint.issuer.token(exp=now - 29, nbf=now + 29)).status_code == 202


@pytest.mark.parametrize(
    "issuer",
    [
        "https://login.evil.com/acme",
        "http://login-eu-c1.cc.sinch.com/acme",
        "https://login-eu-c1.cc.sinch.com/acme/more",
        "https://login-x.evil.com?.cc.sinch.com/acme",
        "https://login-x.evil.com#.cc.sinch.com/acme",
        "https://login-x@evil.com#.cc.sinch.com/acme",
        "https://login-x.evil.com\\.cc.sinch.com/acme",
        "https://login-x.evil.com%2f.cc.sinch.com/acme",
        "https://login-x.evil.com:1.cc.sinch.com/acme",
        "https://login-x evil.cc.sinch.com/acme",
        "https://login-eu-c1.cc.sinch.com/acme?",
        "https://login-eu-c1.cc.sinch.com/..",
        "",
    ],
)
def test_no_other_issuer_is_even_asked_for_its_keys(endpoint: Endpoint, issuer: str) -> None:
    refused(endpoint.post(token=endpoint.issuer.token(iss=issuer)), 401)
    assert endpoint.issuer.asked == []
    assert set(counts(endpoint.engine).values()) == {0}


@pytest.mark.parametrize("issuer", [None, 5, ["https://login-eu-c1.cc.sinch.com/acme"]])
def test_a_token_without_an_issuer_is_401(endpoint: Endpoint, issuer: object) -> None:
    refused(endpoint.post(token=endpoint.issuer.token(iss=issuer)), 401)


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "unheard-of"])
def test_an_algorithm_that_anyone_can_sign_with_is_401(endpoint: Endpoint, algorithm: str) -> None:
    refused(endpoint.post(token=unsigned(endpoint, algorithm)), 401)


def test_the_public_key_as_a_shared_secret_signs_nothing(endpoint: Endpoint) -> None:
    signed = f"{b64({'alg': 'HS256', 'kid': 'key-1'})}.{endpoint.issuer.token().split('.')[1]}"
    mac = hmac.digest(endpoint.issuer.key.as_pem(private=False), signed.encode(), "sha256")
    refused(endpoint.post(token=f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"), 401)


def test_a_foreign_key_under_our_key_id_signs_nothing(endpoint: Endpoint) -> None:
    forged = ECKey.generate_key("P-256", {"kid": "key-1"})
    refused(endpoint.post(token=endpoint.issuer.token(key=forged)), 401)


def test_a_key_that_travels_in_the_token_itself_is_not_used(endpoint: Endpoint) -> None:
    forged = ECKey.generate_key("P-256", {"kid": "key-9"})
    header = {"jwk": forged.as_dict(private=False), "kid": "key-9"}
    refused(endpoint.post(token=endpoint.issuer.token(key=forged, header=header)), 401)


@pytest.mark.parametrize("scope", ["transfers", "", "chat-attachments-not", None, 7, {"chat-attachments": 1}])
def test_a_missing_scope_is_403_and_names_the_scope(endpoint: Endpoint, scope: object) -> None:
    answer = endpoint.post(token=endpoint.issuer.token(scope=scope))
    document = refused(answer, 403)
    assert "'chat-attachments'" in document["detail"]
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert set(counts(endpoint.engine).values()) == {0}


@pytest.mark.parametrize(
    "claim", [{"scope": None, "scp": ["transfers", "chat-attachments"]}, {"scope": "x chat-attachments"}]
)
def test_scopes_are_read_in_both_usual_forms(endpoint: Endpoint, claim: dict[str, Any]) -> None:
    assert endpoint.post(token=endpoint.issuer.token(**claim)).status_code == 202


@pytest.mark.parametrize(
    "claims", [{"client_id": None, "sub": None}, {"client_id": 5}, {"client_id": None, "sub": ["a"]}]
)
def test_a_token_that_names_no_client_is_401(endpoint: Endpoint, claims: dict[str, Any]) -> None:
    refused(endpoint.post(token=endpoint.issuer.token(**claims)), 401)


def test_keys_are_fetched_once_and_kept_for_five_minutes(endpoint: Endpoint) -> None:
    endpoint.post()
    endpoint.issuer.clock.advance(299)
    endpoint.post()
    assert endpoint.issuer.asked == [ISSUER]
    endpoint.issuer.clock.advance(2)
    endpoint.post()
    assert endpoint.issuer.asked == [ISSUER] * 2


def test_a_rotated_key_is_fetched_when_it_first_appears(endpoint: Endpoint) -> None:
    endpoint.post()
    fresh = ECKey.generate_key("P-256", {"kid": "key-2"})
    endpoint.issuer.published.append(fresh)
    endpoint.issuer.clock.advance(11)
    assert endpoint.post(token=endpoint.issuer.token(key=fresh)).status_code == 202
    assert endpoint.issuer.asked == [ISSUER] * 2


def test_unknown_key_ids_cannot_make_us_ask_more_than_every_ten_seconds(endpoint: Endpoint) -> None:
    endpoint.post()
    for number in range(5):
        unknown = ECKey.generate_key("P-256", {"kid": f"unknown-{number}"})
        refused(endpoint.post(token=endpoint.issuer.token(key=unknown)), 401)
    assert endpoint.issuer.asked == [ISSUER]


def test_a_withdrawn_key_is_forgotten_with_the_rest(endpoint: Endpoint) -> None:
    endpoint.post()
    endpoint.issuer.published[:] = [ECKey.generate_key("P-256", {"kid": "key-2"})]
    endpoint.issuer.clock.advance(301)
    refused(endpoint.post(), 401)


def test_an_issuer_that_is_down_is_503_with_a_time_to_come_back(endpoint: Endpoint) -> None:
    endpoint.issuer.down = True
    answer = endpoint.post()
    refused(answer, 503)
    assert answer.headers["Retry-After"] == "5"
    assert set(counts(endpoint.engine).values()) == {0}


@pytest.mark.parametrize("document", [{}, {"keys": []}, {"keys": 5}, {"keys": [5]}, {"keys": [{"kty": "new"}]}, []])
def test_a_key_set_that_cannot_be_read_is_503(clock: HandClock, document: Any) -> None:
    keys = IssuerKeys(lambda _issuer: document, clock.now_s)
    with pytest.raises(ApiProblem) as caught:
        keys.of(ISSUER, "key-1")
    assert caught.value.status == 503


def test_a_key_of_a_new_kind_does_not_spoil_the_others(clock: HandClock) -> None:
    issuer = Issuer(clock)
    document = issuer.fetch(ISSUER)
    document["keys"].insert(0, {"kty": "new", "kid": "key-0"})
    keys = IssuerKeys(lambda _issuer: document, clock.now_s)
    assert [key.kid for key in keys.of(ISSUER, "key-1").keys] == ["key-1"]


def test_an_issuer_that_hangs_does_not_hold_up_the_callers_of_another(clock: HandClock) -> None:
    issuer, hanging, released = Issuer(clock), threading.Event(), threading.Event()

    def fetch(name: str) -> dict[str, Any]:
        if name == "https://slow.example":
            hanging.set()
            assert released.wait(30)
        return issuer.fetch(name)

    keys = IssuerKeys(fetch, clock.now_s)
    slow = threading.Thread(target=keys.of, args=("https://slow.example", None))
    slow.start()
    assert hanging.wait(30)
    quick = threading.Thread(target=keys.of, args=(ISSUER, None), daemon=True)
    quick.start()
    quick.join(5)
    answered = not quick.is_alive()
    released.set()
    slow.join(30)
    assert answered


def test_an_issuer_that_is_down_is_not_asked_again_for_each_request(clock: HandClock) -> None:
    issuer = Issuer(clock, down=True)
    token_verifier = a_token_verifier(issuer, clock)
    for _ in range(5):
        with pytest.raises(ApiProblem):
            token_verifier.admit(f"Bearer {issuer.token()}", scope="transfers")
    assert len(issuer.asked) == 1
    issuer.down = False
    clock.advance(3)
    assert token_verifier.admit(f"Bearer {issuer.token()}", scope="transfers").name == f"{ISSUER}#client"
