"""Callers of the admin API, and their requests."""

from __future__ import annotations

from typing import Any

from ingress_kit import ISSUER, Endpoint
from werkzeug.test import TestResponse

CALLER = f"{ISSUER}#client"


OTHER = f"{ISSUER}#someone-else"


OPERATE = "transfers transfers.operate"


def post(endpoint: Endpoint, path: str, body: Any = None, *, token: str | None = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {token or endpoint.issuer.token()}"}
    return (
        endpoint.http.post(path, json=body, headers=headers)
        if body is not None
        else endpoint.http.post(path, headers=headers)
    )
