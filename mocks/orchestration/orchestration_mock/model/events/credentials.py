"""How the engine proves who it is: Basic, or a bearer token got by client credentials and kept.

Assumed throughout (nothing of it is published): the client-credentials grant as a form post, the token
cached until its expiry by the tenant's clock, one fresh token after a 401.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import isfinite
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from orchestration_mock.model.events.outgoing import Outgoing, Reply, Sender, SendFailed
from orchestration_mock.model.events.request import Uncomposable
from orchestration_mock.model.integrations.definition import Authentication
from orchestration_mock.model.integrations.placeholders import Lookup, Style, as_text, expand
from orchestration_mock.model.integrations.store import LocalCredential
from orchestration_mock.model.secrets import OAuthCredential, SecretsManager, read_scope

MOST_EXPIRES_S = 10 * 366 * 86_400


class NoToken(Exception):
    """The issuer gave no token; the message says why and holds no secret."""


def basic_header(user: str, password: str) -> str:
    """The value of an Authorization header, UTF-8 as RFC 7617 allows."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def basic_pair(
    auth: Authentication, credentials: tuple[LocalCredential, ...], lookup: Lookup, style: Style
) -> tuple[str, str]:
    """User and password of a ``basic`` authentication. Raises ``Uncomposable``."""
    if "user" in auth.inline and "password" in auth.inline:
        user, password = (as_text(expand(auth.inline[key], lookup, style), style) for key in ("user", "password"))
        return user, password
    for found in credentials:
        if found.user:
            return found.user, found.value
    raise Uncomposable(
        "authentication basic: no user and password in the JSON, and no entry with a user in authentications"
    )


def oauth_credential(
    auth: Authentication,
    secrets: SecretsManager,
    credentials: tuple[LocalCredential, ...],
    lookup: Lookup,
    style: Style,
) -> OAuthCredential:
    """The credential of an ``oauth`` authentication. Raises ``Uncomposable``."""
    if auth.secrets_ref is not None:
        found = secrets.get(auth.secrets_ref)
        if found is None:
            raise Uncomposable(f"authentication oauth: there is no secret named {auth.secrets_ref} (secrets_ref)")
        if found.oauth is None:
            raise Uncomposable(f"authentication oauth: the secret {auth.secrets_ref} holds no OAuth credential")
        return found.oauth
    inline: Mapping[str, Any] = expand(auth.inline, lookup, style)
    client_id = str(inline["client_id"])
    secret = inline.get("client_secret") or next((c.value for c in credentials if c.user == client_id), None)
    if not isinstance(secret, str):
        raise Uncomposable(f"authentication oauth: no client secret for {client_id}; add it to authentications")
    return OAuthCredential(
        client_id=client_id,
        client_secret=secret,
        access_token_url=str(inline["access_token_url"]),
        scope=read_scope(inline.get("scope")) or (),
    )


@dataclass(frozen=True)
class Bearer:
    """A token and until when it is good; ``use`` is ``fetched`` or ``cached``."""

    token: str = field(repr=False)
    expires_at: datetime
    use: str = "fetched"


class TokenCache:
    """The bearer tokens of one tenant. One fetch at a time; whoever waits gets the other's token."""

    def __init__(self, *, sender: Sender, dialect: Mapping[str, Any]) -> None:
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
        """Drop a token that was refused, unless somebody has replaced it already."""
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

    def _request(self, credential: OAuthCredential) -> Outgoing:
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
        return Outgoing(
            method="POST",
            url=credential.access_token_url,
            headers=headers,
            content=urlencode(form).encode(),
            timeout_s=float(self._dialect["default_timeout_s"]),
        )


def _key(credential: OAuthCredential) -> str:
    parts = (credential.access_token_url, credential.client_id, credential.client_secret, *credential.scope)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _read_token(reply: Reply, *, is_strict: bool) -> tuple[str, float]:
    """The token and its life in seconds; 0 = used once. Raises ``NoToken``.

    ``expires_in`` may be absent (RFC 6749, 5.1: recommended) or a number written as text; ``is_strict``: anything
    else that is no number of seconds fails the fetch.
    """
    try:
        body = json.loads(reply.body)
    except (ValueError, RecursionError):
        body = None
    if reply.status != 200 or not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
        raise NoToken(f"no token: the token address answered {reply.status}{_oauth_error(body)}")
    expires_in_s = _seconds(body["expires_in"]) if "expires_in" in body else 0.0
    if expires_in_s is None and is_strict:
        said = json.dumps(body["expires_in"])[:80]
        raise NoToken(f"no token: the token address answered 200 with expires_in {said}, which is no number of seconds")
    return body["access_token"], expires_in_s or 0.0


def _seconds(value: object) -> float | None:
    """A life in seconds, at most ten years; None for what is none: NaN, negative, words, no number at all."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return min(seconds, MOST_EXPIRES_S) if isfinite(seconds) and seconds >= 0 else None


def _oauth_error(body: object) -> str:
    """The error members of RFC 6749 in words; empty when there are none."""
    found = body if isinstance(body, dict) else {}
    shown = [f"{key}: {str(found[key])[:200]}" for key in ("error", "error_description") if key in found]
    return f" ({', '.join(shown)})" if shown else ""
