"""The token issuer's addresses below ``/{tenant}``, and what a planned failure makes of its replies."""

from __future__ import annotations

import json
from typing import Any, cast

from flask import Blueprint, Flask, Response, abort, jsonify, request

from mock_kit.http.loopback import origin_in
from mock_kit.mock import Mock
from orchestration_mock.model.issuer.client_login import OAuthError
from orchestration_mock.tenant import OrchestrationTenant
from orchestration_mock.wire.bodies import oauth_form, without_tenant
from orchestration_mock.wire.problems import NO_STORE

JSON = "application/json"
HTML = "<!doctype html><title>Sign in</title><p>Please sign in.</p>"


def oauth_blueprint(mock: Mock[OrchestrationTenant]) -> Blueprint:
    """Token, introspection, metadata and key set."""
    bp = Blueprint("oauth", __name__, url_prefix="/<tenant_path>")
    bp.url_value_preprocessor(without_tenant)
    _add_tokens(bp, mock)
    _add_metadata(bp, mock)
    return bp


def own_issuer_blueprint(app: Flask, mock: Mock[OrchestrationTenant]) -> Blueprint:
    """The addresses of an issuer that is not below ``/{tenant}``: an authorisation server of the customer's own."""
    bp = Blueprint("own_issuer", __name__)
    views = {"token": "token", "metadata": "discovery", "keys": "jwks"}

    @bp.route("/<path:_path>", methods=["GET", "POST"])
    def answer(_path: str) -> Response:
        """What the issuer has at exactly this address."""
        addresses = mock.tenant().issuer.addresses
        what = addresses.get(f"{request.host.lower()}{request.path}")
        if origin_in(request.environ):  # one name for all of the tenant's addresses: the path decides
            what = {address[address.index("/") :]: found for address, found in addresses.items()}.get(request.path)
        if what is None:
            abort(404)
        if (what == "token") != (request.method == "POST"):
            abort(405)
        return cast("Response", app.view_functions[f"oauth.{views[what]}"]())

    return bp


def _add_tokens(bp: Blueprint, mock: Mock[OrchestrationTenant]) -> None:
    @bp.post("/oauth2/token")
    def token() -> Response:
        """Client-credentials grant (RFC 6749, 4.4); errors as in 5.2."""
        mock.evidence.touch("oauth.grant")
        issuer = mock.tenant().issuer
        try:
            granted = issuer.grant(oauth_form(), request.headers.get("Authorization"))
        except OAuthError:
            mock.evidence.touch("oauth.errors")
            if issuer.locked_until is not None:
                mock.evidence.touch("oauth.lock")
            raise
        response = _token_reply(issuer.failures.strike("reply"), granted)
        response.headers.update(NO_STORE)
        return response

    @bp.post("/oauth2/introspect")
    def introspect() -> Response:
        """Whether a token is active (RFC 7662); the client authenticates as for a token."""
        mock.evidence.touch("oauth.introspection")
        issuer, form = mock.tenant().issuer, oauth_form()
        issuer.authenticate(form, request.headers.get("Authorization"))
        return jsonify(issuer.introspect(form.get("token", "")))


def _add_metadata(bp: Blueprint, mock: Mock[OrchestrationTenant]) -> None:
    @bp.get("/.well-known/openid-configuration")
    @bp.get("/.well-known/oauth-authorization-server")
    def discovery() -> Response:
        """The issuer's metadata (RFC 8414)."""
        mock.evidence.touch("oauth.keys")
        issuer = mock.tenant().issuer
        return _metadata_reply(issuer.failures.strike("metadata"), issuer.discovery())

    @bp.get("/.well-known/jwks.json")
    def jwks() -> Response:
        """The public keys (RFC 7517)."""
        mock.evidence.touch("oauth.keys")
        issuer = mock.tenant().issuer
        keys = issuer.keys
        return _keys_reply(issuer.failures.strike("keys"), keys.public(), keys.public(outdated=True))


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type=JSON)


def _token_reply(kind: str | None, reply: dict[str, Any]) -> Response:
    """The reply to a token request, changed as the failure says."""
    without = {name: {key: value for key, value in reply.items() if key != name} for name in reply}
    known = {
        "reply_not_json": Response(HTML, content_type="text/html"),
        "reply_empty": Response("", content_type=JSON),
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


def _keys_reply(kind: str | None, keys: list[dict[str, Any]], outdated: list[dict[str, Any]]) -> Response:
    """The key set, changed as the failure says; ``outdated`` is the set before the last rotation."""
    known = {
        "keys_unavailable": _json({"message": "Service Unavailable"}, 503),
        "keys_empty": _json({"keys": []}),
        "keys_garbled": Response('{"keys": [{"kty": "EC", "crv": "P-256", "x": "', content_type=JSON),
        "keys_outdated": _json({"keys": outdated}),
    }
    return known.get(kind or "", _json({"keys": keys}))


def _metadata_reply(kind: str | None, document: dict[str, Any]) -> Response:
    """The metadata, changed as the failure says."""
    known = {
        "metadata_unavailable": _json({"message": "Service Unavailable"}, 503),
        "metadata_of_other_issuer": _json(document | {"issuer": "https://login-eu-c1.cc.sinch.com/other-party"}),
    }
    return known.get(kind or "", _json(document))
