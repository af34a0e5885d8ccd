"""The application: tenants, OData and control in the kit's frame."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Request

from c4c_mock.evidence import DIALECT
from c4c_mock.model.storage import FILE_NAME
from c4c_mock.routes.administration_forms import store_arrangement, store_system
from c4c_mock.routes.control import control_blueprint
from c4c_mock.routes.odata import odata_blueprint
from c4c_mock.tenant import C4CTenant
from mock_kit.app import WrappedApp, wrap
from mock_kit.http.problem import FieldError, Problem
from mock_kit.mock import Mock
from mock_kit.tenants import Tenants

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")


def create_app(data_dir: Path) -> WrappedApp[C4CTenant]:
    """The WSGI callable; files and tenants are stored below ``data_dir``.

    Tenants that an earlier process stored there are loaded. Raises Damaged when one cannot be read.
    """
    tenants: Tenants[C4CTenant] = Tenants()
    mock: Mock[C4CTenant] = Mock(
        name="c4c",
        tenants=tenants,
        tenant_of=lambda request: tenants.find(host_of(request)),
        create_tenant=lambda body: _create_tenant(mock, data_dir, body),
        reset_tenant=C4CTenant.reset,
        dialect=DIALECT,
    )
    app = Flask("c4c_mock", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.register_blueprint(odata_blueprint(mock))
    app.register_blueprint(control_blueprint(mock))
    for path in sorted(data_dir.glob(f"tenant-*/{FILE_NAME}")):
        tenant = C4CTenant.restored(path)
        tenants.add(tenant, tenant.hosts)
    return wrap(app, mock)


def host_of(request: Request) -> str:
    """The name in the Host header, lower-case, without port."""
    return request.host.lower().partition(":")[0]


def _create_tenant(mock: Mock[C4CTenant], data_dir: Path, body: Mapping[str, Any]) -> C4CTenant:
    """``{"name", "host", "other_hosts"?, "communication_system"?, "arrangement"?, "dialect"?, "ids_seed"?}``.

    An error adds nothing.
    """
    host, others = _host(body.get("host"), "host"), body.get("other_hosts", [])
    if not isinstance(others, list):
        raise Problem(
            400, "Not a list", "", [FieldError("other_hosts", "a list of host names", "Leave it out.", others)]
        )
    further = [_host(each, f"other_hosts[{at}]") for at, each in enumerate(others)]
    tenant = C4CTenant.make(
        str(body["name"]), host, data_dir, mock.dialect_of(body), other_hosts=further, ids_seed=body.get("ids_seed")
    )
    for member, store in (("communication_system", store_system), ("arrangement", store_arrangement)):
        given = body.get(member)
        if isinstance(given, Mapping):
            store(tenant, given)
        elif given is not None:
            raise Problem(400, "Not an object", "", [FieldError(member, "an object", "Leave it out or send one.")])
    mock.tenants.add(tenant, tenant.hosts)
    tenant.start_log()
    return tenant


def _host(given: object, field: str) -> str:
    if not isinstance(given, str) or not _HOST.fullmatch(given.lower()):
        error = FieldError(field, "a host name such as my2554607.de1.crm.cloud.sap", "Name the tenant.", given)
        raise Problem(400, "A tenant needs a host", "The Host header tells tenants apart.", [error])
    return given
