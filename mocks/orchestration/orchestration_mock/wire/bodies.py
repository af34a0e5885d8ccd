"""Reads request bodies: browser forms and OAuth forms."""

from __future__ import annotations

from typing import Any

from flask import request

from mock_kit.control import json_body
from orchestration_mock.model.issuer.client_login import OAuthError


def submitted() -> Any:
    """A submitted form: JSON, or ``multipart/form-data`` as a browser (or ``curl -F``) sends it.

    In the latter events and queues (by address) are given once each, flags are ``true`` or ``false``.
    """
    if request.mimetype != "multipart/form-data":
        return json_body()
    found = {name: _field(name, values) for name, values in request.form.lists()}
    return found | {name: part.read().decode(errors="replace") for name, part in request.files.items()}


def _field(name: str, values: list[str]) -> Any:
    if name == "events":
        return values
    if name == "queues":
        return [{"address": value} for value in values]
    if name == "ordinal" and values[0].isdecimal():
        return int(values[0])
    if name in ("enabled", "direct_conversations"):
        return {"true": True, "false": False}.get(values[0], values[0])
    return values[0]


def without_tenant(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Remove the tenant's path from a route's arguments: the request's tenant is known already."""
    if values is not None:
        values.pop("tenant_path", None)


def oauth_form() -> dict[str, str]:
    """The body as an OAuth form: form-encoded, each parameter once (RFC 6749, 3.2). Raises ``OAuthError``."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "send application/x-www-form-urlencoded")
    twice = [name for name in request.form if len(request.form.getlist(name)) > 1]
    if twice:
        raise OAuthError("invalid_request", f"parameter given twice: {twice[0][:60]}")
    return request.form.to_dict()
