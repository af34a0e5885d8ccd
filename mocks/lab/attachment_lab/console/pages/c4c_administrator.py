"""C4C's administrator: communication systems and arrangements, as the configuration page's first third sets them up.

Documented (Chat attachment upload, Configuration; newer crawl for the menu): *Administrator > General Settings >
Communication Arrangements*, New, scenario, Next, system, authentication method, user ID, Edit Credentials, services
used, Next, Finish. Assumed: where Communication Systems stands, and how the screens look.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, render_template

from attachment_lab.console.session.shared_reading import SharedReading
from attachment_lab.console.session.tenant_session import TenantSession
from attachment_lab.console.web.page import ConsolePage, Reply, json_object, stream, tenant_session
from attachment_lab.console.web.passing import passed
from attachment_lab.tenant.entries import C4C_SERVICES

FRESH_S = 0.4
_SYSTEMS, _ARRANGEMENTS = "/_mock/communication-systems", "/_mock/communication-arrangements"


def blueprint() -> Blueprint:
    """The page, its stream, and what the administrator does."""
    bp = Blueprint("c4c_administrator", __name__)
    _add_reading(bp)
    _add_systems(bp)
    _add_arrangements(bp)
    return bp


def _add_reading(bp: Blueprint) -> None:
    @bp.get("/")
    def page() -> str:
        """The page."""
        return render_template("c4c_administrator.html", documented_services=C4C_SERVICES)

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: ``{"systems", "arrangements", "services"}`` whenever something differs."""
        administrator = c4c_administrator()
        return stream(administrator.reading, "administrator")


def _add_systems(bp: Blueprint) -> None:
    @bp.post("/api/systems")
    def create_system() -> Reply:
        """``{"id", "host"}`` -> 201."""
        body = json_object()
        return _changed("post", _SYSTEMS, {"id": body.get("id"), "host": body.get("host")}, HTTPStatus.CREATED)

    @bp.put("/api/systems/<path:name>")
    def change_system(name: str) -> Reply:
        """``{"host"}``."""
        return _changed("put", f"{_SYSTEMS}/{name}", {"host": json_object().get("host")})

    @bp.delete("/api/systems/<path:name>")
    def delete_system(name: str) -> Reply:
        """204; 409 while an arrangement uses it."""
        return _changed("delete", f"{_SYSTEMS}/{name}")


def _add_arrangements(bp: Blueprint) -> None:
    @bp.post("/api/arrangements")
    def create_arrangement() -> Reply:
        """``{"scenario", "system", "authentication", "user", "password", "services"}`` -> 201 without the password."""
        members = ("scenario", "system", "authentication", "user", "password", "services")
        body = json_object()
        return _changed("post", _ARRANGEMENTS, {each: body.get(each) for each in members}, HTTPStatus.CREATED)

    @bp.put("/api/arrangements/<int:number>")
    def edit_arrangement(number: int) -> Reply:
        """``{"system", "services"}``."""
        body = json_object()
        wanted = {"system": body.get("system"), "services": body.get("services")}
        return _changed("put", f"{_ARRANGEMENTS}/{number}", wanted)

    @bp.put("/api/arrangements/<int:number>/credentials")
    def edit_credentials(number: int) -> Reply:
        """``{"password"}``; it is never returned."""
        return _changed("put", f"{_ARRANGEMENTS}/{number}/credentials", {"password": json_object().get("password")})

    @bp.delete("/api/arrangements/<int:number>")
    def delete_arrangement(number: int) -> Reply:
        """204; its user stays, without what only this arrangement ticked."""
        return _changed("delete", f"{_ARRANGEMENTS}/{number}")

    @bp.post("/api/users/<path:name>/unlock")
    def unlock(name: str) -> Reply:
        """Lift a lockout."""
        json_object()
        return _changed("post", f"/_mock/users/{name}/unlock", {})


def _changed(method: str, path: str, body: dict[str, Any] | None = None, status: HTTPStatus = HTTPStatus.OK) -> Reply:
    administrator = c4c_administrator()
    return passed(lambda: administrator.send(method, path, body), then=administrator.forget, status=status)


class C4cAdministrator:
    """Reads and changes the communication systems, arrangements and users of one tenant's C4C."""

    def __init__(self, session: TenantSession) -> None:
        self._to, self._tenant = session.to.c4c, session.names.name
        self.reading = SharedReading(self._read, for_s=FRESH_S)

    def send(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        """A change, by the mock's control API. Raises RequestRefused."""
        arguments = (path,) if body is None else (path, body)
        return getattr(self._to, method)(*arguments, tenant=self._tenant)

    def _read(self) -> dict[str, Any]:
        systems, arrangements, users, services = (
            self._to.get(f"/_mock/{what}", tenant=self._tenant)
            for what in ("communication-systems", "communication-arrangements", "users", "communication-services")
        )
        return administrator_view(systems, arrangements, users, services)

    def forget(self) -> None:
        """Make the next reading a new one: something was just changed."""
        self.reading.forget()


def administrator_view(
    systems: list[dict[str, Any]], arrangements: list[dict[str, Any]], users: list[dict[str, Any]], services: list[str]
) -> dict[str, Any]:
    """What the page shows; it holds no password, because the API returns none. ``missing``: documented, not ticked."""
    of_user = {each["name"]: each for each in users}
    return {
        "systems": [
            each | {"used_by": [one["id"] for one in arrangements if one["system"] == each["id"]]} for each in systems
        ],
        "arrangements": [
            each
            | {
                "missing": [name for name in C4C_SERVICES if name not in each["services"]],
                "locked": bool(of_user.get(each["user"], {}).get("locked")),
            }
            for each in arrangements
        ],
        "services": services,
    }


def c4c_administrator() -> C4cAdministrator:
    """The administrator of the running request's tenant."""
    return tenant_session().of(C4cAdministrator)


PAGE = ConsolePage(
    name="c4c_administrator",
    path="c4c/administrator",
    title="C4C admin",
    icon="sliders",
    order=52,
    make=blueprint,
)
