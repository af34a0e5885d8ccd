"""A backup by the commands of docs/operations.md, a disaster, a restore: nothing is lost, nothing is filed twice."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from kept_kit import CHATS, OPEN
from ledger_kit import bytes_on_disk
from upgrade_kit import Kept

from attachment_lab.testing.postgres import Server, binaries

pytestmark = [
    pytest.mark.long,
    pytest.mark.stack,
    pytest.mark.xdist_group("postgresql-upgrade"),
    pytest.mark.timeout(600),
]

OPERATIONS = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")


def shell(command: str, kept: Kept, **variables: str) -> None:
    """Run one line of the handbook. Raises CalledProcessError."""
    assert command in OPERATIONS, f"docs/operations.md does not name this command: {command}"
    found = binaries()
    path = f"{found}{os.pathsep}{os.environ['PATH']}" if found else os.environ["PATH"]
    environment = {**os.environ, "PATH": path, "DATABASE_URL": kept.url, **variables}
    subprocess.run(["sh", "-euc", command], env=environment, cwd=kept.folder, check=True, capture_output=True)


def test_a_backup_from_before_the_upgrade_is_put_back_after_a_disaster(
    kept: Kept, request: pytest.FixtureRequest
) -> None:
    back_up(kept)
    kept.run("migrate")
    kept.carry_on(*OPEN)  # C4C has all the files now; the backup does not know
    restored = put_back(kept, request)
    assert restored.transfers()["queued"]["state"] == "queued"
    restored.run("migrate")
    assert "file(s) are looked for before they are posted" in restored.run("after-restore")[0]
    restored.carry_on(*OPEN)
    assert {restored.transfers()[name]["outcome"] for name in OPEN} == {"stored"}
    assert restored.objects() == {name: 2 for name in CHATS if name not in {"cancelled", "parked"}}


def test_a_backup_of_a_running_service_is_whole(kept: Kept, request: pytest.FixtureRequest) -> None:
    kept.run("migrate")
    worker = kept.carrying(*OPEN)
    back_up(kept)
    kept.take(worker)
    restored = put_back(kept, request)
    restored.run("after-restore")
    restored.carry_on(*OPEN)
    assert {restored.transfers()[name]["outcome"] for name in OPEN} == {"stored"}
    assert restored.objects() == {name: 2 for name in CHATS if name not in {"cancelled", "parked"}}


@pytest.mark.parametrize("system", ["sqlite"], indirect=True)
def test_a_copied_sqlite_file_alone_misses_what_is_in_its_log(kept: Kept) -> None:
    """Why the handbook names a command: the newest rows are in the file beside it."""
    file = kept.folder / "kept.db"
    engine = kept.engine
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE transfer SET caller = 'the newest row of all'")
    assert b"the newest row of all" not in file.read_bytes()
    assert b"the newest row of all" in bytes_on_disk(file)
    engine.dispose()


def back_up(kept: Kept) -> None:
    if kept.dialect == "sqlite":
        if shutil.which("sqlite3") is None:
            pytest.skip("sqlite3, the command, is not installed; remedy: apt-get install sqlite3")
        shell('sqlite3 "$FILE" ".backup $BACKUP"', kept, FILE=str(kept.folder / "kept.db"), BACKUP="backup.db")
    else:
        shell('pg_dump --format=custom --file="$BACKUP" "$DATABASE_URL"', kept, BACKUP="backup.dump")


def put_back(kept: Kept, request: pytest.FixtureRequest) -> Kept:
    """The disaster, and the backup in the place of what was there."""
    if kept.dialect == "sqlite":
        shell('rm -f "$FILE" "$FILE-wal" "$FILE-shm"', kept, FILE="kept.db")
        shell('cp "$BACKUP" "$FILE"', kept, BACKUP="backup.db", FILE="kept.db")
        return kept
    server: Server = request.getfixturevalue("server")
    name = f"restored_{os.urandom(4).hex()}"
    restored = Kept(server.database(name), kept.folder, kept.stored)
    shell('pg_restore --exit-on-error --no-owner --dbname="$DATABASE_URL" "$BACKUP"', restored, BACKUP="backup.dump")
    return restored
