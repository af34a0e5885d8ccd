"""Rows as a test wants them: beyond the rights that $metadata announces, within its types and lengths."""

from __future__ import annotations

import re

from c4c_mock.model.access.users import C4CUser
from c4c_mock.model.edm import EntitySet, entity_set
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.payloads import EntityPayload
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.table import EntityTable
from c4c_mock.model.values import Value
from c4c_mock.model.writes import EntityWriter

SEEDER = C4CUser(name="SEED", kind="business")
_OBJECT_ID = re.compile(r"[0-9A-Za-z-]{1,70}")


def seed(writer: EntityWriter, payload: EntityPayload, parent_id: str) -> EntityRow:
    """Store an object with its parts. ``ObjectID`` may be chosen, stamps and authors may be set.

    Raises BadRequest for a read-only list, an unknown parent, an ObjectID in use, or a derived property.
    """
    _check_parent(writer.rows, payload.eset, parent_id)
    chosen = [part.values["ObjectID"] for part in payload.family() if part.values.get("ObjectID")]
    if len(set(chosen)) < len(chosen):
        raise BadRequest("ObjectID: two rows want the same one")
    for part in payload.family():
        _check(writer.rows, part)
    rows = writer.new_rows(payload, parent_id or None, SEEDER)
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


def _check(table: EntityTable, part: EntityPayload) -> None:
    object_id: Value = part.values.get("ObjectID")
    if object_id is not None:
        if not (isinstance(object_id, str) and _OBJECT_ID.fullmatch(object_id)):
            raise BadRequest(f"ObjectID {object_id!r}: expected 1 to 70 letters, digits or dashes")
        if table.knows(object_id):
            raise BadRequest(f"ObjectID {object_id} is in use")
    for name in part.values:
        prop = part.eset.properties[name]
        if prop.text_of or prop.from_parent or name in {"ETag", "ParentObjectID", "SizeInkB"}:
            raise BadRequest(f"{name} of {part.eset.type_name} follows from other values")
