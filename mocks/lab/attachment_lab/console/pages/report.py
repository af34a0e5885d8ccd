"""Report: a self-contained HTML file about this tenant, or about one of its chats."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from attachment_lab.chats.watch import SHOWN_CHATS
from attachment_lab.console.session.tenant_session import TenantSession
from attachment_lab.console.web.page import ConsolePage, stream, tenant_session
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
        session = tenant_session()
        return stream(lambda: _chats(session), "report")

    @bp.get("/file")
    def file() -> Response:
        """The report: ``?chat=`` narrows, ``?hide=1`` hides names, ``?save=1`` saves instead of showing."""
        chat = request.args.get("chat") or None
        scope = Scope(chat=chat.upper() if chat else None, hide_names=request.args.get("hide") == "1")
        session = tenant_session()
        answer = Response(render(gather(session.reconciliation, scope, session.watch)), mimetype="text/html")
        answer.headers["Content-Security-Policy"] = POLICY.format(style=style_policy())
        answer.headers["Cache-Control"] = "no-store"
        how = "attachment" if request.args.get("save") == "1" else "inline"
        answer.headers["Content-Disposition"] = f'{how}; filename="{file_name(session.reconciliation, scope)}"'
        return answer

    return bp


def _chats(session: TenantSession) -> dict[str, Any]:
    """``{"chats": [{guid, customer, created, files, stored, failed}]}``, newest first."""
    shown = ("guid", "customer", "created", "files", "stored", "failed")
    rows = session.watch.overview().rows[:SHOWN_CHATS]
    return {"chats": [{name: getattr(row, name) for name in shown} for row in rows]}


PAGE = ConsolePage(name="report", title="Report", icon="report", order=80, make=blueprint)
