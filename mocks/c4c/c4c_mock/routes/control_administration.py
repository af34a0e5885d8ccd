"""What C4C's administrator does, as ``/_mock`` routes: communication systems, arrangements, users.

The steps and their names are those of the configuration guide's first part (documented).
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from c4c_mock.evidence import seen
from c4c_mock.model.access.users import known_services
from c4c_mock.routes import administration_forms as forms
from c4c_mock.tenant import C4CTenant
from mock_kit.control import json_object
from mock_kit.http.problem import FieldError, Problem, bad_request
from mock_kit.mock import Mock

Reply = tuple[Response, int]
_SYSTEMS = "/communication-systems"
_ARRANGEMENTS = "/communication-arrangements"


def add_administration(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    """Routes for systems, arrangements and users; each takes ``?tenant=``."""
    _add_systems(bp, mock)
    _add_arrangements(bp, mock)
    _add_changes(bp, mock)
    _add_users(bp, mock)


def _add_systems(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    @bp.get(_SYSTEMS)
    def list_systems() -> Reply:
        """Every communication system."""
        tenant = mock.current_tenant()
        return jsonify([forms.system_as_json(tenant, name) for name in list(tenant.access.systems)]), 200

    @bp.post(_SYSTEMS)
    def add_system() -> Reply:
        """``{"id", "host"?}``: without a system no external reference is ever stored."""
        return jsonify(forms.store_system(mock.current_tenant(), json_object())), 201

    @bp.put(f"{_SYSTEMS}/<name>")
    def change_system(name: str) -> Reply:
        """``{"host"}``: the host name of the other system."""
        return jsonify(forms.change_system(mock.current_tenant(), name, json_object())), 200

    @bp.delete(f"{_SYSTEMS}/<name>")
    def delete_system(name: str) -> Reply:
        """204; 409 while an arrangement uses it."""
        forms.remove_system(mock.current_tenant(), name)
        return Response(), 204


def _add_arrangements(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    @bp.get(_ARRANGEMENTS)
    def list_arrangements() -> Reply:
        """Every arrangement; no passwords."""
        return jsonify([forms.arrangement_as_json(a) for a in mock.current_tenant().access.arrangements.values()]), 200

    @bp.post(_ARRANGEMENTS)
    def add_arrangement() -> Reply:
        """``{"scenario", "system", "authentication", "user", "password", "services", "language"?}``."""
        return jsonify(forms.store_arrangement(mock.current_tenant(), json_object())), 201

    @bp.get(f"{_ARRANGEMENTS}/<int:number>")
    def show_arrangement(number: int) -> Reply:
        """One arrangement."""
        return jsonify(forms.arrangement_as_json(forms.find_arrangement(mock.current_tenant(), number))), 200

    @bp.delete(f"{_ARRANGEMENTS}/<int:number>")
    def delete_arrangement(number: int) -> Reply:
        """Delete it; its user stays and loses what only it ticked."""
        tenant = mock.current_tenant()
        tenant.access.delete_arrangement(forms.find_arrangement(tenant, number))
        return Response(), 204


def _add_changes(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    @bp.put(f"{_ARRANGEMENTS}/<int:number>")
    def edit_arrangement(number: int) -> Reply:
        """``{"system"?, "services"}``: what the arrangement's screen lets one edit."""
        tenant = mock.current_tenant()
        arrangement = forms.find_arrangement(tenant, number)
        return jsonify(forms.change_arrangement(tenant, arrangement, json_object())), 200

    @bp.put(f"{_ARRANGEMENTS}/<int:number>/services")
    def tick_services(number: int) -> Reply:
        """``{"services": [...]}``: the services used, all of them."""
        tenant, body = mock.current_tenant(), json_object()
        arrangement = forms.find_arrangement(tenant, number)
        forms.check(forms.services_errors(body))
        return jsonify(forms.arrangement_as_json(tenant.access.tick(arrangement, tuple(body["services"])))), 200

    @bp.put(f"{_ARRANGEMENTS}/<int:number>/credentials")
    def edit_credentials(number: int) -> Reply:
        """``{"password"}``: "Edit Credentials"; a lockout stays until the user is unlocked."""
        tenant, body = mock.current_tenant(), json_object()
        user = forms.find_arrangement(tenant, number).user
        forms.check(forms.password_errors(body))
        seen("password-alphabet")
        tenant.journal.mask_secret(body["password"], user)
        tenant.access.set_password(user, body["password"])
        return jsonify(user=user), 200


def _add_users(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    @bp.get("/communication-services")
    def list_services() -> Reply:
        """Names of the OData services that an arrangement may tick."""
        return jsonify(list(known_services())), 200

    @bp.get("/users")
    def list_users() -> Reply:
        """Every user, technical or business: what it may call, and whether it is locked; no passwords."""
        return jsonify(mock.current_tenant().access.described_users()), 200

    @bp.post("/users")
    def add_user() -> Reply:
        """``{"user", "password", "kind": "business", "language"?}``: a person's login, who needs CSRF tokens."""
        return jsonify(forms.store_user(mock.current_tenant(), json_object())), 201

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
            raise bad_request("Wrong: language.", FieldError("language", forms.LANGUAGE_EXPECTED, "Send one, or null."))
        forms.check(forms.language_errors(body))
        if not tenant.access.set_language(name, body["language"] or ""):
            raise Problem(404, "No such user", f"This tenant has no user {name!r}.")
        return jsonify(user=name, language=body["language"]), 200
