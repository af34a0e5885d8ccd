"""What an administrator, an agent's desktop or a test does to the tenant: ``/_mock/*`` as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from c4c_mock.evidence import seen
from c4c_mock.model import cti
from c4c_mock.model.errors import C4CError
from c4c_mock.model.listing import attachments_of
from c4c_mock.routes.control_administration import add_administration, refusal
from c4c_mock.routes.control_limits import add_trouble
from c4c_mock.routes.control_seed import seed_from
from c4c_mock.routes.odata import look
from c4c_mock.tenant import C4CTenant
from mock_kit.app import Mock
from mock_kit.control import json_object
from mock_kit.problem import FieldError, bad_request

Answer = tuple[Response, int]
_PIECE_BYTES = 256 * 1024


def control_blueprint(mock: Mock[C4CTenant]) -> Blueprint:
    """The C4C-specific control routes; each takes ``?tenant=``."""
    bp = Blueprint("c4c_control", __name__, url_prefix="/_mock")
    add_administration(bp, mock)
    add_trouble(bp, mock)
    _add_business(bp, mock)
    return bp


def _add_business(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    @bp.post("/cti")
    def widget() -> Answer:
        """The CTI widget's payload: ACCEPT creates an activity, END completes it."""
        return jsonify(take_widget_payload(mock.current_tenant(), json_object())), 200

    @bp.post("/seed")
    def seed() -> Answer:
        """``{"rows": [{"set", "parent"?, "values"}]}``: business objects as a test wants them, all or none."""
        try:
            created = seed_from(mock.current_tenant(), _pieces())
        except C4CError as exc:
            error = FieldError("rows", exc.message, exc.hint or "Correct it; nothing was stored.")
            raise bad_request("The tenant was not seeded.", error) from exc
        return jsonify(rows=[{"set": row.eset.name, "object_id": row.object_id} for row in created]), 201

    @bp.get("/odata/<path:path>")
    def look_on(path: str) -> Response:
        """The same as OData gives a business user below ``/sap/c4c/odata/v1/``, without login, fault or journal."""
        return look(mock.current_tenant(), cti.DESKTOP, path)

    @bp.get("/attachments")
    def list_attachments() -> Answer:
        """Every stored attachment, visible or still being committed, with its sha256."""
        tenant = mock.current_tenant()
        wanted = request.args.get("external_reference_id")
        found = [a for a in attachments_of(tenant) if wanted in {None, a["external_reference_id"]}]
        return jsonify(found), 200


def _pieces() -> Iterator[bytes]:
    while piece := request.stream.read(_PIECE_BYTES):
        yield piece


def take_widget_payload(tenant: C4CTenant, body: Mapping[str, Any]) -> dict[str, Any]:
    """Act on a CTI payload. Problem 400 names the bad members."""
    seen("cti-reference")
    found = cti.problems(body)
    if found:
        raise refusal(
            [FieldError(p["field"], p["expected"], p.get("remedy", "Correct it."), p["value"]) for p in found]
        )
    if not tenant.access.systems:
        seen("cti-system")
    row = cti.receive(tenant, body)
    if row is None:
        return {"activity": None}
    stored = cti.stored_reference(tenant, row)
    return {
        "activity": {"set": row.eset.name, "object_id": row.object_id, "id": row.values.get("ID", "")},
        "external_reference_id": stored,
        "reference_stored": bool(stored),
    }
