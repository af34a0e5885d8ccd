"""``/_mock/edge`` and ``/_mock/health``: who owns which addresses, and what was refused."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from mock_kit.control.blueprint import Reply
from mock_kit.control.requests import json_object
from mock_kit.edge.addresses import DEFAULT_PORT, BadAddress, plain_host, plain_prefix
from mock_kit.edge.refused import RefusedRequests
from mock_kit.edge.registry import EdgeRoute, Registry, RouteTaken
from mock_kit.http.guard import Guard
from mock_kit.http.problem import FieldError, Problem

_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MEMBERS = frozenset({"host", "port", "path_prefix", "target"})
_NO_CONTENT = 204
_UNUSABLE = 422


def control_app(registry: Registry, refused: RefusedRequests, guard: Guard, *, edge_port: int, ca_file: str) -> Flask:
    """The application of the control port."""
    app = Flask("mock_kit.edge")
    bp = Blueprint("mock_kit_edge", __name__, url_prefix="/_mock")
    _add_routes(bp, registry)

    @bp.get("/edge/refused")
    def list_refused() -> Reply:
        """The newest requests to addresses without a route; ``count``: all since the start."""
        return jsonify(refused=refused.list(), count=refused.count)

    @bp.get("/edge/credentials")
    def list_credentials() -> Reply:
        """Which credentials the refused requests carried, as keyed fingerprints, with the key."""
        return jsonify(refused.credentials.to_dict())

    @bp.get("/health")
    def health() -> Reply:
        """200 as soon as the edge port serves."""
        targets = {target.name: target.url for target in registry.targets.values()}
        names = sorted(registry.owners())
        return jsonify(
            status="ok",
            mock="edge proxy",
            pid=os.getpid(),
            edge_port=edge_port,
            ca_file=ca_file,
            targets=targets,
            owners=names,
            refused=refused.count,
        )

    app.register_blueprint(bp)
    _add_refusals(app, guard)
    return app


def _add_refusals(app: Flask, guard: Guard) -> None:
    @app.before_request
    def refuse_web_pages() -> None:
        refusal = guard.refusal(request)
        if refusal is not None:
            raise refusal

    @app.errorhandler(Problem)
    def render(problem: Problem) -> Response:
        return Response(problem.body(), problem.status, problem.header_list())

    @app.errorhandler(HTTPException)
    def render_other(exc: HTTPException) -> Response:
        error = FieldError("path", "a control path of the edge proxy", "See GET /_mock/health.", request.path)
        return render(Problem(exc.code or 500, exc.name, f"{request.method} {request.path}", [error]))


def _add_routes(bp: Blueprint, registry: Registry) -> None:
    @bp.get("/edge/routes")
    def list_routes() -> Reply:
        """Every owner's routes."""
        owners = registry.owners()
        return jsonify(owners={owner: [route.to_dict() for route in routes] for owner, routes in owners.items()})

    @bp.put("/edge/routes/<owner>")
    def replace_routes(owner: str) -> Reply:
        """The owner's routes are exactly these from now on; 409 if an address belongs to another owner."""
        if not _OWNER.fullmatch(owner):
            expected = "1 to 64 letters, digits, dots, dashes or underscores"
            raise _unusable(FieldError("owner", expected, "Correct the name.", owner))
        routes = read_routes(json_object(), registry)
        try:
            registry.replace(owner, routes)
        except RouteTaken as exc:
            raise _taken(exc) from exc
        return jsonify(owner=owner, routes=[route.to_dict() for route in routes])

    @bp.delete("/edge/routes/<owner>")
    def remove_routes(owner: str) -> Reply:
        """204; 404 for an unknown owner."""
        if not registry.remove(owner):
            known = ", ".join(sorted(registry.owners())) or "there is none yet"
            error = FieldError("owner", known, "Use one of these.", owner)
            raise Problem(404, "No such owner", f"{owner} has no routes.", [error])
        return Response(status=_NO_CONTENT)


def read_routes(body: Mapping[str, Any], registry: Registry) -> list[EdgeRoute]:
    """``{"routes": [{"host", "port", "path_prefix", "target"}]}``. Problem 422 with field, value and remedy."""
    entries = body.get("routes")
    if not isinstance(entries, list):
        raise _unusable(FieldError("routes", "a list", 'Send {"routes": [...]}.', entries))
    if unknown := sorted(set(body) - {"routes"}):
        raise _unusable(FieldError(unknown[0], "routes alone", "Leave it out."))
    routes: list[EdgeRoute] = []
    for number, entry in enumerate(entries):
        route = _route(f"routes[{number}]", entry, registry)
        if any((route.host, route.port, route.prefix) == (one.host, one.port, one.prefix) for one in routes):
            remedy = "Leave one of the two out."
            raise _unusable(FieldError(f"routes[{number}]", "an address that no route before it has", remedy, entry))
        routes.append(route)
    return routes


def _route(place: str, entry: Any, registry: Registry) -> EdgeRoute:
    if not isinstance(entry, dict) or not set(entry) <= _MEMBERS:
        expected = f"an object with {', '.join(sorted(_MEMBERS))}"
        raise _unusable(FieldError(place, expected, "Correct it.", entry))
    port = entry.get("port", DEFAULT_PORT)
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65_536:
        raise _unusable(FieldError(f"{place}.port", "a number from 1 to 65535", "Correct it or leave it out.", port))
    target = entry.get("target")
    if target not in registry.targets:
        known = f"one of {', '.join(sorted(registry.targets))}"
        remedy = "Use one of these, or start the edge proxy with --target NAME=http://HOST:PORT."
        raise _unusable(FieldError(f"{place}.target", known, remedy, target))
    host, prefix = entry.get("host"), entry.get("path_prefix", "/")
    return EdgeRoute(
        host=_read(f"{place}.host", host, plain_host),
        port=port,
        prefix=_read(f"{place}.path_prefix", prefix, plain_prefix),
        target=target,
    )


def _read(place: str, value: Any, read: Any) -> str:
    try:
        if not isinstance(value, str):
            raise BadAddress("a string")
        return str(read(value))
    except BadAddress as exc:
        raise _unusable(FieldError(place, str(exc), "Correct it.", value)) from exc


def _unusable(error: FieldError) -> Problem:
    return Problem(_UNUSABLE, "The routes cannot be used", f"{error.field}: expected {error.expected}.", [error])


def _taken(exc: RouteTaken) -> Problem:
    wanted, existing = exc.wanted.to_dict(), exc.existing.to_dict()
    expected = f"an address that belongs to no other owner; {exc.owner} has {existing}"
    remedy = f"Use another host or path, or remove the owner by DELETE /_mock/edge/routes/{exc.owner}."
    return Problem(409, "The address is taken", f"{exc}.", [FieldError("routes", expected, remedy, wanted)])
