"""The token issuer's addresses below ``/{tenant}``."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from mock_kit.mock import Mock
from orchestration_mock.model.issuer.client_login import OAuthError
from orchestration_mock.model.issuer.replies import IssuerReply, keys_reply, metadata_reply, token_reply
from orchestration_mock.tenant import OrchestrationTenant
from orchestration_mock.wire.bodies import oauth_form, without_tenant
from orchestration_mock.wire.problems import NO_STORE


def response_of(reply: IssuerReply) -> Response:
    """The model's reply for Flask."""
    return Response(reply.text, reply.status, content_type=reply.content_type)


def oauth_blueprint(mock: Mock[OrchestrationTenant]) -> Blueprint:
    """Token, introspection, metadata and key set."""
    bp = Blueprint("oauth", __name__, url_prefix="/<tenant_path>")
    bp.url_value_preprocessor(without_tenant)
    _add_tokens(bp, mock)
    _add_metadata(bp, mock)
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
        response = response_of(token_reply(issuer.failures.strike("reply"), granted))
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
        return response_of(metadata_reply(issuer.failures.strike("metadata"), issuer.discovery()))

    @bp.get("/.well-known/jwks.json")
    def jwks() -> Response:
        """The public keys (RFC 7517)."""
        mock.evidence.touch("oauth.keys")
        issuer = mock.tenant().issuer
        keys = issuer.keys
        return response_of(keys_reply(issuer.failures.strike("keys"), keys.public(), keys.public(outdated=True)))
