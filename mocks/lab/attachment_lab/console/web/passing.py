"""Passes a call of a page to a mock, and a mock's refusal back with every field that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify

from attachment_lab.console.chat.chat_routes import refused
from attachment_lab.console.web.page import Reply
from attachment_lab.errors import RequestRefused


def passed(call: Callable[[], Any], *, then: Callable[[], None], status: HTTPStatus = HTTPStatus.OK) -> Reply:
    """The mock's answer with ``status``, 204 where it has none; or its refusal: ``errors`` names the wrong fields.

    ``then`` is called in either case: readings from before the call are out of date.
    """
    try:
        found = call()
    except RequestRefused as exc:
        answer, code = refused(exc)
        return jsonify({**answer.get_json(), "errors": exc.problem.get("errors") or []}), code
    finally:
        then()
    return (jsonify(found), status) if found is not None else (Response(), HTTPStatus.NO_CONTENT)
