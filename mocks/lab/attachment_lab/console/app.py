"""The console: pages that show a chat's attachments travel, one set of them per tenant.

``/w/<tenant>/<page>/`` is a page; what it asks for lies below it. ``/`` leads to the first tenant. Every page is
a blueprint of its own (``pages``) that finds its tenant by ``desk()``.
"""

from __future__ import annotations

import json
import os
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from attachment_lab.console.desk import Desks, Hands
from attachment_lab.console.frame import json_object, register_page, told
from attachment_lab.console.pages import PAGES
from attachment_lab.console.passage import add_passage
from attachment_lab.console.tour.routes import TOUR
from attachment_lab.errors import LabError, WrongUse
from attachment_lab.stack.commands import CONSOLE_VARIABLE
from attachment_lab.stack.neighbours import Neighbours
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
    pool = [TenantNames(**each) for each in settings.get("pool", [])]
    hands = Hands.from_json(settings.get("hands", {}))
    options = TenantOptions(dialects=settings.get("dialects", {}))
    to, names = Neighbours(settings["urls"]), TenantNames(**settings["tenant"])
    return build_app(to, names, settings["urls"], hands=hands, pool=pool, options=options)


def build_app(
    to: Neighbours,
    names: TenantNames,
    urls: dict[str, str],
    *,
    hands: Hands | None = None,
    pool: list[TenantNames] | None = None,
    options: TenantOptions | None = None,
) -> Flask:
    """The application; ``names`` is its first tenant."""
    app = Flask(__name__)
    desks = Desks(to, names, urls, hands=hands, pool=pool or [], options=options)
    app.extensions["desks"] = desks
    _add_guards(app)
    _add_doors(app, desks)
    _add_tenants(app, desks)
    _add_demo(app, desks)
    add_passage(app, desks)
    for page in (*PAGES, TOUR):
        register_page(app, page, PAGES)
    return app


def _add_guards(app: Flask) -> None:
    @app.before_request
    def refuse_web_pages() -> Response | None:
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
    def tell(error: LabError) -> tuple[Response, int]:
        status = HTTPStatus.CONFLICT if isinstance(error, WrongUse) else HTTPStatus.BAD_GATEWAY
        return told(status, str(error))


def _add_doors(app: Flask, desks: Desks) -> None:
    @app.get("/")
    def door() -> AnyResponse:
        """The first tenant's chain."""
        return redirect(url_for("chain.page", tenant=desks.first, chat=request.args.get("chat")))

    @app.get("/w/<tenant>/")
    def tenant_door(tenant: str) -> AnyResponse:
        """A tenant's chain."""
        return redirect(url_for("chain.page", tenant=tenant, chat=request.args.get("chat")))

    @app.get("/healthz")
    def healthz() -> Response:
        """200 as soon as the console serves."""
        return jsonify(status="ok")


def _add_tenants(app: Flask, desks: Desks) -> None:
    def shown(name: str) -> dict[str, Any]:
        desk = desks.get(name)
        hosts = {"cmi_host": desk.names.cmi_host, "c4c_host": desk.names.c4c_host} if desk else {}
        tenant_path = desk.names.tenant_path if desk else name
        return {"tenant": name, "tenant_path": tenant_path, "url": url_for("chain.page", tenant=name), **hosts}

    @app.get("/api/tenants")
    def list_tenants() -> Response:
        """Every tenant that this console shows, the first one first; no secrets."""
        return jsonify(tenants=[shown(name) for name in desks.names()])

    @app.post("/api/tenants")
    def add_tenant() -> tuple[Response, int]:
        """201 ``{"tenant","tenant_path","url",…}``: mints one, or shows one that exists if the body names it.

        ``{}``, ``{"options": {…}}`` (TenantOptions) or ``{"names": {…}}`` (TenantNames).
        """
        body = json_object()
        try:
            options = TenantOptions(**body.get("options", {}))
            desk = desks.adopt(TenantNames(**body["names"])) if body.get("names") else desks.mint(options)
        except TypeError:
            # The error's own words could repeat a secret.
            told_so = "names: an object with the members of TenantNames; options: of TenantOptions; or leave them out"
            return told(HTTPStatus.BAD_REQUEST, told_so)
        return jsonify(shown(desk.names.name)), 201

    @app.delete("/api/tenants/<name>")
    def close(name: str) -> tuple[Response, int]:
        """204; the tenant is closed in all three mocks."""
        if desks.get(name) is None:
            return told(HTTPStatus.NOT_FOUND, f"no tenant {name!r}; there are: {', '.join(desks.names())}")
        desks.drop(name)
        return Response(), 204


def _add_demo(app: Flask, desks: Desks) -> None:
    @app.post("/api/tenants/<name>/reset")
    def reset(name: str) -> tuple[Response, int]:
        """204; the tenant is at its beginning again, with other secrets and ids. Open pages load themselves anew."""
        json_object()
        if desks.get(name) is None:
            return told(HTTPStatus.NOT_FOUND, f"no tenant {name!r}; there are: {', '.join(desks.names())}")
        desks.renew(name)
        return Response(), 204

    @app.route("/api/tenants/<name>/seed", methods=["GET", "POST"])
    def seed(name: str) -> tuple[Response, int]:
        """POST loads the demo's customers in the background (202, 409 meanwhile); GET tells how far it is."""
        desk = desks.get(name)
        if desk is None:
            return told(HTTPStatus.NOT_FOUND, f"no tenant {name!r}; there are: {', '.join(desks.names())}")
        if request.method == "POST":
            json_object()
            desk.seeding.start()
            return jsonify(desk.seeding.state()), 202
        return jsonify(desk.seeding.state()), 200
