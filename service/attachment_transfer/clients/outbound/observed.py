"""Each call to a neighbour is a span of the transfer's trace, carries it on, and is timed."""

from __future__ import annotations

import time

import httpx

from attachment_transfer.telemetry import metrics
from attachment_transfer.telemetry.tracing import Attribute, span


class ObservedTransport(httpx.BaseTransport):
    """A transport whose requests carry ``traceparent``. No URL is recorded: paths hold contact ids.

    Args:
        neighbour: its role, ``cmi`` or ``c4c``; a metric's label.
    """

    def __init__(self, inner: httpx.BaseTransport, neighbour: str) -> None:
        self._inner = inner
        self._neighbour = neighbour

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, as a child span of the present one."""
        attributes: dict[str, Attribute] = {"http.request.method": request.method, "server.address": request.url.host}
        began_s, answer = time.monotonic(), "none"
        try:
            with span(f"{self._neighbour} {request.method}", kind="client", attributes=attributes) as here:
                request.headers["traceparent"] = here.context.traceparent
                if here.context.state:
                    request.headers["tracestate"] = here.context.state
                response = self._inner.handle_request(request)
                here.attributes["http.response.status_code"] = response.status_code
                answer = f"{response.status_code // 100}xx"
                return response
        finally:
            metrics.NEIGHBOUR_SECONDS.labels(self._neighbour, answer).observe(time.monotonic() - began_s)
