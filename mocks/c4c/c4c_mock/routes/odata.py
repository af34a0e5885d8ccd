"""The OData interface: login, service, CSRF, dispatch, and errors in C4C's form."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from flask import Blueprint, Request, Response, request
from werkzeug.exceptions import HTTPException

from c4c_mock.evidence import seen
from c4c_mock.model.access.users import C4CUser
from c4c_mock.model.edm import CATALOG, Service, services
from c4c_mock.model.errors import BadRequest, C4CError, MethodNotAllowed, NotBuilt, NotFound, ServerFault
from c4c_mock.routes.batch import run_batch
from c4c_mock.routes.call import ODataCall, ODataReply, effective_method
from c4c_mock.routes.changes import change, note_change
from c4c_mock.routes.errors import error_reply
from c4c_mock.routes.login import log_in, sign_in_reply
from c4c_mock.routes.negotiation import error_as_json, error_language
from c4c_mock.routes.reads import read
from c4c_mock.routes.resource import resolve
from c4c_mock.routes.response import to_response
from c4c_mock.tenant import C4CTenant
from c4c_mock.wire.options import parse_options
from c4c_mock.wire.uri import split_path
from mock_kit.http.loopback import origin_in
from mock_kit.http.pieces import pieces_of
from mock_kit.journal.context import note, uncounted
from mock_kit.mock import Mock

ROOT = "/sap/c4c/odata/v1"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "MERGE", "DELETE", "OPTIONS", "TRACE"]
_OTHER_ROOTS = tuple(f"/sap/{root}/" for root in ("c4c/odata/cust", "c4c/odata/uid", "c4c/odata-sso", "byd/odata"))
_VERSION = re.compile(r"\s*(\d{1,4})(?:\.(\d{1,4}))?\s*(?:;.*)?", re.DOTALL)


def odata_blueprint(mock: Mock[C4CTenant]) -> Blueprint:
    """Everything but ``/_mock``."""
    bp = Blueprint("odata", __name__)

    @bp.route("/", defaults={"path": ""}, methods=METHODS, provide_automatic_options=False)
    @bp.route("/<path:path>", methods=METHODS, provide_automatic_options=False)
    def any_path(path: str) -> Response:
        """All verbs, all paths: OData has path rules of its own."""
        return _answer(mock.tenant(), f"/{path}")

    @bp.app_errorhandler(HTTPException)
    def http_error(exc: HTTPException) -> Any:
        """What Flask itself refuses (a verb it does not know), in C4C's form; ``/_mock`` keeps Flask's."""
        if request.path.startswith("/_mock") or request.environ.get("mock_kit.tenant") is None:
            return exc
        return _error_response(mock.tenant(), _as_c4c_error(exc), time.perf_counter())

    return bp


def inspect(tenant: C4CTenant, user: C4CUser, path: str) -> Response:
    """What OData returns to that user for the running GET of ``/_mock/odata/<path>``.

    An inspection has no effect: it needs no login, takes no place among the tenant's threads, counts no evidence,
    and (``/_mock`` being outside the frame) triggers no fault and writes no journal entry.
    """
    started = time.perf_counter()
    service, _, rest = path.partition("/")
    with uncounted():
        try:
            reply = _serve(tenant, user, service, rest, request, slash=True, inspection=True)
        except C4CError as exc:
            reply = error_reply(tenant, exc, as_json=True, language="en")
        reply.body = _silently(reply.body)
        return _response(tenant, reply, started, None)


def _silently(body: Iterable[bytes]) -> Iterator[bytes]:
    """Documents and files are made while they are sent: each piece of them in silence too."""
    pieces = iter(body)
    while True:
        with uncounted():
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _as_c4c_error(exc: HTTPException) -> C4CError:
    if exc.code == 405:
        allow = ("GET", "HEAD", "POST")
        return MethodNotAllowed(f"{request.method[:20]} is not allowed on this resource", allow=allow)
    if exc.code == 404:
        return NotFound("Resource not found")
    return C4CError(exc.description or exc.name, status=exc.code or 500)


def _answer(tenant: C4CTenant, path: str) -> Response:
    started = time.perf_counter()
    leave: Callable[[], None] | None = None
    user: C4CUser | None = None
    try:
        user = log_in(tenant, request.headers.get("Authorization", ""))
        tenant.busy.check()
        leave = _enter(tenant)
        reply = _signed_in(tenant, user, path)
    except C4CError as exc:
        return _error_response(tenant, exc, started, leave, user)
    except HTTPException:
        if leave is not None:
            leave()
        raise
    except Exception as exc:  # noqa: BLE001 - a client gets every failure in C4C's form
        note("error", "mock_failed", f"{type(exc).__name__}: {exc}")
        return _error_response(tenant, ServerFault("Internal server error"), started, leave, user)
    return _response(tenant, reply, started, leave)


def _signed_in(tenant: C4CTenant, user: C4CUser, path: str) -> ODataReply:
    """The reply to the request, or a sign-in page where the dialect sends one."""
    reply = sign_in_reply(tenant, request)
    if reply is None:
        return _route(tenant, user, path, request)
    _drain(request)
    return reply


def _response(tenant: C4CTenant, reply: ODataReply, started: float, leave: Callable[[], None] | None) -> Response:
    elapsed_ms = int((time.perf_counter() - started) * 1000)
    gzip = bool(tenant.switches["gzip_replies"])
    return to_response(reply, request, elapsed_ms=elapsed_ms, gzip=gzip, done=leave)


def _error_response(
    tenant: C4CTenant,
    exc: C4CError,
    started: float,
    leave: Callable[[], None] | None = None,
    user: C4CUser | None = None,
) -> Response:
    with suppress(HTTPException):  # the client has disconnected and cannot read what follows
        _drain(request)
    language = error_language(tenant, user, request)
    reply = error_reply(tenant, exc, as_json=_error_as_json(request), language=language)
    return _response(tenant, reply, started, leave)


def _error_as_json(req: Request) -> bool:
    accept, content_type = req.headers.get("Accept", ""), req.headers.get("Content-Type", "")
    return error_as_json(accept, content_type, req.query_string.decode("latin-1"))


def _enter(tenant: C4CTenant) -> Callable[[], None]:
    limit, status = int(tenant.switches["parallel_limit"]), int(tenant.switches["parallel_status"])
    return tenant.threads.enter(limit, status=status)


def _route(tenant: C4CTenant, user: C4CUser, path: str, req: Request) -> ODataReply:
    """Standard services are served; other known forms of address answer that they are not built."""
    if path.startswith(f"{ROOT}/"):
        service, slash, rest = path.removeprefix(f"{ROOT}/").partition("/")
        return _serve(tenant, user, service, rest, req, slash=bool(slash))
    if path.startswith(_OTHER_ROOTS):
        raise NotBuilt(f"{path[:200]}: custom, uid, SSO and ByDesign services are not built in this mock")
    raise NotFound(f"Resource not found: {path[:200]}", html=True)


def _serve(
    tenant: C4CTenant,
    user: C4CUser,
    service_name: str,
    path: str,
    req: Request,
    *,
    slash: bool,
    inspection: bool = False,
) -> ODataReply:
    service = _service(tenant, user, service_name)
    if not slash and tenant.switches["root_without_slash"] == 404:
        raise NotFound(f"Resource not found: {ROOT}/{service_name}", hint="end the service root with a slash")
    _check_version(req.headers.get("DataServiceVersion", ""))
    call = ODataCall(
        tenant=tenant,
        user=user,
        service=service,
        method=effective_method(req.method, req.headers.get("x-http-method", "")),
        path=path,
        segments=split_path(path),
        options=parse_options(req.query_string.decode("latin-1")),
        headers={k.lower(): v for k, v in req.headers.items()},
        base=f"{_origin(tenant, req)}{ROOT}/{service.name}",
        pieces=lambda: pieces_of(req.environ["wsgi.input"]),
        language=lambda: error_language(tenant, user, req),
        inspection=inspection,
    )
    return _with_token(call, req.cookies)


def _origin(tenant: C4CTenant, req: Request) -> str:
    """Scheme, host and, where the caller named an uncommon one, port: what absolute links begin with.

    A caller that came by the tenant's loopback name gets links that it can follow.
    """
    if reached := origin_in(req.environ):
        return reached
    scheme = str(tenant.switches["link_scheme"])
    name, _, port = req.host.lower().partition(":")
    host = name if name in tenant.hosts else tenant.host
    shown = port.isdigit() and port != {"https": "443", "http": "80"}[scheme]
    return f"{scheme}://{host}:{port}" if shown else f"{scheme}://{host}"


def _with_token(call: ODataCall, cookies: Mapping[str, str]) -> ODataReply:
    """Check the CSRF token of a write; add one to the reply of a read that fetches it."""
    if call.method not in {"GET", "HEAD"}:
        if call.tenant.access.needs_token(call.user):
            seen("csrf")
            call.tenant.csrf.check(call.user, call.header("x-csrf-token"), cookies)
        return dispatch(call)
    if call.header("x-csrf-token").lower() != "fetch":
        return dispatch(call)
    if call.method == "HEAD":
        _check_head_fetch(call)
    reply = _reply_or_error(call)
    issued = call.tenant.csrf.issue(call.user, cookies)
    reply.headers["x-csrf-token"] = issued.token
    reply.cookies = dict(issued.cookies)
    return reply


def _reply_or_error(call: ODataCall) -> ODataReply:
    """A token comes with a refusal too, by dialect: a client that fetches at $batch or a new path needs it."""
    try:
        return dispatch(call)
    except C4CError as exc:
        if not call.tenant.switches["csrf_token_on_errors"]:
            raise
        return error_reply(call.tenant, exc, as_json=_error_as_json(request), language=call.language())


def _check_head_fetch(call: ODataCall) -> None:
    navigated = len(call.segments) > 1
    if navigated and call.tenant.switches["head_fetch_on_navigation"] == 500:
        raise ServerFault("Internal server error", hint="fetch the token from the service root with GET")


def dispatch(call: ODataCall) -> ODataReply:
    """Run the call; its user is known to be authorized. A change that is no POST leaves a note, answered or refused."""
    note_change(call, call.method, call.path)
    resource = resolve(call.tenant, call.service, call.segments)
    if resource.kind == "batch":
        if call.method != "POST":
            raise MethodNotAllowed("$batch takes POST only", allow=("POST",))
        return run_batch(call, dispatch)
    return read(call, resource) if call.method in {"GET", "HEAD"} else change(call, resource)


def _service(tenant: C4CTenant, user: C4CUser, name: str) -> Service:
    if not name:
        raise NotFound(f"No service is named: expected {ROOT}/<service>/", hint=f"known: {', '.join(services())}")
    service = services().get(name)
    if service is None:
        raise NotFound(f"Service {name[:100]} not found", hint=f"known: {', '.join(services())}")
    if name == CATALOG:
        seen("catalog")
    else:
        tenant.access.check_service(user, name)
    return service


def _check_version(header: str) -> None:
    """OData 2.0: the version is ignored unless it is above 2.0."""
    found = _VERSION.fullmatch(header)
    if found and (int(found[1]), int(found[2] or 0)) > (2, 0):
        seen("version")
        raise BadRequest(f"DataServiceVersion {header[:20].strip()} is not supported; expected at most 2.0")


def _drain(req: Request) -> None:
    """Read the rest of a refused body, so that a client that is still sending receives the refusal."""
    if req.method not in {"GET", "HEAD"} and not req.headers.get("Expect"):
        for _ in pieces_of(req.environ["wsgi.input"]):
            pass
