"""Guided set-up: the documentation's steps in their order, each with its state, what does it, and what spoils it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, jsonify, render_template

from attachment_lab.console.session.shared_reading import SharedReading
from attachment_lab.console.session.tenant_session import TenantSession
from attachment_lab.console.web.page import ConsolePage, json_object, stream, tenant_session
from attachment_lab.errors import LabError
from attachment_lab.tenant.set_up.doing import SetUp
from attachment_lab.tenant.set_up.mistakes import MISTAKES, make_mistake
from attachment_lab.tenant.set_up.model import step_texts

FRESH_S = 0.8


def blueprint() -> Blueprint:
    """The page, its stream, and what its buttons do."""
    bp = Blueprint("guided", __name__)
    _add_reading(bp)

    @bp.post("/api/steps/<step_id>/do")
    def do(step_id: str) -> Response:
        """Do one step; returns the states, and ``retried``. 409 for an unknown step, or one that comes too early."""
        json_object()
        return jsonify(guided().repair(lambda set_up: set_up.do(step_id)))

    @bp.post("/api/do-all")
    def do_all() -> Response:
        """Do every step that is missing or wrong, in order; returns the states, and ``retried``."""
        json_object()
        return jsonify(guided().repair(lambda set_up: set_up.do_all()))

    @bp.post("/api/mistakes/<mistake_id>")
    def spoil(mistake_id: str) -> Response:
        """Make a mistake on purpose; returns the states. 409 for an unknown one, or where the set-up is not so far."""
        json_object()
        to = tenant_session().to
        return jsonify(guided().act(lambda set_up: make_mistake(to, set_up.facts, mistake_id)))

    return bp


def _add_reading(bp: Blueprint) -> None:
    @bp.get("/")
    def page() -> str:
        """The page; ``#step-ID`` shows a step."""
        groups = [(name, list(steps)) for name, steps in groupby(step_texts(), key=lambda text: text.group)]
        titles = {text.id: text for text in step_texts()}
        return render_template("guided.html", groups=groups, mistakes=MISTAKES, titles=titles)

    @bp.get("/api/steps")
    def steps() -> Response:
        """``{"done", "total", "steps"}``, every step with its state."""
        return jsonify(guided().reading())

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: the states whenever one differs."""
        mine = guided()
        return stream(mine.reading, "steps")


class GuidedSetUp:
    """The set-up of one tenant for all its open pages."""

    def __init__(self, session: TenantSession) -> None:
        options = session.options
        self._set_up = SetUp(session.to, session.names, events=options.events if options else ("Ended",))
        self.reading = SharedReading(self._read, for_s=FRESH_S)

    def act(self, work: Callable[[SetUp], object]) -> dict[str, Any]:
        """Do something; returns the states after it."""
        try:
            work(self._set_up)
        finally:
            self.reading.forget()
        found: dict[str, Any] = self.reading()
        return found

    def repair(self, work: Callable[[SetUp], object]) -> dict[str, Any]:
        """The same; once every step is done, transfers that failed before are retried (``retried``: how many)."""
        found = self.act(work)
        try:
            retried = self._set_up.retry_failed()
        except LabError:
            retried = 0  # the service is down: the set-up is done all the same
        return found | {"retried": retried}

    def _read(self) -> dict[str, Any]:
        steps = self._set_up.steps()
        return {
            "done": sum(each.is_done for each in steps),
            "total": len(steps),
            "steps": [{"id": each.id, **asdict(each.result)} for each in steps],
        }


def guided() -> GuidedSetUp:
    """The set-up of the running request's tenant."""
    return tenant_session().of(GuidedSetUp)


PAGE = ConsolePage(name="guided", title="Guided set-up", icon="check", order=35, make=blueprint)
