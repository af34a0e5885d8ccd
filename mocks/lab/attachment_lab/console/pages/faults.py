"""Faults and clock: break a hop on purpose, let time pass, and play scenarios with one press."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

from flask import Blueprint, Response, jsonify, render_template, request

from attachment_lab.console.desk import Desk, Hands
from attachment_lab.console.faulting import (
    BadFault,
    plan_fault,
    planned,
    read_form,
    remove_all,
    remove_fault,
)
from attachment_lab.console.frame import Page, desk, desks, json_object, stream, told
from attachment_lab.console.playhouse import Playhouse
from attachment_lab.errors import LabError, WrongUse
from attachment_lab.faults.forms import catalogue
from attachment_lab.faults.locations import LOCATIONS, kinds_at
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
    houses: WeakKeyDictionary[Desk, Playhouse] = WeakKeyDictionary()

    def house() -> Playhouse:
        mine, hands = desk(), desks().hands
        return houses.setdefault(mine, Playhouse(lambda: _ground(mine, hands)))

    _add_reading(bp, house)
    _add_faults(bp)
    _add_clock(bp)

    @bp.post("/api/scenarios/<name>")
    def play(name: str) -> tuple[Response, int]:
        """202; it plays in the background. 404 unknown; 409 while one plays, or where the stack cannot play it."""
        json_object()
        try:
            wanted = scenario(name)
        except WrongUse as exc:
            return told(HTTPStatus.NOT_FOUND, str(exc))
        house().start(wanted)
        return jsonify(house().stand.to_json()), HTTPStatus.ACCEPTED

    return bp


def _add_reading(bp: Blueprint, house: Any) -> None:
    @bp.get("/")
    def page() -> str:
        """The page."""
        ground = _ground(desk(), desks().hands)
        rows = [(each, obstacle(each, ground)) for each in SCENARIOS]
        return render_template("faults.html", scenarios=rows, ground=ground, tenants_moved=len(desks().names()))

    @bp.get("/api/catalogue")
    def show_catalogue() -> Response:
        """Places and kinds with their forms, and whether wire faults can strike here."""
        places = [asdict(place) | {"kinds": kinds_at(place)} for place in LOCATIONS]
        return jsonify(places=places, kinds=catalogue(), fault_proxy=desks().hands.fault_proxy)

    @bp.get("/api/state")
    def state() -> Response:
        """One reading: ``{"faults", "clocks", "scenarios", "picture"}``; ``?chat=`` chooses the picture's chat."""
        return jsonify(_state(desk(), desks().hands, house(), request.args.get("chat")))

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: a reading whenever it differs."""
        mine, hands, mine_house, chat = desk(), desks().hands, house(), request.args.get("chat")
        return stream(lambda: _state(mine, hands, mine_house, chat), "faults")


def _add_faults(bp: Blueprint) -> None:
    @bp.post("/api/faults")
    def plan() -> tuple[Response, int]:
        """201 and the fault; 400 with ``errors`` per field."""
        try:
            form = read_form(json_object(), fault_proxy=desks().hands.fault_proxy)
        except BadFault as exc:
            errors = [each.to_dict() for each in exc.errors]
            answer = jsonify(title="Bad Request", status=HTTPStatus.BAD_REQUEST, detail=str(exc), errors=errors)
            answer.content_type = "application/problem+json"
            return answer, HTTPStatus.BAD_REQUEST
        return jsonify(plan_fault(desk().reconciliation, form)), HTTPStatus.CREATED

    @bp.delete("/api/faults/<mock>/<fault_id>")
    def remove(mock: str, fault_id: str) -> tuple[Response, int]:
        """204, or 404."""
        if not remove_fault(desk().reconciliation, mock, fault_id):
            return told(HTTPStatus.NOT_FOUND, "this fault is not planned (any more)")
        return Response(), HTTPStatus.NO_CONTENT

    @bp.delete("/api/faults")
    def clear() -> tuple[Response, int]:
        """204."""
        remove_all(desk().reconciliation)
        return Response(), HTTPStatus.NO_CONTENT


def _add_clock(bp: Blueprint) -> None:
    @bp.post("/api/clock")
    def advance() -> tuple[Response, int]:
        """``{"seconds": n, "all": true}`` moves the service and all tenants; ``all`` false: this one's mocks alone."""
        body = json_object()
        seconds, everything, clock_file = body.get("seconds"), body.get("all", True), desks().hands.clock_file
        if not is_number(seconds) or not 0 < float(seconds or 0) <= MOST_STEP_S:
            return told(HTTPStatus.BAD_REQUEST, f"seconds: a number above 0 and at most {MOST_STEP_S} (a week)")
        if not isinstance(everything, bool):
            return told(HTTPStatus.BAD_REQUEST, "all: true or false")
        if everything and clock_file is None:
            return told(HTTPStatus.CONFLICT, "the service runs elsewhere: its clock cannot be moved from here")
        if everything and clock_file is not None:
            advance_stack(desk().to, clock_file, float(seconds or 0))
        else:
            advance_tenant(desk().to, desk().names.name, float(seconds or 0))
        clocks = read_clocks(desk().to, desk().names.name, clock_file)
        return jsonify(clocks=[_clock(each) for each in clocks]), HTTPStatus.OK


def _ground(mine: Desk, hands: Hands) -> ScenarioContext:
    return ScenarioContext(
        reconciliation=mine.reconciliation,
        clock_file=hands.clock_file,
        worker_health_port=hands.worker_health_port,
        fault_proxy=hands.fault_proxy,
    )


def _state(mine: Desk, hands: Hands, house: Playhouse, chat: str | None) -> dict[str, Any]:
    stand = house.stand
    clocks = read_clocks(mine.to, mine.names.name, hands.clock_file)
    return {
        "faults": planned(mine.reconciliation),
        "clocks": [_clock(each) for each in clocks],
        "scenarios": stand.to_json(),
        **_picture(mine, (stand.act.chat if stand.act else None) or chat),
    }


def _picture(mine: Desk, chat: str | None) -> dict[str, Any]:
    """The stack; a fault that strikes the lab's own reading must not hide the faults themselves."""
    try:
        picture = mine.watch.reading(chat).picture
    except LabError as exc:
        return {"picture": None, "trouble": str(exc)}
    return {"picture": picture.to_json() if picture else None, "trouble": None}


def _clock(reading: Any) -> dict[str, Any]:
    """Without the time itself, which would change with every look: the page adds the offset to its own clock."""
    return {"name": reading.name, "offset_s": round(reading.offset_s, 1)}


PAGE = Page(name="faults", title="Faults and clock", icon="flask", order=70, make=blueprint)
