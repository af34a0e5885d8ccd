"""The service's rows of one tenant, read from its SQLite database and written into another one.

The ledger belongs to the service; here its rows are copied as they are, by the names of the columns that the database
itself gives. Sealed secrets are not copied, and neither is what the engine needs to continue a transfer: one that was
in progress is saved as failed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

DATABASE = "service.db"
BUSY_TIMEOUT_S = 30.0
#: Table → condition that selects a tenant's rows, in the order of insertion.
_TABLES = {
    "transfer": "caller = ?",
    "event": "transfer_id IN (SELECT id FROM transfer WHERE caller = ?)",
    "attachment": "transfer_id IN (SELECT id FROM transfer WHERE caller = ?)",
    "upload_intent": (
        "attachment_id IN (SELECT attachment.id FROM attachment JOIN transfer ON transfer.id = attachment.transfer_id "
        "WHERE caller = ?)"
    ),
    "audit": "transfer_id IN (SELECT id FROM transfer WHERE caller = ?)",
}
#: Their ids are numbers that the database gives; nothing refers to them.
_NUMBERED = {"event", "upload_intent", "audit"}
_AT_REST = {"transfer": {"settled", "parked", "cancelled"}, "attachment": {"stored", "skipped", "parked"}}
_INTERRUPTED = {
    "reason_code": "snapshot_in_progress",
    "reason_message": "It was in progress when the snapshot was taken.",
    "reason_remedy": "Fire the chat's event again: attachment-lab chat --end GUID.",
}


def read_rows(run_dir: Path | None, caller: str) -> dict[str, Any] | None:
    """``{"schema", "tables": {name: [row]}}``; None where the stack has no SQLite database that can be read."""
    if run_dir is None or not (run_dir / DATABASE).is_file():
        return None
    with _database(run_dir) as database:
        tables = {
            name: [dict(row) for row in database.execute(f"SELECT * FROM {name} WHERE {wanted}", (caller,))]  # noqa: S608 - our own words
            for name, wanted in _TABLES.items()
        }
        schema = _schema(database)
    return {"schema": schema, "tables": {name: [_ended(name, row) for row in rows] for name, rows in tables.items()}}


def write_rows(run_dir: Path | None, caller: str, saved: Mapping[str, Any] | None) -> str | None:
    """Replace the tenant's rows; returns why nothing was written, None when it was. One transaction."""
    if saved is None:
        return "the snapshot has none"
    if run_dir is None or not (run_dir / DATABASE).is_file():
        return "the stack has no SQLite database on this machine"
    with _database(run_dir) as database:
        if _schema(database) != saved["schema"]:
            return f"they are of schema {saved['schema']}, the service's database is of schema {_schema(database)}"
        with database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM transfer WHERE caller = ?", (caller,))
            for name in _TABLES:
                _insert(database, name, saved["tables"].get(name, ()))
    return None


def _insert(database: sqlite3.Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    present = [str(row["name"]) for row in database.execute(f"PRAGMA table_info({table})")]
    columns = [each for each in present if not (each == "id" and table in _NUMBERED)]
    places = ", ".join("?" for _ in columns)
    names = ", ".join(f'"{each}"' for each in columns)
    for row in rows:
        database.execute(
            f"INSERT INTO {table} ({names}) VALUES ({places})",  # noqa: S608 - names from the database
            [row.get(each) for each in columns],
        )


def _ended(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row, as one that failed where it was in progress."""
    if table not in _AT_REST or row["state"] in _AT_REST[table]:
        return row
    changes: dict[str, Any] = {**_INTERRUPTED, "state": "parked"}
    if table == "transfer":
        changes |= {"outcome": "failed", "next_round_at_s": None, "look_again": 0}
    return row | changes


def _schema(database: sqlite3.Connection) -> list[int]:
    return sorted(int(row["version"]) for row in database.execute("SELECT version FROM ledger_schema"))


@contextmanager
def _database(run_dir: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(run_dir / DATABASE, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as database:
        database.row_factory = sqlite3.Row
        database.execute("PRAGMA foreign_keys = ON")
        yield database
