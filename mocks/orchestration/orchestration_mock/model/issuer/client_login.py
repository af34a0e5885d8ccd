"""How the issuer's one client authenticates, and the lock after too many wrong secrets."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import Any
from urllib.parse import unquote_plus

from mock_kit.http.headers import basic_credentials
from mock_kit.tenants.clock import Clock


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

    def is_login(self, user: str, secret: str) -> bool:
        """Whether this is the client's id and secret."""
        same_id = hmac.compare_digest(user.encode(), self.client_id.encode())
        return hmac.compare_digest(secret.encode(), self.client_secret.encode()) and same_id


class ClientLogin:
    """Checks the client's credentials, counts wrong secrets in a row, and locks the client as the dialect says."""

    def __init__(self, clock: Clock, dialect: Mapping[str, Any]) -> None:
        self._clock = clock
        self._dialect = dialect
        self._lock = RLock()
        self._failures = 0
        self._until: datetime | None = None

    @property
    def locked_until(self) -> datetime | None:
        """Until when the client is locked, by the tenant's clock; None when it is not."""
        return self._until if self._until is not None and self._until > self._clock.now() else None

    def check(self, client: OAuthClient, form: Mapping[str, str], authorization: str | None) -> None:
        """The client authenticates by Basic or by the body, not both. Raises ``OAuthError``."""
        if authorization is not None and "client_secret" in form:
            raise OAuthError("invalid_request", "client credentials both in the header and in the body")
        if authorization is not None:
            pairs = _basic(authorization)
        else:
            pairs = [(form.get("client_id", ""), form.get("client_secret", ""))]
        with self._lock:
            if self.locked_until is not None:
                raise OAuthError("invalid_client", "this client is locked for a while", status=401)
            if not any(client.is_login(user, secret) for user, secret in pairs):
                self._count_failure()
                raise OAuthError("invalid_client", "unknown client or wrong client secret", status=401)
            self.clear()

    def clear(self) -> None:
        """Forget the wrong secrets and the lock."""
        with self._lock:
            self._failures, self._until = 0, None

    def _count_failure(self) -> None:
        self._failures += 1
        most = int(self._dialect["client_lock_after"])
        if most and self._failures >= most:
            self._failures = 0
            self._until = self._clock.now() + timedelta(seconds=float(self._dialect["client_lock_s"]))


def _basic(authorization: str) -> list[tuple[str, str]]:
    """User and secret of a Basic header: as they are, and form-decoded as RFC 6749, 2.3.1 requires."""
    try:
        user, sign, secret = (basic_credentials(authorization) or b"").decode().partition(":")
    except UnicodeDecodeError:
        return []
    return [(user, secret), (unquote_plus(user), unquote_plus(secret))] if sign else []
