"""``POST /_mock/seed``: the body in OData's JSON, files included, becomes rows as a test wants them.

They may go beyond the rights that $metadata announces, within its types and lengths.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from c4c_mock.model.access.users import C4CUser
from c4c_mock.model.edm import UMBRELLA, EntitySet, entity_set, services
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.payloads import EntityPayload
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.shown import shown
from c4c_mock.model.table import EntityTable
from c4c_mock.model.values import Value
from c4c_mock.model.writes import EntityWriter
from c4c_mock.tenant import C4CTenant
from c4c_mock.wire.base64_stream import Base64Writer
from c4c_mock.wire.json_in import read_payload
from c4c_mock.wire.scanner import BodyScanner
from mock_kit.tenants.spool import Blob

_SKELETON_MAX_BYTES = 64 * 1024 * 1024
_SEEDER = C4CUser(name="SEED", kind="business")
_OBJECT_ID = re.compile(r"[0-9A-Za-z-]{1,70}")


def seed_from(tenant: C4CTenant, pieces: Iterable[bytes]) -> list[EntityRow]:
    """Store what the body describes: all of it, or nothing. Raises BadRequest."""
    scanner = BodyScanner(
        lambda: Base64Writer(tenant.spool.writer(), lambda _size: None), skeleton_max_bytes=_SKELETON_MAX_BYTES
    )
    try:
        for piece in pieces:
            scanner.feed(piece)
        wanted = [_wanted(one, scanner.blobs) for one in _rows(scanner.finish())]
        with tenant.rows.all_or_nothing():
            return [_seed(tenant.writer, payload, parent) for payload, parent in wanted]
    except BaseException:
        scanner.abort()
        with suppress(OSError):
            for blob in scanner.blobs:
                tenant.spool.discard(blob)
        raise


def _rows(body: object) -> list[Any]:
    rows = body.get("rows") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise BadRequest('expected {"rows": [{"set", "parent"?, "values"}]}')
    return rows


def _wanted(one: object, blobs: list[Blob]) -> tuple[EntityPayload, str]:
    if not isinstance(one, dict) or not set(one) <= {"set", "parent", "values"}:
        raise BadRequest('a row: expected {"set", "parent"?, "values"}')
    eset = services()[UMBRELLA].sets.get(str(one.get("set")))
    if eset is None:
        raise BadRequest(f"set: no entity set {shown(one.get('set'))}")
    parent = one.get("parent", "")
    if not isinstance(parent, str):
        raise BadRequest("parent: expected the ObjectID of the owning row")
    return read_payload(one.get("values", {}), eset, blobs), parent


def _seed(writer: EntityWriter, payload: EntityPayload, parent_id: str) -> EntityRow:
    """Store an object with its parts. ``ObjectID`` may be chosen, stamps and authors may be set.

    Raises BadRequest for a read-only list, an unknown parent, an ObjectID in use, or a derived property.
    """
    _check_parent(writer.rows, payload.eset, parent_id)
    chosen = [part.values["ObjectID"] for part in payload.family() if part.values.get("ObjectID")]
    if len(set(chosen)) < len(chosen):
        raise BadRequest("ObjectID: two rows want the same one")
    for part in payload.family():
        _check_part(writer.rows, part)
    rows = writer.new_rows(payload, parent_id or None, _SEEDER)
    writer.rows.add(rows)
    return rows[0]


def _check_parent(table: EntityTable, eset: EntitySet, parent_id: str) -> None:
    if eset.is_fixed:
        raise BadRequest(f"{eset.name} is a fixed list: its rows are part of the model")
    if bool(eset.parent) != bool(parent_id):
        raise BadRequest(f"{eset.name} belongs to {eset.parent}: name the parent" if eset.parent else "no parent here")
    stored = table.stored(eset.parent) if eset.parent else []
    if parent_id and not any(row.object_id == parent_id for row in stored):
        raise BadRequest(f"parent {parent_id}: no such {entity_set(eset.parent).type_name}")


def _check_part(table: EntityTable, part: EntityPayload) -> None:
    object_id: Value = part.values.get("ObjectID")
    if object_id is not None:
        if not (isinstance(object_id, str) and _OBJECT_ID.fullmatch(object_id)):
            raise BadRequest(f"ObjectID {shown(object_id)}: expected 1 to 70 letters, digits or dashes")
        if table.knows(object_id):
            raise BadRequest(f"ObjectID {object_id} is in use")
    for name in part.values:
        prop = part.eset.properties[name]
        if prop.text_of or prop.from_parent or name in {"ETag", "ParentObjectID", "SizeInkB"}:
            raise BadRequest(f"{name} of {part.eset.type_name} follows from other values")
