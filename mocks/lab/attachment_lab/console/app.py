"""The console: pages that show a chat's attachments travel, one set of them per tenant.

``/w/<tenant>/<address>/`` is a page; the addresses that it calls are below it. ``/`` redirects to the first tenant.
Every page is a blueprint of its own (``pages``) that finds its tenant by ``tenant_session()``.
"""

from __future__ import annotations

import json
import os
from http import HTTPStatus

from flask import Flask, Response, jsonify, redirect, request, url_for
from jinja2 import StrictUndefined
from werkzeug.wrappers import Response as AnyResponse

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.pages import PAGES
from attachment_lab.console.session.tenant_session import StackControl, TenantSessions
from attachment_lab.console.tour.routes import TOUR
from attachment_lab.console.web.page import problem_response, register_page
from attachment_lab.console.web.reverse_proxy import add_reverse_proxy
from attachment_lab.console.web.tenant_api import add_tenant_api
from attachment_lab.errors import LabError, WrongUse
from attachment_lab.stack.commands import CONSOLE_VARIABLE
from attachment_lab.tenant.credentials import TenantNames
from attachment_lab.tenant.opening import TenantOptions
from mock_kit.http.guard import Guard, is_for_files

#: What the mocks do for their control addresses, the console does for all of its own; links may open its pages.
GUARD = Guard(wrong_host_status=HTTPStatus.MISDIRECTED_REQUEST, allow_links=True)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def create_app() -> Flask:
    """The application, from the settings in the environment (see commands.console)."""
    settings = json.loads(os.environ.pop(CONSOLE_VARIABLE))
    pool = [TenantNames.from_json(each) for each in settings.get("pool", [])]
    control = StackControl.from_json(settings.get("control", {}))
    options = TenantOptions(dialects=settings.get("dialects", {}))
    to, names = StackClients(settings["urls"], allow_list=control.allow_list), TenantNames.from_json(settings["tenant"])
    return build_app(to, names, settings["urls"], control=control, pool=pool, options=options)


def build_app(
    to: StackClients,
    names: TenantNames,
    urls: dict[str, str],
    *,
    control: StackControl | None = None,
    pool: list[TenantNames] | None = None,
    options: TenantOptions | None = None,
) -> Flask:
    """The application; ``names`` is its first tenant."""
    app = Flask(__name__)
    app.jinja_env.undefined = StrictUndefined  # a misspelt name is an error and not an empty word on a page
    sessions = TenantSessions(to, names, urls, control=control, pool=pool or [], options=options)
    app.extensions["tenant_sessions"] = sessions
    _add_guards(app)
    _add_start_pages(app, sessions)
    add_tenant_api(app, sessions)
    add_reverse_proxy(app)
    for page in (*PAGES, TOUR):
        register_page(app, page, PAGES)
    return app


def _add_guards(app: Flask) -> None:
    @app.before_request
    def refuse_foreign_pages() -> Response | None:
        view = app.view_functions.get(request.endpoint or "")
        refusal = GUARD.refusal(request, files=is_for_files(view))
        return None if refusal is None else Response(refusal.body(), refusal.status, refusal.header_list())

    @app.after_request
    def harden(answer: Response) -> Response:
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    @app.errorhandler(LabError)
    def refuse(error: LabError) -> tuple[Response, int]:
        status = HTTPStatus.CONFLICT if isinstance(error, WrongUse) else HTTPStatus.BAD_GATEWAY
        return problem_response(status, str(error))


def _add_start_pages(app: Flask, sessions: TenantSessions) -> None:
    @app.get("/")
    def start() -> AnyResponse:
        """The first tenant's chain."""
        return redirect(url_for("chain.page", tenant=sessions.first, chat=request.args.get("chat")))

    @app.get("/w/<tenant>/")
    def tenant_start(tenant: str) -> AnyResponse:
        """A tenant's chain."""
        return redirect(url_for("chain.page", tenant=tenant, chat=request.args.get("chat")))

    @app.get("/healthz")
    def healthz() -> Response:
        """200 as soon as the console serves."""
        return jsonify(status="ok")
