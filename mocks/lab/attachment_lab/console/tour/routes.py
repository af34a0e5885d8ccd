"""``/w/<tenant>/tour/``: begins the tour, makes a step happen, and returns its progress."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from attachment_lab.console.pages import PAGES
from attachment_lab.console.tour.steps import step, steps
from attachment_lab.console.web.page import ConsolePage, json_object, problem_response, tenant_session
from attachment_lab.errors import WrongUse

NAMES = frozenset(page.name for page in PAGES)


def blueprint() -> Blueprint:
    """The routes that tour.js calls."""
    bp = Blueprint("tour", __name__)

    @bp.errorhandler(LookupError)
    def no_such_step(error: LookupError) -> tuple[Response, int]:
        """404 with the steps that there are."""
        return problem_response(HTTPStatus.NOT_FOUND, str(error))

    @bp.get("/")
    def page() -> AnyResponse:
        """The tour's first step, from the beginning; ``auto`` and ``speed`` are kept."""
        kept: dict[str, Any] = {name: request.args[name] for name in ("auto", "speed") if name in request.args}
        tenant_session().tour.begin()
        return redirect(url_for("chain.page", tour=steps()[0].id, **kept))

    _add_steps(bp)
    return bp


def _add_steps(bp: Blueprint) -> None:
    @bp.get("/api/steps")
    def listed() -> Response:
        """The whole table: ``{"steps": [{"id", "title", "caption", "anchor", …}]}``."""
        return jsonify(steps=steps())

    @bp.post("/api/steps/<step_id>")
    def enter(step_id: str) -> Response:
        """``{"speed": n}``: does what must have happened for this step. Returns the same as GET."""
        speed = json_object().get("speed", 1)
        if isinstance(speed, bool) or not isinstance(speed, int | float):
            raise WrongUse(f"speed: {speed!r} is no number")
        tenant_session().tour.enter(step_id, speed=float(speed))
        return jsonify(_state(step_id))

    @bp.get("/api/steps/<step_id>")
    def state(step_id: str) -> Response:
        """``{"ready", "urls": {step: address}}``: whether the step's condition holds, and each step's page."""
        return jsonify(_state(step_id))

    @bp.post("/api/finish")
    def finish() -> Response:
        """The last caption was shown."""
        json_object()
        tenant_session().tour.finish()
        return jsonify(tenant_session().tour.verdict())

    @bp.get("/api/verdict")
    def verdict() -> Response:
        """``{"finished", "ok", "missing"}``."""
        return jsonify(tenant_session().tour.verdict())


def _state(step_id: str) -> dict[str, Any]:
    tour, entered = tenant_session().tour, step(step_id)
    facts = tour.facts()
    return {"ready": tour.holds(entered.until), "urls": {each.id: each.url(facts, NAMES) for each in steps()}}


TOUR = ConsolePage(name="tour", title="Tour", icon="play", order=0, make=blueprint)
