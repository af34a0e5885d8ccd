"""The door for OData: login, service, CSRF, dispatch, and errors in C4C's form."""

from __future__ import annotations

import binascii
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Blueprint, Request, Response, request

from c4c_mock.evidence import seen
from c4c_mock.model.access import LOGIN_FAILED, User
from c4c_mock.model.edm import Service, services
from c4c_mock.model.errors import (
    BadRequest,
    C4CError,
    NotAllowed,
    NotAuthenticated,
    NotBuilt,
    NotFound,
    ServerFault,
)
from c4c_mock.model.world import C4CWorld
from c4c_mock.wire.options import parse_options
from c4c_mock.wire.uri import split_path

from .batch import run_batch
from .call import JSON, Call, Reply, prefers_json
from .changes import change
from .reads import read
from .refusals import error_reply
from .target import resolve

ROOT = "/sap/c4c/odata/v1"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "MERGE", "DELETE"]
_OTHER_ROOTS = tuple(f"/sap/c4c/{root}/" for root in ("odata/cust", "odata/uid", "odata-sso", "odata-saml"))
_PIECE_BYTES = 256 * 1024
_TUNNEL = frozenset({"MERGE", "PATCH", "PUT", "DELETE"})


def odata_blueprint(world_of_request: Callable[[], C4CWorld]) -> Blueprint:
    """Everything under ``/sap``. ``world_of_request`` gives the tenant the Host header names."""
    bp = Blueprint("odata", __name__)

    @bp.route("/sap/<path:path>", methods=METHODS)
    def any_path(path: str) -> Response:
        """All verbs, all paths: OData has its own idea of what a path is."""
        return _answer(lambda: _route(world_of_request(), f"/sap/{path}", request))

    return bp


def _route(world: C4CWorld, path: str, req: Request) -> Reply:
    """Standard services are served, other known forms of address say that they are not built."""
    if not path.startswith(f"{ROOT}/"):
        _log_in(world, req.headers.get("Authorization", ""))
        if path.startswith(_OTHER_ROOTS):
            raise NotBuilt(f"{path}: custom, uid and SSO services are not built in this mock")
        raise NotFound(f"Resource not found: {path}")
    service, slash, rest = path.removeprefix(f"{ROOT}/").partition("/")
    return _serve(world, service, rest, req, slash=bool(slash))


def _serve(world: C4CWorld, service_name: str, path: str, req: Request, *, slash: bool) -> Reply:
    started = time.perf_counter()
    user = _log_in(world, req.headers.get("Authorization", ""))
    service = _service(world, user, service_name)
    if not slash and world.switches["root_without_slash"] == 404:
        raise NotFound(f"Resource not found: {ROOT}/{service_name}", hint="end the service root with a slash")
    method = _method(req.method, req.headers.get("x-http-method", ""))
    call = Call(
        world=world,
        user=user,
        service=service,
        method=method,
        path=path,
        segments=split_path(path),
        options=parse_options(req.query_string.decode("latin-1")),
        headers={k.lower(): v for k, v in req.headers.items()},
        base=f"{world.switches['link_scheme']}://{world.host}{ROOT}/{service.name}",
        pieces=lambda: _pieces(req),
    )
    reply = dispatch_outer(call, req.cookies)
    reply.headers["c4c-odata-response-time"] = f"{int((time.perf_counter() - started) * 1000)} ms"
    return reply


def dispatch_outer(call: Call, cookies: Mapping[str, str]) -> Reply:
    """CSRF first, then the work; a token is handed out where one was asked for."""
    if call.method not in {"GET", "HEAD"}:
        if call.world.access.needs_token(call.user):
            seen("csrf")
            call.world.access.check_token(call.user, call.header("x-csrf-token"), cookies)
        return dispatch(call)
    wants_token = call.header("x-csrf-token").lower() == "fetch"
    if wants_token and call.method == "HEAD":
        _head_fetch(call)
    reply = dispatch(call)
    if wants_token:
        session = call.world.access.open_session(call.user, cookies)
        reply.headers["x-csrf-token"] = session.token
        reply.cookies = dict(session.cookies)
    return reply


def _head_fetch(call: Call) -> None:
    navigated = len(call.segments) > 1
    if navigated and call.world.switches["head_fetch_on_navigation"] == 500:
        raise ServerFault("Internal server error", hint="fetch the token from the service root with GET")


def dispatch(call: Call) -> Reply:
    """Do what the call asks for, its caller being allowed to."""
    target = resolve(call.world, call.service, call.segments)
    if target.kind == "batch":
        if call.method != "POST":
            raise NotAllowed("$batch takes POST only", allow=("POST",))
        return run_batch(call, dispatch)
    return read(call, target) if call.method in {"GET", "HEAD"} else change(call, target)


def _method(method: str, tunnelled: str) -> str:
    """The verb that is meant: POST may carry another one in x-http-method."""
    if not tunnelled:
        return method
    if method != "POST" or tunnelled.upper() not in _TUNNEL:
        raise BadRequest(f"x-http-method: expected POST with one of {', '.join(sorted(_TUNNEL))}")
    seen("tunnel")
    return tunnelled.upper()


def _service(world: C4CWorld, user: User, name: str) -> Service:
    service = services().get(name)
    if service is None:
        if name == "odataservicecatalog":
            raise NotBuilt("The service catalog is not built in this mock")
        raise NotFound(f"Service {name} not found", hint=f"known: {', '.join(services())}")
    world.access.check_service(user, name)
    return service


def _log_in(world: C4CWorld, authorization: str) -> User:
    seen("basic-auth")
    kind, _, credentials = authorization.partition(" ")
    if kind.lower() != "basic":
        raise NotAuthenticated(LOGIN_FAILED)
    try:
        raw = b64decode(credentials.strip(), validate=True)
    except binascii.Error as exc:
        raise NotAuthenticated(LOGIN_FAILED) from exc
    name, _, password = _text(raw).partition(":")
    return world.access.log_in(name, password)


def _text(raw: bytes) -> str:
    """Header bytes as text: UTF-8, or Latin-1 when they are no UTF-8; which one C4C wants is not known."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _pieces(req: Request) -> Iterator[bytes]:
    stream: Any = req.environ["wsgi.input"]
    while piece := stream.read(_PIECE_BYTES):
        yield piece


def _answer(work: Callable[[], Reply]) -> Response:
    try:
        reply = work()
    except C4CError as exc:
        _drain(request)
        reply = error_reply(exc, as_json=_error_as_json(request))
    response = Response(reply.body, reply.status, direct_passthrough=True)
    response.headers.remove("Content-Type")
    response.headers.update({"dataserviceversion": "2.0", "cache-control": "no-cache, no-store"})
    response.headers.update(reply.headers)
    if reply.status != 204:
        response.headers["Content-Length"] = str(reply.length)
    for name, value in reply.cookies.items():
        response.set_cookie(name, value, path="/sap", secure=False, httponly=True)
    return response


def _drain(req: Request) -> None:
    """Read the rest of a refused body so that the refusal reaches a caller who is still sending."""
    if req.method not in {"GET", "HEAD"} and not req.headers.get("Expect"):
        for _ in _pieces(req):
            pass


def _error_as_json(req: Request) -> bool:
    accept, asked = req.headers.get("Accept", ""), req.args.get("$format", "")
    if asked:
        return asked.lower() == "json"
    try:
        return prefers_json(accept, default=req.headers.get("Content-Type", "").startswith(JSON))
    except BadRequest:
        return False
