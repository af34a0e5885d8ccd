"""What tests of the upgrade share: kept databases of both systems, this tree's program as processes, schemas."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from kept_kit import (
    CHATS,
    SEALING_KEY,
    activity_of,
    load_postgresql,
    load_sqlite,
    stored_by_neighbours,
    unpack_program,
)

from attachment_lab.testing.postgres import NoPostgres, Server, binaries, running_server
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.database import open_database

STEP_0001 = "step_0001"
CARRY_ON = Path(__file__).parent / "programs" / "carry_on.py"


@dataclass
class Kept:
    """One database, of one of the two systems, and the neighbours that its program had."""

    url: str
    folder: Path
    stored: dict[str, Any]
    tree: tuple[Path, ...] = ()
    engines: list[sa.Engine] = field(default_factory=list)

    def with_program(self, tree: Sequence[Path]) -> Kept:
        """The same database and neighbours, for the program whose packages are in these folders."""
        return replace(self, tree=tuple(tree))

    @property
    def engine(self) -> sa.Engine:
        """A new engine; every caller has connections of its own, until the test's end."""
        self.engines.append(open_database(self.url))
        return self.engines[-1]

    def close(self) -> None:
        for engine in self.engines:
            engine.dispose()

    @property
    def dialect(self) -> str:
        return "sqlite" if self.url.startswith("sqlite:") else "postgresql"

    def environment(self, **more: str) -> dict[str, str]:
        settings = {"SEALING_KEYS": SEALING_KEY, "WRITE_BACK": "1", "RETENTION_S": "0", "LEASE_TTL_S": "4"}
        settings |= {"SETTLE_S": "1", "WORKER_PORT": str(free_port()), "HOST": "127.0.0.1", **more}
        named = {f"ATTACHMENT_TRANSFER_{name}": value for name, value in settings.items()}
        path = os.pathsep.join([*map(str, self.tree), os.environ.get("PYTHONPATH", "")])
        return {**os.environ, **named, "DATABASE_URL": self.url, "PYTHONPATH": path}

    def program(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "attachment_transfer", *arguments]
        return subprocess.Popen(
            command, env=self.environment(**settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *arguments: str, exit_code: int = 0) -> tuple[str, str]:
        """Run a command to its end; return what it printed: stdout, stderr."""
        process = self.program(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == exit_code, err
        return out, err

    def execute(self, script: str) -> None:
        """Run SQL as an operator does, with the database's own program or its like."""
        if self.dialect == "sqlite":
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection:
                connection.executescript(script)
            return
        found = binaries()
        assert found
        subprocess.run(
            [found / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.url],
            input=script,
            text=True,
            check=True,
            capture_output=True,
        )

    def transfers(self) -> dict[str, dict[str, Any]]:
        """The row of each chat's transfer, by the chat's name, with the columns that there are."""
        names = {contact: name for name, contact in CHATS.items()}
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT * FROM transfer").mappings().all()
        return {names[row["contact_id"]]: dict(row) for row in found}

    def carry_on(self, *names: str) -> None:
        """Run a worker until the transfers of these chats are at an end."""
        self.take(self.carrying(*names))

    def carrying(self, *names: str) -> subprocess.Popen[str]:
        """The same, begun."""
        file = self.folder / f"neighbours-{uuid.uuid4().hex[:8]}.json"
        file.write_text(json.dumps(self.stored), encoding="utf-8")
        found = self.transfers()
        command = [sys.executable, str(CARRY_ON), str(file), *(found[name]["id"] for name in names)]
        return subprocess.Popen(
            command, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def take(self, *workers: subprocess.Popen[str]) -> None:
        """Wait for the workers' end, and put together what the neighbours of each have got."""
        before = [json.dumps(item) for kind in ("c4c", "results") for item in self.stored[kind]]
        for worker in workers:
            out, err = worker.communicate(timeout=300)
            assert worker.returncode == 0, err
            for kind, items in json.loads(out).items():
                self.stored[kind] += [item for item in items if json.dumps(item) not in before]

    def objects(self) -> Counter[str]:
        """How many objects C4C holds for each chat."""
        parents = {activity_of(name): name for name in CHATS}
        return Counter(parents[item["parent"]] for item in self.stored["c4c"])

    def results(self) -> Counter[str]:
        """How many results CMI got for each chat."""
        names = {contact: name for name, contact in CHATS.items()}
        return Counter(names[item["contact_id"]] for item in self.stored["results"])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    try:
        with running_server() as running:
            yield running
    except NoPostgres as exc:
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            raise
        pytest.skip(str(exc))


@pytest.fixture(scope="session")
def program_before(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The program of the release before, as it was: where its packages are."""
    return unpack_program(STEP_0001, tmp_path_factory.mktemp("before"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def system(request: pytest.FixtureRequest) -> str:
    """The database system of a test; every database of it is of this one."""
    return str(request.param)


@pytest.fixture
def kept(system: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """A database that the first release left in the middle of its work."""
    if system == "sqlite":
        url = load_sqlite(STEP_0001, tmp_path / "kept.db")
    else:
        url = request.getfixturevalue("server").database(f"kept_{uuid.uuid4().hex[:8]}")
        found = binaries()
        assert found
        load_postgresql(STEP_0001, url, found / "psql")
    kept = Kept(url, tmp_path, stored_by_neighbours(STEP_0001, system))
    yield kept
    kept.close()


@pytest.fixture
def empty(system: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """A database with nothing in it."""
    url = f"sqlite:///{tmp_path}/empty.db"
    if system == "postgresql":
        url = request.getfixturevalue("server").database(f"empty_{uuid.uuid4().hex[:8]}")
    empty = Kept(url, tmp_path, {"c4c": [], "results": []})
    yield empty
    empty.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def shape(engine: sa.Engine) -> dict[str, Any]:
    """Everything of the ledger's schema that a program can notice: columns, keys, indexes, triggers."""
    inspector = sa.inspect(engine)
    found: dict[str, Any] = {}
    for name in sorted(inspector.get_table_names()):
        if name in tables.metadata.tables or name == "ledger_migration":
            found[name] = {
                "columns": {
                    column["name"]: (str(column["type"]), column["nullable"]) for column in inspector.get_columns(name)
                },
                "primary key": inspector.get_pk_constraint(name)["constrained_columns"],
                "foreign keys": sorted(
                    (key["constrained_columns"][0], key["referred_table"], str(key.get("options")))
                    for key in inspector.get_foreign_keys(name)
                ),
                "unique": sorted(tuple(key["column_names"]) for key in inspector.get_unique_constraints(name)),
                "indexes": sorted(
                    (index["name"] or "", index["column_names"]) for index in inspector.get_indexes(name)
                ),
            }
    found["triggers"] = _triggers(engine)
    return found


def _triggers(engine: sa.Engine) -> list[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        if engine.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace ORDER BY tgname"
    )
    with engine.connect() as connection:
        return list(connection.exec_driver_sql(query).scalars())
