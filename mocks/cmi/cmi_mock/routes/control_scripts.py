"""Control of scripted conversations: list them, read one, play one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from cmi_mock.routes.control_documents import attachment_as_json, outcome
from cmi_mock.scripting.document import BadScript, FileStep, Script
from cmi_mock.scripting.playing import PlayedScript, StepRefused, play
from cmi_mock.scripting.reading import MOST_SCRIPT_BYTES, read_script, shipped_script, shipped_scripts
from cmi_mock.tenant import CmiTenant
from mock_kit.http.guard import takes_files
from mock_kit.http.problem import FieldError, Problem, bad_request
from mock_kit.mock import Mock

Reply = Response | tuple[Response, int]


def add_scripts(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """``?move_clock=true``: the steps ``wait`` move the tenant's clock; else they are skipped."""

    @bp.get("/scripts")
    def list_scripts() -> Reply:
        """The shipped ones, each with title, channel, language and how many files it sends."""
        return jsonify(scripts=[_summary(name, read_script(text)) for name, text in shipped_scripts().items()])

    @bp.get("/scripts/<name>")
    def show_script(name: str) -> Reply:
        """A shipped script as it is written."""
        return Response(shipped_script(name), content_type="application/yaml; charset=utf-8")

    @bp.post("/scripts/<name>")
    def play_shipped(name: str) -> Reply:
        """Play a shipped script: 201."""
        return _played(mock.current_tenant(), read_script(shipped_script(name)))

    @bp.post("/scripts")
    @takes_files
    def play_document() -> Reply:
        """Play the script in the body, YAML or JSON: 201."""
        return _played(mock.current_tenant(), _sent_script())


def _sent_script() -> Script:
    content = request.stream.read(MOST_SCRIPT_BYTES + 1)
    if len(content) > MOST_SCRIPT_BYTES:
        error = FieldError("body", f"at most {MOST_SCRIPT_BYTES} bytes", "Shorten it.")
        raise bad_request("The script is too long.", error)
    try:
        return read_script(content.decode())
    except UnicodeDecodeError as exc:
        raise bad_request("The script is no text.", FieldError("body", "UTF-8", "Save it as UTF-8.")) from exc
    except BadScript as exc:
        raise _bad_script(exc) from exc


def _played(tenant: CmiTenant, script: Script) -> Reply:
    moving = request.args.get("move_clock", "false") == "true"
    try:
        return jsonify(_performance(play(script, tenant, move_clock=moving), script, tenant)), 201
    except StepRefused as exc:
        problem = exc.cause
        detail = f"Step {exc.number} of the script: {problem.detail}. The chat {exc.guid} stays as it is."
        errors = [FieldError(f"steps[{exc.number}]", one.expected, one.remedy) for one in problem.errors]
        raise Problem(problem.status, problem.title, detail, errors) from exc


def _performance(done: PlayedScript, script: Script, tenant: CmiTenant) -> dict[str, Any]:
    with tenant.lock:
        chat = outcome(tenant.chats.get(done.guid))
    return chat | {
        "title": script.title,
        "moments": [{"step": one.step, "event": one.event, "contact": one.contact} for one in done.moments],
        "attachments": [
            {
                **attachment_as_json(one),
                "originator_type": one.originator_type,
                "delivered_as": one.delivered_as,
            }
            for one in done.attachments
        ],
    }


def _summary(name: str, script: Script) -> dict[str, Any]:
    files = [step for step in script.steps if isinstance(step, FileStep)]
    return {
        "name": name,
        "title": script.title,
        "channel_sub_type": script.chat.channel_sub_type,
        "language": script.chat.language,
        "direct": script.chat.direct,
        "steps": len(script.steps),
        "files": len(files),
    }


def _bad_script(exc: BadScript) -> Problem:
    found = {} if exc.value is None else {"value": exc.value}
    return bad_request(f"{exc}.", FieldError(exc.field, exc.expected, "Correct the script; see README.", **found))
