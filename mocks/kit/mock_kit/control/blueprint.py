"""``/_mock/*``: how tests, the lab and people control a mock. Every route takes ``?tenant=NAME``."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from flask import Blueprint, Response, jsonify, request

from mock_kit.control.requests import json_object, whole_number
from mock_kit.control.snapshots import add_snapshots
from mock_kit.faults import Fault
from mock_kit.faults.form import read_fault
from mock_kit.faults.kinds import is_number
from mock_kit.http.loopback import loopback_host
from mock_kit.http.problem import FieldError, Problem, bad_request
from mock_kit.journal.recorder import CapturedExchange, RecorderLog
from mock_kit.mock import CONTROL_PREFIX, Mock
from mock_kit.tenants import NameTaken, W

Reply = Response | tuple[Response, int] | tuple[Response, int, dict[str, str]]

_TENANT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST_EXCHANGES = 1000
_NO_CONTENT = 204
#: A page has at most this much text, in characters, but always at least one exchange.
PAGE_CHARS = 4 * 1024 * 1024


def control_blueprint(mock: Mock[W]) -> Blueprint:
    """All of ``/_mock`` that every mock has. A mock adds routes of its own beside it."""
    bp = Blueprint("mock_kit_control", __name__, url_prefix=CONTROL_PREFIX)
    _add_health(bp, mock)
    _add_tenants(bp, mock)
    _add_journal(bp, mock)
    _add_faults(bp, mock)
    _add_clock_and_reset(bp, mock)
    _add_evidence_and_dialect(bp, mock)
    _add_recorder(bp, mock)
    add_snapshots(bp, mock)

    @bp.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def no_such_control(rest: str) -> Reply:
        """Any other path."""
        error = FieldError("path", "a control path of this mock", "See GET /_mock/health.", rest)
        raise Problem(404, "No such control path", f"{request.method} /_mock/{rest} does not exist.", [error])

    return bp


def _add_health(bp: Blueprint, mock: Mock[W]) -> None:
    @bp.get("/health")
    def health() -> Reply:
        """200 as soon as the mock serves; ``busy``: requests under way, ``strays``: those to no tenant."""
        return jsonify(
            status="ok",
            mock=mock.name,
            pid=os.getpid(),
            fault_proxy_port=mock.fault_proxy_port,
            tenants=mock.tenants.names(),
            busy=mock.slots.taken,
            strays=mock.strays.last_id,
        )


def _tenant_document(mock: Mock[W], tenant: W) -> dict[str, Any]:
    return {
        "name": tenant.name,
        "keys": mock.tenants.keys_of(tenant.name),
        "loopback_host": loopback_host(tenant.name, mock.name),
        "dialect": tenant.dialect,
        "busy": tenant.slots.taken,
        "ids_seed": tenant.ids.seed,
        **tenant.describe(),
    }


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not _TENANT_NAME.fullmatch(name):
        expected = "1 to 64 letters, digits, dots, dashes or underscores"
        raise bad_request("A tenant needs a name.", FieldError("name", expected, "Name the tenant.", name))


def _check_seed(seed: Any) -> None:
    if seed is not None and not (isinstance(seed, str) and _TENANT_NAME.fullmatch(seed)):
        expected = "1 to 64 letters, digits, dots, dashes or underscores"
        error = FieldError("ids_seed", expected, "Leave it out: the name decides the ids then.", seed)
        raise bad_request("The ids cannot be seeded like this.", error)


def _add_tenants(bp: Blueprint, mock: Mock[W]) -> None:
    @bp.get("/tenants")
    def list_tenants() -> Reply:
        """Every tenant, without its secrets."""
        return jsonify(tenants=[_tenant_document(mock, tenant) for tenant in mock.tenants.all()])

    @bp.get("/tenants/<name>")
    def show_tenant(name: str) -> Reply:
        """One tenant, without its secrets; ``busy``: its requests under way."""
        return jsonify(_tenant_document(mock, mock.named_tenant(name, "name")))

    @bp.post("/tenants")
    def create_tenant() -> Reply:
        """201 and the new tenant; 409 if its name or one of its keys is taken. ``ids_seed``: for other ids."""
        body = json_object()
        _check_name(body.get("name"))
        _check_seed(body.get("ids_seed"))
        try:
            tenant = mock.create_tenant(body)
        except NameTaken as exc:
            remedy = "Choose another, or remove that tenant by DELETE /_mock/tenants/NAME."
            error = FieldError("name or key", "one that is free", remedy, exc.taken)
            raise Problem(409, "Taken", f"{exc}.", [error]) from exc
        return jsonify(_tenant_document(mock, tenant)), 201, {"Location": f"{CONTROL_PREFIX}/tenants/{tenant.name}"}

    @bp.delete("/tenants/<name>")
    def remove_tenant(name: str) -> Reply:
        """204; the tenant, its state and its files are gone."""
        mock.named_tenant(name, "name")
        mock.tenants.remove(name)
        return Response(status=_NO_CONTENT)


def _add_journal(bp: Blueprint, mock: Mock[W]) -> None:
    @bp.get("/journal")
    def list_exchanges() -> Reply:
        """``since`` an id: what follows it; without: the newest. At most ``limit`` (100), ``q`` filters."""
        journal = mock.current_tenant().journal
        since = whole_number("since", None)
        limit = whole_number("limit", 100, _MOST_EXCHANGES) or 0
        found = journal.list(since, limit, request.args.get("q", ""))
        last_id = found[-1].id if found else since or journal.last_id
        return jsonify(exchanges=[one.to_dict() for one in found], last_id=last_id)

    @bp.get("/journal/<int:exchange_id>")
    def show_exchange(exchange_id: int) -> Reply:
        """One exchange."""
        found = mock.current_tenant().journal.get(exchange_id)
        if found is None:
            raise Problem(404, "No such exchange", f"The journal has no exchange {exchange_id} (any more).")
        return jsonify(found.to_dict())

    @bp.delete("/journal")
    def clear_journal() -> Reply:
        """204; ids go on counting."""
        mock.current_tenant().journal.clear()
        return Response(status=_NO_CONTENT)

    @bp.get("/credentials")
    def list_credentials() -> Reply:
        """Which credentials each request carried, as keyed fingerprints, with the key. From memory, never on disk."""
        return jsonify(mock.current_tenant().journal.credentials.to_dict())

    @bp.get("/strays")
    def list_strays() -> Reply:
        """The newest requests that belong to no tenant."""
        return jsonify(exchanges=[one.to_dict() for one in mock.strays.list()])


def _shown(fault: Fault, mock: Mock[W]) -> dict[str, Any]:
    """The fault as JSON; a wire fault with the port it needs, and with a warning where it cannot strike."""
    shown = fault.to_dict()
    if fault.layer == "app":
        return shown
    shown["fault_proxy"] = {"port": mock.fault_proxy_port, "needed": True}
    why = mock.proxy_bypassed
    if mock.fault_proxy_port is None:
        why = "this mock has no fault proxy: start it with --fault-proxy-port, and send requests there"
    return shown | {"warning": f"{fault.kind} cannot strike: {why}"} if why else shown


def _must_be_playable(fault: Fault, mock: Mock[W]) -> None:
    """Problem 400 for a redirect to a pre-signed address where the mock has none."""
    if fault.kind == "redirect" and fault.params["to"] == "signed" and not mock.has_signed_addresses:
        expected = "url, other_host, loop or plain_http"
        error = FieldError("params.to", expected, "This mock has no pre-signed addresses.", "signed")
        raise bad_request("This is no fault that can be planned.", error)


def _add_faults(bp: Blueprint, mock: Mock[W]) -> None:
    @bp.get("/faults")
    def list_faults() -> Reply:
        """Every fault planned, spent ones included."""
        return jsonify(faults=[_shown(fault, mock) for fault in mock.current_tenant().faults.list()])

    @bp.post("/faults")
    def plan_fault() -> Reply:
        """201 and the fault. A wire fault strikes only requests that come through the fault proxy: see ``fault_proxy``.

        ``warning`` says why it cannot strike where no request comes that way.
        """
        tenant = mock.current_tenant()
        fault = read_fault(json_object(), tenant.clock.now())
        _must_be_playable(fault, mock)
        try:
            tenant.faults.add(fault)
        except ValueError as exc:
            error = FieldError("id", "an id that is free", "Leave it out.", fault.id)
            raise Problem(409, "Taken", f"{exc}.", [error]) from exc
        return jsonify(_shown(fault, mock)), 201

    @bp.delete("/faults")
    def clear_faults() -> Reply:
        """204; requests that a fault is holding continue at once."""
        mock.current_tenant().faults.clear()
        return Response(status=_NO_CONTENT)

    @bp.delete("/faults/<fault_id>")
    def remove_fault(fault_id: str) -> Reply:
        """204, or 404."""
        if not mock.current_tenant().faults.remove(fault_id):
            raise Problem(404, "No such fault", f"No fault {fault_id!r} is planned in this tenant.")
        return Response(status=_NO_CONTENT)


def _add_clock_and_reset(bp: Blueprint, mock: Mock[W]) -> None:
    def clock_reply(tenant: W) -> Reply:
        return jsonify(tenant=tenant.name, now=tenant.clock.now().isoformat(), offset_s=tenant.clock.offset_s)

    @bp.get("/clock")
    def show_clock() -> Reply:
        """The tenant's time."""
        return clock_reply(mock.current_tenant())

    @bp.post("/clock")
    def advance_clock() -> Reply:
        """``{"advance_s": n}`` moves the tenant's clock forward."""
        tenant = mock.current_tenant()
        step = json_object().get("advance_s")
        try:
            tenant.clock.advance(float(step) if is_number(step) else -1)  # type: ignore[arg-type]  # is_number
        except ValueError as exc:
            expected = f"a number of seconds >= 0; {exc}"
            error = FieldError("advance_s", expected, "Send e.g. 60; POST /_mock/reset goes back.", step)
            raise bad_request("The clock cannot be moved like this.", error) from exc
        tenant.settings_changed()
        return clock_reply(tenant)

    @bp.post("/reset")
    def reset() -> Reply:
        """State, journal, faults, clock and files are cleared; the tenant's identity stays."""
        tenant = mock.current_tenant()
        tenant.reset_basics()
        mock.reset_tenant(tenant)
        tenant.settings_changed()
        return jsonify(tenant=tenant.name, status="reset")


