"""Errors as ``application/problem+json`` (RFC 9457): what field, what was found, what to do. Never a secret."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from flask import Response


@dataclass(frozen=True, kw_only=True)
class ApiFieldError:
    """One thing that is wrong with one field.

    Attributes:
        field: e.g. ``body.sap_v1.url`` or ``header.x-cmi-password``.
        found: the value, shortened; None for secrets and for what is missing.
    """

    field: str
    message: str
    expected: str
    remedy: str
    found: str | None = None


@dataclass
class ApiProblem(Exception):
    """Raised anywhere in the ingress; becomes the answer. ``code`` names the cause for programs."""

    status: int
    title: str
    detail: str
    errors: list[ApiFieldError] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    code: str | None = None

    def answer(self) -> Response:
        """The problem as a response."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.code:
            document["code"] = self.code
        if self.errors:
            document["errors"] = [
                {name: value for name, value in asdict(error).items() if value is not None} for error in self.errors
            ]
        response = Response(json.dumps(document), status=self.status, content_type="application/problem+json")
        response.headers.update(self.headers)
        return response
