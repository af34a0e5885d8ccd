"""The token issuer of one tenant: client-credentials grant, signed tokens, key set, introspection.

The real issuer publishes neither grant, nor token format, nor scope. What is here is plain RFC 6749,
7517, 7519, 7662 and 8414; the choices are switches of the dialect, the failures are planned in
:mod:`.mishaps`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import RLock
from typing import Any
from urllib.parse import unquote_plus

from mock_kit.clock import Clock
from mock_kit.ids import Ids
from orchestration_mock.model.errors import Missing, invalid
from orchestration_mock.model.issuer.bad_tokens import bad_token
from orchestration_mock.model.issuer.failures import BAD_TOKENS, REFUSALS, RETRY_AFTER_S, Mishap, Mishaps
from orchestration_mock.model.issuer.keyring import Keyring

#: As the sibling token service of the same vendor answers (documented there).
DEFAULT_EXPIRES_IN_S = 3599
KEPT_TOKENS = 10_000


class OAuthError(Exception):
    """An error reply of RFC 6749, section 5.2. ``code`` is its `error`, ``description`` is for people."""

    def __init__(self, code: str, description: str, *, status: int = 400, retry_after_s: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.status = status
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, kw_only=True)
class OAuthClient:
    """The one client of a tenant: the event engine as the orchestration layer knows it."""

    client_id: str
    client_secret: str = field(repr=False)
    scope: tuple[str, ...]
    audience: str


@dataclass(frozen=True, kw_only=True)
class Issued:
    """One token that went out, without the token itself."""

    jti: str
    scope: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    revoked: bool = False


@dataclass
class _Lock:
    """Wrong client secrets in a row, and until when the client is locked."""

    failures: int = 0
    until: datetime | None = None


class Issuer:
    """Issues and judges tokens. Times come from the tenant's clock, plus ``skew_s``: an issuer's clock may be off."""

    def __init__(
        self,
        *,
        url: str,
        client: OAuthClient,
        clock: Clock,
        ids: Ids,
        dialect: Mapping[str, Any],
        keys: Keyring | None = None,
    ) -> None:
        self.url = url
        self.client = client
        self.expires_in_s = DEFAULT_EXPIRES_IN_S
        self.skew_s = 0.0
        self.mishaps = Mishaps()
        self.keys = keys or Keyring(str(dialect["oauth_signing"]))
        self._clock = clock
        self._ids = ids
        self._dialect = dialect
        self._issued: dict[str, Issued] = {}
        self._opaque: dict[str, str] = {}
        self._locked = _Lock()
        self._lock = RLock()

    @property
    def token_url(self) -> str:
        """Where tokens are asked for."""
        return f"{self.url}/oauth2/token"

    @property
    def kid(self) -> str:
        """Id of the key that signs now."""
        return self.keys.kid

    @property
    def locked_until(self) -> datetime | None:
        """Until when the client is locked, by the tenant's clock; None when it is not."""
        until = self._locked.until
        return until if until is not None and until > self._clock.now() else None

    def grant(self, form: Mapping[str, str], authorization: str | None) -> dict[str, Any]:
        """The reply to a token request. Raises ``OAuthError``."""
        refusal = self.mishaps.strike("refusal")
        if refusal is not None:
            status, code, description = REFUSALS[refusal]
            raise OAuthError(code, description, status=status, retry_after_s=RETRY_AFTER_S if status > 401 else None)
        self.authenticate(form, authorization)
        grant_type = form.get("grant_type")
        if not grant_type:
            raise OAuthError("invalid_request", "grant_type is missing")
        if grant_type != "client_credentials":
            raise OAuthError("unsupported_grant_type", "only client_credentials is supported here")
        scope = tuple(form["scope"].split()) if form.get("scope", "").strip() else self.client.scope
        beyond = [name for name in scope if name not in self.client.scope]
        if beyond:
            raise OAuthError("invalid_scope", f"this client has no scope {' '.join(beyond)}"[:300])
        token = self._issue(scope)
        answer = {"access_token": token, "token_type": "bearer", "expires_in": self.expires_in_s}
        return answer | {"scope": " ".join(scope)}

    def authenticate(self, form: Mapping[str, str], authorization: str | None) -> None:
        """Who asks, by Basic or by the body, not both. Raises ``OAuthError``."""
        if authorization is not None and "client_secret" in form:
            raise OAuthError("invalid_request", "client credentials both in the header and in the body")
        if authorization is not None:
            pairs = _basic(authorization)
        else:
            pairs = [(form.get("client_id", ""), form.get("client_secret", ""))]
        with self._lock:
            if self.locked_until is not None:
                raise OAuthError("invalid_client", "this client is locked for a while", status=401)
            if not any(self._is_client(user, secret) for user, secret in pairs):
                self._count_failure()
                raise OAuthError("invalid_client", "unknown client or wrong client secret", status=401)
            self._locked = _Lock()

    def _count_failure(self) -> None:
        self._locked.failures += 1
        most = int(self._dialect["client_lock_after"])
        if most and self._locked.failures >= most:
            until = self._clock.now() + timedelta(seconds=float(self._dialect["client_lock_s"]))
            self._locked = _Lock(until=until)

    def _is_client(self, user: str, secret: str) -> bool:
        same_id = hmac.compare_digest(user.encode(), self.client.client_id.encode())
        return hmac.compare_digest(secret.encode(), self.client.client_secret.encode()) and same_id

    def _now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self.skew_s)

    def _issue(self, scope: tuple[str, ...]) -> str:
        with self._lock:
            now = self._now()
            life = timedelta(seconds=self.expires_in_s)
            kind = self.mishaps.strike("token")
            issued = Issued(
                jti=self._ids.token("jti"),
                scope=scope,
                issued_at=now,
                expires_at=now - life if kind == "token_expired" else now + life,
                revoked=kind == "token_revoked",
            )
            self._remember(issued)
            if self._dialect["token_format"] == "opaque":  # noqa: S105 - a choice, no password
                token = self._ids.token("access-token")
                self._opaque[token] = issued.jti
                return token
            claims = self._claims(replace(issued, expires_at=now + life))
            return bad_token(kind, claims, self.keys) if kind else self.keys.sign(claims)

    def _remember(self, issued: Issued) -> None:
        while len(self._issued) >= KEPT_TOKENS:
            del self._issued[next(iter(self._issued))]
        self._issued[issued.jti] = issued

    def _claims(self, issued: Issued) -> dict[str, Any]:
        seconds = int(issued.issued_at.timestamp())
        return {
            "iss": self.url,
            "sub": self.client.client_id,
            "client_id": self.client.client_id,
            "aud": self.client.audience,
            "scope": " ".join(issued.scope),
            "iat": seconds,
            "nbf": seconds,
            "exp": int(issued.expires_at.timestamp()),
            "jti": issued.jti,
        }

    def introspect(self, token: str) -> dict[str, Any]:
        """What RFC 7662 says about a token: its claims, or just that it is not active."""
        issued = self._issued.get(self._jti(token) or "")
        if issued is None or issued.revoked or issued.expires_at <= self._now():
            return {"active": False}
        return {"active": True, "token_type": "bearer", "username": self.client.client_id} | self._claims(issued)

    def is_revoked(self, jti: str) -> bool:
        """Whether a token has been called back, or was never issued here."""
        issued = self._issued.get(jti)
        return issued is None or issued.revoked

    def _jti(self, token: str) -> str | None:
        if token in self._opaque:
            return self._opaque[token]
        claims = self.keys.claims_of(token)
        return None if claims is None else str(claims.get("jti"))

    def revoke(self, token_or_jti: str) -> Issued:
        """Call a token back; introspection says inactive from now on. Raises ``Missing``."""
        with self._lock:
            jti = token_or_jti if token_or_jti in self._issued else self._jti(token_or_jti) or ""
            if jti not in self._issued:
                raise Missing("This issuer knows no such token.")
            self._issued[jti] = new = replace(self._issued[jti], revoked=True)
            return new

    def rotate(self, *, keep_old: bool) -> str:
        """Sign with a new key from now on, return its id; without ``keep_old`` the old keys are withdrawn."""
        return self.keys.rotate(str(self._dialect["oauth_signing"]), keep_old=keep_old)

    def plan_failure(self, kind: str, times: int | None) -> Mishap:
        """Plan a failure. Raises ``Invalid`` for one that opaque tokens cannot show."""
        opaque = self._dialect["token_format"] == "opaque"  # noqa: S105 - a choice, no password
        if opaque and kind in BAD_TOKENS and kind not in ("token_expired", "token_revoked"):
            raise invalid("kind", "a failure an opaque token can show", 'set the dialect token_format to "jwt"', kind)
        return self.mishaps.plan(kind, times)

    def jwks(self) -> dict[str, Any]:
        """The public keys, the current one first."""
        return {"keys": self.keys.public()}

    def discovery(self) -> dict[str, Any]:
        """The issuer's metadata."""
        return {
            "issuer": self.url,
            "token_endpoint": self.token_url,
            "introspection_endpoint": f"{self.url}/oauth2/introspect",
            "jwks_uri": f"{self.url}/.well-known/jwks.json",
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "scopes_supported": list(self.client.scope),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self._dialect["oauth_signing"]],
        }

    def forget_tokens(self) -> None:
        """Back to the first day: no token issued, no failure planned, the usual lifetime. Keys stay."""
        with self._lock:
            self._issued.clear()
            self._opaque.clear()
            self._locked = _Lock()
            self.mishaps.clear()
            self.expires_in_s = DEFAULT_EXPIRES_IN_S
            self.skew_s = 0.0

    def describe(self) -> dict[str, Any]:
        """For the control API; no secret in it."""
        locked_until = self.locked_until
        return {
            "issuer": self.url,
            "token_url": self.token_url,
            "client_id": self.client.client_id,
            "scope": " ".join(self.client.scope),
            "audience": self.client.audience,
            "expires_in": self.expires_in_s,
            "clock_skew_s": self.skew_s,
            "locked_until": locked_until.isoformat() if locked_until else None,
            "kid": self.kid,
            "tokens_issued": len(self._issued),
        }


def _basic(authorization: str) -> list[tuple[str, str]]:
    """User and secret of a Basic header: as they stand, and form-decoded as RFC 6749 2.3.1 wants them."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        user, sign, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return []
    if scheme.lower() != "basic" or not sign:
        return []
    return [(user, secret), (unquote_plus(user), unquote_plus(secret))]
