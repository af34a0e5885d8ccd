"""Control of a tenant by an agent's desktop, a test or a person: ``/_mock`` routes beside the kit's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from flask import Blueprint, Response, jsonify, request

from c4c_mock.evidence import seen
from c4c_mock.model import cti
from c4c_mock.model.edm import SERVICE_NAMES, UMBRELLA, services
from c4c_mock.model.errors import C4CError
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.table import EntityTable
from c4c_mock.routes.administration_forms import check
from c4c_mock.routes.control_administration import add_administration
from c4c_mock.routes.control_limits import add_limits
from c4c_mock.routes.control_seed import seed_from
from c4c_mock.routes.odata import inspect
from c4c_mock.tenant import C4CTenant
from mock_kit.control import json_object
from mock_kit.faults.kinds import is_int
from mock_kit.http.pieces import pieces_of
from mock_kit.http.problem import FieldError, Problem, bad_request
from mock_kit.mock import Mock
from mock_kit.tenants.spool import read_blob

Reply = tuple[Response, int]


def control_blueprint(mock: Mock[C4CTenant]) -> Blueprint:
    """The C4C-specific control routes; each takes ``?tenant=``."""
    bp = Blueprint("c4c_control", __name__, url_prefix="/_mock")
    add_administration(bp, mock)
    add_limits(bp, mock)
    _add_objects(bp, mock)
    return bp


def _add_objects(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    @bp.post("/cti")
    def receive_cti() -> Reply:
        """The CTI widget's payload: ACCEPT creates an activity, END completes it."""
        return jsonify(_received(mock.current_tenant(), json_object())), 200

    @bp.post("/seed")
    def seed() -> Reply:
        """``{"rows": [{"set", "parent"?, "values"}]}``: business objects as a test wants them, all or none."""
        try:
            created = seed_from(mock.current_tenant(), pieces_of(request.stream))
        except C4CError as exc:
            error = FieldError("rows", exc.message, exc.hint or "Correct it; nothing was stored.")
            raise bad_request("The tenant was not seeded.", error) from exc
        return jsonify(rows=[{"set": row.eset.name, "object_id": row.object_id} for row in created]), 201

    @bp.get("/odata/<path:path>")
    def inspect_odata(path: str) -> Response:
        """What OData returns to a business user below ``/sap/c4c/odata/v1/``, without login, fault or journal."""
        return inspect(mock.current_tenant(), cti.DESKTOP, path)

    @bp.get("/activities")
    def list_activities() -> Reply:
        """Every chat activity with its external reference, for the reconciliation."""
        return jsonify(cti.activities(mock.current_tenant().rows)), 200

    @bp.get("/attachments")
    def list_attachments() -> Reply:
        """Every stored attachment, visible or still being committed, with its sha256."""
        tenant = mock.current_tenant()
        wanted = request.args.get("external_reference_id")
        found = [
            a for a in _attachments(tenant.rows, tenant.clock.now()) if wanted in {None, a["external_reference_id"]}
        ]
        return jsonify(found), 200

    @bp.post("/attachments/<object_id>/change")
    def change_attachment(object_id: str) -> Reply:
        """``{"offset": n}``: that byte of a stored file changes, as on a damaged disk; no ETag, no note, no request."""
        tenant, form = mock.current_tenant(), json_object()
        row = next((each for each in tenant.rows.everything() if each.object_id == object_id and each.blob), None)
        offset = form.get("offset", 0)
        if row is None or row.blob is None:
            raise Problem(404, "No such file", f"C4C has no attachment {object_id!r} with a document.")
        if not is_int(offset, 0, row.blob.size_bytes - 1):
            expected = f"a whole number from 0 to {row.blob.size_bytes - 1}"
            raise bad_request("There is no such byte.", FieldError("offset", expected, "Correct it.", offset))
        content = bytearray(b"".join(read_blob(row.blob)))
        content[offset] ^= 1
        row.values["Binary"] = tenant.spool.store([bytes(content)])
        return jsonify(_attachment(tenant.rows, row, tenant.clock.now())), 200


def _received(tenant: C4CTenant, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Act on a CTI payload, wrapped or not. Problem 400 names the invalid members."""
    if (inner := cti.unwrapped(payload)) is not payload:
        seen("cti-wrapped")
        payload = inner
    seen("cti-reference")
    check(cti.problems(payload))
    if not tenant.access.systems:
        seen("cti-system")
    row = cti.receive(tenant.writer, tenant.access.systems, payload)
    if row is None:
        return {"activity": None}
    stored = cti.stored_reference(tenant.rows, row)
    return {
        "activity": {"set": row.eset.name, "object_id": row.object_id, "id": row.values.get("ID", "")},
        "external_reference_id": stored,
        "reference_stored": bool(stored),
    }


class StoredAttachment(TypedDict):
    """One stored attachment; ``sha256`` and ``sniffed_type`` are empty for a link.

    ``committed``: readers see it; False while a slow commit lasts.
    """

    object_id: str
    parent_object_id: str
    external_reference_id: str
    service: str
    name: str
    mime_type: str
    title: str
    size_bytes: int
    sha256: str
    sniffed_type: str
    created_on: str
    created_by: str
    committed: bool


def _attachments(rows: EntityTable, now: datetime) -> list[StoredAttachment]:
    """Every attachment in the order of creation, committed for readers or not yet."""
    sets = [s for s in services()[UMBRELLA].sets.values() if s.attachment]
    stored = [row for eset in sets for row in rows.stored(eset.name)]
    return [_attachment(rows, row, now) for row in sorted(stored, key=lambda r: r.created_at)]


def _attachment(rows: EntityTable, row: EntityRow, now: datetime) -> StoredAttachment:
    owner = rows.parent(row)
    text: dict[str, Any] = {n: row.values.get(n) or "" for n in ("Name", "MimeType", "Title")}
    return StoredAttachment(
        object_id=row.object_id,
        parent_object_id=row.parent_id or "",
        external_reference_id=cti.stored_reference(rows, owner) if owner else "",
        service=next(name for name in SERVICE_NAMES if row.eset.name in services()[name].sets),
        name=text["Name"],
        mime_type=text["MimeType"],
        title=text["Title"],
        size_bytes=row.blob.size_bytes if row.blob else 0,
        sha256=row.blob.sha256 if row.blob else "",
        sniffed_type=row.blob.sniffed_type if row.blob else "",
        created_on=row.created_at.isoformat().replace("+00:00", "Z"),
        created_by=row.created_by,
        committed=row.visible_at <= now,
    )
