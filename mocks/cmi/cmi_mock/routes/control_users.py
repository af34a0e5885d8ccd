"""What Contact Pro's administrator does in User and Role Management, as ``/_mock`` routes.

Source: "Chat attachment upload, before you start" (documented): a user with a password, the expiration time of a
service account, and the right Manage contact history, which is normally given on a queue group.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from cmi_mock.evidence import touch
from cmi_mock.model.users import User
from cmi_mock.routes import forms
from cmi_mock.routes.control_documents import user_as_json
from cmi_mock.tenant import CmiTenant
from mock_kit.control import json_object
from mock_kit.http.problem import FieldError
from mock_kit.http.refusals import Conflict
from mock_kit.mock import Mock

Reply = Response | tuple[Response, int]
_USER = "/users/<path:name>"


def add_users(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """Routes for users; each takes ``?tenant=``."""
    _add_users(bp, mock)
    _add_authentication(bp, mock)
    _add_grants(bp, mock)


def _add_users(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.get("/users")
    def list_users() -> Reply:
        """Every user, without passwords."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify(users=[_shown(tenant, user) for user in tenant.users.all()])

    @bp.post("/users")
    def put_user() -> Reply:
        """Create a user or replace one, which unlocks it: 201. ``{"new": true}``: 409 where the name is taken."""
        tenant, body = mock.current_tenant(), json_object()
        user, new = forms.new_user(body), forms.flag(body, "new")
        with tenant.lock:
            if new and any(each.name == user.name for each in tenant.users.all()):
                error = FieldError("name", "a name that no user has", "Choose another, or edit that user.", user.name)
                raise Conflict(f"There is a user {user.name}.", error)
            stored = _shown(tenant, tenant.users.put(user))
        tenant.journal.mask_secret(user.password, user.name)
        return jsonify(stored), 201

    @bp.delete(_USER)
    def delete_user(name: str) -> Reply:
        """204."""
        tenant = mock.current_tenant()
        with tenant.lock:
            tenant.users.remove(name)
        return Response(), 204


def _add_authentication(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.post(f"{_USER}/password")
    def change_password(name: str) -> Reply:
        """The user chooses a new password: it starts to age again and is no initial one."""
        tenant, password = mock.current_tenant(), forms.text(json_object(), "password", secret=True)
        tenant.journal.mask_secret(password, name)
        with tenant.lock:
            return jsonify(_shown(tenant, tenant.users.change_password(name, password)))

    @bp.put(f"{_USER}/authentication")
    def give_password(name: str) -> Reply:
        """``{"password"}``: an administrator gives one; it is initial, and lifts no lockout."""
        tenant, password = mock.current_tenant(), forms.text(json_object(), "password", secret=True)
        touch("cmi.users.administrators_password")
        with tenant.lock:
            stored = _shown(tenant, tenant.users.give_password(name, password))
        tenant.journal.mask_secret(password, name)
        return jsonify(stored)

    @bp.post(f"{_USER}/unlock")
    def unlock(name: str) -> Reply:
        """Lift a lockout."""
        tenant = mock.current_tenant()
        touch("cmi.users.unlock")
        with tenant.lock:
            return jsonify(_shown(tenant, tenant.users.unlock(name)))


def _add_grants(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.put(f"{_USER}/expiration")
    def expire(name: str) -> Reply:
        """``{"expires_at": moment or null}``: Assign Expiration Time for Service account."""
        tenant, moment = mock.current_tenant(), forms.moment(json_object(), "expires_at")
        with tenant.lock:
            user = tenant.users.get(name)
            user.expires = moment
            return jsonify(_shown(tenant, user))

    @bp.put(f"{_USER}/rights")
    def grant(name: str) -> Reply:
        """``{"rights"}``: all of them."""
        tenant, rights = mock.current_tenant(), forms.given_rights(json_object())
        with tenant.lock:
            user = tenant.users.get(name)
            user.rights = rights
            return jsonify(_shown(tenant, user))


def _shown(tenant: CmiTenant, user: User) -> dict[str, object]:
    return user_as_json(user) | {"logon": tenant.users.state(user).name.lower()}
