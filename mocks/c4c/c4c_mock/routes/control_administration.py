"""What C4C's administrator does, as ``/_mock`` routes: communication systems, arrangements, users.

The steps and their names are those of the configuration guide's first part (documented).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify

from c4c_mock.evidence import seen
from c4c_mock.model.access.passwords import password_problem
from c4c_mock.model.access.users import Arrangement, known_services
from c4c_mock.model.texts import LANGUAGES
from c4c_mock.tenant import C4CTenant
from mock_kit.control import json_object
from mock_kit.http.problem import FieldError, Problem, bad_request
from mock_kit.mock import Mock

SCENARIO = "OData Services for Business Objects"
"""The communication scenario. Source: Sinch configuration guide; documented."""

Reply = tuple[Response, int]
_ARRANGEMENTS = "/communication-arrangements"
_LANGUAGES = f"one of {', '.join(LANGUAGES)}, or null"


def add_administration(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    """Routes for systems, arrangements and users; each takes ``?tenant=``."""
    _add_systems(bp, mock)
    _add_arrangements(bp, mock)
    _add_changes(bp, mock)
    _add_users(bp, mock)


def _add_systems(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    @bp.get("/communication-systems")
    def list_systems() -> Reply:
        """Every communication system."""
        return jsonify([{"id": n, "host": h} for n, h in mock.current_tenant().access.systems.items()]), 200

    @bp.post("/communication-systems")
    def add_system() -> Reply:
        """``{"id", "host"?}``: without a system no external reference is ever stored."""
        return jsonify(store_system(mock.current_tenant(), json_object())), 201


def _add_arrangements(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    @bp.get(_ARRANGEMENTS)
    def list_arrangements() -> Reply:
        """Every arrangement; no passwords."""
        return jsonify([_as_json(a) for a in mock.current_tenant().access.arrangements.values()]), 200

    @bp.post(_ARRANGEMENTS)
    def add_arrangement() -> Reply:
        """``{"scenario", "system", "authentication", "user", "password", "services", "language"?}``."""
        return jsonify(store_arrangement(mock.current_tenant(), json_object())), 201

    @bp.get(f"{_ARRANGEMENTS}/<int:number>")
    def show_arrangement(number: int) -> Reply:
        """One arrangement."""
        return jsonify(_as_json(_arrangement(mock.current_tenant(), number))), 200

    @bp.delete(f"{_ARRANGEMENTS}/<int:number>")
    def delete_arrangement(number: int) -> Reply:
        """Delete it; its user stays and loses what only it ticked."""
        tenant = mock.current_tenant()
        tenant.access.delete_arrangement(_arrangement(tenant, number))
        return Response(), 204


def _add_changes(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    @bp.put(f"{_ARRANGEMENTS}/<int:number>/services")
    def tick_services(number: int) -> Reply:
        """``{"services": [...]}``: the services used, all of them."""
        tenant, body = mock.current_tenant(), json_object()
        arrangement = _arrangement(tenant, number)
        check(_services_errors(body))
        return jsonify(_as_json(tenant.access.tick(arrangement, tuple(body["services"])))), 200

    @bp.put(f"{_ARRANGEMENTS}/<int:number>/credentials")
    def edit_credentials(number: int) -> Reply:
        """``{"password"}``: "Edit Credentials"; a lockout stays until the user is unlocked."""
        tenant, body = mock.current_tenant(), json_object()
        user = _arrangement(tenant, number).user
        check(_password_errors(body))
        seen("password-alphabet")
        tenant.journal.mask_secret(body["password"], user)
        tenant.access.set_password(user, body["password"])
        return jsonify(user=user), 200


def _add_users(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    @bp.post("/users")
    def add_user() -> Reply:
        """``{"user", "password", "kind": "business", "language"?}``: a person's login, who needs CSRF tokens."""
        return jsonify(store_user(mock.current_tenant(), json_object())), 201

    @bp.post("/users/<name>/unlock")
    def unlock(name: str) -> Reply:
        """Lift a lockout."""
        if not mock.current_tenant().access.unlock(name):
            raise Problem(404, "No such user", f"This tenant has no user {name!r}.")
        return jsonify(user=name, locked=False), 200

    @bp.put("/users/<name>/language")
    def choose_language(name: str) -> Reply:
        """``{"language"}``: of the error texts for this user; null = dialect ``user_language``."""
        tenant, body = mock.current_tenant(), json_object()
        if "language" not in body:
            raise bad_request("Wrong: language.", FieldError("language", _LANGUAGES, "Send one, or null."))
        check(_language_errors(body))
        if not tenant.access.set_language(name, body["language"] or ""):
            raise Problem(404, "No such user", f"This tenant has no user {name!r}.")
        return jsonify(user=name, language=body["language"]), 200


