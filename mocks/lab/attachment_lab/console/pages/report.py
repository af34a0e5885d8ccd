"""Report: one press makes a self-contained HTML file of this tenant, or of one of its chats."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from attachment_lab.console.frame import Page, desk
from attachment_lab.console.watch import SHOWN_CHATS
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

    @bp.get("/api/chats")
    def chats() -> dict[str, object]:
        """``{"chats": [{guid, customer, created, files}]}``, newest first: what a report can be about."""
        lanes = desk().watch.lanes().lanes[:SHOWN_CHATS]
        shown = ("guid", "customer", "created", "files", "stored", "failed")
        return {"chats": [{name: getattr(lane, name) for name in shown} for lane in lanes]}

    @bp.get("/file")
    def file() -> Response:
        """The report: ``?chat=`` narrows, ``?hide=1`` hides names, ``?save=1`` saves instead of showing."""
        chat = request.args.get("chat") or None
        scope = Scope(chat=chat.upper() if chat else None, hide_names=request.args.get("hide") == "1")
        mine = desk()
        answer = Response(render(gather(mine.ledger, scope, mine.watch)), mimetype="text/html")
        answer.headers["Content-Security-Policy"] = POLICY.format(style=style_policy())
        answer.headers["Cache-Control"] = "no-store"
        how = "attachment" if request.args.get("save") == "1" else "inline"
        answer.headers["Content-Disposition"] = f'{how}; filename="{file_name(mine.ledger, scope)}"'
        return answer

    return bp


PAGE = Page(name="report", title="Report", icon="report", order=80, make=blueprint)
