"""Rows as plain JSON for the log, and back. The model's types say how a value is read."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from c4c_mock.model.edm import Property, entity_set
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.storage.log import Damaged
from c4c_mock.model.values import Value
from mock_kit.tenants.spool import Blob


def row_to_json(row: EntityRow) -> dict[str, Any]:
    """The whole row; a file by its name and digest."""
    return {
        "set": row.eset.name,
        "id": row.object_id,
        "seq": row.seq,
        "parent": row.parent_id,
        "values": {name: _plain(value) for name, value in row.values.items()},
        "created": [row.created_at.isoformat(), row.created_by],
        "changed": [row.changed_at.isoformat(), row.changed_by],
        "visible": row.visible_at.isoformat(),
        "contact": row.contact,
    }


class FileMissing(Damaged):
    """A row's file does not exist: the process died while it cleared the tenant, or a person removed the file."""


def row_from_json(raw: Mapping[str, Any], spool: Path) -> EntityRow:
    """The row that ``row_to_json`` wrote. Raises FileMissing, or Damaged when its file has another length."""
    eset = entity_set(raw["set"])
    row = EntityRow(
        eset=eset,
        object_id=raw["id"],
        parent_id=raw["parent"],
        values={n: _value(v, eset.properties[n], spool) for n, v in raw["values"].items()},
        created_at=datetime.fromisoformat(raw["created"][0]),
        created_by=raw["created"][1],
        visible_at=datetime.fromisoformat(raw["visible"]),
        contact=raw["contact"],
        seq=raw["seq"],
    )
    row.changed_at, row.changed_by = datetime.fromisoformat(raw["changed"][0]), raw["changed"][1]
    return row


def _plain(value: Value) -> Any:
    if isinstance(value, Blob):
        head = base64.b64encode(value.head).decode()
        return [value.path.name, value.size_bytes, value.sha256, value.sniffed_type, head]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _value(raw: Any, prop: Property, spool: Path) -> Value:
    if raw is None:
        return None
    if prop.type == "Binary":
        name, size_bytes, sha256, sniffed_type, head = raw
        path = spool / name
        if not path.is_file():
            raise FileMissing(f"{path} is missing")
        if path.stat().st_size != size_bytes:
            raise Damaged(f"{path} was changed; remove the directory")
        return Blob(path, size_bytes, sha256, sniffed_type, base64.b64decode(head))
    if prop.type in {"DateTime", "DateTimeOffset"}:
        return datetime.fromisoformat(raw)
    if isinstance(raw, bool | str) and prop.type != "Decimal":
        return raw
    return Decimal(str(raw))
