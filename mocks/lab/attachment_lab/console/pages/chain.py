"""Chain: the live picture of a chat's files on their way, and the button that plays a chat."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from attachment_lab.console.session.demo_player import OFFERED
from attachment_lab.console.session.tenant_session import TenantSession
from attachment_lab.console.web.page import (
    ConsolePage,
    json_object,
    problem_response,
    stream,
    tenant_session,
    tenant_sessions,
)
from attachment_lab.demo.assumptions import assumptions
from attachment_lab.errors import RequestRefused


def blueprint() -> Blueprint:
    """The page, its stream, and what its button does."""
    bp = Blueprint("chain", __name__)
    _add_reading(bp)
    _add_overview(bp)

    @bp.post("/api/retry/<transfer_id>")
    def retry(transfer_id: str) -> tuple[Response, int]:
        """Run a transfer again as its operator would: 202 ``{"id", "state"}``; 409 with the service's reason."""
        json_object()
        try:
            found = tenant_session().reconciliation.service.retry(transfer_id)
        except RequestRefused as exc:
            return problem_response(
                HTTPStatus.NOT_FOUND if exc.status == HTTPStatus.NOT_FOUND else HTTPStatus.CONFLICT, str(exc)
            )
        return jsonify(id=found.id, state=found.state), HTTPStatus.ACCEPTED

    @bp.post("/api/play")
    def play() -> tuple[Response, int]:
        """``{"slow": bool, "fault": name or null}`` -> 202 ``{"guid"}``; 409 while one is playing."""
        body = json_object()
        fault = body.get("fault") or None
        if fault is not None and fault not in OFFERED:
            return problem_response(HTTPStatus.BAD_REQUEST, f"fault: one of {', '.join(OFFERED)}")
        return jsonify(guid=tenant_session().demo.play(slow=bool(body.get("slow", True)), fault=fault)), 202

    return bp


def _add_reading(bp: Blueprint) -> None:
    @bp.get("/")
    def page() -> str:
        """The page."""
        return render_template("chain.html")

    @bp.get("/operator")
    def operator() -> AnyResponse:
        """The service's own page for operators."""
        return redirect(f"{tenant_sessions().urls['service']}/operator")

    @bp.get("/api/chain")
    def chain() -> Response:
        """One reading: ``{"chats", "picture", "is_playing", "error"}``; ``?chat=`` chooses."""
        return jsonify(_shown(tenant_session(), request.args.get("chat")))

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: a reading whenever it differs from the last one sent."""
        session, guid = tenant_session(), request.args.get("chat")
        return stream(lambda: _shown(session, guid), "chain")

    @bp.get("/api/journey")
    def journey() -> Response | tuple[Response, int]:
        """``{"picture", "journey"}`` of a chat, to play it again; ``?chat=`` chooses."""
        found = tenant_session().watch.journey(request.args.get("chat"))
        if found is None:
            return problem_response(HTTPStatus.NOT_FOUND, "there is no chat yet; play one first")
        picture, way = found
        return jsonify(picture=picture, journey=way)

    @bp.get("/api/assumptions")
    def list_assumptions() -> Response:
        """Undocumented vendor behaviour that showed itself in this tenant."""
        return jsonify([each.to_json() for each in assumptions(tenant_session().to, tenant_session().names.name)])


def _add_overview(bp: Blueprint) -> None:
    @bp.get("/api/overview")
    def overview() -> Response:
        """All conversations, a row each; ``?q=`` filters by customer, file, state or guid."""
        return jsonify(_overview(tenant_session(), request.args.get("q", "")))

    @bp.get("/overview-events")
    def overview_events() -> Response:
        """Server-sent events: the overview whenever it differs."""
        session, query = tenant_session(), request.args.get("q", "")
        return stream(lambda: _overview(session, query), "overview")


def _overview(session: TenantSession, query: str) -> dict[str, Any]:
    return session.watch.overview(query).to_json() | {
        "is_playing": session.demo.is_playing,
        "error": session.demo.last_error,
    }


def _shown(session: TenantSession, guid: str | None) -> dict[str, Any]:
    return vars(session.watch.reading(guid)) | {
        "is_playing": session.demo.is_playing,
        "error": session.demo.last_error,
    }


PAGE = ConsolePage(name="chain", title="Chain", icon="bolt", order=10, make=blueprint)
