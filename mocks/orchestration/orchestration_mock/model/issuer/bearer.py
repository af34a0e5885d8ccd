"""How the orchestration layer's stand-in checks a bearer token: as strictly as a careful receiver."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orchestration_mock.model.issuer.issuer import Issuer
from orchestration_mock.model.issuer.keyring import ALGORITHMS, unverified


class BearerRefused(Exception):
    """The token is refused. ``status`` and ``code`` are those of RFC 6750, 3.1; the message is for people."""

    def __init__(self, why: str, *, status: int = 401, code: str = "invalid_token") -> None:
        super().__init__(why)
        self.status = status
        self.code = code


def check_bearer(authorization: str, issuer: Issuer, now: datetime, scope: str) -> dict[str, Any]:
    """The claims of a token that is valid for this scope now. Raises ``BearerRefused``."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise BearerRefused("there is no bearer token")
    claims = _claims(token, issuer) if "." in token else issuer.introspect(token)
    if claims.get("active") is False:
        raise BearerRefused("the token is unknown, expired or revoked")
    _check_claims(claims, issuer, int(now.timestamp()))
    if scope not in str(claims.get("scope", "")).split():
        raise BearerRefused(f"the token lacks the scope {scope}", status=403, code="insufficient_scope")
    return claims


def _claims(token: str, issuer: Issuer) -> dict[str, Any]:
    """The claims, after the signature is verified. Raises ``BearerRefused``."""
    try:
        header, _ = unverified(token)
    except ValueError as exc:
        raise BearerRefused("it is not a token") from exc
    if header.get("alg") not in ALGORITHMS:
        raise BearerRefused(f"its algorithm {header.get('alg')} is not accepted")
    if header.get("kid") not in [key["kid"] for key in issuer.keys.public()]:
        raise BearerRefused("the key that signed it is not published")
    claims = issuer.keys.claims_of(token, str(header["kid"]))
    if claims is None:
        raise BearerRefused("its signature is wrong")
    return claims


def _check_claims(claims: dict[str, Any], issuer: Issuer, now_s: int) -> None:
    audience = claims.get("aud")
    if claims.get("iss") != issuer.url:
        raise BearerRefused("another issuer has issued it")
    if issuer.client.audience not in (audience if isinstance(audience, list) else [audience]):
        raise BearerRefused("it is for another audience")
    if not isinstance(claims.get("exp"), int) or claims["exp"] <= now_s:
        raise BearerRefused("it has expired, or names no expiry")
    if isinstance(claims.get("nbf"), int) and claims["nbf"] > now_s:
        raise BearerRefused("it is not valid yet")
    if issuer.is_revoked(str(claims.get("jti"))):
        raise BearerRefused("it was revoked")
