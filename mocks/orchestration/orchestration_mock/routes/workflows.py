"""Stand-in for the orchestration layer (hosts ``cc-workflows-*``): records the call, answers by dialect.

In the lab the transfer service answers under these names; this is for looking at what Contact Pro would send.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from mock_kit.mock import Mock
from orchestration_mock.model.errors import Lacking
from orchestration_mock.model.workflows import BODIES
from orchestration_mock.model.world import OrchestrationWorld
from orchestration_mock.wire.reading import json_body

Reply = Response | tuple[Response, int] | tuple[Response, int, dict[str, str]]


def workflows_blueprint(mock: Mock[OrchestrationWorld]) -> Blueprint:
    """``POST /prod/chat-attachments`` and ``POST /prod/email-analysis``."""
    bp = Blueprint("workflows", __name__)

    @bp.post("/prod/<workflow>")
    def call(workflow: str) -> Reply:
        """The dialect's answer; 401 without a good token, 403 without its scope, 422 if it is incomplete."""
        if workflow not in BODIES:
            raise Lacking(f"The workflow {workflow} is not imitated; known: {', '.join(BODIES)}.")
        mock.evidence.touch("workflows.stand_in")
        world = mock.world()
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        claims = world.issuer.introspect(token) if scheme.lower() == "bearer" else {"active": False}
        if not claims["active"]:
            return jsonify(message="Unauthorized"), 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        if workflow not in str(claims["scope"]).split():
            return (
                jsonify(message="Forbidden"),
                403,
                {"WWW-Authenticate": 'Bearer error="insufficient_scope"'},
            )
        status, answer = world.workflows.take(workflow, dict(request.headers.items()), json_body())
        return jsonify(answer), status

    return bp
