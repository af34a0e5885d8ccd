"""How a mock describes itself to the kit, and what the kit does for it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Generic, cast

from flask import Request
from flask import request as running_request

from mock_kit.evidence import MockDialect
from mock_kit.http.bulkhead import RequestSlots
from mock_kit.http.guard import Guard
from mock_kit.http.loopback import label_in
from mock_kit.http.problem import FieldError, Problem
from mock_kit.journal import Journal
from mock_kit.journal.recorder import RecorderLog
from mock_kit.tenants import Tenants, W

CONTROL_PREFIX = "/_mock"
DEFAULT_TENANT = "default"
#: Where the request's tenant stands in the WSGI environment.
TENANT_KEY = "mock_kit.tenant"


def is_control(path: str) -> bool:
    """Whether the path belongs to the control API."""
    return path == CONTROL_PREFIX or path.startswith(f"{CONTROL_PREFIX}/")


class Mock(Generic[W]):
    """How a mock describes itself to the kit.

    Attributes:
        name: for people, e.g. in ``/_mock/health``.
        tenants: every tenant of this process.
        tenant_of: which tenant a request belongs to, determined by host and path alone; None = none. It must not
            read the body; the fault proxy calls it too.
        create_tenant: turns the body of ``POST /_mock/tenants`` (``name`` is checked already) into a tenant and
            adds it: ``tenants.add(tenant, keys)``. Raises ``Problem`` for a bad body; NameTaken becomes 409.
        reset_tenant: empties the mock's own state; the kit has emptied its share (``Tenant.reset_basics``).
        dialect: the switches a tenant may set, and the evidence of everything the mock does.
        signed_address: a pre-signed address of what the request downloads, to be read without credentials,
            for faults that redirect there; None where there is none. A mock without such addresses leaves it out.
        has_path: whether a path belongs to this tenant; asked where a request came by the tenant's loopback name
            (``acme.c4c.localhost``). Left out: every path does.
    """

    def __init__(
        self,
        *,
        name: str,
        tenants: Tenants[W],
        tenant_of: Callable[[Request], W | None],
        create_tenant: Callable[[dict[str, Any]], W],
        reset_tenant: Callable[[W], None],
        dialect: MockDialect,
        signed_address: Callable[[Request], str | None] | None = None,
        has_path: Callable[[W, str], bool] = lambda _tenant, _path: True,
    ) -> None:
        self.name = name
        self.tenants = tenants
        self._tenant_of = tenant_of
        self._has_path = has_path
        self.create_tenant = create_tenant
        self.reset_tenant = reset_tenant
        self.dialect = dialect
        self.evidence = dialect.book
        self.has_signed_addresses = signed_address is not None
        self.signed_address = signed_address or _no_signed_address
        #: Requests that belong to no tenant.
        self.strays = Journal()
        #: Whether every tenant's ``recorder`` keeps whole exchanges; off, because that costs memory.
        self.recording = False
        #: Whole exchanges that belong to no tenant.
        self.stray_recorder = RecorderLog()
        #: How many of the neighbours' requests run at once.
        self.slots = RequestSlots()
        #: The port of the fault proxy; None without one.
        self.fault_proxy_port: int | None = None
        #: Why the callers of this process do not use the fault proxy, and what would help; empty: they may.
        self.proxy_bypassed = ""
        #: Checks requests to ``/_mock`` and to the configurators.
        self.guard = Guard()
        #: Proves to the application that the fault proxy itself set its header.
        self.fault_proxy_key = secrets.token_urlsafe(16)

    def dialect_of(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The defaults, changed by ``body["dialect"]``. Problem 400 if it is no object, 422 for a bad name or value."""
        return self.dialect.completed(body.get("dialect"))

    def tenant_of(self, request: Request) -> W | None:
        """The tenant that a request on the data side belongs to: by its loopback name, else by the mock's own rule."""
        named = self.reached_by_name(request)
        if named is None:
            return self._tenant_of(request)
        return named if self._has_path(named, request.path) else None

    def reached_by_name(self, request: Request) -> W | None:
        """The tenant whose loopback name is the request's Host; None for any other Host."""
        label = label_in(request.host, self.name)
        return None if label is None else self.tenants.labelled(label)

    def struck_tenant(self, request: Request) -> W | None:
        """The tenant whose wire faults may strike this request; never one for ``/_mock``."""
        return None if is_control(request.path) else self.tenant_of(request)

    def tenant(self) -> W:
        """The tenant of the running request; for routes on the data side."""
        return cast("W", running_request.environ[TENANT_KEY])

    def current_tenant(self) -> W:
        """The tenant named by ``?tenant=`` (absent: "default"); for control routes. Problem 404 if unknown."""
        name = running_request.args.get("tenant", DEFAULT_TENANT)
        return self.named_tenant(name, "?tenant")

    def named_tenant(self, name: str, field: str) -> W:
        """The tenant of that name. Problem 404 naming ``field`` and all tenants if there is none."""
        tenant = self.tenants.get(name)
        if tenant is None:
            known = ", ".join(self.tenants.names()) or "none yet"
            remedy = "Name a tenant that exists, or create it by POST /_mock/tenants."
            error = FieldError(field, f"one of: {known}", remedy, name)
            raise Problem(404, "No such tenant", f"There is no tenant {name!r}; tenants: {known}.", [error])
        return tenant

    def release_all(self) -> None:
        """End every planned delay at once: the process is about to stop."""
        for tenant in self.tenants.all():
            tenant.faults.clear()


def _no_signed_address(_: Request) -> str | None:
    return None
