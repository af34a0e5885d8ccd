"""What outlives the process: an append-only file of JSON lines per tenant, one line per transaction.

A line is written to the file before the caller is answered, so a process that is killed loses nothing that it has
confirmed (a machine that loses power may). An incomplete line was never confirmed and is dropped. A row is plain JSON
there; the model's types say how a value is read back.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from c4c_mock.model.edm import Property, entity_set
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.values import Value
from mock_kit.tenants.spool import Blob

FILE_NAME = "tenant.jsonl"
FORMAT = 1


class Damaged(RuntimeError):
    """A tenant's file cannot be read, or belongs to another version of this mock."""


class FileMissing(Damaged):
    """A row's file does not exist: the process died while it cleared the tenant, or a person removed the file."""


class Log:
    """The file of one tenant. Nothing is written before ``rewrite`` was called once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._started = False

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add one transaction. Raises OSError if it cannot be written."""
        with self._lock:
            if self._started:
                self._write(self.path, [entry], os.O_APPEND)

    def rewrite(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Replace the file atomically: either the old file exists or the new one."""
        with self._lock:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = self.path.with_suffix(".new")
            self._write(fresh, entries, os.O_TRUNC)
            fresh.replace(self.path)
            self._started = True

    def remove(self) -> None:
        """Delete the file and, when nothing else is in it, its directory."""
        with self._lock:
            self._started = False
            for path in (self.path, self.path.with_suffix(".new")):
                path.unlink(missing_ok=True)
            if self.path.parent.is_dir() and not any(self.path.parent.iterdir()):
                self.path.parent.rmdir()

    @staticmethod
    def _write(path: Path, entries: Iterable[Mapping[str, Any]], flag: int) -> None:
        raw = b"".join(json.dumps(entry, separators=(",", ":")).encode() + b"\n" for entry in entries)
        with open(path, "wb", buffering=0, opener=lambda p, _: os.open(p, os.O_WRONLY | os.O_CREAT | flag, 0o600)) as f:
            left = memoryview(raw)
            while left:
                left = left[f.write(left) or 0 :]

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every complete line, oldest first. Raises Damaged for a line that cannot be parsed."""
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                try:
                    entry = json.loads(line)
                except ValueError as exc:
                    raise Damaged(f"{self.path}, line {number}: cannot be read; remove the directory") from exc
                if number == 1 and entry.get("format") != FORMAT:
                    raise Damaged(f"{self.path}: not in this version's format {FORMAT}; remove the directory")
                yield entry


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


def with_file_names(raw: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The same row, its files under other names; ``names``: new ones by old ones."""
    properties = entity_set(raw["set"]).properties
    values = {
        name: [names[value[0]], *value[1:]] if value is not None and properties[name].type == "Binary" else value
        for name, value in raw["values"].items()
    }
    return {**raw, "values": values}


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
