"""The credentials of a request: Basic's pair, or the credential of a client-credentials grant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration_mock.model.events.request import UnbuildableRequest
from orchestration_mock.model.integrations.definition import Authentication
from orchestration_mock.model.integrations.integration import LocalCredential
from orchestration_mock.model.integrations.placeholders import Lookup, TextStyle, as_text, expand
from orchestration_mock.model.secrets import OAuthCredential, SecretsManager, read_scope


def basic_pair(
    auth: Authentication, credentials: tuple[LocalCredential, ...], lookup: Lookup, style: TextStyle
) -> tuple[str, str]:
    """User and password of a ``basic`` authentication. Raises ``UnbuildableRequest``."""
    if "user" in auth.inline and "password" in auth.inline:
        user, password = (as_text(expand(auth.inline[key], lookup, style), style) for key in ("user", "password"))
        return user, password
    for found in credentials:
        if found.user:
            return found.user, found.value
    raise UnbuildableRequest(
        "authentication basic: no user and password in the JSON, and no entry with a user in authentications"
    )


def oauth_credential(
    auth: Authentication,
    secrets: SecretsManager,
    credentials: tuple[LocalCredential, ...],
    lookup: Lookup,
    style: TextStyle,
) -> OAuthCredential:
    """The credential of an ``oauth`` authentication. Raises ``UnbuildableRequest``."""
    if auth.secrets_ref is not None:
        found = secrets.get(auth.secrets_ref)
        if found is None:
            raise UnbuildableRequest(f"authentication oauth: there is no secret named {auth.secrets_ref} (secrets_ref)")
        if found.oauth is None:
            raise UnbuildableRequest(f"authentication oauth: the secret {auth.secrets_ref} is not an OAuth credential")
        return found.oauth
    inline: Mapping[str, Any] = expand(auth.inline, lookup, style)
    client_id = str(inline["client_id"])
    secret = inline.get("client_secret") or next((c.value for c in credentials if c.user == client_id), None)
    if not isinstance(secret, str):
        raise UnbuildableRequest(f"authentication oauth: no client secret for {client_id}; add it to authentications")
    return OAuthCredential(
        client_id=client_id,
        client_secret=secret,
        access_token_url=str(inline["access_token_url"]),
        scope=read_scope(inline.get("scope")) or (),
    )
