"""What a request asks of the history: filters, paging, and the dialect's words for "no"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request

from cmi_mock.evidence import touch
from cmi_mock.model.users import User
from cmi_mock.routes.answers import WireError
from cmi_mock.tenant import CmiTenant
from cmi_mock.wire.views import Missing, NoRight, View, all_views, one_view, views_of_group, views_of_leg
from mock_kit.http.problem import FieldError, Problem
from mock_kit.journal.context import note

#: Resources of CMI's user-rights page that this mock does not play.
DOCUMENTED_ELSEWHERE = frozenset(
    {
        "callRecordings",
        "callbacks",
        "customerConsents",
        "scriptResults",
    }
)

PLAYED = frozenset({"chats", "chatMessages", "contacts", "contactData", "emails", "messages"})


def listed(tenant: CmiTenant, user: User) -> list[View]:
    """Rows of ``GET /chats`` under its filters ``groupId`` and ``id``."""
    group_id, row_id = request.args.get("groupId", ""), request.args.get("id", "")
    if not group_id and not row_id:
        return all_views(tenant, user)
    views = None
    if group_id:
        views = allowed(lambda: views_of_group(tenant, user, group_id), tenant)
    if row_id:
        rows = allowed(lambda: views_of_leg(tenant, user, row_id), tenant)
        kept = {view.leg.id for view in rows}
        views = rows if views is None else [view for view in views if view.leg.id in kept]
    return views or []


def of_contact(tenant: CmiTenant, user: User) -> list[View]:
    """What ``GET /chatMessages?contactId=`` is about: a group id, or a leg's conversation id."""
    wanted = request.args.get("contactId", "")
    if not wanted:
        raise WireError(400, "contactId is missing")
    return allowed(lambda: views_of_group(tenant, user, wanted) or views_of_leg(tenant, user, wanted), tenant)


def viewed(tenant: CmiTenant, user: User, chat_id: str) -> View:
    """One chat. Raises WireError 404 or 403."""
    try:
        return one_view(tenant, user, chat_id)
    except Missing as exc:
        touch("cmi.dialect.unknown_chat")
        raise WireError(404, "Chat not found", note=str(exc)) from exc
    except NoRight as exc:
        raise _no_right(tenant) from exc


def allowed(read: Callable[[], list[View]], tenant: CmiTenant) -> list[View]:
    """A filtered list; without the right it is refused or empty, as the dialect says."""
    try:
        return read()
    except NoRight as exc:
        error = _no_right(tenant)
        if error.status == 403:
            raise error from exc
        note("info", "filtered", error.note)
        return []


def no_right(tenant: CmiTenant, right: str, what: str) -> WireError:
    """403, or 404 as if there were no such thing, as the dialect says."""
    touch("cmi.dialect.no_right")
    why = f"the user lacks '{right}' on the queue and agent of this {what.lower()}"
    if tenant.rules.no_right == "403":
        return WireError(403, "Insufficient rights", note=why)
    return WireError(404, f"{what} not found", note=why)


def _no_right(tenant: CmiTenant) -> WireError:
    return no_right(tenant, "Manage contact history", "Chat")


def page(rows: list[dict[str, Any]], default_limit: int) -> list[dict[str, Any]]:
    """``sort``, ``offset``, ``limit``, as documented for the RI family. Raises WireError 400."""
    touch("cmi.lists.bare_array")
    sort = request.args.get("sort", "").partition(",")[0]
    offset, limit = _count("offset", 0), _count("limit", default_limit)
    if sort:
        member = sort.lstrip("-")
        if any(not isinstance(row.get(member, 0), str | None) for row in rows):
            raise WireError(400, f"cannot sort by {member}")
        rows = sorted(rows, key=lambda row: str(row[member] or ""), reverse=sort.startswith("-"))
    return rows[offset : offset + limit]


def _count(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise WireError(400, f"{name} must be a whole number")
    return int(text)


def no_such_resource(rest: str) -> Exception:
    """501 for what is documented but not played, 405 for a method nobody documents, 404 for anything else."""
    resource = rest.partition("/")[0]
    if resource in DOCUMENTED_ELSEWHERE:
        return not_implemented(f"/{resource}", "see the README of the CMI mock for what it plays")
    if resource in PLAYED and request.method != "GET":
        return WireError(405, "Method Not Allowed", note=f"{request.method} is not documented for /{rest}")
    return WireError(404, "Not found", note=f"CMI has no resource /{rest}")


def not_implemented(what: str, remedy: str) -> Problem:
    """501: documented, but not played."""
    touch("cmi.not_implemented")
    detail = f"{what} is documented, but this mock does not play it; a real CMI would answer."
    error = FieldError("request", "what the mock plays", remedy)
    return Problem(501, "Not implemented in the mock", detail, [error])
