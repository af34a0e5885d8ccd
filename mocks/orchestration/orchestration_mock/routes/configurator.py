"""System Configurator: the secrets manager and the event-driven integrations, as an API.

The vendor offers these as forms in a browser; the HTTP addresses are the mock's own.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from mock_kit.control import json_body
from mock_kit.http.problem import FieldError
from mock_kit.http.refusals import Conflict
from mock_kit.mock import Mock
from orchestration_mock.model.forms import Form
from orchestration_mock.model.integrations.integration import Integration
from orchestration_mock.tenant import OrchestrationTenant
from orchestration_mock.wire.bodies import submitted, without_tenant

BASE = "/<tenant_path>/system-configurator/api"
Reply = Response | tuple[Response, int] | tuple[Response, int, dict[str, str]]


def _secrets(tenant: OrchestrationTenant) -> Response:
    return jsonify([secret.as_json() for secret in tenant.secrets.all()])


def _document(tenant: OrchestrationTenant, found: Integration) -> dict[str, Any]:
    """The form, its JSON text byte for byte, with a warning for each secret that does not exist yet."""
    document = found.as_json()
    absent = [name for name in sorted(found.used_secrets) if tenant.secrets.get(name) is None]
    document["warnings"] += [f"there is no secret named {name} yet" for name in absent]
    return document


def _integrations(tenant: OrchestrationTenant) -> Response:
    return jsonify([_document(tenant, found) for found in tenant.integrations.all()])


def secrets_blueprint(mock: Mock[OrchestrationTenant]) -> Blueprint:
    """The secrets manager."""
    bp = Blueprint("secrets", __name__, url_prefix=f"{BASE}/secrets")
    bp.url_value_preprocessor(without_tenant)

    @bp.get("")
    def show() -> Reply:
        """All secrets without their values."""
        mock.evidence.touch("secrets.write_only")
        return _secrets(mock.tenant())

    @bp.post("")
    def create() -> Reply:
        """201; 409 when the name is taken; 422 with every field that is wrong."""
        mock.evidence.touch("secrets.fields")
        tenant = mock.tenant()
        secret = tenant.secrets.create(submitted(), tenant.clock.now())
        return jsonify(secret.as_json()), 201, {"Location": f"{request.path}/{secret.name}"}

    @bp.put("/<name>")
    def replace(name: str) -> Reply:
        """200; the new value is used from the next request on."""
        mock.evidence.touch("secrets.fields")
        tenant = mock.tenant()
        return jsonify(tenant.secrets.replace(name, submitted(), tenant.clock.now()).as_json())

    @bp.delete("/<name>")
    def delete(name: str) -> Reply:
        """204; 409 while configurations refer to it, unless ``?force=1`` (then 200 with a warning)."""
        mock.evidence.touch("secrets.delete")
        return _delete_secret(mock.tenant(), name, forced=request.args.get("force") == "1")

    return bp


def _delete_secret(tenant: OrchestrationTenant, name: str, *, forced: bool) -> Reply:
    users = [f"{found.name} ({found.id})" for found in tenant.integrations.using_secret(name)]
    forced = forced or tenant.dialect["secret_in_use"] == "warn"  # noqa: S105 - a choice, no password
    if users and not forced and tenant.secrets.get(name) is not None:
        remedy = "change these configurations first, or delete with ?force=1"
        error = FieldError("name", "a secret no configuration refers to", remedy)
        raise Conflict(f"The secret {name} is used by: {', '.join(users)}.", error)
    tenant.secrets.delete(name)
    if users:
        return jsonify(warnings=[f"still referred to by {user}" for user in users])
    return Response(status=204)


def integrations_blueprint(mock: Mock[OrchestrationTenant]) -> Blueprint:
    """The event-driven integrations."""
    bp = Blueprint("integrations", __name__, url_prefix=f"{BASE}/event-driven-integrations")
    bp.url_value_preprocessor(without_tenant)
    _add_lists(bp, mock)
    _add_changes(bp, mock)
    return bp


def _add_lists(bp: Blueprint, mock: Mock[OrchestrationTenant]) -> None:
    @bp.get("")
    def show_all() -> Reply:
        """All configurations, oldest first."""
        return _integrations(mock.tenant())

    @bp.get("/<id_>")
    def show(id_: str) -> Reply:
        """One configuration, its JSON text byte for byte."""
        return jsonify(_document(mock.tenant(), mock.tenant().integrations.get(id_)))


def _add_changes(bp: Blueprint, mock: Mock[OrchestrationTenant]) -> None:
    @bp.post("")
    def create() -> Reply:
        """201 with id and warnings; 422 with every error, those of the JSON text with line and column."""
        mock.evidence.touch("edi.form")
        found = mock.tenant().integrations.create(submitted())
        return jsonify(_document(mock.tenant(), found)), 201, {"Location": f"{request.path}/{found.id}"}

    @bp.put("/<id_>")
    def replace(id_: str) -> Reply:
        """200; the id stays."""
        mock.evidence.touch("edi.form")
        return jsonify(_document(mock.tenant(), mock.tenant().integrations.replace(id_, submitted())))

    @bp.patch("/<id_>")
    def switch(id_: str) -> Reply:
        """``{"enabled": true|false}``; no other field can be changed alone."""
        form = Form(json_body())
        enabled = form.flag("enabled", True)
        form.refuse_unknown("no such field here", "send the whole form by PUT")
        form.done("The configuration")
        return jsonify(_document(mock.tenant(), mock.tenant().integrations.switch(id_, enabled=enabled)))

    @bp.delete("/<id_>")
    def delete(id_: str) -> Reply:
        """204; deliveries that are planned already are still sent."""
        mock.tenant().integrations.delete(id_)
        return Response(status=204)


def add_configurator_views(bp: Blueprint, mock: Mock[OrchestrationTenant]) -> None:
    """The same lists below ``/_mock``: reading them there leaves no entry in the journal."""

    @bp.get("/secrets")
    def secrets() -> Reply:
        """All secrets without their values."""
        return _secrets(mock.current_tenant())

    @bp.get("/event-driven-integrations")
    def integrations() -> Reply:
        """All configurations, oldest first."""
        return _integrations(mock.current_tenant())

    @bp.get("/event-driven-integrations/<id_>")
    def integration(id_: str) -> Reply:
        """One configuration; 404 when there is none."""
        tenant = mock.current_tenant()
        return jsonify(_document(tenant, tenant.integrations.get(id_)))
