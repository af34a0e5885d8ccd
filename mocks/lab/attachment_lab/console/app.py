"""The console's routes: the page, its stream of pictures, and the button that plays a chat."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template, request

from attachment_lab.chain_ledger import ChainLedger
from attachment_lab.commands import CONSOLE_VARIABLE
from attachment_lab.console.stage import OFFERED, Play, Stage
from attachment_lab.console.watch import Watch
from attachment_lab.demo import assumptions, default_files
from attachment_lab.errors import LabError, WrongUse
from attachment_lab.minting import WorldNames
from attachment_lab.neighbours import Neighbours

#: A stream ends after this long and the browser opens the next one: no thread is held by a page long gone.
STREAM_S = 45.0
PAUSE_S = 0.25
#: A page that a name server rebinds to loopback must not steer the lab.
OWN_NAMES = {"127.0.0.1", "localhost", "[::1]"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def create_app() -> Flask:
    """The application, from the settings in the environment (see commands.console)."""
    settings = json.loads(os.environ.pop(CONSOLE_VARIABLE))
    names, to = WorldNames(**settings["world"]), Neighbours(settings["urls"])
    return build_app(to, names, settings["urls"])


def build_app(to: Neighbours, names: WorldNames, urls: dict[str, str]) -> Flask:
    """The application for one world."""
    app = Flask(__name__)
    watch = Watch(ChainLedger(to, names))
    stage = Stage(to, names, default_files)
    _add_guards(app)
    _add_page(app, names, urls)
    _add_stream(app, watch, stage)
    _add_button(app, stage)

    @app.get("/api/assumptions")
    def list_assumptions() -> Response:
        """Undocumented vendor behaviour that showed itself in this world."""
        return jsonify([vars(each) for each in assumptions(to, names.name)])

    return app


def _add_guards(app: Flask) -> None:
    @app.before_request
    def refuse_strangers() -> None:
        host = request.host.rpartition(":")[0] if ":" in request.host.rpartition("]")[2] else request.host
        if host not in OWN_NAMES:
            abort(Response("This console answers on loopback names only.\n", HTTPStatus.MISDIRECTED_REQUEST))

    @app.after_request
    def harden(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    @app.errorhandler(LabError)
    def tell(error: LabError) -> tuple[Response, int]:
        status = HTTPStatus.CONFLICT if isinstance(error, WrongUse) else HTTPStatus.BAD_GATEWAY
        answer = jsonify(title=status.phrase, status=status, detail=str(error))
        answer.content_type = "application/problem+json"
        return answer, status


def _add_page(app: Flask, names: WorldNames, urls: dict[str, str]) -> None:
    @app.get("/")
    def page() -> str:
        """The one page."""
        return render_template("console.html", names=names, urls=urls)

    @app.get("/healthz")
    def healthz() -> Response:
        """200 as soon as the console serves."""
        return jsonify(status="ok")


def _add_stream(app: Flask, watch: Watch, stage: Stage) -> None:
    @app.get("/api/chain")
    def chain() -> Response:
        """One reading: ``{"chats", "picture", "is_playing", "error"}``; ``?chat=`` chooses."""
        return jsonify(_shown(watch, stage, request.args.get("chat")))

    @app.get("/events")
    def events() -> Response:
        """Server-sent events: a reading whenever it differs from the last one sent."""
        pieces = _stream(watch, stage, request.args.get("chat"))
        return Response(pieces, mimetype="text/event-stream", headers={"Cache-Control": "no-store"})


def _shown(watch: Watch, stage: Stage, guid: str | None) -> dict[str, Any]:
    return watch.reading(guid).to_json() | {"is_playing": stage.is_playing, "error": stage.last_error}


def _stream(watch: Watch, stage: Stage, guid: str | None) -> Iterator[str]:
    """``chain`` events with a reading, ``trouble`` events with a sentence."""
    yield "retry: 400\n\n"
    last, until = "", time.monotonic() + STREAM_S
    while time.monotonic() < until:
        try:
            event, data = "chain", json.dumps(_shown(watch, stage, guid))
        except LabError as exc:
            event, data = "trouble", json.dumps(str(exc))
        if data != last:
            yield f"event: {event}\ndata: {data}\n\n"
            last = data
        time.sleep(PAUSE_S)


def _add_button(app: Flask, stage: Stage) -> None:
    @app.post("/api/play")
    def play() -> tuple[Response, int]:
        """``{"slow": bool, "fault": name or null}`` -> 202 ``{"guid"}``; 409 while one is playing.

        JSON only: a form of a foreign page cannot send that without asking the browser first.
        """
        body = request.get_json(silent=True) if request.is_json else None
        if not isinstance(body, dict):
            answer = jsonify(title="Bad Request", status=400, detail="send a JSON object")
            return answer, HTTPStatus.BAD_REQUEST
        fault = body.get("fault") or None
        if fault is not None and fault not in OFFERED:
            answer = jsonify(title="Bad Request", status=400, detail=f"fault: one of {', '.join(OFFERED)}")
            return answer, HTTPStatus.BAD_REQUEST
        return jsonify(guid=stage.play(Play(slow=bool(body.get("slow", True)), fault=fault))), 202
