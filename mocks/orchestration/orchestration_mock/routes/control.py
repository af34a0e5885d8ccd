"""Control addresses beside the kit's: events, deliveries, the issuer's knobs, recorded workflow calls."""

from __future__ import annotations

import json

from flask import Blueprint, Response, jsonify, request

from mock_kit.control import whole_number
from mock_kit.mock import Mock
from orchestration_mock.model.forms import Form
from orchestration_mock.model.issuer.failures import KINDS
from orchestration_mock.routes.configurator import integration_document, integration_documents, secret_documents
from orchestration_mock.tenant import OrchestrationTenant
from orchestration_mock.wire.bodies import json_body

MOST_DRAIN_S = 60
MOST_ROWS = 10_000
MOST_EXPIRES_IN_S = 366 * 86_400
MOST_SKEW_S = 366 * 86_400
JSON = "application/json"
Reply = Response | tuple[Response, int]


def events_blueprint(mock: Mock[OrchestrationTenant]) -> Blueprint:
    """``/_mock/events`` and ``/_mock/deliveries``."""
    bp = Blueprint("events", __name__, url_prefix="/_mock")

    @bp.post("/events")
    def fire() -> Reply:
        """202: what matched and why not, and the ids of the deliveries now on their way."""
        return jsonify(mock.current_tenant().engine.fire(json_body()).as_json()), 202

    @bp.get("/events")
    def events() -> Reply:
        """The newest ``limit`` events, oldest first: which configurations matched, and why the others did not."""
        limit = whole_number("limit", 200, MOST_ROWS) or 1
        return jsonify([fired.logged() for fired in mock.current_tenant().engine.fired()[-limit:]])

    @bp.get("/deliveries")
    def deliveries() -> Reply:
        """The newest ``limit`` rows, oldest first; ``event_id`` filters, ``drain_s`` waits for what is on its way.

        With ``changed_since`` the rows whose ``change`` is higher, in that order: to read on, pass the last one.
        """
        engine = mock.current_tenant().engine
        drain_s = whole_number("drain_s", 0, MOST_DRAIN_S)
        if drain_s:
            engine.drain(drain_s)
        limit = whole_number("limit", 1000, MOST_ROWS) or 1
        since = whole_number("changed_since", None)
        if since is not None:
            return jsonify([row.as_json() for row in engine.log.changed(since, limit)])
        rows = engine.log.list(request.args.get("event_id"))[-limit:]
        return jsonify([row.as_json() for row in rows])

    @bp.get("/deliveries/<id_>")
    def delivery(id_: str) -> Reply:
        """One row."""
        return jsonify(mock.current_tenant().engine.log.get(id_).as_json())

    @bp.post("/deliveries/<id_>/redeliver")
    def redeliver(id_: str) -> Reply:
        """202 with the (first) new row and the ids of all; 409 while the old one is pending."""
        given = json_body() if request.get_data() else {}
        body = given | {"delivery_ids": [id_]} if isinstance(given, dict) else given
        rows = mock.current_tenant().engine.redeliver(body)
        return jsonify(rows[0].as_json() | {"delivery_ids": [row.id for row in rows]}), 202

    @bp.post("/redeliveries")
    def redeliver_several() -> Reply:
        """202 with the new rows: ``delivery_ids``, or all of an ``event_id`` or ``contact_id``, in any order."""
        return jsonify([row.as_json() for row in mock.current_tenant().engine.redeliver(json_body())]), 202

    @bp.get("/conversations")
    def conversations() -> Reply:
        """What was written back to conversations: attached data and changes; secrets masked."""
        tenant = mock.current_tenant()
        return Response(tenant.journal.masker.text(json.dumps(tenant.conversations.all())), mimetype=JSON)

    @bp.get("/conversations/<guid>")
    def conversation(guid: str) -> Reply:
        """One conversation; 404 when nothing was written back to it."""
        tenant = mock.current_tenant()
        return Response(tenant.journal.masker.text(json.dumps(tenant.conversations.get(guid))), mimetype=JSON)

    @bp.get("/workflows")
    def workflows() -> Reply:
        """The calls that the orchestration layer's stand-in has accepted."""
        return jsonify(mock.current_tenant().workflows.calls())

    @bp.put("/workflows/results/<contact_id>")
    def results(contact_id: str) -> Reply:
        """What the stand-in's synchronous answer will tell of a conversation's files."""
        return jsonify(mock.current_tenant().workflows.prepare(contact_id, json_body()))

    return bp


