"""The one database: its URL, its schema, and where it must not lie."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from attachment_transfer.ledger import database, tables
from attachment_transfer.ledger.database import UnusableDatabase, open_database, sqlite_path, writing
from attachment_transfer.ledger.schema import check_schema, migrate


def mounts(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    real = Path.read_text

    def read_text(self: Path, *arguments: str, **options: str) -> str:
        return text if str(self) == "/proc/mounts" else real(self, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", read_text)


def test_a_schema_is_made_once_and_migrating_again_changes_nothing(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/deep/er/ledger.db")
    assert migrate(engine) == tables.SCHEMA_VERSION
    assert migrate(engine) == tables.SCHEMA_VERSION
    check_schema(engine)
    with engine.connect() as connection:
        assert connection.execute(sa.select(tables.schema_version)).all() == [(tables.SCHEMA_VERSION,)]


def test_migrations_that_start_together_make_one_schema(tmp_path: Path) -> None:
    engines = [open_database(f"sqlite:///{tmp_path}/ledger.db") for _ in range(6)]
    start = threading.Barrier(len(engines))
    versions: list[int] = []

    def run(engine: sa.Engine) -> None:
        start.wait(30)
        versions.append(migrate(engine))

    threads = [threading.Thread(target=run, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert versions == [tables.SCHEMA_VERSION] * len(engines)
    with engines[0].connect() as connection:
        assert len(connection.execute(sa.select(tables.schema_version)).all()) == 1


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/ledger.db")
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(tables.schema_version.update().values(version=99))
    with pytest.raises(UnusableDatabase, match="ledger schema 99"):
        migrate(engine)
    with pytest.raises(UnusableDatabase, match="ledger schema is 99"):
        check_schema(engine)


def test_an_empty_database_is_not_ready_and_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UnusableDatabase, match="attachment-transfer migrate"):
        check_schema(open_database(f"sqlite:///{tmp_path}/ledger.db"))


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"not a database at all, " * 100)
    with pytest.raises(UnusableDatabase, match="cannot be read"):
        check_schema(open_database(f"sqlite:///{tmp_path}/ledger.db"))


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        ("mysql://user:Word-1618@host/db", "'mysql'"),
        ("sqlite://", "'sqlite'"),
        ("ledger.db", "'ledger.db'"),
        ("", "''"),
    ],
)
def test_a_url_of_another_kind_is_refused_by_its_scheme_and_no_more(url: str, scheme: str) -> None:
    with pytest.raises(UnusableDatabase, match=f"DATABASE_URL starts with {scheme}") as caught:
        open_database(url)
    assert "Word-1618" not in str(caught.value)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"])
def test_a_network_file_system_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    mounts(monkeypatch, f"overlay / overlay rw 0 0\nserver:/x {tmp_path} {kind} rw 0 0\n")
    with pytest.raises(UnusableDatabase, match="network file system") as caught:
        open_database(f"sqlite:///{tmp_path}/ledger.db")
    assert kind in str(caught.value)


def test_the_innermost_mount_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    local = tmp_path / "local"
    mounts(monkeypatch, f"server:/x {tmp_path} nfs rw 0 0\n/dev/sda1 {local} ext4 rw 0 0\n")
    open_database(f"sqlite:///{local}/ledger.db")
    with pytest.raises(UnusableDatabase):
        open_database(f"sqlite:///{tmp_path}/localnot/ledger.db")


def test_a_mount_with_a_blank_in_its_name_is_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    mounts(monkeypatch, f"overlay / overlay rw 0 0\nserver:/x {tmp_path}/a\\040b nfs rw 0 0\n")
    with pytest.raises(UnusableDatabase, match="network file system"):
        open_database(f"sqlite:///{folder}/ledger.db")


def test_without_a_list_of_mounts_the_database_is_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(database, "_file_system_of", lambda _directory: "")
    open_database(f"sqlite:///{tmp_path}/ledger.db")


def test_sqlite_is_set_up_to_survive_a_power_cut_and_to_forget(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/ledger.db")
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}


def test_bound_values_are_in_no_error_text(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/ledger.db")
    with pytest.raises(sa.exc.OperationalError) as caught, engine.connect() as connection:
        connection.execute(sa.text("SELECT * FROM nowhere WHERE a = :a"), {"a": "Word-of-C4C-1618"})
    assert "Word-of-C4C-1618" not in str(caught.value)


def test_a_writer_that_fails_leaves_nothing(engine: sa.Engine) -> None:
    def write_and_fail() -> None:
        with writing(engine) as connection:
            connection.execute(tables.audit.insert().values(at_s=1.0, actor="x", action="x", detail="x"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.audit)).scalar_one() == 0


def test_what_a_writer_read_nobody_changes_meanwhile(engine: sa.Engine, database_file: Path) -> None:
    with writing(engine):
        other = sqlite3.connect(database_file, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO ledger_schema VALUES (7)")
        other.close()


def test_the_file_behind_a_url_is_absolute() -> None:
    assert sqlite_path("sqlite:////var/lib/x.db") == Path("/var/lib/x.db")
    assert sqlite_path("sqlite:///x.db").is_absolute()
