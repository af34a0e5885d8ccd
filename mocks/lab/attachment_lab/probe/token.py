"""The token endpoint: the one request that is sent to it, and which kind of token its answer holds."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from attachment_lab.probe.client import ProbeClient
from attachment_lab.probe.exchange import ExchangeLog
from attachment_lab.probe.readings.observations import NO_VALUE, Observation, holds

_SIGNINGS = ("ES256", "RS256")


def request_token(client: ProbeClient) -> None:
    """One client-credentials request with HTTP Basic (RFC 6749). Raises ProbeFailed, CredentialsRefused."""
    form = {"grant_type": "client_credentials"} | ({"scope": client.target.scope} if client.target.scope else {})
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(form).encode()
    client.ask("token", "token.grant", client.target.token_url, method="POST", headers=headers, body=body)


def token(log: ExchangeLog) -> Iterator[Observation]:
    """Format and algorithm, from the token's own header."""
    granted = log.good("token.grant")
    if granted is None:
        return
    document = granted.json()
    text = document.get("access_token", "") if isinstance(document, dict) else ""
    if not isinstance(text, str) or not text:
        return
    yield holds("orchestration.oauth.grant", True, granted, detail="client credentials by HTTP Basic")
    header = _jwt_header(text)
    kind = "opaque" if header is None else "jwt"
    yield Observation(id="orchestration.dialect.token_format", value=kind, seen_in=(granted.label,))
    if header is not None:
        signing = header.get("alg")
        value = signing if signing in _SIGNINGS else NO_VALUE
        yield Observation(
            id="orchestration.dialect.oauth_signing", value=value, seen_in=(granted.label,), detail=f"alg {signing}"
        )


def _jwt_header(text: str) -> dict[str, Any] | None:
    """The first of three parts as JSON; None for a token that is no JWT."""
    parts = text.split(".")
    if len(parts) != 3:
        return None
    try:
        header = json.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except (ValueError, binascii.Error):
        return None
    return header if isinstance(header, dict) else None


READS = (token,)
