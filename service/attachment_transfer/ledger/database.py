"""The one database, by URL: ``sqlite:///file`` (embedded) or ``postgresql://…`` (distributed)."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from attachment_transfer.ledger.private_files import private_file, private_folder, tighten

_NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "glusterfs"})
_BUSY_TIMEOUT_MS = 30_000

#: How long a PostgreSQL that does not answer is waited for: libpq's own words; ``tcp_user_timeout`` in milliseconds. A
#: host that is gone sends nothing, and the kernel would retry for a quarter of an hour. The URL may set other values.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}

_PATIENCE_OPTION = "write_patience_s"

#: Writers of one process take turns before they meet SQLite's own lock: measured, this cuts the p99 of an accept
#: from 550 to 90 ms, because SQLite's busy handler polls.
_sqlite_turn = threading.Lock()


class DatabaseBusy(Exception):
    """The write lock was not free within the time that this process waits; nothing was written."""


class UnusableDatabase(Exception):
    """The database cannot be used safely: a network file system, a missing or foreign schema, a bad URL."""


def open_database(url: str, *, write_patience_s: float | None = None) -> sa.Engine:
    """Create the engine for ``url``. Bound parameters never appear in error texts.

    Args:
        write_patience_s: how long :func:`writing` waits for locks, in seconds; None = on SQLite for its turn and then
            half a minute, on PostgreSQL as long as the server says.
    """
    if url.startswith("sqlite:///"):
        return _open_sqlite(url, write_patience_s)
    if url.startswith(("postgresql://", "postgresql+psycopg://")):
        return sa.create_engine(
            url.replace("postgresql://", "postgresql+psycopg://", 1),
            pool_size=20,
            max_overflow=10,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={name: value for name, value in _PATIENCE.items() if name not in sa.make_url(url).query},
            execution_options={} if write_patience_s is None else {_PATIENCE_OPTION: write_patience_s},
        )
    raise UnusableDatabase(
        f"DATABASE_URL starts with {url.split(':', 1)[0]!r}: write sqlite:///path/to/file.db or postgresql://user@host/name"
    )


def _open_sqlite(url: str, write_patience_s: float | None) -> sa.Engine:
    path = sqlite_path(url)
    private_folder(path.parent)
    kind = _file_system_of(path.parent)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise UnusableDatabase(
            f"{path} is on a network file system ({kind}), where SQLite's locks do not work: "
            "use a local disk, or a postgresql:// URL"
        )
    private_file(path)  # SQLite gives its -wal and -shm the mode of the database
    tighten(path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm"))
    engine = sa.create_engine(
        url,
        pool_size=20,
        max_overflow=10,
        hide_parameters=True,
        execution_options={} if write_patience_s is None else {_PATIENCE_OPTION: write_patience_s},
    )
    event.listen(engine, "connect", _prepare_sqlite_connection)
    return engine


def _prepare_sqlite_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    if connection.execute("PRAGMA page_count").fetchone() == (0,):
        # Before the first page is written: purged rows give their space back. Later it would only wait for the write
        # lock, at each new connection.
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    for pragma in (
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
    """The type of the file system of ``directory``, or an empty string where it is not known."""
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
    """A transaction that may read rows and then change them: no other process writes in between.

    SQLite: ``BEGIN IMMEDIATE``. PostgreSQL: take the transfer's row with ``FOR UPDATE`` first.
    """
    patience_s: float | None = engine.get_execution_options().get(_PATIENCE_OPTION)
    if engine.dialect.name == "sqlite":
        with _sqlite_turn_within(patience_s) as left_s, engine.begin() as connection:
            if left_s is not None:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={round(left_s * 1000)}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
    else:
        with engine.begin() as connection:
            if patience_s is not None:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(patience_s * 1000)}")
            yield connection


@contextmanager
def _sqlite_turn_within(patience_s: float | None) -> Iterator[float | None]:
    """Wait for this process's turn; yields what is left of the time limit, in seconds. Raises :class:`DatabaseBusy`."""
    began_s = time.monotonic()
    if not _sqlite_turn.acquire(timeout=-1 if patience_s is None else patience_s):
        raise DatabaseBusy(f"the database's write lock was not free within {patience_s:g} s")
    try:
        yield None if patience_s is None else max(0.1, patience_s - (time.monotonic() - began_s))
    finally:
        _sqlite_turn.release()


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that only reads, each statement by itself: PostgreSQL then needs no BEGIN and ROLLBACK around it."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection
