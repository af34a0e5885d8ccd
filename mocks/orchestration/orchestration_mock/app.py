"""The application: tenants, the vendor's addresses and control in the kit's frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Request

from mock_kit.app import WrappedApp, wrap
from mock_kit.http.problem import FieldError, Problem
from mock_kit.mock import DEFAULT_TENANT, Mock
from mock_kit.server import extra
from mock_kit.tenants import Tenants
from orchestration_mock.evidence import DIALECT
from orchestration_mock.model.events.outgoing import RequestSender
from orchestration_mock.model.issuer.keyring import Keyrings, unverified
from orchestration_mock.routes.configurator import integrations_blueprint, secrets_blueprint
from orchestration_mock.routes.control import control_blueprint
from orchestration_mock.routes.oauth import oauth_blueprint, own_issuer_blueprint
from orchestration_mock.routes.workflows import workflows_blueprint
from orchestration_mock.tenant import OrchestrationTenant, make_tenant
from orchestration_mock.wire.egress import read_egress
from orchestration_mock.wire.outbound import HttpSender
from orchestration_mock.wire.problems import register_errors

MOST_REQUEST_BYTES = 1024 * 1024
#: Refused as a switch of a dialect: only the command line can set it.
REAL_NETWORK = "allow_real_network"


class OrchestrationMock(Mock[OrchestrationTenant]):
    """The kit's mock, whose dialect cannot let it leave the machine."""

    def dialect_of(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The defaults with the body's changes. Raises ``Problem`` 400, 403 or 422."""
        refuse_real_network(body.get("dialect"))
        return super().dialect_of(body)


def create_app(data_dir: Path, *, requests: RequestSender | None = None) -> WrappedApp[OrchestrationTenant]:
    """The WSGI callable. ``requests`` sends what the event engine calls; default: as the command line says."""
    sender = requests or HttpSender(
        read_egress(str(extra().get("egress") or "")), allow_real_network=extra().get(REAL_NETWORK) is True
    )
    tenants: Tenants[OrchestrationTenant] = Tenants()
    keyrings = Keyrings()

    def create_tenant(body: dict[str, Any]) -> OrchestrationTenant:
        tenant = make_tenant(
            {name: value for name, value in body.items() if name != "dialect"},
            data_dir=data_dir,
            dialect=mock.dialect_of(body),
            requests=sender,
            keys_of=keyrings.of,
        )
        return tenants.add(tenant, [tenant.tenant_path, tenant.issuer.url, *tenant.issuer.addresses])

    mock = OrchestrationMock(
        name="orchestration",
        tenants=tenants,
        tenant_of=lambda request: tenant_of(request, tenants),
        create_tenant=create_tenant,
        reset_tenant=OrchestrationTenant.reset,
        dialect=DIALECT,
        has_path=lambda tenant, path: _by_path(tenants, path) in {None, tenant.name},
    )
    return wrap(_flask_app(mock), mock, configurators=("secrets", "integrations"))


def refuse_real_network(dialect: object) -> None:
    """Raises ``Problem`` 403 for a dialect that names ``allow_real_network``."""
    if not isinstance(dialect, Mapping) or REAL_NETWORK not in dialect:
        return
    remedy = f"Remove {REAL_NETWORK}. To leave this machine, start orchestration_mock with --allow-real-network."
    error = FieldError(f"dialect.{REAL_NETWORK}", "no such switch", remedy, dialect[REAL_NETWORK])
    detail = "Only the command line can let this mock leave the machine: its requests carry secrets."
    raise Problem(403, "Not by a control call", detail, [error])


def _flask_app(mock: Mock[OrchestrationTenant]) -> Flask:
    app = Flask("orchestration_mock", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_REQUEST_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
    register_errors(app, realm="orchestration")
    for blueprint in (
        oauth_blueprint(mock),
        secrets_blueprint(mock),
        integrations_blueprint(mock),
        control_blueprint(mock),
        workflows_blueprint(mock),
        own_issuer_blueprint(app, mock),
    ):
        app.register_blueprint(blueprint)
    return app


def tenant_of(request: Request, tenants: Tenants[OrchestrationTenant]) -> OrchestrationTenant | None:
    """The tenant by an address of its issuer, or the first path segment; of a workflow's call, by the token's issuer.

    There a request without a readable token belongs to the default tenant, which refuses it.
    """
    if not request.path.startswith("/prod/"):
        exact = tenants.find(f"{request.host.lower()}{request.path}")
        return exact or tenants.find(request.path.lstrip("/").partition("/")[0])
    token = request.headers.get("Authorization", "").partition(" ")[2]
    by_token = tenants.find(_issuer_of(token)) or _opaque_owner(token, tenants)
    return by_token or tenants.get(DEFAULT_TENANT)


def _by_path(tenants: Tenants[OrchestrationTenant], path: str) -> str | None:
    """The name of the tenant whose pages are below this path; None for the address of an issuer of its own."""
    found = tenants.find(path.lstrip("/").partition("/")[0])
    return found.name if found else None


def _issuer_of(token: str) -> str:
    """The issuer in an unverified token; that tenant verifies it."""
    try:
        return str(unverified(token)[1]["iss"])
    except (ValueError, KeyError):
        return ""


def _opaque_owner(token: str, tenants: Tenants[OrchestrationTenant]) -> OrchestrationTenant | None:
    if "." in token:
        return None
    return next((tenant for tenant in tenants.all() if tenant.issuer.introspect(token)["active"]), None)
