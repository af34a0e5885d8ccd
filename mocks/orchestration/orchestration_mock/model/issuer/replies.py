"""The replies of an issuer: token, keys and metadata, or what a planned failure makes of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

JSON = "application/json"
HTML = "<!doctype html><title>Sign in</title><p>Please sign in.</p>"


@dataclass(frozen=True)
class IssuerReply:
    """Status, type and text of a reply."""

    status: int
    content_type: str
    text: str


def _json(value: Any, status: int = 200) -> IssuerReply:
    return IssuerReply(status, JSON, json.dumps(value))


def token_reply(kind: str | None, reply: dict[str, Any]) -> IssuerReply:
    """The reply to a token request, changed as the failure says."""
    without = {name: {key: value for key, value in reply.items() if key != name} for name in reply}
    known = {
        "reply_not_json": IssuerReply(200, "text/html", HTML),
        "reply_empty": IssuerReply(200, JSON, ""),
        "reply_without_token": _json(without["access_token"]),
        "reply_without_expiry": _json(without["expires_in"]),
        "reply_expiry_in_words": _json(reply | {"expires_in": "soon"}),
        "reply_expiry_nan": _json(reply | {"expires_in": float("nan")}),
        "reply_expiry_negative": _json(reply | {"expires_in": -1}),
        "reply_expiry_as_text": _json(reply | {"expires_in": str(reply["expires_in"])}),
        "reply_expires_at_once": _json(reply | {"expires_in": 0}),
        "reply_other_token_type": _json(reply | {"token_type": "mac"}),
    }
    return known.get(kind or "", _json(reply))


def keys_reply(kind: str | None, keys: list[dict[str, Any]], outdated: list[dict[str, Any]]) -> IssuerReply:
    """The key set, changed as the failure says; ``outdated`` is the set before the last rotation."""
    known = {
        "keys_unavailable": _json({"message": "Service Unavailable"}, 503),
        "keys_empty": _json({"keys": []}),
        "keys_garbled": IssuerReply(200, JSON, '{"keys": [{"kty": "EC", "crv": "P-256", "x": "'),
        "keys_outdated": _json({"keys": outdated}),
    }
    return known.get(kind or "", _json({"keys": keys}))


def metadata_reply(kind: str | None, document: dict[str, Any]) -> IssuerReply:
    """The metadata, changed as the failure says."""
    known = {
        "metadata_unavailable": _json({"message": "Service Unavailable"}, 503),
        "metadata_of_other_issuer": _json(document | {"issuer": "https://login-eu-c1.cc.sinch.com/other-party"}),
    }
    return known.get(kind or "", _json(document))
