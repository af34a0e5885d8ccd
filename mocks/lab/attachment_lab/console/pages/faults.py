"""Faults and clock: break a hop on purpose, let time pass, and play scenarios."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.console.forms.fault_form import (
    InvalidFault,
    plan_fault,
    planned,
    read_form,
)
from attachment_lab.console.matrix.view import view
from attachment_lab.console.session.scenario_runner import ScenarioRunner
from attachment_lab.console.session.tenant_session import StackControl, TenantSession
from attachment_lab.console.web.page import (
    ConsolePage,
    json_object,
    problem_response,
    stream,
    tenant_session,
    tenant_sessions,
)
from attachment_lab.errors import LabError, WrongUse
from attachment_lab.faults.forms import catalogue
from attachment_lab.faults.locations import LOCATIONS, kinds_at
from attachment_lab.matrix.play import known_run
from attachment_lab.scenarios.player import obstacle
from attachment_lab.scenarios.run import ScenarioContext
from attachment_lab.scenarios.table import SCENARIOS, scenario
from attachment_lab.stack.clocks import advance_stack, advance_tenant, read_clocks
from mock_kit.faults.kinds import is_number

#: The furthest that one press moves the clock: a week.
MOST_STEP_S = 7 * 86_400


def blueprint() -> Blueprint:
    """The page, its stream, and what its buttons do."""
    bp = Blueprint("faults", __name__)
    _add_reading(bp)
    _add_faults(bp)
    _add_clock(bp)

    @bp.post("/api/scenarios/<name>")
    def play(name: str) -> tuple[Response, int]:
        """202; it plays in the background. 404 unknown; 409 while one plays, or where the stack cannot play it."""
        json_object()
        try:
            wanted = scenario(name)
        except WrongUse as exc:
            return problem_response(HTTPStatus.NOT_FOUND, str(exc))
        scenario_runner().start(wanted)
        return jsonify(scenario_runner().state.to_json()), HTTPStatus.ACCEPTED

    return bp


def scenario_runner() -> ScenarioRunner:
    """The runner of the running request's tenant."""
    return tenant_session().of(_make_runner)


def _make_runner(session: TenantSession) -> ScenarioRunner:
    control = tenant_sessions().control
    return ScenarioRunner(lambda: _ground(session, control))


