"""Reading request bodies: JSON and OAuth forms."""

from __future__ import annotations

import json
from typing import Any

from flask import request

from orchestration_mock.model.errors import FieldError, Malformed
from orchestration_mock.model.issuer import OAuthError


def json_body() -> Any:
    """The body as JSON. Raises ``Malformed`` with line and column."""
    try:
        return json.loads(request.get_data())
    except json.JSONDecodeError as exc:
        error = FieldError(
            field="(body)",
            expected="JSON",
            remedy=f"{exc.msg}; correct it",
            line=exc.lineno,
            column=exc.colno,
        )
        raise Malformed("The body is no JSON.", (error,)) from exc
    except (UnicodeDecodeError, RecursionError) as exc:
        raise Malformed("The body is no JSON in UTF-8.") from exc


def without_tenant(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Take the tenant out of a route's arguments: the world says it already."""
    if values is not None:
        values.pop("tenant", None)


def oauth_form() -> dict[str, str]:
    """The body as an OAuth form: form-encoded, no parameter twice (RFC 6749, 3.2). Raises ``OAuthError``."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "send application/x-www-form-urlencoded")
    twice = [name for name in request.form if len(request.form.getlist(name)) > 1]
    if twice:
        raise OAuthError("invalid_request", f"parameter given twice: {twice[0][:60]}")
    return request.form.to_dict()
