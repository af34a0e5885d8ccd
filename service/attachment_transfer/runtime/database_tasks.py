"""Tasks on the whole database, run by the command line: migrate, move to another one, purge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from attachment_transfer.engine.queue import RoundQueue
from attachment_transfer.engine.schema import migrate as migrate_engine
from attachment_transfer.engine.schema import schema_number
from attachment_transfer.ledger import audit
from attachment_transfer.ledger.accept import Enqueue
from attachment_transfer.ledger.database import UnusableDatabase, open_database, sqlite_path
from attachment_transfer.ledger.schema import check_schema, migrate, migrating_alone, refuse_newer, schema_of
from attachment_transfer.ledger.schema import migration_script as ledger_script
from attachment_transfer.ledger.upkeep.move import move
from attachment_transfer.ledger.upkeep.purge import Purger
from attachment_transfer.runtime.clock import SystemClock
from attachment_transfer.runtime.common import clock_of, enqueuer, master_keys
from attachment_transfer.runtime.settings import Settings
from attachment_transfer.worker.process import WorkerLock


@dataclass(frozen=True, kw_only=True)
class Migrated:
    """What a database has now: the ledger's version and step, and the number of DBOS's last migration."""

    version: int
    step: str
    engine: int


def migrate_all(settings: Settings) -> Migrated:
    """Create or upgrade both schemas in the one database. Raises ``UnusableDatabase``.

    DBOS's tables come first: readiness asks for the ledger's step, and then both are there.
    """
    engine = open_database(settings.database_url)
    try:
        with migrating_alone(engine):
            refuse_newer(engine)
            migrate_engine(settings.database_url, engine)
            migrate(engine)
            schema = schema_of(engine)
            return Migrated(version=schema.version, step=schema.step, engine=schema_number(engine))
    except sa.exc.DBAPIError as exc:
        raise UnusableDatabase(f"the database could not be migrated ({type(exc).__name__})") from exc
    finally:
        engine.dispose()


def migration_script(settings: Settings, since: str | None) -> str:
    """The ledger's part of :func:`migrate_all` as SQL, for a person to run."""
    engines = '-- DBOS\'s own tables are not in here, and come first: dbos migrate --sys-db-url "$DATABASE_URL"\n'
    return engines + ledger_script(settings.database_url, since)


def move_from(settings: Settings, source_url: str) -> dict[str, int]:
    """Copy an embedded database into the configured one and continue there. The old worker must be stopped."""
    path = sqlite_path(source_url)
    with WorkerLock(path.with_name(path.name + ".worker.lock"), wait=False):
        source, target = open_database(source_url), open_database(settings.database_url)
        check_schema(source)
        migrate_all(settings)
        queue = RoundQueue(target, master_keys(settings))
        return move(source, target, enqueue=enqueuer(queue), now_s=clock_of(settings).now_s())


def purger(
    settings: Settings,
    engine: sa.Engine,
    now_s: Callable[[], float],
    *,
    retention_s: float,
    actor: str = audit.WORKER,
) -> Purger:
    """Build what deletes transfers that ended longer ago than the retention time, with their rows in the engine."""
    queue = RoundQueue(engine, master_keys(settings))
    return Purger(engine=engine, forget=queue.forget, now_s=now_s, retention_s=retention_s, actor=actor)


def operator_tools(settings: Settings) -> tuple[sa.Engine, Enqueue, SystemClock]:
    """What the command line needs to read and change transfers."""
    engine = open_database(settings.database_url)
    check_schema(engine)
    queue = RoundQueue(engine, master_keys(settings))
    return engine, enqueuer(queue), clock_of(settings)
