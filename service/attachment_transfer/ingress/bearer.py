"""Bearer tokens: authentication and scopes. OAuth 2.0 client credentials, JWTs signed by a listed issuer.

Contact Pro's orchestration layer authenticates with OAuth (documented); grant, token format and claims are not
published, so issuer patterns, audience and scope names are settings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, extract_compact

from attachment_transfer.core.answers import json_text
from attachment_transfer.ingress.issuer_keys import IssuerKeys
from attachment_transfer.ingress.problems import ApiProblem

#: Asymmetric signatures only: a token signed with a public key as a shared secret must not pass.
ALGORITHMS = ["ES256", "ES384", "RS256", "PS256", "EdDSA"]
#: A payload is an object of names and lists of names; no issuer's token is nested deeper.
_DEEPEST_PAYLOAD = 8

#: What ``*`` in an issuer pattern matches: labels or one path segment. No character that changes the host of a URL
#: (``/ ? # @ : \\ %``) matches, because the issuer is read from a token that is not verified yet.
_STAR = r"[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The owner of a token. ``name`` is issuer and client; transfers are separated by it."""

    name: str
    scopes: frozenset[str]


class AcceptedIssuers:
    """Which issuers are accepted now.

    Args:
        patterns: returns them; ``*`` in one matches letters, digits, ``-``, ``_`` and inner dots.
    """

    def __init__(self, patterns: Callable[[], tuple[str, ...]]) -> None:
        self.patterns = patterns

    def accepts(self, issuer: str) -> bool:
        """True if the whole of ``issuer`` fits a pattern."""
        return any(_compiled(pattern).fullmatch(issuer) for pattern in self.patterns())


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_STAR.join(re.escape(part) for part in pattern.split("*")))


class TokenVerifier:
    """Checks the Authorization header.

    Args:
        leeway_s: how far clocks may differ, in seconds.
    """

    def __init__(
        self,
        *,
        issuers: AcceptedIssuers,
        audience: str,
        leeway_s: float,
        keys: IssuerKeys,
        now_s: Callable[[], float],
    ) -> None:
        self._issuers = issuers
        self._audience = audience
        self._leeway_s = leeway_s
        self._keys = keys
        self._now_s = now_s

    def admit(self, authorization: str | None, *, scope: str) -> Caller:
        """Return the caller, or raise :class:`ApiProblem` 401, 403 or 503."""
        return self.within(self.caller(authorization), scope)

    def caller(self, authorization: str | None) -> Caller:
        """Return the token's owner, whatever its scopes, or raise :class:`ApiProblem` 401 or 503."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unauthorized("There is no bearer token in the Authorization header.", code=None)
        return self._caller(self._claims(token.strip()))

    def within(self, caller: Caller, scope: str) -> Caller:
        """Return ``caller`` if it has ``scope``, or raise :class:`ApiProblem` 403."""
        if scope not in caller.scopes:
            raise ApiProblem(
                403,
                "The token's scope does not reach",
                f"This needs the scope {scope!r}; the token has {' '.join(sorted(caller.scopes)) or 'none'}.",
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
            )
        return caller

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            unverified = extract_compact(token.encode(), registry=JWSRegistry(algorithms=ALGORITHMS))
            issuer = _peek_issuer(unverified.payload)
        except (JoseError, ValueError, RecursionError) as exc:
            raise _unauthorized("The token is not a signed JWT.") from exc
        if not self._issuers.accepts(issuer):
            raise _unauthorized("The token's issuer is not accepted here.")
        keys = self._keys.of(issuer, unverified.headers().get("kid"))
        try:
            token_object = jwt.decode(token, keys, algorithms=ALGORITHMS)
            registry = jwt.JWTClaimsRegistry(
                now=int(self._now_s()),
                leeway=int(self._leeway_s),
                iss={"essential": True, "value": issuer},
                aud={"essential": True, "value": self._audience},
                exp={"essential": True},
            )
            registry.validate(token_object.claims)
        except (JoseError, ValueError) as exc:
            raise _unauthorized(f"The token is not accepted: {_said(exc)}.") from exc
        return dict(token_object.claims)

    def _caller(self, claims: dict[str, Any]) -> Caller:
        client = claims.get("client_id") or claims.get("azp") or claims.get("sub")
        if not isinstance(client, str) or not client:
            raise _unauthorized("The token names no client (client_id, azp or sub).")
        scope = claims.get("scope") or claims.get("scp") or ""
        listed = scope if isinstance(scope, list) else []
        scopes = scope.split() if isinstance(scope, str) else [str(part) for part in listed]
        return Caller(name=f"{claims['iss']}#{client}", scopes=frozenset(scopes))


def _peek_issuer(payload: bytes) -> str:
    claims = json_text.parse(payload, deepest=_DEEPEST_PAYLOAD)
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(issuer, str):
        raise ValueError("no issuer")
    return issuer


def _said(exc: Exception) -> str:
    """joserfc's error code and the claim it is about; never a value."""
    claim = getattr(exc, "claim", None)
    code = str(getattr(exc, "error", type(exc).__name__))
    return f"{code} ({claim})" if claim else code


def _unauthorized(detail: str, code: str | None = "invalid_token") -> ApiProblem:
    challenge = f'Bearer error="{code}"' if code else "Bearer"
    return ApiProblem(401, "A valid bearer token is needed", detail, headers={"WWW-Authenticate": challenge})