def store_system(tenant: C4CTenant, body: Mapping[str, Any]) -> dict[str, Any]:
    """Add a communication system. Problem 400 without an id of 1 to 60 characters."""
    name = body.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= 60:
        raise bad_request("Wrong: id.", FieldError("id", "1 to 60 characters", "Name the communication system.", name))
    tenant.access.add_system(name, str(body.get("host", "")))
    return {"id": name, "host": tenant.access.systems[name]}


def store_arrangement(tenant: C4CTenant, body: Mapping[str, Any]) -> dict[str, Any]:
    """Add a communication arrangement. Problem 400 for what the administrator's screen rejects."""
    check(
        [
            *_login_errors(body),
            *_arrangement_errors(tenant, body),
            *_services_errors(body),
            *_language_errors(body),
        ]
    )
    seen("password-alphabet")
    systems = list(tenant.access.systems)
    arrangement = Arrangement(
        scenario=SCENARIO,
        system=str(body.get("system") or (systems[0] if len(systems) == 1 else "")),
        authentication="basic",
        user=body["user"],
        services=tuple(body["services"]),
    )
    tenant.journal.mask_secret(body["password"], body["user"])
    stored = tenant.access.arrange(arrangement, body["password"])
    if body.get("language"):
        tenant.access.set_language(body["user"], body["language"])
    return _as_json(stored)


def store_user(tenant: C4CTenant, body: Mapping[str, Any]) -> dict[str, Any]:
    """Add a business user. Problem 400 for a bad login or another kind."""
    errors = [*_login_errors(body), *_language_errors(body)]
    if body.get("kind", "business") != "business":
        remedy = "Technical users come with a communication arrangement."
        errors.append(FieldError("kind", "business", remedy, body.get("kind")))
    check(errors)
    tenant.journal.mask_secret(body["password"], body["user"])
    tenant.access.add_business_user(body["user"], body["password"])
    if body.get("language"):
        tenant.access.set_language(body["user"], body["language"])
    return {"user": body["user"], "kind": "business"}


def _as_json(arrangement: Arrangement) -> dict[str, Any]:
    return {**vars(arrangement), "services": list(arrangement.services)}


def _arrangement(tenant: C4CTenant, number: int) -> Arrangement:
    found = tenant.access.arrangements.get(number)
    if found is None:
        raise Problem(404, "No such arrangement", f"This tenant has no communication arrangement {number}.")
    return found


def _login_errors(body: Mapping[str, Any]) -> list[FieldError]:
    user = body.get("user")
    errors = []
    if not isinstance(user, str) or not 0 < len(user) <= 40 or ":" in user:
        errors.append(FieldError("user", "1 to 40 characters, no colon", "Name the user.", user))
    return [*errors, *_password_errors(body)]


def _password_errors(body: Mapping[str, Any]) -> list[FieldError]:
    password = body.get("password")
    expected = password_problem(password) if isinstance(password, str) else "a password"
    remedy = "Choose a password of Latin letters, digits, signs."
    return [FieldError("password", expected, remedy)] if expected else []


def _language_errors(body: Mapping[str, Any]) -> list[FieldError]:
    language = body.get("language")
    if language is None or language in LANGUAGES:
        return []
    return [FieldError("language", _LANGUAGES, "Choose one, or leave it out.", language)]


def _arrangement_errors(tenant: C4CTenant, body: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    if body.get("scenario", SCENARIO) != SCENARIO:
        errors.append(FieldError("scenario", SCENARIO, "Use this scenario.", body["scenario"]))
    if body.get("authentication", "basic") != "basic":
        errors.append(FieldError("authentication", "basic", "Only Basic is mocked.", body["authentication"]))
    system = body.get("system")
    if system and (not isinstance(system, str) or system not in tenant.access.systems):
        remedy = "Create it first: POST /_mock/communication-systems."
        errors.append(FieldError("system", "a communication system of this tenant", remedy, system))
    return errors


def _services_errors(body: Mapping[str, Any]) -> list[FieldError]:
    services = body.get("services")
    if isinstance(services, list) and set(map(str, services)) <= set(known_services()):
        return []
    expected = f"a list of {', '.join(known_services())}"
    return [FieldError("services", expected, "Tick services of this list.", services)]


def check(errors: list[FieldError]) -> None:
    """Raises Problem 400 that names the invalid fields, unless there are none."""
    if errors:
        raise bad_request(f"Wrong: {', '.join(error.field for error in errors)}.", *errors)
