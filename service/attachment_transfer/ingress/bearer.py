"""Bearer tokens: who calls, and may they? OAuth 2.0 client credentials, JWTs signed by a listed issuer.

Contact Pro's orchestration layer authenticates with OAuth (documented); grant, token format and claims are not
published, so issuer patterns, audience and scope names are settings.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry, extract_compact

from attachment_transfer.core.errors import TransferError
from attachment_transfer.ingress.problems import Problem

#: Asymmetric signatures only: a token signed with a public key as a shared secret must not pass.
ALGORITHMS = ["ES256", "ES384", "RS256", "PS256", "EdDSA"]
_KEYS_LIVE_S = 300.0
_KEYS_ASKED_AT_MOST_EVERY_S = 10.0
_A_FAILURE_HOLDS_S = 2.0
_MOST_ISSUERS = 1000

#: What ``*`` in an issuer pattern stands for: labels or one path segment. Nothing that moves the host of a URL
#: (``/ ? # @ : \\ %``) fits, because the issuer is read from a token that nobody has verified yet.
_STAR = r"[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who holds the token. ``name`` is issuer and client, and what transfers are kept apart by."""

    name: str
    scopes: frozenset[str]


@dataclass
class _Held:
    """What is known of one issuer; its lock is held while its keys are fetched, so no other issuer waits for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: KeySet | None = None
    fetched_at_s: float = 0.0
    failed_at_s: float | None = None


class Keys:
    """Signing keys per issuer, fetched from ``{issuer}/.well-known/jwks.json`` and kept for five minutes.

    An unknown key id fetches them again (rotation), at most every ten seconds per issuer; an issuer that did not
    answer is left alone for two seconds.
    """

    def __init__(self, fetch: Callable[[str], dict[str, Any]], now_s: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now_s = now_s
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}

    def of(self, issuer: str, key_id: str | None) -> KeySet:
        """Return the issuer's keys. Raises :class:`Problem` 503 if they cannot be had."""
        with self._lock:
            if len(self._held) >= _MOST_ISSUERS and issuer not in self._held:
                self._held.clear()
            held = self._held.setdefault(issuer, _Held())
        with held.lock:
            return self._usable(held, key_id) or self._fetched(held, issuer)

    def _usable(self, held: _Held, key_id: str | None) -> KeySet | None:
        if held.keys is None:
            return None
        # A clock that was set back makes keys old, not eternal.
        age_s = self._now_s() - held.fetched_at_s
        if not 0 <= age_s < _KEYS_LIVE_S:
            return None
        has_it = key_id is None or any(key.kid == key_id for key in held.keys.keys)
        return held.keys if has_it or age_s < _KEYS_ASKED_AT_MOST_EVERY_S else None

    def _fetched(self, held: _Held, issuer: str) -> KeySet:
        now_s = self._now_s()
        if held.failed_at_s is not None and 0 <= now_s - held.failed_at_s < _A_FAILURE_HOLDS_S:
            raise _no_keys()
        try:
            keys = KeySet.import_key_set(self._fetch(issuer))  # type: ignore[arg-type]
        except (TransferError, JoseError, ValueError, KeyError, TypeError, AttributeError) as exc:
            held.failed_at_s = now_s
            raise _no_keys() from exc
        held.keys, held.fetched_at_s, held.failed_at_s = keys, now_s, None
        return keys


def _no_keys() -> Problem:
    return Problem(
        503,
        "The token cannot be checked",
        "The issuer's signing keys cannot be fetched now; send the request again.",
        headers={"Retry-After": "5"},
    )


class Doorkeeper:
    """Checks the Authorization header.

    Args:
        issuers: accepted issuers; ``*`` in one stands for letters, digits, ``-``, ``_`` and inner dots.
        leeway_s: how far clocks may differ, in seconds.
    """

    def __init__(
        self,
        *,
        issuers: tuple[str, ...],
        audience: str,
        leeway_s: float,
        keys: Keys,
        now_s: Callable[[], float],
    ) -> None:
        self._issuers = [re.compile(_STAR.join(re.escape(part) for part in issuer.split("*"))) for issuer in issuers]
        self._audience = audience
        self._leeway_s = leeway_s
        self._keys = keys
        self._now_s = now_s

    def admit(self, authorization: str | None, *, scope: str) -> Caller:
        """Return the caller, or raise :class:`Problem` 401 or 403."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unauthorized("There is no bearer token in the Authorization header.", code=None)
        caller = self._caller(self._claims(token.strip()))
        if scope not in caller.scopes:
            raise Problem(
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
        except (JoseError, ValueError, UnicodeError) as exc:
            raise _unauthorized("The token is not a signed JWT.") from exc
        if not any(pattern.fullmatch(issuer) for pattern in self._issuers):
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
    claims = json.loads(payload)
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(issuer, str):
        raise ValueError("no issuer")
    return issuer


def _said(exc: Exception) -> str:
    """joserfc's error code and the claim it is about; never a value."""
    claim = getattr(exc, "claim", None)
    code = str(getattr(exc, "error", type(exc).__name__))
    return f"{code} ({claim})" if claim else code


def _unauthorized(detail: str, code: str | None = "invalid_token") -> Problem:
    challenge = f'Bearer error="{code}"' if code else "Bearer"
    return Problem(401, "A valid bearer token is needed", detail, headers={"WWW-Authenticate": challenge})
