"""Ordered steps of the schema: what they make, what stops them, and what two programs see of one database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fakes import HandClock
from kept_kit import SEALING_KEY
from upgrade_kit import Kept, shape

from attachment_transfer.core.states import WriteBackState
from attachment_transfer.ledger import migrations, tables
from attachment_transfer.ledger.audit import note
from attachment_transfer.ledger.database import UnusableDatabase
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.ledger.schema import check_schema, migrate, refuse_newer, schema_of
from attachment_transfer.ledger.sealing import KeyRing

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("postgresql-migrations")]

PREPARED = Path(migrations.__file__).with_name("prepared")

A_STEP = """
from alembic import op
revision, down_revision = "0003", "0002"
branch_labels = depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE half_done (id INTEGER)")
    {then}
"""


def one_more_step(folder: Path, then: str) -> Path:
    """A folder with a step 0003: a table, and then the code that is given."""
    folder.mkdir()
    (folder / "step_0003.py").write_text(A_STEP.format(then=then), encoding="utf-8")
    return folder


def take_steps_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "LOCATIONS", [*migrations.LOCATIONS, folder])
    monkeypatch.setattr(migrations, "NEEDED", "0003")


def of_the_release_before(engine: sa.Engine) -> bool:
    """True if the first release is content with the schema: it asks for this number and nothing else."""
    with engine.connect() as connection:
        return connection.execute(sa.select(tables.schema_version.c.version)).scalar() == 1


def test_the_newest_step_is_the_one_that_the_program_needs() -> None:
    assert migrations.starts() == ["empty", "uncounted", "0001", migrations.NEEDED]


def test_the_steps_make_the_tables_that_the_program_uses(empty: Kept) -> None:
    engine = empty.engine
    migrate(engine)
    with engine.connect() as connection:
        options = {"compare_type": True, "version_table": migrations.VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []


def test_the_first_step_makes_what_the_first_release_made(
    kept: Kept, empty: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "NEEDED", "0001")
        script = migrations.script(empty.dialect, migrations.EMPTY)
    empty.execute(script)
    made = shape(empty.engine)
    del made[migrations.VERSION_TABLE]
    assert made == shape(kept.engine)


def test_a_database_of_before_steps_were_counted_is_brought_forward(kept: Kept, empty: Kept) -> None:
    with pytest.raises(UnusableDatabase, match="attachment-transfer migrate"):
        check_schema(kept.engine)
    before = kept.transfers()
    assert migrate(kept.engine) == 1
    check_schema(kept.engine)
    assert schema_of(kept.engine).step == "0002"
    migrate(empty.engine)
    assert shape(kept.engine) == shape(empty.engine)
    after = kept.transfers()
    assert {name: {**after[name], **row} for name, row in before.items()} == after


def test_what_a_database_lacks_of_its_step_is_named(kept: Kept) -> None:
    before = shape(kept.engine)
    kept.execute("ALTER TABLE transfer DROP COLUMN tries; DROP TABLE purged;")
    with pytest.raises(UnusableDatabase, match=r"lacks table purged, column transfer\.tries"):
        migrate(kept.engine)
    left = shape(kept.engine)
    del before["purged"], before["transfer"]["columns"]["tries"]
    assert left == before


def test_the_release_before_works_on_beside_this_one(kept: Kept) -> None:
    migrate(kept.engine)
    assert of_the_release_before(kept.engine)


def test_this_release_works_on_beside_the_next_one(kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        take_steps_of(one_more_step(tmp_path / "steps", "pass"), patch)
        migrate(kept.engine)
    check_schema(kept.engine)
    before = shape(kept.engine)
    assert migrate(kept.engine) == 1  # a step that is not known is nothing to undo
    assert shape(kept.engine) == before
    assert schema_of(kept.engine).step == "0003"


def test_what_the_release_before_writes_back_this_one_sees(kept: Kept) -> None:
    migrate(kept.engine)
    transfer = kept.transfers()["landed"]["id"]
    round_store = round_store_of(kept)
    assert not round_store.wrote_back(transfer, 1)
    with kept.engine.begin() as connection:  # the words of the first release
        note(connection, "written back", "round 1, result at CMI", actor="worker", at_s=1.0, transfer_id=transfer)
    assert round_store.wrote_back(transfer, 1)
    assert kept.transfers()["landed"]["write_back_state"] == WriteBackState.WRITTEN
    assert not round_store.wrote_back(transfer, 2)


def test_a_line_of_an_earlier_round_says_nothing_of_the_present_one(kept: Kept) -> None:
    migrate(kept.engine)
    waiting = kept.transfers()["waiting"]
    assert waiting["round_no"] == 2
    with kept.engine.begin() as connection:
        note(connection, "not written back", "round 1, busy", actor="worker", at_s=1.0, transfer_id=waiting["id"])
    assert kept.transfers()["waiting"]["write_back_round_no"] is None


def test_what_this_release_writes_back_the_one_before_sees(kept: Kept) -> None:
    migrate(kept.engine)
    transfer = kept.transfers()["landed"]["id"]
    round_store_of(kept).note_write_back(transfer, 1, failure=None)
    table = tables.audit
    query = sa.select(table.c.id).where(  # as the first release asked
        table.c.transfer_id == transfer,
        table.c.action.in_(["written back", "not written back"]),
        table.c.detail.startswith("round 1, "),
    )
    with kept.engine.connect() as connection:
        assert connection.execute(query).first() is not None


def test_this_release_works_on_a_schema_that_the_next_one_contracted(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        take_steps_of(PREPARED, patch)
        assert migrate(kept.engine) == 2
    check_schema(kept.engine)
    refuse_newer(kept.engine)
    assert not of_the_release_before(kept.engine)
    assert shape(kept.engine)["triggers"] == []
    transfer = kept.transfers()["landed"]["id"]
    round_store_of(kept).note_write_back(transfer, 1, failure=None)
    assert round_store_of(kept).wrote_back(transfer, 1)


def test_a_schema_that_only_a_later_program_understands_is_refused_in_words(kept: Kept) -> None:
    migrate(kept.engine)
    kept.execute("UPDATE ledger_schema SET version = 3;")
    before = shape(kept.engine)
    for command in ("migrate", "work"):
        _, err = kept.run(command, exit_code=1)
        assert "ledger schema" in err
        assert "this program understands 1 and 2: run the newer program" in err
        assert "Traceback" not in err
    assert shape(kept.engine) == before


def test_a_step_that_fails_leaves_the_schema_as_it_was(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shape(kept.engine)
    take_steps_of(one_more_step(tmp_path / "steps", 'op.execute("INSERT INTO nowhere VALUES (1)")'), monkeypatch)
    with pytest.raises(UnusableDatabase, match=r"the schema was left as it was: .*nowhere"):
        migrate(kept.engine)
    assert shape(kept.engine) == before
    assert not sa.inspect(kept.engine).has_table("half_done")


INTERRUPTED = """
import sys
from pathlib import Path
from attachment_transfer.ledger import migrations
from attachment_transfer.ledger.database import open_database
from attachment_transfer.ledger.schema import migrate
migrations.LOCATIONS.append(Path(sys.argv[2]))
migrations.NEEDED = "0003"
migrate(open_database(sys.argv[1]))
"""


@pytest.mark.long
def test_a_migration_that_is_killed_is_begun_again(kept: Kept, tmp_path: Path) -> None:
    before = shape(kept.engine)
    folder = one_more_step(tmp_path / "steps", "import os; os._exit(9)")
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, kept.url, str(folder)], timeout=60, check=False)
    assert done.returncode == 9
    assert shape(kept.engine) == before
    assert kept.run("migrate")[0].startswith("ledger schema 1, step 0002")


@pytest.mark.long
@pytest.mark.parametrize("system", ["postgresql"], indirect=True)
def test_a_table_that_others_have_locked_is_waited_for_and_then_left(kept: Kept) -> None:
    """A step that waits for its lock blocks every statement that comes after it."""
    before = shape(kept.engine)
    with kept.engine.begin() as report:
        report.execute(sa.text("SELECT count(*) FROM transfer"))  # a long report holds the table until it ends
        with pytest.raises(UnusableDatabase, match=r"the schema was left as it was: .*lock timeout"):
            migrate(kept.engine, table_patience_ms=200)
    assert shape(kept.engine) == before
    assert migrate(kept.engine) == 1


@pytest.mark.long
def test_two_that_migrate_at_once_make_one_schema(kept: Kept) -> None:
    both = [kept.program("migrate") for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert len({out for out, _ in said}) == 1
    check_schema(kept.engine)


@pytest.mark.long
def test_the_printed_sql_does_what_the_command_does(kept: Kept, empty: Kept) -> None:
    script, _ = kept.run("migrate", "--sql")
    assert "from uncounted to step 0002" in script
    assert sa.inspect(kept.engine).has_table(migrations.VERSION_TABLE) is False
    kept.execute(script)
    check_schema(kept.engine)
    migrate(empty.engine)
    assert shape(kept.engine) == shape(empty.engine)
    assert "nothing to do: the ledger is at step 0002" in kept.run("migrate", "--sql")[0]


@pytest.mark.long
def test_the_printed_sql_for_an_empty_database_makes_all_of_it(empty: Kept, kept: Kept) -> None:
    script, _ = empty.run("migrate", "--sql")
    if empty.dialect == "sqlite":
        assert not (empty.folder / "empty.db").exists()
    assert script == empty.run("migrate", "--sql", "--since", "empty")[0]
    empty.execute(script)
    check_schema(empty.engine)
    migrate(kept.engine)
    assert shape(empty.engine) == shape(kept.engine)


@pytest.mark.long
@pytest.mark.parametrize(
    "arguments", [("--since", "0001"), ("--sql", "--since", "7"), ("--sql", "--from", "sqlite:///x")]
)
def test_a_migration_that_is_asked_for_wrongly_is_exit_code_2(empty: Kept, arguments: tuple[str, ...]) -> None:
    empty.run("migrate", *arguments, exit_code=2)


def test_a_worker_without_the_engines_tables_says_what_to_run(empty: Kept) -> None:
    migrate(empty.engine)
    _, err = empty.run("work", exit_code=1)
    assert "DBOS's own tables are missing: run `attachment-transfer migrate`" in err


def round_store_of(kept: Kept) -> RoundStore:
    clock = HandClock()
    keys = KeyRing.parse(SEALING_KEY)
    return RoundStore(kept.engine, keys=keys, now_s=clock.now_s, new_id=lambda: "0" * 32, redrive_s=1.0)