def _add_reading(bp: Blueprint) -> None:
    @bp.get("/")
    def page() -> str:
        """The page."""
        ground = _ground(tenant_session(), tenant_sessions().control)
        rows = [(each, obstacle(each, ground)) for each in SCENARIOS]
        moved = len(tenant_sessions().names())
        return render_template("faults.html", scenarios=rows, ground=ground, tenants_moved=moved)

    @bp.get("/matrix/")
    def matrix() -> str:
        """The fault matrix: this machine's last run, or the one that came with the program."""
        return render_template("matrix.html", **view(known_run()))

    @bp.get("/api/catalogue")
    def show_catalogue() -> Response:
        """Locations and kinds with their forms, and whether wire faults can strike here."""
        shown = ("hop", "station", "has_fault_proxy")
        locations = [
            asdict(each) | {name: getattr(each, name) for name in shown} | {"kinds": kinds_at(each)}
            for each in LOCATIONS
        ]
        return jsonify(locations=locations, kinds=catalogue(), fault_proxy=tenant_sessions().control.fault_proxy)

    @bp.get("/api/state")
    def state() -> Response:
        """One reading: ``{"faults", "clocks", "scenarios", "picture"}``; ``?chat=`` chooses the picture's chat."""
        return jsonify(_state(tenant_session(), tenant_sessions().control, scenario_runner(), request.args.get("chat")))

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: a reading whenever it differs."""
        session, control, runner = tenant_session(), tenant_sessions().control, scenario_runner()
        chat = request.args.get("chat")
        return stream(lambda: _state(session, control, runner, chat), "faults")


def _add_faults(bp: Blueprint) -> None:
    @bp.post("/api/faults")
    def plan() -> tuple[Response, int]:
        """201 and the fault; 400 with ``errors`` per field."""
        try:
            form = read_form(json_object(), fault_proxy=tenant_sessions().control.fault_proxy)
        except InvalidFault as exc:
            errors = [each.to_dict() for each in exc.errors]
            answer = jsonify(title="Bad Request", status=HTTPStatus.BAD_REQUEST, detail=str(exc), errors=errors)
            answer.content_type = "application/problem+json"
            return answer, HTTPStatus.BAD_REQUEST
        return jsonify(plan_fault(tenant_session().reconciliation, form)), HTTPStatus.CREATED

    @bp.delete("/api/faults/<mock>/<fault_id>")
    def remove(mock: str, fault_id: str) -> tuple[Response, int]:
        """204, or 404."""
        if not tenant_session().reconciliation.control(mock).remove_fault(fault_id):
            return problem_response(HTTPStatus.NOT_FOUND, "this fault is not planned (any more)")
        return Response(), HTTPStatus.NO_CONTENT

    @bp.delete("/api/faults")
    def clear() -> tuple[Response, int]:
        """204."""
        for mock in MOCKS:
            tenant_session().reconciliation.control(mock).clear_faults()
        return Response(), HTTPStatus.NO_CONTENT


def _add_clock(bp: Blueprint) -> None:
    @bp.post("/api/clock")
    def advance() -> tuple[Response, int]:
        """``{"seconds": n, "all": true}`` moves the service and all tenants; ``all`` false: this one's mocks alone."""
        body = json_object()
        seconds, everything = body.get("seconds"), body.get("all", True)
        session, clock_file = tenant_session(), tenant_sessions().control.clock_file
        if not is_number(seconds) or not 0 < float(seconds or 0) <= MOST_STEP_S:
            words = f"seconds: a number above 0 and at most {MOST_STEP_S} (a week)"
            return problem_response(HTTPStatus.BAD_REQUEST, words)
        if not isinstance(everything, bool):
            return problem_response(HTTPStatus.BAD_REQUEST, "all: true or false")
        if not everything:
            advance_tenant(session.to, session.names.name, float(seconds or 0))
        elif clock_file is None:
            words = "the service runs elsewhere: its clock cannot be moved from here"
            return problem_response(HTTPStatus.CONFLICT, words)
        else:
            advance_stack(session.to, clock_file, float(seconds or 0))
        clocks = read_clocks(session.to, session.names.name, clock_file)
        return jsonify(clocks=[_clock(each) for each in clocks]), HTTPStatus.OK


def _ground(session: TenantSession, control: StackControl) -> ScenarioContext:
    return ScenarioContext(
        reconciliation=session.reconciliation,
        clock_file=control.clock_file,
        worker_health_port=control.worker_health_port,
        fault_proxy=control.fault_proxy,
    )


def _state(session: TenantSession, control: StackControl, runner: ScenarioRunner, chat: str | None) -> dict[str, Any]:
    state = runner.state
    clocks = read_clocks(session.to, session.names.name, control.clock_file)
    return {
        "faults": planned(session.reconciliation),
        "clocks": [_clock(each) for each in clocks],
        "scenarios": state.to_json(),
        **_picture(session, (state.playing.chat if state.playing else None) or chat),
    }


def _picture(session: TenantSession, chat: str | None) -> dict[str, Any]:
    """The picture; a fault that strikes the lab's own reading must not hide the faults themselves."""
    try:
        picture = session.watch.reading(chat).picture
    except LabError as exc:
        return {"picture": None, "trouble": str(exc)}
    return {"picture": picture, "trouble": None}


def _clock(reading: Any) -> dict[str, Any]:
    """Without the time itself, which differs at each reading: the page adds the offset to its own clock."""
    return {"name": reading.name, "offset_s": round(reading.offset_s, 1)}


PAGE = ConsolePage(name="faults", title="Faults and clock", icon="flask", order=70, make=blueprint)
