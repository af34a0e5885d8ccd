"""The worker's probes on a port of their own: alive, ready, metrics.

``/healthz`` fails when the worker's main loop has not run for a minute: restart it. ``/readyz`` fails while the worker
starts, drains, or cannot reach the database, and returns the reason.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from flask import Flask, Response, jsonify
from werkzeug.serving import BaseWSGIServer, make_server

_SILENT_AT_MOST_S = 60.0


class PortUnavailable(Exception):
    """The health port cannot be opened; the message names the cause and the remedy."""


class HealthServer:
    """``/healthz``, ``/readyz`` and ``/metrics`` of the worker.

    Args:
        obstacle: what prevents a launched worker from working, as one sentence, or None.
        monotonic_s: the clock of the main loop's beat, in seconds.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        metrics: Callable[[], bytes] | None,
        obstacle: Callable[[], str | None] = lambda: None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._phase = "starting"
        self._obstacle = obstacle
        self._monotonic_s = monotonic_s
        self._beat_at_s: float | None = None
        self.app = self._app(metrics)
        self._server = _server(host, port, self.app)
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    def _app(self, metrics: Callable[[], bytes] | None) -> Flask:
        app = Flask("attachment_transfer.worker")

        @app.get("/healthz")
        def healthz() -> tuple[Response, int]:
            silent_s = 0.0 if self._beat_at_s is None else self._monotonic_s() - self._beat_at_s
            well = silent_s <= _SILENT_AT_MOST_S
            status = "ok" if well else f"the main loop has been silent for {silent_s:.0f} s"
            return jsonify(status=status, phase=self._phase, pid=os.getpid()), 200 if well else 503

        @app.get("/readyz")
        def readyz() -> tuple[Response, int]:
            reason = self._obstacle() if self._phase == "ready" else self._phase
            status = "ready" if reason is None else "not ready"
            return jsonify(status=status, reason=reason, pid=os.getpid()), 503 if reason else 200

        @app.get("/metrics")
        def metrics_page() -> Response:
            if metrics is None:
                return Response("ATTACHMENT_TRANSFER_METRICS is closed\n", 404, content_type="text/plain")
            return Response(metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")

        return app

    def start(self) -> None:
        """Start answering; not ready yet."""
        self._thread.start()

    def ready(self) -> None:
        """The worker claims rounds."""
        self._phase = "ready"
        self.beat()

    def draining(self) -> None:
        """The worker claims no more rounds and finishes those that run."""
        self._phase = "draining"
        self._beat_at_s = None

    def beat(self) -> None:
        """The main loop has run once more."""
        self._beat_at_s = self._monotonic_s()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()


def _server(host: str, port: int, app: Flask) -> BaseWSGIServer:
    """Bind at once. werkzeug raises ``SystemExit`` for a failed bind, with the system's error as context."""
    try:
        return make_server(host, port, app, threaded=True)
    except (SystemExit, OSError) as exc:
        cause = exc if isinstance(exc, OSError) else exc.__context__
        why = getattr(cause, "strerror", None) or "cannot be opened"
        raise PortUnavailable(
            f"the worker's port {port} on {host}: {why}. End the program that uses it, or set "
            "ATTACHMENT_TRANSFER_WORKER_PORT to a free port"
        ) from exc
