"""``/api/tenants``: opens, lists, resets and closes the tenants of this console."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, request, url_for

from attachment_lab.console.session.tenant_session import TenantSession, TenantSessions
from attachment_lab.console.web.page import json_object, problem_response, session_named
from attachment_lab.tenant.configured import ConfigurationRefused
from attachment_lab.tenant.credentials import TenantNames
from attachment_lab.tenant.opening import TenantOptions


def add_tenant_api(app: Flask, sessions: TenantSessions) -> None:
    """Add its routes to the application."""
    _add_list(app, sessions)
    _add_changes(app, sessions)


def _add_list(app: Flask, sessions: TenantSessions) -> None:
    @app.get("/api/tenants")
    def list_tenants() -> Response:
        """Every tenant that this console shows, the first one first; no secrets."""
        found = [sessions.get(name) for name in sessions.names()]
        return jsonify(tenants=[_shown(each) for each in found if each])

    @app.post("/api/tenants")
    def add_tenant() -> tuple[Response, int]:
        """201 ``{"tenant","tenant_path","url",…}``: opens one, or shows one that exists if the body names it.

        ``{}``, ``{"options": {…}}`` (TenantOptions), ``{"names": {…}}`` (TenantNames), or ``{"configuration": …}``: the
        JSON of the form's field or the gate's envelope, as text or object, or a list of them; with ``"name"``,
        ``"secrets"`` (values by name) and ``"empty": true`` (nothing is set up) where wanted. 422 with the gate's
        findings if it has errors; ``remarks`` are its warnings and what is assumed.
        """
        body = json_object()
        if "configuration" in body:
            return _add_configured(sessions, body)
        try:
            options = TenantOptions(**body.get("options", {}))
            names = TenantNames.from_json(body["names"]) if body.get("names") else None
        except TypeError:
            # The error's own words could repeat a secret.
            words = "names: an object with the members of TenantNames; options: of TenantOptions; or leave them out"
            return problem_response(HTTPStatus.BAD_REQUEST, words)
        return jsonify(_shown(sessions.show(names) if names else sessions.create(options))), 201


def _add_configured(sessions: TenantSessions, body: dict[str, Any]) -> tuple[Response, int]:
    given = body["configuration"]
    texts = given if isinstance(given, list) else [given]
    name, values, empty = body.get("name"), body.get("secrets", {}), body.get("empty", False)
    if not texts or not all(isinstance(each, str | dict) for each in texts):
        words = "configuration: the JSON of the form's field as text or object, or a list of them"
        return problem_response(HTTPStatus.BAD_REQUEST, words)
    if not (name is None or isinstance(name, str)) or not isinstance(values, dict):
        return problem_response(HTTPStatus.BAD_REQUEST, "name: a text; secrets: an object, values by name")
    if not isinstance(empty, bool):
        return problem_response(HTTPStatus.BAD_REQUEST, "empty: true or false")
    options = TenantOptions(empty=True) if empty else None
    try:
        session, remarks = sessions.create_configured(texts, name=name, values=values, options=options)
    except ConfigurationRefused as refused:
        return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, str(refused))
    return jsonify({**_shown(session), "remarks": list(remarks)}), 201


def _add_changes(app: Flask, sessions: TenantSessions) -> None:
    @app.delete("/api/tenants/<name>")
    def close(name: str) -> tuple[Response, int]:
        """204; the tenant is closed in all three mocks."""
        session_named(name)
        sessions.close(name)
        return Response(), 204

    @app.post("/api/tenants/<name>/reset")
    def reset(name: str) -> tuple[Response, int]:
        """204; the tenant's state is removed, its secrets and ids are new. Open pages load themselves again."""
        json_object()
        session_named(name)
        sessions.reset(name)
        return Response(), 204

    @app.route("/api/tenants/<name>/seed", methods=["GET", "POST"])
    def seed(name: str) -> tuple[Response, int]:
        """POST loads the demo's customers in the background (202, 409 meanwhile); GET returns its progress."""
        seeding = session_named(name).seeding
        if request.method == "POST":
            json_object()
            seeding.start()
            return jsonify(seeding.state()), 202
        return jsonify(seeding.state()), 200


def _shown(session: TenantSession) -> dict[str, Any]:
    names = session.names
    return {
        "tenant": names.name,
        "tenant_path": names.tenant_path,
        "url": url_for("chain.page", tenant=names.name),
        "cmi_host": names.cmi_host,
        "c4c_host": names.c4c_host,
    }
