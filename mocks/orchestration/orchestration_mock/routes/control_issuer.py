"""Control of the token issuer: lifetime, clock, keys, revocation and planned failures, ``/_mock/oauth``."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from mock_kit.control import json_body
from mock_kit.mock import Mock
from orchestration_mock.model.forms import Form
from orchestration_mock.model.issuer.failures import KINDS
from orchestration_mock.tenant import OrchestrationTenant

MOST_EXPIRES_IN_S = 366 * 86_400
MOST_SKEW_S = 366 * 86_400
Reply = Response | tuple[Response, int]


def add_issuer(bp: Blueprint, mock: Mock[OrchestrationTenant]) -> None:
    """``/_mock/oauth``, ``…/rotate`` and ``…/revoke``."""

    @bp.get("/oauth")
    def show_issuer() -> Reply:
        """The issuer without its client's secret."""
        return jsonify(mock.current_tenant().issuer.describe())

    @bp.post("/oauth")
    def change_issuer() -> Reply:
        """``{"expires_in": seconds}`` for tokens issued from now on, ``{"clock_skew_s": ±seconds}``, or both."""
        issuer = mock.current_tenant().issuer
        form = Form(json_body())
        expires_in_s = form.whole("expires_in", issuer.expires_in_s, least=1, most=MOST_EXPIRES_IN_S)
        skew_s = form.seconds("clock_skew_s", issuer.skew_s, least=-MOST_SKEW_S, most=MOST_SKEW_S)
        form.refuse_unknown("expires_in or clock_skew_s")
        form.done("The issuer")
        issuer.expires_in_s, issuer.skew_s = expires_in_s, skew_s
        return jsonify(issuer.describe())

    @bp.post("/oauth/rotate")
    def rotate() -> Reply:
        """A new signing key; ``{"keep_old": false}`` withdraws the old ones."""
        issuer = mock.current_tenant().issuer
        form = Form(json_body(optional=True))
        keep_old = form.flag("keep_old", True)
        form.done("The key")
        issuer.rotate(keep_old=keep_old)
        return jsonify(issuer.describe())

    @bp.post("/oauth/revoke")
    def revoke() -> Reply:
        """``{"token": ...}`` or ``{"jti": ...}``: inactive from now on; its signature stays valid."""
        issuer = mock.current_tenant().issuer
        form = Form(json_body())
        name = "jti" if form.has("jti") else "token"
        value = form.text(name)
        form.done("The revocation")
        return jsonify(jti=issuer.revoke(value).jti, revoked=True)


def add_failures(bp: Blueprint, mock: Mock[OrchestrationTenant]) -> None:
    """``/_mock/oauth/failures``: what the issuer will do wrong."""

    @bp.get("/oauth/failures")
    def show_failures() -> Reply:
        """The planned failures, used-up ones included, and all kinds."""
        planned = [failure.as_json() for failure in mock.current_tenant().issuer.failures.all()]
        return jsonify(failures=planned, kinds=list(KINDS))

    @bp.post("/oauth/failures")
    def plan_failure() -> Reply:
        """201; ``{"kind", "times": 1}``, ``times`` 0 or null: until it is removed."""
        tenant = mock.current_tenant()
        form = Form(json_body())
        kind = form.choice("kind", KINDS)
        endless = form.has("times") and form.raw("times") is None
        times = None if endless else form.whole("times", 1) or None
        form.done("The failure", "planned")
        tenant.touch("oauth.failures")
        return jsonify(tenant.issuer.plan_failure(kind, times).as_json()), 201

    @bp.delete("/oauth/failures")
    def clear_failures() -> Reply:
        """204; no failure is planned any more."""
        mock.current_tenant().issuer.failures.clear()
        return Response(status=204)

    @bp.delete("/oauth/failures/<id_>")
    def remove_failure(id_: str) -> Reply:
        """204, or 404."""
        mock.current_tenant().issuer.failures.remove(id_)
        return Response(status=204)
