"""What a request wants of the history: filters, paging, and the dialect's errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request

from cmi_mock.evidence import touch
from cmi_mock.model.users import User
from cmi_mock.routes.access import no_right
from cmi_mock.routes.responses import CmiError
from cmi_mock.tenant import CmiTenant
from cmi_mock.wire.views import ChatView, NoRight, NotReadable, all_views, one_view, views_of_group, views_of_leg
from mock_kit.http.problem import FieldError, Problem
from mock_kit.journal.context import note

#: Resources of CMI's user-rights page that this mock does not implement.
DOCUMENTED_ELSEWHERE = frozenset(
    {
        "callRecordings",
        "callbacks",
        "customerConsents",
        "scriptResults",
    }
)

IMPLEMENTED = frozenset({"chats", "chatMessages", "contacts", "contactData", "emails", "messages"})


def listed_views(tenant: CmiTenant, user: User) -> list[ChatView]:
    """Rows of ``GET /chats`` under its filters ``groupId`` and ``id``."""
    group_id, row_id = request.args.get("groupId", ""), request.args.get("id", "")
    if not group_id and not row_id:
        return all_views(tenant, user)
    views = None
    if group_id:
        views = filtered(lambda: views_of_group(tenant, user, group_id), tenant)
    if row_id:
        rows = filtered(lambda: views_of_leg(tenant, user, row_id), tenant)
        kept = {view.leg.id for view in rows}
        views = rows if views is None else [view for view in views if view.leg.id in kept]
    return views or []


def views_of_contact(tenant: CmiTenant, user: User) -> list[ChatView]:
    """The views of ``GET /chatMessages?contactId=``: a group id, or a leg's conversation id."""
    wanted = request.args.get("contactId", "")
    if not wanted:
        raise CmiError(400, "contactId is missing")
    return filtered(lambda: views_of_group(tenant, user, wanted) or views_of_leg(tenant, user, wanted), tenant)


def one_chat(tenant: CmiTenant, user: User, chat_id: str) -> ChatView:
    """One chat. Raises CmiError 404 or 403."""
    try:
        return one_view(tenant, user, chat_id)
    except NotReadable as exc:
        touch("cmi.dialect.unknown_chat")
        raise CmiError(404, "Chat not found", note=str(exc)) from exc
    except NoRight as exc:
        raise _no_right(tenant) from exc


def filtered(read: Callable[[], list[ChatView]], tenant: CmiTenant) -> list[ChatView]:
    """A filtered list; without the right it is refused or empty, as the dialect says."""
    try:
        return read()
    except NoRight as exc:
        error = _no_right(tenant)
        if error.status == 403:
            raise error from exc
        note("info", "filtered", error.note)
        return []


def _no_right(tenant: CmiTenant) -> CmiError:
    return no_right(tenant, "Manage contact history", "Chat")


def page(rows: list[dict[str, Any]], default_limit: int) -> list[dict[str, Any]]:
    """``sort``, ``offset``, ``limit``, as documented for the RI family. Raises CmiError 400."""
    touch("cmi.lists.bare_array")
    if request.args.keys() & {"limit", "offset", "sort"}:
        touch("cmi.lists.parameters")
    sort = request.args.get("sort", "").partition(",")[0]
    offset, limit = _count("offset", 0), _count("limit", default_limit)
    if sort:
        member = sort.lstrip("-")
        if any(not isinstance(row.get(member, 0), str | None) for row in rows):
            raise CmiError(400, f"cannot sort by {member}")
        rows = sorted(rows, key=lambda row: str(row[member] or ""), reverse=sort.startswith("-"))
    return rows[offset : offset + limit]


def _count(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise CmiError(400, f"{name} must be a whole number")
    return int(text)


def no_such_resource(rest: str) -> Exception:
    """501 for what is documented but not implemented, 405 for a method that is not documented, else 404."""
    resource = rest.partition("/")[0]
    if resource in DOCUMENTED_ELSEWHERE:
        return not_implemented(f"/{resource}", "see the README of the CMI mock for what it implements")
    if resource in IMPLEMENTED and request.method != "GET":
        return CmiError(405, "Method Not Allowed", note=f"{request.method} is not documented for /{rest}")
    return CmiError(404, "Not found", note=f"CMI has no resource /{rest}")


def not_implemented(what: str, remedy: str) -> Problem:
    """501: documented, but not implemented here."""
    touch("cmi.not_implemented")
    detail = f"{what} is documented, but this mock does not implement it; a real CMI would answer."
    error = FieldError("request", "what the mock implements", remedy)
    return Problem(501, "Not implemented in the mock", detail, [error])
