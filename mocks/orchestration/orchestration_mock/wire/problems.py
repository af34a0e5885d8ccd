"""Framework errors as ``application/problem+json``, OAuth errors as in RFC 6749."""

from __future__ import annotations

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from mock_kit.http.problem import Problem
from orchestration_mock.model.issuer.client_login import OAuthError

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def register_errors(app: Flask, *, realm: str) -> None:
    """Add the handlers to the application; refusals of the model are problems, which the kit renders."""

    @app.errorhandler(HTTPException)
    def http_error(exc: HTTPException) -> Response:
        allowed = exc.get_response().headers.get("Allow")
        headers = {"Allow": allowed} if allowed else {}
        problem = Problem(exc.code or 500, exc.name, exc.description or exc.name, headers=headers)
        return Response(problem.body(), problem.status, problem.header_list())

    @app.errorhandler(OAuthError)
    def oauth_error(exc: OAuthError) -> Response:
        reply = jsonify(error=exc.code, error_description=exc.description)
        reply.status_code = exc.status
        reply.headers.update(NO_STORE)
        if exc.retry_after_s is not None:
            reply.headers["Retry-After"] = str(exc.retry_after_s)
        if exc.status == 401:
            reply.headers["WWW-Authenticate"] = f'Basic realm="{realm}"'
        return reply
