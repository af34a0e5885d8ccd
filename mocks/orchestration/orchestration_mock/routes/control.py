"""Control addresses beside the kit's: events, deliveries, the issuer's knobs, recorded workflow calls."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from mock_kit.control import whole_number
from mock_kit.mock import Mock
from orchestration_mock.model.errors import invalid
from orchestration_mock.model.forms import Form
from orchestration_mock.model.world import OrchestrationWorld
from orchestration_mock.wire.reading import json_body

MOST_DRAIN_S = 60
MOST_ROWS = 10_000
MOST_EXPIRES_IN_S = 366 * 86_400
Reply = Response | tuple[Response, int]


def events_blueprint(mock: Mock[OrchestrationWorld]) -> Blueprint:
    """``/_mock/events`` and ``/_mock/deliveries``."""
    bp = Blueprint("events", __name__, url_prefix="/_mock")

    @bp.post("/events")
    def fire() -> Reply:
        """202: what matched and why not, and the ids of the deliveries now on their way."""
        return jsonify(mock.asked_world().engine.fire(json_body()).as_json()), 202

    @bp.get("/deliveries")
    def deliveries() -> Reply:
        """The newest ``limit`` rows, oldest first; ``event_id`` filters, ``drain_s`` waits for what is on its way."""
        engine = mock.asked_world().engine
        drain_s = whole_number("drain_s", 0, MOST_DRAIN_S)
        if drain_s:
            engine.drain(drain_s)
        limit = whole_number("limit", 1000, MOST_ROWS) or 1
        rows = engine.log.list(request.args.get("event_id"))[-limit:]
        return jsonify([row.as_json() for row in rows])

    @bp.get("/deliveries/<id_>")
    def delivery(id_: str) -> Reply:
        """One row."""
        return jsonify(mock.asked_world().engine.log.get(id_).as_json())

    @bp.post("/deliveries/<id_>/redeliver")
    def redeliver(id_: str) -> Reply:
        """202 with the new row; 409 while the old one is pending."""
        return jsonify(mock.asked_world().engine.redeliver(id_).as_json()), 202

    @bp.get("/workflows")
    def workflows() -> Reply:
        """The calls that the orchestration layer's stand-in has accepted."""
        return jsonify(mock.asked_world().workflows.calls())

    return bp


def issuer_blueprint(mock: Mock[OrchestrationWorld]) -> Blueprint:
    """``/_mock/oauth``."""
    bp = Blueprint("issuer_control", __name__, url_prefix="/_mock/oauth")

    @bp.get("")
    def show() -> Reply:
        """The issuer without its client's secret."""
        return jsonify(mock.asked_world().issuer.describe())

    @bp.post("")
    def change() -> Reply:
        """``{"expires_in": seconds}`` for tokens issued from now on."""
        issuer = mock.asked_world().issuer
        form = Form(json_body())
        seconds = form.whole("expires_in")
        form.done("The issuer")
        if not 1 <= seconds <= MOST_EXPIRES_IN_S:
            raise invalid("expires_in", f"1 to {MOST_EXPIRES_IN_S} seconds", "correct expires_in", str(seconds))
        issuer.expires_in_s = seconds
        return jsonify(issuer.describe())

    @bp.post("/rotate")
    def rotate() -> Reply:
        """A new signing key; ``{"keep_old": false}`` withdraws the old ones."""
        issuer = mock.asked_world().issuer
        form = Form(json_body() if request.get_data() else {})
        keep_old = form.flag("keep_old", True)
        form.done("The key")
        issuer.rotate(keep_old=keep_old)
        return jsonify(issuer.describe())

    @bp.post("/revoke")
    def revoke() -> Reply:
        """``{"token": ...}`` or ``{"jti": ...}``: inactive from now on; its signature stays good."""
        issuer = mock.asked_world().issuer
        form = Form(json_body())
        name = "jti" if form.has("jti") else "token"
        value = form.text(name)
        form.done("The revocation")
        return jsonify(jti=issuer.revoke(value).jti, revoked=True)

    return bp
