"""Headers that may come only once: of two copies neither is known to be meant, and joined they are a third value."""

from __future__ import annotations

from flask import Flask, request

from attachment_transfer.ingress.problems import ApiFieldError, ApiProblem
from attachment_transfer.ingress.reading import SECRET_HEADERS
from attachment_transfer.ingress.serving import REPEATED_HEADERS

#: Two Content-Length lines that differ are refused by the HTTP server itself, equal ones are one (RFC 9110, 8.6).
_ONCE = frozenset({*SECRET_HEADERS, "authorization", "content-type", "host"})


def refuse_repeated_headers(app: Flask) -> None:
    """Answer 400 to every request with two copies of a header that may come once, also if they are equal."""

    @app.before_request
    def judge() -> None:
        names = sorted(_ONCE & request.environ.get(REPEATED_HEADERS, frozenset()))
        if names:
            errors = [
                ApiFieldError(
                    field=f"header.{name}",
                    message="the header is repeated",
                    expected="the header once",
                    remedy="Remove all copies but one: in the integration's JSON, or where a proxy adds it.",
                )
                for name in names
            ]
            raise ApiProblem(400, "A header is repeated", f"More than once: {', '.join(names)}.", errors)
