"""What an administrator, an agent's desktop or a test does to the tenant: ``/_mock/*`` as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from c4c_mock.evidence import seen
from c4c_mock.model import cti
from c4c_mock.model.access import Arrangement, User, known_services, password_problem
from c4c_mock.model.listing import attachments_of
from c4c_mock.model.world import C4CWorld
from mock_kit.app import Mock
from mock_kit.control import json_object
from mock_kit.problem import FieldError, Problem

SCENARIO = "OData Services for Business Objects"
"""The communication scenario. Source: Sinch configuration guide; documented."""

Answer = tuple[Response, int]


def control_blueprint(mock: Mock[C4CWorld]) -> Blueprint:
    """The C4C-specific control routes; each takes ``?world=``."""
    bp = Blueprint("c4c_control", __name__, url_prefix="/_mock")
    _add_logins(bp, mock)
    _add_business(bp, mock)
    return bp


def _add_logins(bp: Blueprint, mock: Mock[C4CWorld]) -> None:
    @bp.post("/communication-systems")
    def add_system() -> Answer:
        """``{"id", "host"?}``: without a system no external reference is ever stored."""
        return jsonify(store_system(mock.asked_world(), json_object())), 201

    @bp.post("/communication-arrangements")
    def add_arrangement() -> Answer:
        """``{"scenario", "system", "authentication", "user", "password", "services"}``."""
        return jsonify(store_arrangement(mock.asked_world(), json_object())), 201

    @bp.post("/users")
    def add_user() -> Answer:
        """``{"user", "password", "kind": "business"}``: a person's login, who needs CSRF tokens."""
        return jsonify(store_user(mock.asked_world(), json_object())), 201

    @bp.post("/users/<name>/unlock")
    def unlock(name: str) -> Answer:
        """Lift a lockout."""
        if not mock.asked_world().access.unlock(name):
            raise Problem(404, "No such user", f"This tenant has no user {name!r}.")
        return jsonify(user=name, locked=False), 200


def _add_business(bp: Blueprint, mock: Mock[C4CWorld]) -> None:
    @bp.post("/cti")
    def widget() -> Answer:
        """The CTI widget's payload: ACCEPT creates an activity, END completes it."""
        return jsonify(take_widget_payload(mock.asked_world(), json_object())), 200

    @bp.get("/attachments")
    def list_attachments() -> Answer:
        """Every stored attachment, visible or still being committed, with its sha256."""
        world = mock.asked_world()
        wanted = request.args.get("external_reference_id")
        found = [a for a in attachments_of(world) if wanted in {None, a["external_reference_id"]}]
        return jsonify(found), 200


def store_system(world: C4CWorld, body: Mapping[str, Any]) -> dict[str, Any]:
    """Add a communication system. Problem 400 without an id of 1 to 60 characters."""
    name = body.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= 60:
        raise _bad([FieldError("id", "1 to 60 characters", "Name the communication system.", name)])
    world.access.systems[name] = str(body.get("host", ""))
    return {"id": name, "host": world.access.systems[name]}


def store_arrangement(world: C4CWorld, body: Mapping[str, Any]) -> dict[str, Any]:
    """Add a communication arrangement. Problem 400 for what the administrator's screen would refuse."""
    errors = [*_login_errors(body), *_tick_errors(world, body)]
    if errors:
        raise _bad(errors)
    seen("password-alphabet")
    arrangement = Arrangement(
        scenario=SCENARIO,
        system=str(body.get("system", "")),
        authentication=str(body.get("authentication", "basic")),
        user=body["user"],
        services=tuple(body["services"]),
    )
    world.journal.guard(body["password"], body["user"])
    world.access.arrange(arrangement, body["password"])
    return {**vars(arrangement), "services": list(arrangement.services)}


def store_user(world: C4CWorld, body: Mapping[str, Any]) -> dict[str, Any]:
    """Add a business user. Problem 400 for a bad login or another kind."""
    errors = _login_errors(body)
    if body.get("kind", "business") != "business":
        remedy = "Technical users come with a communication arrangement."
        errors.append(FieldError("kind", "business", remedy, body.get("kind")))
    if errors:
        raise _bad(errors)
    world.journal.guard(body["password"], body["user"])
    world.access.add_user(User(name=body["user"], password=body["password"], kind="business"))
    return {"user": body["user"], "kind": "business"}


def take_widget_payload(world: C4CWorld, body: Mapping[str, Any]) -> dict[str, Any]:
    """Act on a CTI payload. Problem 400 names the bad members."""
    seen("cti-reference")
    found = cti.problems(body)
    if found:
        raise _bad([FieldError(p["field"], p["expected"], p.get("remedy", "Correct it."), p["value"]) for p in found])
    if not world.access.systems:
        seen("cti-system")
    row = cti.receive(world, body)
    if row is None:
        return {"activity": None}
    stored = cti.stored_reference(world, row)
    return {
        "activity": {"set": row.eset.name, "object_id": row.object_id, "id": row.values.get("ID", "")},
        "external_reference_id": stored,
        "reference_stored": bool(stored),
    }


def _login_errors(body: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    user, password = body.get("user"), body.get("password")
    if not isinstance(user, str) or not 0 < len(user) <= 40 or ":" in user:
        errors.append(FieldError("user", "1 to 40 characters, no colon", "Name the user.", user))
    expected = password_problem(password) if isinstance(password, str) else "a password"
    if expected:
        errors.append(FieldError("password", expected, "Choose a password of Latin letters, digits, signs."))
    return errors


def _tick_errors(world: C4CWorld, body: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    if body.get("scenario", SCENARIO) != SCENARIO:
        errors.append(FieldError("scenario", SCENARIO, "Use this scenario.", body["scenario"]))
    if body.get("authentication", "basic") != "basic":
        errors.append(FieldError("authentication", "basic", "Only Basic is mocked.", body["authentication"]))
    if body.get("system") and body["system"] not in world.access.systems:
        remedy = "Create it first: POST /_mock/communication-systems."
        errors.append(FieldError("system", "a communication system of this tenant", remedy, body["system"]))
    services = body.get("services")
    if not isinstance(services, list) or not set(map(str, services)) <= set(known_services()):
        expected = f"a list of {', '.join(known_services())}"
        errors.append(FieldError("services", expected, "Tick services of this list.", services))
    return errors


def _bad(errors: list[FieldError]) -> Problem:
    fields = ", ".join(error.field for error in errors)
    return Problem(400, "The tenant refuses this", f"Wrong: {fields}.", errors)
