"""Refusals as ``application/problem+json``, OAuth errors as RFC 6749 has them."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from mock_kit.problem import FieldError as KitFieldError
from mock_kit.problem import Problem
from orchestration_mock.model.errors import FieldError, Refusal
from orchestration_mock.model.issuer.issuer import OAuthError

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class _Placed(KitFieldError):
    """The model's field error, with line and column, where the kit expects its own."""

    def __init__(self, error: FieldError) -> None:
        super().__init__(error.field, error.expected, error.remedy)
        object.__setattr__(self, "_document", error.as_json())

    def to_dict(self) -> dict[str, Any]:
        """The model's document."""
        return dict(self.__dict__["_document"])


def problem_of(refusal: Refusal) -> Problem:
    """The kit's problem that says what the model said."""
    errors = [_Placed(error) for error in refusal.errors]
    return Problem(refusal.status, refusal.title, refusal.detail, errors)


def render(problem: Problem) -> Response:
    """A problem as a reply."""
    return Response(problem.body(), problem.status, problem.header_list())


def register_errors(app: Flask, *, realm: str) -> None:
    """Teach the application to answer refusals, framework errors and OAuth errors."""

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> Response:
        return render(problem_of(refusal))

    @app.errorhandler(HTTPException)
    def http_error(exc: HTTPException) -> Response:
        problem = Problem(exc.code or 500, exc.name, exc.description or exc.name)
        allowed = exc.get_response().headers.get("Allow")
        return render(
            Problem(problem.status, problem.title, problem.detail, headers={"Allow": allowed} if allowed else {})
        )

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
