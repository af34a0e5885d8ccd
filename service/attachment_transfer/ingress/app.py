"""The Flask application: a handler is parse → call → answer."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
import structlog
from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from attachment_transfer.core.callers import ANY_CALLER
from attachment_transfer.core.hosts import BadHost, HostPattern, covered, host_of
from attachment_transfer.core.model import TransferRequest
from attachment_transfer.core.resource import as_json
from attachment_transfer.ingress.admin import admin_blueprint
from attachment_transfer.ingress.bearer import Caller
from attachment_transfer.ingress.bulkhead import guard
from attachment_transfer.ingress.observed import note_accepted, observe
from attachment_transfer.ingress.openapi import document as openapi_document
from attachment_transfer.ingress.operator_page import operator_blueprint
from attachment_transfer.ingress.parts import Ingress
from attachment_transfer.ingress.problems import ApiFieldError, ApiProblem
from attachment_transfer.ingress.reading import read_request, refuse_repeated_headers
from attachment_transfer.ingress.serving import ARRIVED_AT_S
from attachment_transfer.ledger import views
from attachment_transfer.ledger.accept import accept
from attachment_transfer.ledger.database import DatabaseBusy, UnusableDatabase
from attachment_transfer.ledger.schema import check_schema
from attachment_transfer.telemetry import tracing

__all__ = ["EXTENSION", "Ingress", "create_app"]

#: The name of the application's :class:`Ingress` among its extensions.
EXTENSION = "attachment_transfer"

_NO_WORKER = "No worker has renewed its lease lately: accepted transfers wait. The worker's log gives the reason."
_log = structlog.get_logger(__name__)


def create_app(ingress: Ingress) -> Flask:
    """Build the application."""
    app = Flask("attachment_transfer.ingress", static_folder=None)
    app.extensions[EXTENSION] = ingress
    observe(app)
    refuse_repeated_headers(app)
    if ingress.bulkhead is not None:
        guard(app, ingress.bulkhead, identify=ingress.identify)
    app.register_blueprint(_events_blueprint(ingress))
    app.register_blueprint(admin_blueprint(ingress))
    app.register_blueprint(operator_blueprint(ingress))
    app.register_blueprint(_health_blueprint(ingress))
    _wake_worker_after_work(app, ingress.wake_worker)
    app.register_error_handler(ApiProblem, lambda problem: problem.answer())
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(sa.exc.DBAPIError, _database_problem)
    app.register_error_handler(DatabaseBusy, _database_problem)
    app.register_error_handler(Exception, _internal_problem)
    return app


def _wake_worker_after_work(app: Flask, wake_worker: Callable[[], None]) -> None:
    @app.after_request
    def wake_if_done(response: Response) -> Response:
        if request.method == "POST" and response.status_code < 300:
            wake_worker()
        return response


def _events_blueprint(ingress: Ingress) -> Blueprint:
    blueprint = Blueprint("events", __name__)

    @blueprint.post("/prod/chat-attachments")
    def chat_attachments() -> Response:
        """202: recorded durably. The caller gives up after 10 s, so the files travel afterwards."""
        caller = ingress.admit(ingress.scope_post)
        rule = ingress.admission.admit(caller.name) if ingress.admission else ANY_CALLER
        wanted = read_request(request, max_bytes=ingress.max_request_bytes)
        _check_hosts(wanted, ingress.allowed_hosts() if rule.allowed_hosts is None else rule.allowed_hosts)
        accepted = accept(
            ingress.engine,
            wanted,
            caller=caller.name,
            keys=ingress.keys,
            enqueue=ingress.enqueue,
            now_s=ingress.now_s(),
            new_id=ingress.new_id,
            trace=tracing.current(),
        )
        note_accepted(accepted.effect)
        _log.info("accepted", transfer_id=accepted.transfer_id, effect=accepted.effect, contact_id=wanted.contact_id)
        return _accepted_answer(ingress, caller, accepted.transfer_id)

    return blueprint


def _health_blueprint(ingress: Ingress) -> Blueprint:
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        """The process answers. It does not check the database, so that an outage does not restart processes."""
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        """The database answers and has our schema; if a worker was started with this process, a worker is alive."""
        try:
            check_schema(ingress.engine)
        except UnusableDatabase as exc:
            raise ApiProblem(503, "Not ready", str(exc), headers={"Retry-After": "2"}) from exc
        if ingress.living_workers is None:
            return jsonify(status="ready")
        workers = ingress.living_workers()
        if not workers and ingress.worker_beside:
            raise ApiProblem(503, "Not ready", _NO_WORKER, headers={"Retry-After": "2"})
        # Workers elsewhere may be deploying: accepted transfers wait for them, so this process is ready without them.
        return jsonify(status="ready", workers=workers, reason=None if workers else _NO_WORKER)

    @blueprint.get("/metrics")
    def metrics() -> Response:
        """Prometheus text format, unless the settings close it."""
        if ingress.metrics is None:
            raise ApiProblem(404, "Not Found", "ATTACHMENT_TRANSFER_METRICS is closed.")
        return Response(ingress.metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        """This API, as OpenAPI 3.1."""
        return jsonify(openapi_document())

    return blueprint


def _accepted_answer(ingress: Ingress, caller: Caller, transfer_id: str) -> Response:
    """202 at once, or, in the synchronous mode and if the end comes in time, 200 with the result per file."""
    ended = None
    if ingress.waiting is not None:
        ended = ingress.waiting.for_end(
            lambda: views.find_transfer(ingress.engine, transfer_id, caller=caller.name),
            arrived_at_s=request.environ.get(ARRIVED_AT_S),
        )
    if ended is not None:
        answer = jsonify(as_json(ended, views.attachments_of(ingress.engine, transfer_id)))
    else:
        answer = jsonify(status="accepted", transfer_id=transfer_id)
        answer.status_code = 202
    answer.headers["Location"] = f"/transfers/{transfer_id}"
    return answer


def _check_hosts(wanted: TransferRequest, allowed: tuple[HostPattern, ...]) -> None:
    """Refuse invalid and foreign hosts at the endpoint; the outbound transport checks names and addresses again."""
    errors = [
        error
        for field, url in (("body.cmi_url", wanted.cmi_url), ("body.sap_v1.url", wanted.c4c_url))
        if (error := _host_error(field, url, allowed)) is not None
    ]
    if errors:
        named = ", ".join(error.field for error in errors)
        raise ApiProblem(403, "The service may not call this host", f"Not on the allow-list: {named}.", errors)


def _host_error(field: str, url: str, allowed: tuple[HostPattern, ...]) -> ApiFieldError | None:
    try:
        host = host_of(url)
    except BadHost as exc:
        return ApiFieldError(
            field=field,
            message=str(exc),
            expected="https://, a host name of letters, digits, hyphens and dots, perhaps a port",
            remedy="Write the address as Sinch or SAP gave it to you.",
            found=url[:120],
        )
    if covered(host, allowed):
        return None
    return ApiFieldError(
        field=field,
        message="the host is not allowed here",
        expected=f"a host under {', '.join(pattern.text for pattern in allowed)}",
        remedy=(
            "Correct the address, or add the host to ATTACHMENT_TRANSFER_ALLOWED_HOSTS or the file of "
            "ATTACHMENT_TRANSFER_ALLOW_LIST_FILE, or to allowed_hosts of this caller in "
            "ATTACHMENT_TRANSFER_CALLERS_FILE."
        ),
        found=url[:120],
    )


def _http_problem(exc: HTTPException) -> Response:
    problem = ApiProblem(exc.code or 500, exc.name, exc.description or exc.name)
    answer = problem.answer()
    if exc.code == 405:
        answer.headers["Allow"] = exc.get_response().headers.get("Allow", "")
    return answer


def _database_problem(exc: sa.exc.DBAPIError | DatabaseBusy) -> Response:
    cause = exc if isinstance(exc, DatabaseBusy) else exc.orig
    _log.error("the database does not answer", error=type(cause).__name__)
    return ApiProblem(
        503,
        "The service cannot record the request now",
        "Nothing was recorded; send it again.",
        headers={"Retry-After": "5"},
    ).answer()


def _internal_problem(exc: Exception) -> Response:
    _log.error("internal error", exc_info=exc)
    return ApiProblem(500, "Internal error", "Nothing was recorded. The service's log names the cause.").answer()
