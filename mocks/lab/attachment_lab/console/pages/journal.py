"""Journal: every exchange on every hop, live, explained, and with exports."""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import Blueprint, Response, jsonify, render_template, request

from attachment_lab.console.web.page import ConsolePage, problem_response, stream, tenant_session
from attachment_lab.errors import RequestRefused, WrongUse
from attachment_lab.exchanges.entry import HOPS
from attachment_lab.exchanges.har import as_text
from attachment_lab.exchanges.query import LABELS, METHODS, STATUS_CLASSES, Query, read_query
from attachment_lab.exchanges.reader import MOST_EXPORTED

GUID = re.compile(r"[0-9A-Fa-f]{32}")


def blueprint() -> Blueprint:
    """The page, its list, one exchange, the exports."""
    bp = Blueprint("journal", __name__)

    @bp.errorhandler(WrongUse)
    def wrong_filter(error: WrongUse) -> tuple[Response, int]:
        """400: an invalid filter; the detail names it."""
        return problem_response(HTTPStatus.BAD_REQUEST, str(error))

    _add_reading(bp)
    _add_exports(bp)
    return bp


def _add_reading(bp: Blueprint) -> None:
    @bp.get("/")
    def page() -> str:
        """The page; ``?x=KEY`` opens an exchange, ``?about=ID`` narrows to a chat, a file or a transfer."""
        choices = {"hops": HOPS, "methods": METHODS, "statuses": STATUS_CLASSES, "labels": LABELS}
        return render_template("journal.html", **choices)

    @bp.get("/api/exchanges")
    def listed() -> Response:
        """A page of exchanges, newest first: ``{"entries", "total", "matching", "newer", "older"}``."""
        return jsonify(tenant_session().journal.page(read_query(request.args)))

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: the same page whenever it differs."""
        session, query = tenant_session(), read_query(request.args)
        return stream(lambda: session.journal.page(query), "exchanges")

    @bp.get("/api/exchanges/<key>")
    def one(key: str) -> Response | tuple[Response, int]:
        """One exchange in full, with its explanation."""
        try:
            found = tenant_session().journal.detail(key)
        except RequestRefused as exc:
            if exc.status != HTTPStatus.NOT_FOUND:
                raise
            found = None
        if found is None:
            return problem_response(
                HTTPStatus.NOT_FOUND, f"No exchange {key} is kept here (any more): journals keep the newest only."
            )
        return jsonify(found)


def _add_exports(bp: Blueprint) -> None:
    @bp.get("/export.har")
    def har() -> Response:
        """What the filters show, as an HTTP Archive."""
        query = read_query({"limit": "1"} | {key: value for key, value in request.args.items() if key != "limit"})
        found = tenant_session().journal.har(Query(**{**vars(query), "limit": MOST_EXPORTED, "after": ""}))
        return _file(as_text(found), f"{tenant_session().names.tenant_path}.har", "application/json")

    @bp.get("/export.py")
    def pytest_file() -> Response | tuple[Response, int]:
        """``?chat=GUID``: a pytest file that plays this chat again and asserts the same end."""
        guid = request.args.get("chat", "").strip().upper()
        if not GUID.fullmatch(guid):
            return problem_response(HTTPStatus.BAD_REQUEST, "chat: the guid of a chat, 32 hexadecimal digits")
        try:
            text = tenant_session().journal.pytest_file(guid)
        except LookupError as exc:
            return problem_response(HTTPStatus.NOT_FOUND, str(exc))
        return _file(text, f"test_chat_{guid[:8].lower()}.py", "text/x-python")


def _file(text: str, name: str, content_type: str) -> Response:
    disposition = f'attachment; filename="{name}"'
    return Response(text, content_type=f"{content_type}; charset=utf-8", headers={"Content-Disposition": disposition})


PAGE = ConsolePage(name="journal", title="Journal", icon="list", order=60, make=blueprint)
