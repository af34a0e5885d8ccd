"""Ordered changes of the ledger's schema, run by Alembic on a connection that the caller has locked.

Two numbers describe a database:

- its **step**: the last of ``versions/step_NNNN_*.py`` that ran (table ``ledger_migration``). A program needs its own
  newest step, and works with any later one;
- its **version** (table ``ledger_schema``): which programs it still serves. An expanding step leaves it alone, so the
  release before goes on working beside the new one. A contracting step, one release later, raises it.

How to write a step: ``docs/operations.md``, "Upgrade", and the two steps that are here.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from attachment_transfer.ledger import tables

#: The newest step of this tree, which is the step that this program needs.
NEEDED = "0002"
#: The step of a database that was created before steps were counted: the schema of the first release.
FIRST = "0001"
#: What a script can begin with beside a step: nothing at all, or the first release's schema, which counts no steps.
EMPTY, UNCOUNTED = "empty", "uncounted"

VERSION_TABLE = "ledger_migration"
step_table = sa.Table(VERSION_TABLE, sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))

#: Names and values of Alembic's configuration that ``env.py`` reads.
CONNECTION, DIALECT = "connection", "dialect"

_FOLDER = Path(__file__).parent
#: Where steps are found. Tests add folders: the prepared steps, and steps that fail.
LOCATIONS = [_FOLDER / "versions"]


class SchemaIncomplete(Exception):
    """After the last step the database still lacks tables or columns: its step is wrong."""


def step_of(connection: sa.Connection) -> str | None:
    """The database's step; None where it has no table of the ledger."""
    start = start_of(connection)
    return {EMPTY: None, UNCOUNTED: FIRST}.get(start, start)


def start_of(connection: sa.Connection) -> str:
    """What a script for this database begins with: its step, or one of :data:`EMPTY` and :data:`UNCOUNTED`."""
    inspector = sa.inspect(connection)
    if inspector.has_table(VERSION_TABLE):
        found: str | None = connection.execute(sa.select(step_table.c.version_num)).scalar()
        if found is not None:
            return found
    return UNCOUNTED if inspector.has_table(tables.schema_version.name) else EMPTY


def starts() -> list[str]:
    """Everything that a script can begin with, oldest first."""
    found = ScriptDirectory.from_config(_config()).walk_revisions()
    return [EMPTY, UNCOUNTED, *sorted(step.revision for step in found)]


def is_newer(step: str | None) -> bool:
    """True for a step that only a later program knows."""
    return step is not None and int(step) > int(NEEDED)


def upgrade(connection: sa.Connection) -> None:
    """Bring the database to :data:`NEEDED`, inside the caller's transaction. Raises :class:`SchemaIncomplete`."""
    step = step_of(connection)
    if not is_newer(step):
        config = _config()
        config.attributes[CONNECTION] = connection
        if start_of(connection) == UNCOUNTED:
            command.stamp(config, FIRST)
        command.upgrade(config, NEEDED)
    if missing := _missing(connection):
        raise SchemaIncomplete(f"the database is at step {step_of(connection)} and lacks {', '.join(missing)}")


def script(dialect: str, since: str) -> str:
    """SQL that does what :func:`upgrade` does for a database at ``since`` (:func:`starts`).

    ``dialect`` is ``sqlite`` or ``postgresql``. Statements end with a semicolon; no transaction is around them.
    """
    text = io.StringIO()
    config = _config(text)
    config.attributes[DIALECT] = dialect
    if since == UNCOUNTED:
        command.stamp(config, f"base:{FIRST}", sql=True)
    begin = {EMPTY: "base", UNCOUNTED: FIRST}.get(since, since)
    command.upgrade(config, f"{begin}:{NEEDED}", sql=True)
    return text.getvalue()


def _config(output: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=output or sys.stdout)
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, LOCATIONS)).replace("%", "%%"))
    return config


def _missing(connection: sa.Connection) -> list[str]:
    """Tables and columns that this program uses and the database does not have."""
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    missing = []
    for table in tables.metadata.sorted_tables:
        if table.name not in there:
            missing.append(f"table {table.name}")
            continue
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        missing += [f"column {table.name}.{column.name}" for column in table.columns if column.name not in columns]
    return missing
