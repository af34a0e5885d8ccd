"""Every request is a span, counted and logged. It continues the caller's trace, or begins one."""

from __future__ import annotations

import time

import structlog
from flask import Flask, Response, g, request

from attachment_transfer.core.trace import read_trace
from attachment_transfer.telemetry import metrics
from attachment_transfer.telemetry.tracing import span

_log = structlog.get_logger(__name__)
#: Called every few seconds by machines: counted, not logged.
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe(app: Flask) -> None:
    """Put the observers around every request of ``app``."""

    @app.before_request
    def begin() -> None:
        g.began_s = time.monotonic()
        parent = read_trace(request.headers.get("traceparent"), request.headers.get("tracestate"))
        attributes = {"http.request.method": _method(), "http.route": _route()}
        g.entered = span(f"{_method()} {_route()}", kind="server", parent=parent, attributes=attributes)
        g.span = g.entered.__enter__()

    @app.after_request
    def count(response: Response) -> Response:
        metrics.REQUESTS.labels(_route(), _method(), str(response.status_code)).inc()
        if "span" in g:
            g.span.attributes["http.response.status_code"] = response.status_code
            g.span.error = str(response.status_code) if response.status_code >= 500 else None
            if _route() not in _PROBES:
                duration_ms = round((time.monotonic() - g.began_s) * 1000, 1)
                _log.info(
                    "request", method=_method(), route=_route(), status=response.status_code, duration_ms=duration_ms
                )
        return response

    @app.teardown_request
    def end(_exc: BaseException | None) -> None:
        if "entered" in g:
            g.pop("entered").__exit__(None, None, None)


def note_accepted(effect: str) -> None:
    """Count an accepted request, and how long its caller waited for it to be durable."""
    metrics.ACCEPTED.labels(effect).inc()
    if "began_s" in g:
        metrics.ACCEPT_SECONDS.observe(time.monotonic() - g.began_s)


def _route() -> str:
    """The rule, not the path: paths contain ids, so their number is not bounded."""
    return request.url_rule.rule if request.url_rule else "none"


def _method() -> str:
    return request.method if request.method in _METHODS else "other"