def _add_evidence_and_dialect(bp: Blueprint, mock: Mock[W]) -> None:
    @bp.get("/evidence")
    def evidence() -> Reply:
        """Every behaviour, how we know it, and how often this tenant rested on it."""
        return jsonify(evidence=mock.evidence.report(mock.current_tenant()))

    @bp.get("/dialect")
    def dialect() -> Reply:
        """The tenant's switches and the defaults."""
        tenant = mock.current_tenant()
        return jsonify(tenant=tenant.name, dialect=tenant.dialect, defaults=mock.dialect.defaults())

    @bp.post("/dialect")
    def change_dialect() -> Reply:
        """Set some switches: ``{"name": value}``."""
        tenant, given = mock.current_tenant(), json_object()
        completed = mock.dialect_of({"dialect": given})
        tenant.change_dialect({name: completed[name] for name in given})
        tenant.settings_changed()
        return jsonify(tenant=tenant.name, dialect=tenant.dialect, defaults=mock.dialect.defaults())


def _add_recorder(bp: Blueprint, mock: Mock[W]) -> None:
    """Whole exchanges, for the traffic check: a tenant's, and those that belong to no tenant."""

    @bp.get("/recorder")
    def tenant_exchanges() -> Response:
        """Exchanges after ``since`` (an id), oldest first; ask again from ``last_id`` until it stays the same."""
        _refuse_unless_recording(mock)
        return _recorded_page(mock.current_tenant().recorder)

    @bp.get("/recorder/strays")
    def stray_exchanges() -> Response:
        """The same for requests to no tenant."""
        _refuse_unless_recording(mock)
        return _recorded_page(mock.stray_recorder)


def _refuse_unless_recording(mock: Mock[W]) -> None:
    if not mock.recording:
        error = FieldError("--recorder", "the mock started with it", "Start the mock with --recorder.", "not given")
        raise Problem(409, "The recorder is off", "This mock does not keep whole exchanges.", [error])


def _recorded_page(log: RecorderLog) -> Response:
    since, room = request.args.get("since", 0, type=int), PAGE_CHARS
    page: list[CapturedExchange] = []
    for captured in log.list(since):
        if page and captured.kept_bytes > room:
            break
        room -= captured.kept_bytes
        page.append(captured)
    document = {
        "exchanges": [one.to_dict() for one in page],
        "last_id": page[-1].id if page else since,
        "dropped": log.dropped,
        "under_way": log.under_way,
    }
    # In ASCII, whatever the mock's own JSON setting is: bytes that are not UTF-8 are sent as lone surrogates.
    return Response(json.dumps(document), content_type="application/json")
