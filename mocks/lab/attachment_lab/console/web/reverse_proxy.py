"""A reverse proxy to one tenant's mocks and transfers, for suites that reach nothing but the console.

In containers the mocks' control interfaces are on an internal network. ``/api/tenants/<tenant>/<neighbour>/…`` is
forwarded to them, for that tenant alone: what concerns all tenants is refused. Requests to the service carry the
tenant's own token, which never leaves the console, as no secret does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, request

from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.console.session.tenant_session import TenantSession
from attachment_lab.console.web.page import abort_with_problem, session_named
from attachment_lab.demo.run import verdict_json
from attachment_lab.errors import RequestRefused
from mock_kit.http.guard import takes_files

PIECE_BYTES = 256 * 1024
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
#: Opening, closing and resetting tenants is the console's own interface (``/api/tenants``); strays belong to no tenant.
CLOSED = re.compile(r"_mock/(tenants|reset|strays)\b|.*(^|/)\.\.?(/|$)")
OPEN_AT_MOCK = re.compile(r"_mock/[a-z]")
OPEN_AT_SERVICE = re.compile(r"transfers(/[0-9A-Za-z_-]+(/retry)?)?$")


def add_reverse_proxy(app: Flask) -> None:
    """Add its routes to the application."""

    @app.get("/api/tenants/<tenant>/reconciliation")
    def reconciliation(tenant: str) -> Response:
        """``{"ok", "violations"}``: the reconciliation's verdict on this tenant now."""
        return jsonify(verdict_json(session_named(tenant).reconciliation.verdict()))

    @app.route("/api/tenants/<tenant>/<neighbour>/<path:path>", methods=METHODS)
    @takes_files
    def forward(tenant: str, neighbour: str, path: str) -> Response:
        """The neighbour's JSON answer; its refusal keeps its status and is returned as problem+json."""
        session = session_named(tenant)
        _check(neighbour, path)
        try:
            to_service, args = neighbour == "service", request.args.to_dict()
            answer = (
                session.reconciliation.service.send(request.method, f"/{path}", **args)
                if to_service
                else _forward_to_mock(session, neighbour, path)
            )
        except RequestRefused as exc:
            abort_with_problem(HTTPStatus(exc.status or 502), str(exc))
        return Response(status=HTTPStatus.NO_CONTENT) if answer is None else jsonify(answer)


def _check(neighbour: str, path: str) -> None:
    if neighbour == "service":
        is_open = OPEN_AT_SERVICE.match(path) and request.method in {"GET", "POST"}
    else:
        is_open = neighbour in MOCKS and OPEN_AT_MOCK.match(path) and not CLOSED.match(path)
    if not is_open:
        detail = (
            f"{request.method} {neighbour}/{path}: this reverse proxy leads to {', '.join(MOCKS)} below _mock/, but "
            "not to tenants, strays or reset, and to service/transfers"
        )
        abort_with_problem(HTTPStatus.FORBIDDEN, detail)


def _forward_to_mock(session: TenantSession, mock: str, path: str) -> Any:
    """Send the call as it came, with this tenant's name as its only tenant."""
    params = request.args.to_dict() | {"tenant": session.names.name}
    kind = {"Content-Type": request.content_type} if request.content_type else {}
    return session.to.mock(mock).send(request.method, f"/{path}", params=params, headers=kind, **_body())


def _body() -> dict[str, Any]:
    """JSON is small and sent whole; anything else is an upload and is forwarded in pieces."""
    if request.is_json:
        return {"content": request.get_data()}
    has_one = request.content_length or "Transfer-Encoding" in request.headers
    return {"content": _pieces()} if has_one else {}


def _pieces() -> Iterator[bytes]:
    """The request's body as it arrives; an upload is never whole in memory."""
    while piece := request.stream.read(PIECE_BYTES):
        yield piece
