"""What the service takes from DBOS beside its public interface, and what is to be done when its version moves.

Four private hooks, in ``engine.py``, ``engine_pauses.py`` and ``engine_time.py``. Each has a test here that runs the
real thing; a last one compares the list with the source, so that no fifth comes in unseen.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from engine_kit import drive
from upgrade_kit import Kept

import attachment_transfer
from attachment_transfer.engine import schema as durable

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("postgresql-migrations")]

ROOT = Path(__file__).parents[3]
SOURCE = Path(attachment_transfer.__file__).parent

#: The release that was checked, and the number of its last migration (the same on SQLite and PostgreSQL).
CHECKED_VERSION, CHECKED_SCHEMA = "3.4.0", 125

#: Reports of lost work, all closed at the time of CHECKED_VERSION: https://github.com/dbos-inc/dbos-transact-py/issues/N.
#: Look whether any was opened again, and for newer ones with the word "recovery" or "PENDING".
REPORTS = {
    546: "a claimed workflow whose start raises leaves the others of its batch PENDING",
    716: "PostgreSQL restarts during a takeover: rows stay with the dead executor",
    742: "a second takeover runs what the first has given back to the queue",
    804: "a draining process of the same executor id claims again what a launch has recovered",
    805: "a recovered workflow stays PENDING between two steps and blocks its queue",
}

#: Where the service reaches into DBOS, and the test that fails when that place is no more.
HOOKS = {
    "DBOS._recover_pending_workflows": "test_unfinished_rounds_of_a_dead_executor_are_taken_over",
    "background_thread_stop_events": "test_a_ring_ends_the_pause_of_the_queues_thread",
    "_sys_db.time": "test_a_delayed_round_comes_due_by_the_given_time",
    "_enqueue_options.time": "test_a_delayed_round_comes_due_by_the_given_time",
}


def test_the_locked_version_of_dbos_is_the_one_that_was_checked() -> None:
    locked = set(re.findall(r"(?m)^dbos==(\S+)", "".join(lock.read_text() for lock in ROOT.glob("requirements/*.txt"))))
    reports = "\n".join(f"  #{number}: {what}" for number, what in REPORTS.items())
    assert locked == {CHECKED_VERSION}, (
        f"dbos is locked at {locked}, {CHECKED_VERSION} was checked. Before CHECKED_VERSION moves:\n"
        "1. run this file, test_durable_engine.py, test_upgrade.py and e2e/transfers/test_crashes.py (`make faults`);\n"
        "2. read the release notes for recovery, queues, delays and migrations;\n"
        f"3. look these reports up again:\n{reports}\n"
        "4. let the kept databases run to their end (test_upgrade.py): their rows are of the version before;\n"
        "5. docs/operations.md, Upgrade: does the version before work beside the new one on one database?"
    )


def test_dbos_brings_no_migration_that_is_not_in_our_list(empty: Kept) -> None:
    """Readiness asks for the ledger's step alone: where DBOS brings a migration, add an empty step to the ledger's."""
    durable.migrate(empty.url, empty.engine)
    assert durable.schema_number(empty.engine) == CHECKED_SCHEMA


INTERRUPTED = """
import itertools, os, sys
import sqlalchemy as sa
from attachment_transfer.engine import schema as engine
from attachment_transfer.ledger.database import open_database
count = itertools.count()

@sa.event.listens_for(sa.Engine, "before_cursor_execute")
def die(*_):
    if next(count) == 40:
        os._exit(9)

engine.migrate(sys.argv[1], open_database(sys.argv[1]))
"""


@pytest.mark.long
def test_a_migration_of_dbos_that_is_killed_goes_on_where_it_stood(empty: Kept) -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, empty.url], timeout=60, check=False)
    assert done.returncode == 9
    assert durable.schema_number(empty.engine) < CHECKED_SCHEMA
    assert empty.run("migrate")[0].endswith(f"engine schema {CHECKED_SCHEMA}\n")
    empty.carry_on()


@pytest.mark.long
def test_a_database_that_a_later_dbos_migrated_is_worked_with(empty: Kept) -> None:
    empty.run("migrate")
    table = "dbos_migrations" if empty.dialect == "sqlite" else "dbos.dbos_migrations"
    empty.execute(f"UPDATE {table} SET version = {CHECKED_SCHEMA + 1};")
    assert empty.run("migrate")[0].endswith(f"engine schema {CHECKED_SCHEMA + 1}\n")
    empty.carry_on()


@pytest.mark.long
def test_a_worker_whose_dbos_needs_more_than_there_is_says_what_to_run(empty: Kept) -> None:
    empty.run("migrate")
    table = "dbos_migrations" if empty.dialect == "sqlite" else "dbos.dbos_migrations"
    empty.execute(f"UPDATE {table} SET version = {CHECKED_SCHEMA - 1};")
    _, err = empty.run("work", exit_code=1)
    assert "DBOS's own tables are too old: run `attachment-transfer migrate`" in err


@pytest.mark.long
def test_unfinished_rounds_of_a_dead_executor_are_taken_over(tmp_path: Path) -> None:
    drive("die", tmp_path / "die.db", exit_code=9)
    printed, _ = drive("takeover", tmp_path / "die.db")
    assert (printed["owners"], printed["calls_before"]) == (["embedded"], 0)
    assert (printed["taken"], printed["taken_again"]) == (1, 0)
    assert printed["ended"]
    assert [(step, detail) for step, _, detail in printed["calls"]] == [
        *(("carry_one", number) for number in "234"),
        ("settle", 1),
    ]


@pytest.mark.long
def test_a_ring_ends_the_pause_of_the_queues_thread(tmp_path: Path) -> None:
    """Were the pause elsewhere than in ``wait`` of a stop event, the rounds would be an hour away."""
    printed, _ = drive("wake", tmp_path / "wake.db")
    assert [printed[f"ended_{number}"] for number in range(3)] == [True] * 3


@pytest.mark.long
def test_a_delayed_round_comes_due_by_the_given_time(tmp_path: Path) -> None:
    printed, _ = drive("time", tmp_path / "time.db")
    assert (printed["before"], printed["after"]) == (False, True)


def test_the_list_of_hooks_is_complete() -> None:
    found: set[str] = set()
    for file in SOURCE.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        found |= _private_uses(tree)
    assert found == {"DBOS._recover_pending_workflows", "_sys_db", "_enqueue_options", "background_thread_stop_events"}
    assert {hook.removesuffix(".time") for hook in HOOKS} == found
    assert set(HOOKS.values()) <= set(globals())


def _private_uses(tree: ast.Module) -> set[str]:
    """Private names that a module takes from dbos, and the one public-looking attribute that is documented nowhere."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "dbos":
            found |= {name.name for name in node.names if name.name.startswith("_")}
            found |= {part for part in (node.module or "").split(".")[1:] if part.startswith("_")}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in {"DBOS", "DBOSClient"} and node.attr.startswith("_"):
                found.add(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.Constant) and node.value == "background_thread_stop_events":
            found.add("background_thread_stop_events")
    return found
