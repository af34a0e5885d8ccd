"""A passage through the console to one tenant's mocks and transfers, for suites that reach nothing but the console.

In containers the mocks' control interfaces lie on an inner network. ``/api/tenants/<tenant>/<neighbour>/…`` leads to
them, for that tenant alone: what concerns all tenants stays shut. The service is asked with the tenant's own token,
which never leaves the console, as no secret does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, abort, jsonify, request

from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.console.desk import Desk, Desks
from attachment_lab.console.frame import told
from attachment_lab.demo.run import verdict_json
from attachment_lab.errors import RequestRefused
from mock_kit.http.guard import takes_files

PIECE_BYTES = 256 * 1024
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
#: Opening, closing and setting back tenants is the console's own trade (``/api/tenants``); strays belong to none.
SHUT = re.compile(r"_mock/(tenants|reset|strays)\b|.*(^|/)\.\.?(/|$)")
OPEN_AT_MOCK = re.compile(r"_mock/[a-z]")
OPEN_AT_SERVICE = re.compile(r"transfers(/[0-9A-Za-z_-]+(/retry)?)?$")


def add_passage(app: Flask, desks: Desks) -> None:
    """Hang it into the application."""

    def desk_of(tenant: str) -> Desk:
        found = desks.get(tenant)
        if found is None:
            abort(_refused(HTTPStatus.NOT_FOUND, f"no tenant {tenant!r}; there are: {', '.join(desks.names())}"))
        return found

    @app.get("/api/tenants/<tenant>/reconciliation")
    def reconciliation(tenant: str) -> Response:
        """``{"ok", "violations"}``: the reconciliation's judgement of this tenant now."""
        return jsonify(verdict_json(desk_of(tenant).reconciliation.verdict()))

    @app.route("/api/tenants/<tenant>/<neighbour>/<path:path>", methods=METHODS)
    @takes_files
    def passage(tenant: str, neighbour: str, path: str) -> Response:
        """The neighbour's JSON answer; its refusal keeps its status, and is told as a problem."""
        desk = desk_of(tenant)
        _check(neighbour, path)
        try:
            answer = _ask_service(desk, path) if neighbour == "service" else _ask_mock(desk, neighbour, path)
        except RequestRefused as exc:
            return _refused(HTTPStatus(exc.status or 502), str(exc))
        return Response(status=HTTPStatus.NO_CONTENT) if answer is None else jsonify(answer)


def _check(neighbour: str, path: str) -> None:
    if neighbour == "service":
        wanted = OPEN_AT_SERVICE.match(path) and request.method in {"GET", "POST"}
    else:
        wanted = neighbour in MOCKS and OPEN_AT_MOCK.match(path) and not SHUT.match(path)
    if not wanted:
        detail = (
            f"{request.method} {neighbour}/{path}: this passage leads to {', '.join(MOCKS)} below _mock/, but not to "
            "tenants, strays or reset, and to service/transfers"
        )
        abort(_refused(HTTPStatus.FORBIDDEN, detail))


def _ask_mock(desk: Desk, mock: str, path: str) -> Any:
    """The call as it came; only the tenant is ours to say."""
    params = request.args.to_dict() | {"tenant": desk.names.name}
    kind = {"Content-Type": request.content_type} if request.content_type else {}
    return desk.to.mock(mock).send(request.method, f"/{path}", params=params, headers=kind, **_body())


def _ask_service(desk: Desk, path: str) -> Any:
    bearer = {"Authorization": f"Bearer {desk.reconciliation.service.token()}"}
    params = request.args.to_dict()
    try:
        return desk.to.service.send(request.method, f"/{path}", params=params, headers=bearer)
    except RequestRefused as exc:
        # The tenant's clock may have been moved, so a token that looked fresh has run out.
        if exc.status != 401:
            raise
        bearer = {"Authorization": f"Bearer {desk.reconciliation.service.token(fresh=True)}"}
        return desk.to.service.send(request.method, f"/{path}", params=params, headers=bearer)


def _body() -> dict[str, Any]:
    """JSON is small and sent whole; anything else is an upload and passes in pieces."""
    if request.is_json:
        return {"content": request.get_data()}
    has_one = request.content_length or "Transfer-Encoding" in request.headers
    return {"content": _pieces()} if has_one else {}


def _pieces() -> Iterator[bytes]:
    """The request's body as it arrives; an upload is never whole in memory."""
    while piece := request.stream.read(PIECE_BYTES):
        yield piece


def _refused(status: HTTPStatus, detail: str) -> Response:
    answer, _ = told(status, detail)
    answer.status_code = status
    return answer
