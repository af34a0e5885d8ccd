"""What every page of the console shares: its place in the menu, its tenant, its stream, its errors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from flask import Blueprint, Flask, Response, abort, current_app, g, jsonify, render_template, request

from attachment_lab.console.desk import Desk, Desks
from attachment_lab.errors import LabError

#: A stream ends after this long and the browser opens the next one: no thread is held by a page long gone.
STREAM_S = 45.0
BORN_HEADER = "X-Tenant-Born"
PAUSE_S = 0.25


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of the console.

    Attributes:
        name: of its blueprint and in its address ``/w/<tenant>/<name>/``; its route is called ``page``.
        title: in the menu and the browser's tab.
        icon: a symbol of ``icons.svg``, without ``i-``.
        order: its place in the menu.
        make: builds the blueprint.
    """

    name: str
    title: str
    icon: str
    order: int
    make: Callable[[], Blueprint]


def register_page(app: Flask, page: Page, menu: Sequence[Page]) -> None:
    """Hang a page into the application below each tenant."""
    blueprint = page.make()
    blueprint.url_value_preprocessor(_enter_tenant)
    blueprint.url_defaults(_stay_in_tenant)

    @blueprint.context_processor
    def frame() -> dict[str, Any]:
        """What ``base.html`` needs; where there is no tenant it is not used."""
        if "desk" not in g:
            return {}
        shown = {"this_page": page, "menu": menu, "tenant": g.tenant, "names": desk().names, "tenants": desks().names()}
        return shown | {"born": desk().born}

    @blueprint.after_request
    def tell_which_beginning(answer: Response) -> Response:
        """A page of an earlier beginning of its tenant sees by this that it is out of date."""
        if "desk" in g:
            answer.headers[BORN_HEADER] = desk().born
        return answer

    app.register_blueprint(blueprint, url_prefix=f"/w/<tenant>/{page.name}")


def desks() -> Desks:
    """All tenants of this console."""
    return cast("Desks", current_app.extensions["desks"])


def desk() -> Desk:
    """The tenant of the running request."""
    return cast("Desk", g.desk)


def told(status: HTTPStatus, detail: str) -> tuple[Response, int]:
    """An error answer as ``application/problem+json``; ``detail`` is for a person."""
    answer = jsonify(title=status.phrase, status=status, detail=detail)
    answer.content_type = "application/problem+json"
    return answer, status


def json_object() -> dict[str, Any]:
    """The running request's JSON object; ends it with 400 for anything else.

    JSON only: a form of a foreign page cannot send that without asking the browser first.
    """
    body = request.get_json(silent=True) if request.is_json else None
    if not isinstance(body, dict):
        answer, status = told(HTTPStatus.BAD_REQUEST, "send a JSON object")
        answer.status_code = status
        abort(answer)
    return body


def stream(read: Callable[[], Any], event: str) -> Response:
    """Server-sent events: what ``read`` gives (JSON), whenever it differs.

    ``trouble`` with a sentence on LabError; ``renewed`` once when the tenant was set back, and no more.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    name, mine, all_tenants = str(g.tenant), desk(), desks()

    def is_renewed() -> bool:
        return all_tenants.get(name) is not mine

    return Response(_pieces(read, event, is_renewed), mimetype="text/event-stream", headers=headers)


def _pieces(read: Callable[[], Any], event: str, is_renewed: Callable[[], bool]) -> Iterator[str]:
    yield "retry: 400\n\n"
    last, until = "", time.monotonic() + STREAM_S
    while time.monotonic() < until:
        if is_renewed():
            # This reader has the secrets of a beginning that is over: the page loads itself anew.
            yield "event: renewed\ndata: {}\n\n"
            return
        try:
            piece = f"event: {event}\ndata: {json.dumps(read())}\n\n"
        except LabError as exc:
            piece = f"event: trouble\ndata: {json.dumps(str(exc))}\n\n"
        if piece != last:
            yield piece
            last = piece
        time.sleep(PAUSE_S)


def _enter_tenant(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    name = (values or {}).pop("tenant")
    found = desks().get(name)
    if found is None:
        abort(_no_such_tenant(str(name)))
    g.tenant, g.desk = name, found


def _no_such_tenant(name: str) -> Response:
    """404: a page for who turns to it in a browser, a problem for everybody else."""
    others = desks().names()
    if request.headers.get("Sec-Fetch-Dest") == "document":
        return Response(render_template("gone.html", name=name, others=others), HTTPStatus.NOT_FOUND)
    answer, status = told(HTTPStatus.NOT_FOUND, f"no tenant {name!r}; there are: {', '.join(others)}")
    answer.status_code = status
    return answer


def _stay_in_tenant(_endpoint: str, values: dict[str, Any]) -> None:
    if "tenant" in g:
        values.setdefault("tenant", g.tenant)
