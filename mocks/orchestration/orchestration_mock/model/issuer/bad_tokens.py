"""Bad tokens on demand: each is the token of one particular mistake of an issuer, or of an attacker."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwt

from orchestration_mock.model.issuer.keyring import Keyring, new_key

AN_HOUR_S = 3600
#: What each kind changes in the claims; None removes a claim. The other kinds change header and signature.
_CLAIM_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "token_without_expiry": {"exp": None},
    "token_of_other_issuer": {"iss": "https://login-eu-c1.cc.sinch.com/other-party"},
    "token_for_other_audience": {"aud": "other-party"},
    "token_of_other_scope": {"scope": "something-else"},
    "token_without_scope": {"scope": None},
}
_MOVED_BY_S = {"token_expired": -2, "token_not_yet_valid": 2}


def bad_token(kind: str, claims: dict[str, Any], keys: Keyring) -> str:
    """A token of that kind; in every other respect it is valid."""
    claims = {name: value for name, value in {**claims, **_CLAIM_CHANGES.get(kind, {})}.items() if value is not None}
    life_s = int(claims.get("exp", 0)) - int(claims["iat"])
    for name in ("iat", "nbf", "exp"):
        if kind in _MOVED_BY_S:
            claims[name] += _MOVED_BY_S[kind] * max(life_s, AN_HOUR_S)
    if kind in _SIGNATURES:
        return _SIGNATURES[kind](claims, keys)
    return keys.sign(claims)


def _by_other_key(claims: dict[str, Any], keys: Keyring) -> str:
    """The known key's id, another key's signature."""
    alg = str(keys.current.alg)
    return str(jwt.encode({"alg": alg, "kid": keys.kid, "typ": "at+jwt"}, claims, new_key(alg)))


def _of_unknown_key(claims: dict[str, Any], keys: Keyring) -> str:
    key = new_key(str(keys.current.alg))
    return str(jwt.encode({"alg": key.alg, "kid": str(key.kid), "typ": "at+jwt"}, claims, key))


def _without_key_id(claims: dict[str, Any], keys: Keyring) -> str:
    return str(jwt.encode({"alg": keys.current.alg, "typ": "at+jwt"}, claims, keys.current))


def _unsigned(claims: dict[str, Any], keys: Keyring) -> str:
    return f"{_part({'alg': 'none', 'kid': keys.kid, 'typ': 'at+jwt'})}.{_part(claims)}."


def _with_public_key(claims: dict[str, Any], keys: Keyring) -> str:
    """HS256 with the published key as the secret: accepted where the token may choose the algorithm."""
    signed = f"{_part({'alg': 'HS256', 'kid': keys.kid, 'typ': 'at+jwt'})}.{_part(claims)}"
    signature = hmac.digest(keys.current.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{_base64(signature)}"


def _tampered(claims: dict[str, Any], keys: Keyring) -> str:
    """Claims changed after signing."""
    header, _, signature = keys.sign(claims).split(".")
    return f"{header}.{_part({**claims, 'sub': 'other-party'})}.{signature}"


def _garbled(claims: dict[str, Any], keys: Keyring) -> str:
    return keys.sign(claims).replace(".", "~")


_SIGNATURES = {
    "token_signed_by_other_key": _by_other_key,
    "token_of_unknown_key": _of_unknown_key,
    "token_without_key_id": _without_key_id,
    "token_unsigned": _unsigned,
    "token_signed_with_public_key": _with_public_key,
    "token_tampered": _tampered,
    "token_garbled": _garbled,
}


def _part(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
