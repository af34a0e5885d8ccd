"""The one database, by URL: ``sqlite:///file`` (embedded) or ``postgresql://…`` (distributed)."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from attachment_transfer.ledger import tables
from attachment_transfer.private_files import private_file, private_folder, tighten

_NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "glusterfs"})
_BUSY_TIMEOUT_MS = 30_000
_MIGRATION_LOCK = 0x61747472  # any number that is ours

#: How long a PostgreSQL that does not answer is waited for: libpq's own words; ``tcp_user_timeout`` in milliseconds. A
#: host that is gone tells nobody, and the kernel would try for a quarter of an hour. The URL may say otherwise.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}

#: Writers of one process take turns before they meet SQLite's own lock: measured, this cuts the p99 of an accept
#: from 550 to 90 ms, because SQLite's busy handler polls.
_sqlite_turn = threading.Lock()


class UnusableDatabase(Exception):
    """The database cannot be used safely: a network file system, a missing or foreign schema, a bad URL."""


def open_database(url: str) -> sa.Engine:
    """Create the engine for ``url``. Bound parameters never appear in error texts."""
    if url.startswith("sqlite:///"):
        return _open_sqlite(url)
    if url.startswith(("postgresql://", "postgresql+psycopg://")):
        return sa.create_engine(
            url.replace("postgresql://", "postgresql+psycopg://", 1),
            pool_size=20,
            max_overflow=10,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={name: value for name, value in _PATIENCE.items() if name not in sa.make_url(url).query},
        )
    raise UnusableDatabase(
        f"DATABASE_URL starts with {url.split(':', 1)[0]!r}: write sqlite:///path/to/file.db or postgresql://user@host/name"
    )


def _open_sqlite(url: str) -> sa.Engine:
    path = sqlite_path(url)
    private_folder(path.parent)
    kind = _file_system_of(path.parent)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise UnusableDatabase(
            f"{path} lies on a network file system ({kind}), where SQLite's locks do not hold: "
            "use a local disk, or a postgresql:// URL"
        )
    private_file(path)  # SQLite gives its -wal and -shm the mode of the database
    tighten(path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm"))
    engine = sa.create_engine(url, pool_size=20, max_overflow=10, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite_connection)
    return engine


def _prepare_sqlite_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in (
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
        "auto_vacuum=INCREMENTAL",  # before the first page is written: purged rows give their space back
        "journal_mode=WAL",
        "synchronous=FULL",  # an answered 202 survives a power cut
        "foreign_keys=ON",
        "secure_delete=ON",  # shredded secrets leave no page behind
    ):
        connection.execute(f"PRAGMA {pragma}")


def sqlite_path(url: str) -> Path:
    """The file behind a ``sqlite:///`` URL."""
    return Path(url.removeprefix("sqlite:///")).absolute()


def _file_system_of(directory: Path) -> str:
    """The type of the file system that holds ``directory``, or an empty string where it cannot be told."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    resolved = str(directory.resolve())
    best, kind = "", ""
    for line in mounts:
        _, mount_point, file_system, *_ = line.split(" ")
        mount_point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), mount_point)  # a blank is \040
        if (resolved + "/").startswith(mount_point.rstrip("/") + "/") and len(mount_point) >= len(best):
            best, kind = mount_point, file_system
    return kind


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that may read and then write what it read: nobody else writes in between.

    SQLite: ``BEGIN IMMEDIATE``. PostgreSQL: take the transfer's row with ``FOR UPDATE`` first.
    """
    if engine.dialect.name == "sqlite":
        with _sqlite_turn, engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
    else:
        with engine.begin() as connection:
            yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that only reads, each statement by itself: PostgreSQL is spared a BEGIN and a ROLLBACK around it."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection


def migrate(engine: sa.Engine) -> int:
    """Create or upgrade the ledger's tables; return the schema version. Safe to run twice and in parallel."""
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            # Several processes may start at once; the second waits and finds everything there.
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        tables.metadata.create_all(connection)
        row = connection.execute(sa.select(tables.schema_version.c.version)).scalar()
        if row is None:
            connection.execute(tables.schema_version.insert().values(version=tables.SCHEMA_VERSION))
            return tables.SCHEMA_VERSION
    if row > tables.SCHEMA_VERSION:
        raise UnusableDatabase(
            f"the database has ledger schema {row}, this program knows {tables.SCHEMA_VERSION}: run the newer program"
        )
    return int(row)


def check_schema(engine: sa.Engine) -> None:
    """Raise :class:`UnusableDatabase` unless the schema is there and current."""
    try:
        with engine.connect() as connection:
            version = connection.execute(sa.select(tables.schema_version.c.version)).scalar()
    except sa.exc.DBAPIError as exc:
        raise UnusableDatabase(
            "the database cannot be read or has no schema: run `attachment-transfer migrate`"
        ) from exc
    if version != tables.SCHEMA_VERSION:
        raise UnusableDatabase(
            f"ledger schema is {version}, {tables.SCHEMA_VERSION} is needed: run `attachment-transfer migrate`"
        )


def schema_obstacle(engine: sa.Engine) -> str | None:
    """What is wrong with the database, as a sentence, or None: :func:`check_schema` for probes."""
    try:
        check_schema(engine)
    except UnusableDatabase as exc:
        return str(exc)
    return None
