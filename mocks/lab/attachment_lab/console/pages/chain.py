"""Chain: the live picture of a chat's files on their way, and the button that plays one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from attachment_lab.console.desk import Desk
from attachment_lab.console.frame import Page, desk, desks, json_object, stream, told
from attachment_lab.console.stage import OFFERED, Play
from attachment_lab.demo.run import assumptions
from attachment_lab.errors import RequestRefused


def blueprint() -> Blueprint:
    """The page, its stream, and what its button does."""
    bp = Blueprint("chain", __name__)
    _add_reading(bp)
    _add_many(bp)

    @bp.post("/api/retry/<transfer_id>")
    def retry(transfer_id: str) -> tuple[Response, int]:
        """Run a transfer again as its operator would: 202 ``{"id", "state"}``; 409 with the service's reason."""
        json_object()
        try:
            found = desk().reconciliation.service.retry(transfer_id)
        except RequestRefused as exc:
            return told(HTTPStatus.NOT_FOUND if exc.status == HTTPStatus.NOT_FOUND else HTTPStatus.CONFLICT, str(exc))
        return jsonify(id=found.id, state=found.state), HTTPStatus.ACCEPTED

    @bp.post("/api/play")
    def play() -> tuple[Response, int]:
        """``{"slow": bool, "fault": name or null}`` -> 202 ``{"guid"}``; 409 while one is playing."""
        body = json_object()
        fault = body.get("fault") or None
        if fault is not None and fault not in OFFERED:
            return told(HTTPStatus.BAD_REQUEST, f"fault: one of {', '.join(OFFERED)}")
        return jsonify(guid=desk().stage.play(Play(slow=bool(body.get("slow", True)), fault=fault))), 202

    return bp


def _add_reading(bp: Blueprint) -> None:
    @bp.get("/")
    def page() -> str:
        """The page."""
        return render_template("chain.html")

    @bp.get("/operator")
    def operator() -> AnyResponse:
        """The service's own page for operators."""
        return redirect(f"{desks().urls['service']}/operator")

    @bp.get("/api/chain")
    def chain() -> Response:
        """One reading: ``{"chats", "picture", "is_playing", "error"}``; ``?chat=`` chooses."""
        return jsonify(_shown(desk(), request.args.get("chat")))

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: a reading whenever it differs from the last one sent."""
        mine, guid = desk(), request.args.get("chat")
        return stream(lambda: _shown(mine, guid), "chain")

    @bp.get("/api/journey")
    def journey() -> Response | tuple[Response, int]:
        """``{"picture", "journey"}`` of a chat, to play it again; ``?chat=`` chooses."""
        found = desk().watch.journey(request.args.get("chat"))
        if found is None:
            return told(HTTPStatus.NOT_FOUND, "there is no chat yet; play one first")
        picture, way = found
        return jsonify(picture=picture.to_json(), journey=way.to_json())

    @bp.get("/api/assumptions")
    def list_assumptions() -> Response:
        """Undocumented vendor behaviour that showed itself in this tenant."""
        return jsonify([vars(each) for each in assumptions(desk().to, desk().names.name)])


def _add_many(bp: Blueprint) -> None:
    @bp.get("/api/all")
    def everything() -> Response:
        """All conversations as lanes; ``?q=`` filters by customer, file, state or guid."""
        return jsonify(_lanes(desk(), request.args.get("q", "")))

    @bp.get("/all-events")
    def all_events() -> Response:
        """Server-sent events: the lanes whenever they differ."""
        mine, query = desk(), request.args.get("q", "")
        return stream(lambda: _lanes(mine, query), "lanes")


def _lanes(mine: Desk, query: str) -> dict[str, Any]:
    return mine.watch.lanes(query).to_json() | {"is_playing": mine.stage.is_playing, "error": mine.stage.last_error}


def _shown(mine: Desk, guid: str | None) -> dict[str, Any]:
    return mine.watch.reading(guid).to_json() | {"is_playing": mine.stage.is_playing, "error": mine.stage.last_error}


PAGE = Page(name="chain", title="Chain", icon="bolt", order=10, make=blueprint)
