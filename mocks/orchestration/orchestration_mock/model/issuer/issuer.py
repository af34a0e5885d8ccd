"""The token issuer of one tenant: client-credentials grant, signed tokens, key set, introspection.

The real issuer publishes neither grant, nor token format, nor scope. This is plain RFC 6749, 7517, 7519,
7662 and 8414; the choices are switches of the dialect, failures are planned in :mod:`.failures`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

from mock_kit.http.problem import FieldError
from mock_kit.http.refusals import Invalid, MissingItem
from mock_kit.tenants.clock import Clock
from mock_kit.tenants.ids import Ids
from orchestration_mock.model.bounded import BoundedDict
from orchestration_mock.model.issuer.bad_tokens import bad_token
from orchestration_mock.model.issuer.client_login import ClientLogin, OAuthClient, OAuthError
from orchestration_mock.model.issuer.failures import (
    BAD_TOKENS,
    REFUSALS,
    RETRY_AFTER_S,
    PlannedFailure,
    PlannedFailures,
)
from orchestration_mock.model.issuer.keyring import Keyring

#: As the sibling token service of the same vendor answers (documented there).
DEFAULT_EXPIRES_IN_S = 3599
KEPT_TOKENS = 10_000


@dataclass(frozen=True, kw_only=True)
class IssuedToken:
    """One issued token, without the token itself."""

    jti: str
    scope: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    revoked: bool = False


class Issuer:
    """Issues and checks tokens. Times are the tenant's clock plus ``skew_s``: an issuer's clock may be wrong."""

    def __init__(
        self,
        *,
        url: str,
        token_url: str = "",
        client: OAuthClient,
        clock: Clock,
        ids: Ids,
        dialect: Mapping[str, Any],
        keys: Keyring | None = None,
    ) -> None:
        self.url = url
        #: The token address.
        self.token_url = token_url or f"{url}/oauth2/token"
        self.client = client
        self.expires_in_s = DEFAULT_EXPIRES_IN_S
        self.skew_s = 0.0
        self.failures = PlannedFailures()
        self.keys = keys or Keyring(str(dialect["oauth_signing"]))
        self._login = ClientLogin(clock, dialect)
        self._clock = clock
        self._ids = ids
        self._dialect = dialect
        self._issued: BoundedDict[str, IssuedToken] = BoundedDict(KEPT_TOKENS)
        self._opaque: BoundedDict[str, str] = BoundedDict(KEPT_TOKENS)
        self._flaws: BoundedDict[str, str] = BoundedDict(KEPT_TOKENS)
        self._lock = RLock()

    @property
    def addresses(self) -> dict[str, str]:
        """Where it answers: host and path of each address → what is there (token, metadata or keys)."""
        well_known = f"{self.url}/.well-known/"
        found = {
            f"{well_known}openid-configuration": "metadata",
            f"{well_known}oauth-authorization-server": "metadata",
            f"{well_known}jwks.json": "keys",
            self.token_url: "token",
        }
        return {address.partition("://")[2]: what for address, what in found.items()}

    @property
    def kid(self) -> str:
        """Id of the current signing key."""
        return self.keys.kid

    @property
    def locked_until(self) -> datetime | None:
        """Until when the client is locked, by the tenant's clock; None when it is not."""
        return self._login.locked_until

    @property
    def _is_opaque(self) -> bool:
        return bool(self._dialect["token_format"] == "opaque")  # noqa: S105 - a choice, no password

    def authenticate(self, form: Mapping[str, str], authorization: str | None) -> None:
        """Check the client's credentials. Raises ``OAuthError``."""
        self._login.check(self.client, form, authorization)

    def grant(self, form: Mapping[str, str], authorization: str | None) -> dict[str, Any]:
        """The reply to a token request. Raises ``OAuthError``."""
        refusal = self.failures.strike("refusal")
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
        reply = {"access_token": self._issue(scope), "token_type": "bearer", "expires_in": self.expires_in_s}
        return reply | {"scope": " ".join(scope)}

    def _now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self.skew_s)

    def _issue(self, scope: tuple[str, ...]) -> str:
        with self._lock:
            now = self._now()
            life = timedelta(seconds=self.expires_in_s)
            kind = self.failures.strike("token")
            issued = IssuedToken(
                jti=self._ids.token("jti"),
                scope=scope,
                issued_at=now,
                expires_at=now - life if kind == "token_expired" else now + life,
                revoked=kind == "token_revoked",
            )
            self._issued[issued.jti] = issued
            if self._is_opaque:
                token = self._ids.token("access-token")
                self._opaque[token] = issued.jti
                return token
            claims = self._claims(replace(issued, expires_at=now + life))
            if not kind:
                return self.keys.sign(claims)
            bad = bad_token(kind, claims, self.keys)
            self._flaws[_digest(bad)] = kind
            return bad

    def flaw_of(self, token: str) -> str | None:
        """The kind of bad token that this issuer made on demand; None for any other token."""
        with self._lock:
            return self._flaws.get(_digest(token))

    def _claims(self, issued: IssuedToken) -> dict[str, Any]:
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
        """The reply of RFC 7662 about a token: its claims, or only that it is not active."""
        issued = self._issued.get(self._jti(token) or "")
        if issued is None or issued.revoked or issued.expires_at <= self._now():
            return {"active": False}
        return {"active": True, "token_type": "bearer", "username": self.client.client_id} | self._claims(issued)

    def is_revoked(self, jti: str) -> bool:
        """Whether a token was revoked, or was not issued here."""
        issued = self._issued.get(jti)
        return issued is None or issued.revoked

    def _jti(self, token: str) -> str | None:
        if token in self._opaque:
            return self._opaque[token]
        claims = self.keys.claims_of(token)
        return None if claims is None else str(claims.get("jti"))

    def revoke(self, token_or_jti: str) -> IssuedToken:
        """Revoke a token; introspection returns inactive from now on. Raises ``MissingItem``."""
        with self._lock:
            jti = token_or_jti if token_or_jti in self._issued else self._jti(token_or_jti) or ""
            if jti not in self._issued:
                raise MissingItem("This issuer knows no such token.")
            self._issued[jti] = new = replace(self._issued[jti], revoked=True)
            return new

    def rotate(self, *, keep_old: bool) -> str:
        """Sign with a new key from now on, return its id; without ``keep_old`` the old keys are withdrawn."""
        return self.keys.rotate(str(self._dialect["oauth_signing"]), keep_old=keep_old)

    def plan_failure(self, kind: str, times: int | None) -> PlannedFailure:
        """Plan a failure. Raises ``Invalid`` for one that opaque tokens cannot show."""
        if self._is_opaque and kind in BAD_TOKENS and kind not in ("token_expired", "token_revoked"):
            expected, remedy = "a failure an opaque token can show", 'set the dialect token_format to "jwt"'
            raise Invalid(f"kind: expected {expected}", FieldError("kind", expected, remedy, kind))
        return self.failures.plan(kind, times)

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

    def reset(self) -> None:
        """No token issued, no failure planned, no lock, the default lifetime and clock. Keys stay."""
        with self._lock:
            self._issued.clear()
            self._opaque.clear()
            self._flaws.clear()
            self._login.clear()
            self.failures.clear()
            self.expires_in_s = DEFAULT_EXPIRES_IN_S
            self.skew_s = 0.0

    def describe(self) -> dict[str, Any]:
        """For the control API, without secrets."""
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


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
