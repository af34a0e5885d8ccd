"""Bearer tokens by client credentials, cached until they expire.

Assumed (nothing of it is published): the client-credentials grant as a form post, the token cached until
its expiry by the tenant's clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import isfinite
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from mock_kit.http.headers import basic_header
from orchestration_mock.model.events.outgoing import HttpReply, OutgoingRequest, RequestSender, SendFailed
from orchestration_mock.model.secrets import OAuthCredential

MOST_EXPIRES_S = 10 * 366 * 86_400


class NoToken(Exception):
    """The issuer gave no token; the message says why and contains no secret."""


@dataclass(frozen=True)
class Bearer:
    """A token and its expiry by the tenant's clock; ``use`` is ``fetched`` or ``cached``."""

    token: str = field(repr=False)
    expires_at: datetime
    use: str = "fetched"


class TokenCache:
    """The bearer tokens of one tenant. One fetch at a time; a thread that waits for it gets the same token."""

    def __init__(self, *, sender: RequestSender, dialect: Mapping[str, Any]) -> None:
        self._sender = sender
        self._dialect = dialect
        self._kept: dict[str, Bearer] = {}
        self._lock = Lock()

    def get(self, credential: OAuthCredential, now: datetime) -> Bearer:
        """A token, from the cache or fresh. Raises ``NoToken``."""
        with self._lock:
            kept = self._kept.get(_key(credential))
            leeway = timedelta(seconds=float(self._dialect["token_leeway_s"]))
            if kept is not None and now + leeway < kept.expires_at:
                return replace(kept, use="cached")
            fresh = self._fetch(credential, now)
            self._kept[_key(credential)] = fresh
            return fresh

    def forget(self, credential: OAuthCredential, token: str) -> None:
        """Drop a token that was refused, unless another thread has replaced it already."""
        with self._lock:
            kept = self._kept.get(_key(credential))
            if kept is not None and kept.token == token:
                del self._kept[_key(credential)]

    def _fetch(self, credential: OAuthCredential, now: datetime) -> Bearer:
        try:
            reply = self._sender.send(self._request(credential))
        except SendFailed as exc:
            raise NoToken(f"no token: {exc}") from exc
        uses_any = self._dialect["token_bad_expiry"] == "use_once"  # noqa: S105 - a choice, no password
        token, expires_in_s = _read_token(reply, is_strict=not uses_any)
        return Bearer(token, now + timedelta(seconds=expires_in_s))

    def _request(self, credential: OAuthCredential) -> OutgoingRequest:
        form = {"grant_type": "client_credentials"}
        if credential.scope:
            form["scope"] = " ".join(credential.scope)
        headers = {
            "User-Agent": str(self._dialect["user_agent"]),
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if self._dialect["token_client_auth"] == "body":  # noqa: S105 - a choice, no password
            form |= {"client_id": credential.client_id, "client_secret": credential.client_secret}
        else:
            headers["Authorization"] = basic_header(credential.client_id, credential.client_secret)
        return OutgoingRequest(
            method="POST",
            url=credential.access_token_url,
            headers=headers,
            content=urlencode(form).encode(),
            timeout_s=float(self._dialect["default_timeout_s"]),
        )


def _key(credential: OAuthCredential) -> str:
    parts = (credential.access_token_url, credential.client_id, credential.client_secret, *credential.scope)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _read_token(reply: HttpReply, *, is_strict: bool) -> tuple[str, float]:
    """The token and its lifetime in seconds; 0 = used once. Raises ``NoToken``.

    ``expires_in`` may be absent (RFC 6749, 5.1: recommended) or a number written as text; with ``is_strict`` any
    other value fails the fetch.
    """
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):
        body = None
    if reply.status != 200 or not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
        raise NoToken(f"no token: the token address answered {reply.status}{_oauth_error(body)}")
    expires_in_s = _seconds(body["expires_in"]) if "expires_in" in body else 0.0
    if expires_in_s is None and is_strict:
        found = json.dumps(body["expires_in"])[:80]
        raise NoToken(f"no token: the token address answered 200 with expires_in {found}, not a number of seconds")
    return body["access_token"], expires_in_s or 0.0


def _seconds(value: object) -> float | None:
    """A lifetime in seconds, at most ten years; None for NaN, a negative number or anything but a number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return min(seconds, MOST_EXPIRES_S) if isfinite(seconds) and seconds >= 0 else None


def _oauth_error(body: object) -> str:
    """The error members of RFC 6749 as text; empty when there are none."""
    found = body if isinstance(body, dict) else {}
    shown = [f"{key}: {str(found[key])[:200]}" for key in ("error", "error_description") if key in found]
    return f" ({', '.join(shown)})" if shown else ""
