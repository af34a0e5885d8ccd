"""Report: one press makes a self-contained HTML file of this tenant, or of one of its chats."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from attachment_lab.chats.watch import SHOWN_CHATS
from attachment_lab.console.desk import Desk
from attachment_lab.console.frame import Page, desk, stream
from attachment_lab.report.gather import file_name, gather
from attachment_lab.report.model import Scope
from attachment_lab.report.page import render, style_policy

#: The report's own page: its one style sheet, no script, nothing else; framed by this console only.
POLICY = "default-src 'none'; style-src {style}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"


def blueprint() -> Blueprint:
    """The page, and the report as it shows and saves it."""
    bp = Blueprint("report", __name__)

    @bp.get("/")
    def page() -> str:
        """The page."""
        return render_template("report.html")

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: what a report can be about, whenever that differs."""
        mine = desk()
        return stream(lambda: _chats(mine), "report")

    @bp.get("/file")
    def file() -> Response:
        """The report: ``?chat=`` narrows, ``?hide=1`` hides names, ``?save=1`` saves instead of showing."""
        chat = request.args.get("chat") or None
        scope = Scope(chat=chat.upper() if chat else None, hide_names=request.args.get("hide") == "1")
        mine = desk()
        answer = Response(render(gather(mine.reconciliation, scope, mine.watch)), mimetype="text/html")
        answer.headers["Content-Security-Policy"] = POLICY.format(style=style_policy())
        answer.headers["Cache-Control"] = "no-store"
        how = "attachment" if request.args.get("save") == "1" else "inline"
        answer.headers["Content-Disposition"] = f'{how}; filename="{file_name(mine.reconciliation, scope)}"'
        return answer

    return bp


def _chats(mine: Desk) -> dict[str, Any]:
    """``{"chats": [{guid, customer, created, files, stored, failed}]}``, newest first."""
    shown = ("guid", "customer", "created", "files", "stored", "failed")
    lanes = mine.watch.lanes().lanes[:SHOWN_CHATS]
    return {"chats": [{name: getattr(lane, name) for name in shown} for lane in lanes]}


PAGE = Page(name="report", title="Report", icon="report", order=80, make=blueprint)
