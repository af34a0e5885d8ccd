"""The frame around a mock's Flask application: tenants, bulkhead, journal, faults and control.

A request passes: fault proxy note → ``/_mock``? → its tenant (421) → a free slot (503) → faults → Flask → journal. In
Flask the guard comes first: it checks what goes to ``/_mock`` and to a configurator.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Generic, cast

from flask import Flask, Request, Response
from flask import request as running_request
from werkzeug.test import Client

from mock_kit.control import control_blueprint
from mock_kit.evidence import MockDialect
from mock_kit.faults.fault_proxy import FAULT_HEADER
from mock_kit.http.bulkhead import CONTROL_THREADS, DATA_SLOTS, RequestSlots
from mock_kit.http.guard import is_for_files
from mock_kit.http.loopback import ORIGIN_KEY
from mock_kit.http.problem import FieldError, Problem
from mock_kit.journal.context import set_running_exchange
from mock_kit.journal.recorder import ExchangeRecording, active_logs
from mock_kit.middleware.exchange import ExchangeHandler
from mock_kit.middleware.records import ExchangeRecord
from mock_kit.mock import TENANT_KEY, Mock, is_control
from mock_kit.tenants import W

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


#: What the kit itself does; no neighbour behaves like this.
_OWN = MockDialect.of_package("mock_kit", prefix="kit.").book


class WrappedApp(Generic[W]):
    """The WSGI callable that ``wrap`` makes; ``data_slots`` bounds neighbours' requests at once."""

    def __init__(self, flask_app: Flask, mock: Mock[W], data_slots: int = DATA_SLOTS) -> None:
        self.flask_app = flask_app
        self.mock = mock
        mock.slots = RequestSlots(data_slots)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        wire_fault = self._fault_proxy_note(environ)
        if is_control(environ.get("PATH_INFO", "")):
            set_running_exchange(None)
            return self.flask_app(environ, start_response)
        request = Request(environ, populate_request=False, shallow=True)
        tenant = self.mock.tenant_of(request)
        environ[TENANT_KEY] = tenant
        admitted = tenant is not None and self.mock.slots.take()
        release = self._release_of(tenant) if tenant is not None and admitted else _nothing_to_release
        record = ExchangeRecord(request, tenant, self.mock.strays, self._recording(tenant), self.mock.name)
        if tenant is not None and self.mock.reached_by_name(request) is tenant:
            environ[ORIGIN_KEY] = f"{request.scheme}://{request.host}"
            set_running_exchange(record.running)
            self.mock.evidence.touch("kit.loopback-name", tenant)
        if wire_fault:
            record.running.faults.append(wire_fault)
        handler = ExchangeHandler(request, tenant, record, release, self.mock.signed_address)
        if admitted:
            return cast("Iterable[bytes]", handler.run(self.flask_app, start_response))
        refusal = self._misdirected if tenant is None else self._crowded
        return cast("Iterable[bytes]", handler.refuse(refusal, start_response))

    def _release_of(self, tenant: W) -> Callable[[], None]:
        """Count the request for its tenant; the function that ends it for tenant and mock."""
        tenant.slots.take()

        def release() -> None:
            tenant.slots.give_back()
            self.mock.slots.give_back()

        return release

    def _recording(self, tenant: W | None) -> ExchangeRecording:
        logs = active_logs()
        if self.mock.recording:
            logs.append(tenant.recorder if tenant is not None else self.mock.stray_recorder)
        return ExchangeRecording(logs)

    def _fault_proxy_note(self, environ: WSGIEnvironment) -> str | None:
        """Remove the fault proxy's header; only one with the fault proxy's own key counts."""
        value = environ.pop(f"HTTP_{FAULT_HEADER.upper().replace('-', '_')}", "")
        key, _, fault_id = value.partition(" ")
        return fault_id or None if secrets.compare_digest(key, self.mock.fault_proxy_key) else None

    def _misdirected(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host, path = environ.get("HTTP_HOST", ""), environ.get("PATH_INFO", "")
        tenants = self.mock.tenants
        known = "; ".join(f"{name} ({', '.join(tenants.keys_of(name))})" for name in tenants.names())
        remedy = "Send the host and path of a tenant that exists, or create one by POST /_mock/tenants."
        error = FieldError("Host and path", known or "no tenant exists yet", remedy, f"{host}{path}")
        self.mock.evidence.touch("kit.unknown-tenant")
        return _render(Problem(421, "No such tenant", "No tenant has this host and path.", [error]))(
            environ, start_response
        )

    def _crowded(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.mock.evidence.touch("kit.bulkhead")
        detail = f"{self.mock.slots.total} requests run already; {CONTROL_THREADS} threads are kept for /_mock."
        problem = Problem(503, "The mock is full", detail, headers={"Retry-After": "1"})
        return _render(problem)(environ, start_response)

    def test_client(self) -> Client:
        """A client for tests that talks to this callable without a server."""
        return Client(self, Response)


def wrap(
    flask_app: Flask, mock: Mock[W], *, data_slots: int = DATA_SLOTS, configurators: Collection[str] = ()
) -> WrappedApp[W]:
    """Put the kit's frame around ``flask_app``; call it before the first request.

    Registers ``/_mock/*`` and an error handler for ``Problem``. ``configurators`` are blueprints (by name) of addresses
    that are ours and not the vendor's: ``mock.guard`` checks requests to them as it does those to ``/_mock``.
    """
    _add_guard(flask_app, mock, frozenset(configurators))
    for entry in _OWN.all():
        mock.evidence.register(entry)
    flask_app.register_blueprint(control_blueprint(mock))
    flask_app.register_error_handler(Problem, _render)
    return WrappedApp(flask_app, mock, data_slots)


def _add_guard(flask_app: Flask, mock: Mock[W], configurators: frozenset[str]) -> None:
    """Before anything else, so that no handler runs for a request that is refused."""

    def refuse_web_pages() -> None:
        if not is_control(running_request.path) and running_request.blueprint not in configurators:
            return
        view = flask_app.view_functions.get(running_request.endpoint or "")
        refusal = mock.guard.refusal(running_request, files=is_for_files(view))
        if refusal is not None:
            mock.evidence.touch("kit.guard")
            raise refusal

    flask_app.before_request_funcs.setdefault(None, []).insert(0, refuse_web_pages)


def _render(problem: Problem) -> Response:
    return Response(problem.body(), problem.status, problem.header_list())


def _nothing_to_release() -> None:
    pass