def office_blueprint(mock: Mock[OrchestrationTenant]) -> Blueprint:
    """What System Configurator's API tells too, for onlookers: looking here stands in no journal."""
    bp = Blueprint("office", __name__, url_prefix="/_mock")

    @bp.get("/secrets")
    def secrets() -> Reply:
        """All secrets without their values."""
        return jsonify(secret_documents(mock.current_tenant()))

    @bp.get("/event-driven-integrations")
    def integrations() -> Reply:
        """All configurations, oldest first."""
        return jsonify(integration_documents(mock.current_tenant()))

    @bp.get("/event-driven-integrations/<id_>")
    def integration(id_: str) -> Reply:
        """One configuration; 404 when there is none."""
        tenant = mock.current_tenant()
        return jsonify(integration_document(tenant, tenant.integrations.get(id_)))

    return bp


def issuer_blueprint(mock: Mock[OrchestrationTenant]) -> Blueprint:
    """``/_mock/oauth``."""
    bp = Blueprint("issuer_control", __name__, url_prefix="/_mock/oauth")

    @bp.get("")
    def show() -> Reply:
        """The issuer without its client's secret."""
        return jsonify(mock.current_tenant().issuer.describe())

    @bp.post("")
    def change() -> Reply:
        """``{"expires_in": seconds}`` for tokens issued from now on, ``{"clock_skew_s": ±seconds}``, or both."""
        issuer = mock.current_tenant().issuer
        form = Form(json_body())
        seconds, skew_s = form.whole("expires_in", issuer.expires_in_s), form.raw("clock_skew_s", issuer.skew_s)
        if not 1 <= seconds <= MOST_EXPIRES_IN_S:
            form.wrong("expires_in", f"1 to {MOST_EXPIRES_IN_S} seconds", "correct expires_in", seconds)
        if isinstance(skew_s, bool) or not isinstance(skew_s, int | float) or not abs(skew_s) <= MOST_SKEW_S:
            form.wrong("clock_skew_s", f"-{MOST_SKEW_S} to {MOST_SKEW_S} seconds", "correct clock_skew_s", skew_s)
        for name in form.unknown():
            form.wrong(name, "expires_in or clock_skew_s", f"remove {name}")
        form.done("The issuer")
        issuer.expires_in_s, issuer.skew_s = seconds, float(skew_s)
        return jsonify(issuer.describe())

    @bp.post("/rotate")
    def rotate() -> Reply:
        """A new signing key; ``{"keep_old": false}`` withdraws the old ones."""
        issuer = mock.current_tenant().issuer
        form = Form(json_body() if request.get_data() else {})
        keep_old = form.flag("keep_old", True)
        form.done("The key")
        issuer.rotate(keep_old=keep_old)
        return jsonify(issuer.describe())

    @bp.post("/revoke")
    def revoke() -> Reply:
        """``{"token": ...}`` or ``{"jti": ...}``: inactive from now on; its signature stays good."""
        issuer = mock.current_tenant().issuer
        form = Form(json_body())
        name = "jti" if form.has("jti") else "token"
        value = form.text(name)
        form.done("The revocation")
        return jsonify(jti=issuer.revoke(value).jti, revoked=True)

    return bp


def failures_blueprint(mock: Mock[OrchestrationTenant]) -> Blueprint:
    """``/_mock/oauth/failures``: what the issuer will do wrong."""
    bp = Blueprint("issuer_failures", __name__, url_prefix="/_mock/oauth/failures")

    @bp.get("")
    def show() -> Reply:
        """The failures planned, spent ones included, and all kinds there are."""
        planned = [mishap.as_json() for mishap in mock.current_tenant().issuer.mishaps.all()]
        return jsonify(failures=planned, kinds=list(KINDS))

    @bp.post("")
    def plan() -> Reply:
        """201; ``{"kind", "times": 1}``, ``times`` 0 or null: until it is removed."""
        tenant = mock.current_tenant()
        form = Form(json_body())
        kind = form.choice("kind", KINDS)
        endless = form.has("times") and form.raw("times") is None
        times = None if endless else form.whole("times", 1) or None
        form.done("The failure", "planned")
        tenant.touch("oauth.failures")
        return jsonify(tenant.issuer.plan_failure(kind, times).as_json()), 201

    @bp.delete("")
    def clear() -> Reply:
        """204; all is well again."""
        mock.current_tenant().issuer.mishaps.clear()
        return Response(status=204)

    @bp.delete("/<id_>")
    def remove(id_: str) -> Reply:
        """204, or 404."""
        mock.current_tenant().issuer.mishaps.remove(id_)
        return Response(status=204)

    return bp
