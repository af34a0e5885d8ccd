"""User and Role Management: users, the password and expiration of a service account, and rights by queue group.

Documented (Chat attachment upload, Before you start; newer crawl for the menu): *User and Role Management > Users*,
*Users > [user] > Authentication*, *Users > [user] > User rights*; Assign Expiration Time for Service account; Manage
Contact History, normally given on a queue group. Documented (CMI user rights): the other two rights. Assumed: how the
screens look, and that a new user has no right.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, render_template

from attachment_lab.console.session.shared_reading import SharedReading
from attachment_lab.console.session.tenant_session import TenantSession
from attachment_lab.console.web.page import ConsolePage, Reply, json_object, stream, tenant_session
from attachment_lab.console.web.passing import passed
from attachment_lab.tenant import people

FRESH_S = 0.4
#: The rights that CMI's resources require: member of the mock's ``rights`` ("" = the object itself), name, use.
RIGHTS = (
    ("", "Manage contact history", "Reads chats and e-mails with their files. The upload needs it."),
    ("statistics_details", "Statistics details", "Reads conversations; with the right above, writes results back."),
    ("messaging", "Messaging", "Leaves and reads messages in a queue."),
)


def blueprint() -> Blueprint:
    """The page, its stream, and what the administrator does."""
    bp = Blueprint("users", __name__)
    _add_reading(bp)
    _add_users(bp)
    _add_details(bp)
    return bp


def _add_reading(bp: Blueprint) -> None:
    @bp.get("/")
    def page() -> str:
        """The page."""
        return render_template("users.html", rights=RIGHTS, people=people)

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: ``{"users", "wanted"}`` whenever something differs."""
        management = user_management()
        return stream(management.reading, "users")


def _add_users(bp: Blueprint) -> None:
    @bp.post("/api/users")
    def create_user() -> Reply:
        """``{"name", "password", "expires_at"}`` -> 201, without rights; 409 for a name that is taken."""
        body = json_object()
        wanted = {each: body.get(each) for each in ("name", "password", "expires_at")}
        return _changed("post", "/_mock/users", wanted | {"rights": {}, "new": True}, HTTPStatus.CREATED)

    @bp.delete("/api/users/<path:name>")
    def delete_user(name: str) -> Reply:
        """204."""
        return _changed("delete", f"/_mock/users/{name}")


def _add_details(bp: Blueprint) -> None:
    @bp.put("/api/users/<path:name>/authentication")
    def give_password(name: str) -> Reply:
        """``{"password"}``; it is never returned."""
        return _changed("put", f"/_mock/users/{name}/authentication", {"password": json_object().get("password")})

    @bp.put("/api/users/<path:name>/expiration")
    def expire(name: str) -> Reply:
        """``{"expires_at"}``: a date, or null for none."""
        return _changed("put", f"/_mock/users/{name}/expiration", {"expires_at": json_object().get("expires_at")})

    @bp.put("/api/users/<path:name>/rights")
    def grant(name: str) -> Reply:
        """``{"rights"}``: all of them, as the CMI mock takes them."""
        return _changed("put", f"/_mock/users/{name}/rights", {"rights": json_object().get("rights")})

    @bp.post("/api/users/<path:name>/unlock")
    def unlock(name: str) -> Reply:
        """Lift a lockout."""
        json_object()
        return _changed("post", f"/_mock/users/{name}/unlock", {})


def _changed(method: str, path: str, body: dict[str, Any] | None = None, status: HTTPStatus = HTTPStatus.OK) -> Reply:
    management = user_management()
    return passed(lambda: management.send(method, path, body), then=management.forget, status=status)


class UserManagement:
    """Reads and changes the users of one tenant's Contact Pro."""

    def __init__(self, session: TenantSession) -> None:
        self._to, self._tenant, self._wanted = session.to.cmi, session.names.name, session.names.cmi_user
        self.reading = SharedReading(self._read, for_s=FRESH_S)

    def send(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        """A change, by the mock's control API. Raises RequestRefused."""
        arguments = (path,) if body is None else (path, body)
        return getattr(self._to, method)(*arguments, tenant=self._tenant)

    def _read(self) -> dict[str, Any]:
        """All that the page shows; ``wanted`` is the user that the integration names. No password: the API has none."""
        users = self._to.get("/_mock/users", tenant=self._tenant)["users"]
        return {"users": users, "wanted": self._wanted}

    def forget(self) -> None:
        """Make the next reading a new one: something was just changed."""
        self.reading.forget()


def user_management() -> UserManagement:
    """The users of the running request's tenant."""
    return tenant_session().of(UserManagement)


PAGE = ConsolePage(name="users", title="Users", icon="person", order=42, make=blueprint)
