"""The ledger's schema in a database: migrate it, print the SQL for it, check that this program can use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from attachment_transfer.ledger import migrations, tables
from attachment_transfer.ledger.database import UnusableDatabase, open_database, reading, sqlite_path, writing

#: PostgreSQL's advisory locks, numbers that are ours: one for a transaction of steps, one for the whole command.
_MIGRATION_LOCK, _COMMAND_LOCK = 0x61747472, 0x61747473
#: How long a step waits for a table that others use, in milliseconds: a longer wait would block all other processes.
_TABLE_PATIENCE_MS = 20_000


@contextmanager
def migrating_alone(engine: sa.Engine) -> Iterator[None]:
    """Lock the whole command: ledger and engine are migrated in transactions of their own.

    SQLite needs none: each transaction takes the file's write lock first.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": _COMMAND_LOCK})
        try:
            yield
        finally:
            connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": _COMMAND_LOCK})


def migrate(engine: sa.Engine) -> int:
    """Bring the ledger's schema to this program's step; return its version. Safe to run twice and in parallel.

    All steps run in one transaction: one that fails, or a process that dies, leaves the schema as it was.
    Raises :class:`UnusableDatabase`.
    """
    try:
        with writing(engine) as connection:
            if engine.dialect.name == "postgresql":
                # Several processes may start at once; the second waits and finds everything there.
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                connection.execute(sa.text(f"SET LOCAL lock_timeout = {_TABLE_PATIENCE_MS}"))
            _refuse_newer(connection)
            migrations.upgrade(connection)
            return int(connection.execute(sa.select(tables.schema_version.c.version)).scalar_one())
    except (sa.exc.DBAPIError, migrations.SchemaIncomplete) as exc:
        raise UnusableDatabase(f"the schema was left as it was: {_cause(exc)}") from exc


def migration_script(url: str, since: str | None) -> str:
    """The same as SQL for a person to run: from ``since``, or (None) from the database's present step.

    Nothing is written. In the script, as here, all steps are one transaction. Raises :class:`UnusableDatabase`.
    """
    since = since or _start_of(url)
    if since.isdecimal() and int(since) >= int(migrations.NEEDED):
        return f"-- nothing to do: the ledger is at step {since}\n"
    dialect, begin = "sqlite", "BEGIN IMMEDIATE;"
    if not url.startswith("sqlite:"):
        lock = f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK});"
        patience = f"SET LOCAL lock_timeout = {_TABLE_PATIENCE_MS};"
        dialect, begin = "postgresql", f"BEGIN;\n{lock}\n{patience}"
    head = f"-- the ledger's schema for {dialect}, from {since} to step {migrations.NEEDED}\n{begin}\n"
    return head + migrations.script(dialect, since) + "COMMIT;\n"


def _start_of(url: str) -> str:
    if url.startswith("sqlite:") and not sqlite_path(url).exists():
        return migrations.EMPTY  # opening it would create it
    engine = open_database(url)
    try:
        with reading(engine) as connection:
            _refuse_newer(connection)
            return migrations.start_of(connection)
    finally:
        engine.dispose()


def refuse_newer(engine: sa.Engine) -> None:
    """Raise :class:`UnusableDatabase` for a schema that only a later program understands."""
    with reading(engine) as connection:
        _refuse_newer(connection)


def _refuse_newer(connection: sa.Connection) -> None:
    if not sa.inspect(connection).has_table(tables.schema_version.name):
        return
    version = connection.execute(sa.select(tables.schema_version.c.version)).scalar()
    if version is not None and version > max(tables.UNDERSTOOD_VERSIONS):
        raise UnusableDatabase(
            f"the database has ledger schema {version}, this program understands {_understood()}: run the newer "
            "program, or restore the backup from before its migration"
        )


def _understood() -> str:
    return " and ".join(str(version) for version in tables.UNDERSTOOD_VERSIONS)


def _cause(exc: Exception) -> str:
    """The first line of the database's message: the others may quote rows."""
    text = str(exc.orig) if isinstance(exc, sa.exc.DBAPIError) else str(exc)
    return f"{type(exc).__name__}: {text.splitlines()[0] if text else ''}"


@dataclass(frozen=True)
class Schema:
    """A database's schema: which programs it serves, and the last step that ran."""

    version: int
    step: str


def schema_of(engine: sa.Engine) -> Schema:
    """Read the schema's two numbers. Raises :class:`UnusableDatabase` where they are not there."""
    version, step = tables.schema_version.c.version, migrations.step_table.c.version_num
    query = sa.select(sa.select(version).scalar_subquery(), sa.select(step).scalar_subquery())
    try:
        with reading(engine) as connection:
            found = connection.execute(query).one()
    except sa.exc.DBAPIError as exc:
        raise UnusableDatabase(
            "the database cannot be read or has no schema: run `attachment-transfer migrate`"
        ) from exc
    if None in found:
        raise UnusableDatabase("the database has no schema: run `attachment-transfer migrate`")
    return Schema(*found)


def check_schema(engine: sa.Engine) -> None:
    """Raise :class:`UnusableDatabase` unless this program can work with the schema: its own, or a later one's.

    A later release expands the schema while this program still runs, and this program works on.
    """
    schema = schema_of(engine)
    if schema.version > max(tables.UNDERSTOOD_VERSIONS):
        raise UnusableDatabase(
            f"ledger schema is {schema.version}, this program understands {_understood()}: run the newer program"
        )
    if schema.version < min(tables.UNDERSTOOD_VERSIONS) or int(schema.step) < int(migrations.NEEDED):
        raise UnusableDatabase(
            f"ledger schema is {schema.version}, step {schema.step}; step {migrations.NEEDED} is needed: "
            "run `attachment-transfer migrate`"
        )


def schema_obstacle(engine: sa.Engine) -> str | None:
    """What is wrong with the database, as a sentence, or None: :func:`check_schema` for probes."""
    try:
        check_schema(engine)
    except UnusableDatabase as exc:
        return str(exc)
    return None
