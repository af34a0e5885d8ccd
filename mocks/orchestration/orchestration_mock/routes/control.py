"""Control of events and deliveries, what was written back, and the workflow calls: ``/_mock/*``."""

from __future__ import annotations

import json

from flask import Blueprint, Response, jsonify, request

from mock_kit.control import json_body, whole_number
from mock_kit.mock import Mock
from orchestration_mock.routes.configurator import add_configurator_views
from orchestration_mock.routes.control_issuer import add_failures, add_issuer
from orchestration_mock.tenant import OrchestrationTenant

MOST_DRAIN_S = 60
MOST_ROWS = 10_000
JSON = "application/json"
Reply = Response | tuple[Response, int]


def control_blueprint(mock: Mock[OrchestrationTenant]) -> Blueprint:
    """Every route takes ``?tenant=``; refusals are ``application/problem+json``."""
    bp = Blueprint("orchestration_control", __name__, url_prefix="/_mock")
    _add_events(bp, mock)
    _add_deliveries(bp, mock)
    _add_redelivery(bp, mock)
    _add_conversations(bp, mock)
    _add_workflows(bp, mock)
    add_configurator_views(bp, mock)
    add_issuer(bp, mock)
    add_failures(bp, mock)
    return bp


def _add_events(bp: Blueprint, mock: Mock[OrchestrationTenant]) -> None:
    @bp.post("/events")
    def fire() -> Reply:
        """202: which configurations matched and why the others did not, and the ids of the planned deliveries."""
        return jsonify(mock.current_tenant().engine.fire(json_body()).as_json()), 202

    @bp.get("/events")
    def events() -> Reply:
        """The newest ``limit`` events, oldest first: which configurations matched, and why the others did not."""
        limit = whole_number("limit", 200, MOST_ROWS) or 1
        return jsonify([fired.logged() for fired in mock.current_tenant().engine.fired()[-limit:]])


def _add_deliveries(bp: Blueprint, mock: Mock[OrchestrationTenant]) -> None:
    @bp.get("/deliveries")
    def deliveries() -> Reply:
        """The newest ``limit`` rows, oldest first; ``event_id`` filters, ``drain_s`` waits for running deliveries.

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


def _add_redelivery(bp: Blueprint, mock: Mock[OrchestrationTenant]) -> None:
    @bp.post("/deliveries/<id_>/redeliver")
    def redeliver(id_: str) -> Reply:
        """202 with the (first) new row and the ids of all; 409 while the old one is pending."""
        given = json_body(optional=True)
        body = given | {"delivery_ids": [id_]} if isinstance(given, dict) else given
        rows = mock.current_tenant().engine.redeliver(body)
        return jsonify(rows[0].as_json() | {"delivery_ids": [row.id for row in rows]}), 202

    @bp.post("/redeliveries")
    def redeliver_several() -> Reply:
        """202 with the new rows: ``delivery_ids``, or all of an ``event_id`` or ``contact_id``, in any order."""
        return jsonify([row.as_json() for row in mock.current_tenant().engine.redeliver(json_body())]), 202


def _add_conversations(bp: Blueprint, mock: Mock[OrchestrationTenant]) -> None:
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


def _add_workflows(bp: Blueprint, mock: Mock[OrchestrationTenant]) -> None:
    @bp.get("/workflows")
    def workflows() -> Reply:
        """The calls that the orchestration layer's stand-in has accepted."""
        return jsonify(mock.current_tenant().workflows.calls())

    @bp.put("/workflows/results/<contact_id>")
    def results(contact_id: str) -> Reply:
        """Set what the stand-in's synchronous answer says about a conversation's files."""
        return jsonify(mock.current_tenant().workflows.prepare(contact_id, json_body()))
