"""What every page of the console shares: its entry in the menu, its tenant, its stream, its errors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NoReturn, cast

from flask import Blueprint, Flask, Response, abort, current_app, g, jsonify, render_template, request

from attachment_lab.console.session.tenant_session import TenantSession, TenantSessions
from attachment_lab.errors import LabError

#: A stream ends after this long and the browser opens the next one: a page that is gone keeps no thread.
STREAM_S = 45.0
GENERATION_HEADER = "X-Tenant-Generation"
PAUSE_S = 0.25
Reply = Response | tuple[Response, int]


@dataclass(frozen=True, kw_only=True)
class ConsolePage:
    """One page of the console.

    Attributes:
        name: of its blueprint; its route is called ``page``.
        title: in the menu and the browser's tab.
        icon: a symbol of ``icons.svg``, without ``i-``.
        order: its place in the menu.
        make: builds the blueprint.
        path: in its address, where that is not its name.
    """

    name: str
    title: str
    icon: str
    order: int
    make: Callable[[], Blueprint]
    path: str = ""

    @property
    def address(self) -> str:
        """Where it is, below ``/w/<tenant>/``."""
        return self.path or self.name


def register_page(app: Flask, page: ConsolePage, menu: Sequence[ConsolePage]) -> None:
    """Register a page in the application, below each tenant."""
    blueprint = page.make()
    blueprint.url_value_preprocessor(_enter_tenant)
    blueprint.url_defaults(_stay_in_tenant)

    @blueprint.context_processor
    def context() -> dict[str, Any]:
        """What ``base.html`` needs; it is not used where there is no tenant."""
        if "session" not in g:
            return {}
        session = tenant_session()
        return {
            "this_page": page,
            "menu": menu,
            "tenant": g.tenant,
            "names": session.names,
            "tenants": tenant_sessions().names(),
            "generation": session.generation,
        }

    @blueprint.after_request
    def add_generation(answer: Response) -> Response:
        """By this header a page sees that its tenant was reset since it was loaded."""
        if "session" in g:
            answer.headers[GENERATION_HEADER] = tenant_session().generation
        return answer

    app.register_blueprint(blueprint, url_prefix=f"/w/<tenant>/{page.address}")


def tenant_sessions() -> TenantSessions:
    """All tenants of this console."""
    return cast("TenantSessions", current_app.extensions["tenant_sessions"])


def tenant_session() -> TenantSession:
    """The tenant of the running request."""
    return cast("TenantSession", g.session)


def session_named(name: str) -> TenantSession:
    """The session of that tenant; ends the running request with 404 when there is none."""
    found = tenant_sessions().get(name)
    if found is None:
        abort_with_problem(
            HTTPStatus.NOT_FOUND, f"no tenant {name!r}; there are: {', '.join(tenant_sessions().names())}"
        )
    return found


def problem_response(status: HTTPStatus, detail: str) -> tuple[Response, int]:
    """An error response as ``application/problem+json``; ``detail`` is for a person."""
    answer = jsonify(title=status.phrase, status=status, detail=detail)
    answer.content_type = "application/problem+json"
    return answer, status


def abort_with_problem(status: HTTPStatus, detail: str) -> NoReturn:
    """End the running request with an error response."""
    answer, _ = problem_response(status, detail)
    answer.status_code = status
    abort(answer)


def json_object() -> dict[str, Any]:
    """The running request's JSON object; ends the request with 400 for anything else.

    JSON only: a form of a foreign page cannot send JSON without a preflight request.
    """
    body = request.get_json(silent=True) if request.is_json else None
    if not isinstance(body, dict):
        abort_with_problem(HTTPStatus.BAD_REQUEST, "send a JSON object")
    return body


def stream(read: Callable[[], Any], event: str) -> Response:
    """Server-sent events: what ``read`` gives (JSON), whenever it differs.

    ``trouble`` with a sentence on LabError; ``reset`` once when the tenant was reset, then the stream ends.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    dumps = current_app.json.dumps  # it knows dataclasses, as jsonify does
    name, mine, sessions = str(g.tenant), tenant_session(), tenant_sessions()

    def is_reset() -> bool:
        return sessions.get(name) is not mine

    return Response(_pieces(lambda: dumps(read()), event, is_reset), mimetype="text/event-stream", headers=headers)


def _pieces(read: Callable[[], str], event: str, is_reset: Callable[[], bool]) -> Iterator[str]:
    yield "retry: 400\n\n"
    last, until = "", time.monotonic() + STREAM_S
    while time.monotonic() < until:
        if is_reset():
            # This reader has secrets from before the reset: the page must load itself again.
            yield "event: reset\ndata: {}\n\n"
            return
        try:
            piece = f"event: {event}\ndata: {read()}\n\n"
        except LabError as exc:
            piece = f"event: trouble\ndata: {json.dumps(str(exc))}\n\n"
        if piece != last:
            yield piece
            last = piece
        time.sleep(PAUSE_S)


def _enter_tenant(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    name = str((values or {}).pop("tenant"))
    is_navigation = request.headers.get("Sec-Fetch-Dest") == "document"
    if is_navigation and tenant_sessions().get(name) is None:
        page = render_template("gone.html", name=name, others=tenant_sessions().names())
        abort(Response(page, HTTPStatus.NOT_FOUND))
    g.tenant, g.session = name, session_named(name)


def _stay_in_tenant(_endpoint: str, values: dict[str, Any]) -> None:
    if "tenant" in g:
        values.setdefault("tenant", g.tenant)
