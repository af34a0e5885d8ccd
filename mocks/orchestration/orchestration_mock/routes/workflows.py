"""Stand-in for the orchestration layer (hosts ``cc-workflows-*``): records the call, answers by dialect.

In the lab the transfer service answers under these names; this stand-in shows what Contact Pro would send.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from mock_kit.control import json_body
from mock_kit.http.refusals import NotImitated
from mock_kit.journal.context import note
from mock_kit.mock import Mock
from orchestration_mock.model.issuer.bearer import BearerRefused, check_bearer
from orchestration_mock.model.workflows import BODIES, HOSTS
from orchestration_mock.tenant import OrchestrationTenant

Reply = Response | tuple[Response, int]


def workflows_blueprint(mock: Mock[OrchestrationTenant]) -> Blueprint:
    """``POST /prod/chat-attachments`` and ``POST /prod/email-analysis``."""
    bp = Blueprint("workflows", __name__)

    @bp.post("/prod/<workflow>")
    def call(workflow: str) -> Reply:
        """The dialect's answer; 400 if it is incomplete, 401 without a valid token, 403 without its scope."""
        host = request.host.partition(":")[0]
        if host not in HOSTS.values():
            raise NotImitated(f"No workflow is published at {host}; known: {', '.join(HOSTS.values())}.")
        if workflow not in BODIES:
            raise NotImitated(f"The workflow {workflow} is not imitated; known: {', '.join(BODIES)}.")
        mock.evidence.touch("workflows.regions")
        mock.evidence.touch("workflows.stand_in" if workflow == "chat-attachments" else "workflows.email")
        tenant = mock.tenant()
        authorization = request.headers.get("Authorization", "")
        check_bearer(authorization, tenant.issuer, tenant.clock.now(), workflow)
        status, answer = tenant.workflows.take(workflow, host, dict(request.headers.items()), json_body())
        return jsonify(answer), status

    @bp.errorhandler(BearerRefused)
    def refused(exc: BearerRefused) -> Reply:
        """An API gateway's reply; the journal has the reason."""
        note("warning", f"bearer.{exc.code}", str(exc))
        reply = jsonify(message="Unauthorized" if exc.status == 401 else "Forbidden")
        reply.headers["WWW-Authenticate"] = f'Bearer error="{exc.code}"'
        return reply, exc.status

    return bp
