"""DBOS's own tables: create or upgrade them, and read their version."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from dbos import DBOS


class EngineSchemaBehind(Exception):
    """DBOS's own tables are older than this program's DBOS needs."""


def migrate(url: str, engine: sa.Engine) -> None:
    """Create or upgrade DBOS's own tables.

    DBOS numbers its migrations, takes a lock of its own and commits one by one: an interrupted run continues where it
    stopped. A database that a later DBOS has migrated is not changed, and an earlier DBOS works with it.
    """
    quieten()
    DBOS.migrate(driver_url(url, engine))


def schema_number(engine: sa.Engine) -> int:
    """The number of DBOS's last migration in this database; 0 where there is none."""
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    table = sa.Table("dbos_migrations", sa.MetaData(schema=schema), sa.Column("version", sa.BigInteger))
    if not sa.inspect(engine).has_table(table.name, schema=schema):
        return 0
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.max(table.c.version))).scalar() or 0)


def driver_url(url: str, engine: sa.Engine) -> str:
    """The URL as DBOS wants it: the same database that ``engine`` opens."""
    if engine.dialect.name == "sqlite":
        return url
    return engine.url.render_as_string(hide_password=False)


def quieten() -> None:
    """DBOS's logger goes through our handlers, at warning level: else it prints workflow errors with their text."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = True
    logger.setLevel(logging.WARNING)
