"""The application: tenants, wire and control in the kit's frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask

from cmi_mock.evidence import DIALECT
from cmi_mock.routes import forms
from cmi_mock.routes.control import control_blueprint
from cmi_mock.routes.objects import signed_address
from cmi_mock.routes.vendor import tenant_of, vendor_blueprint
from cmi_mock.tenant import CmiTenant, make_tenant
from mock_kit.app import WrappedApp, wrap
from mock_kit.mock import Mock
from mock_kit.tenants import Tenants


def create_app(data_dir: Path) -> WrappedApp[CmiTenant]:
    """The WSGI callable; attachments are spooled below ``data_dir``. No tenant exists at first."""
    tenants: Tenants[CmiTenant] = Tenants()

    def create_tenant(body: dict[str, Any]) -> CmiTenant:
        tenant = make_tenant(forms.new_tenant(body), data_dir)
        return tenants.add(tenant, tenant.keys)

    mock: Mock[CmiTenant] = Mock(
        name="cmi",
        tenants=tenants,
        tenant_of=lambda request: tenant_of(tenants, request),
        create_tenant=create_tenant,
        reset_tenant=CmiTenant.reset,
        dialect=DIALECT,
        signed_address=lambda request: signed_address(mock, request),
        has_path=lambda tenant, path: path.lstrip("/").partition("/")[0] == tenant.identity.tenant_path,
    )
    app = Flask("cmi_mock", static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it
    app.url_map.merge_slashes = False
    app.register_blueprint(control_blueprint(mock))
    app.register_blueprint(vendor_blueprint(mock))
    return wrap(app, mock)
