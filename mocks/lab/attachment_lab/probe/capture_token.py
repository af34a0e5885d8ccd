"""The token endpoint, once: which kind of token the orchestration layer's client gets."""

from __future__ import annotations

from urllib.parse import urlencode

from attachment_lab.probe.wire import Wire


def ask_for_token(wire: Wire) -> None:
    """One client-credentials request with HTTP Basic (RFC 6749). Raises ProbeFailed, CredentialsRefused."""
    form = {"grant_type": "client_credentials"} | ({"scope": wire.target.scope} if wire.target.scope else {})
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(form).encode()
    wire.ask("token", "token.grant", wire.target.token_url, method="POST", headers=headers, body=body)
