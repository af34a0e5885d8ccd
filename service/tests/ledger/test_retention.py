"""What ended long ago is deleted, everywhere, and nothing else. A contact that comes back is not filed twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ingress_kit import ISSUER
from ledger_kit import bytes_on_disk, counts, rows
from operator_kit import Morning
from structlog.testing import capture_logs
from worker_kit import Stack, a_file

from attachment_transfer.core.states import Outcome
from attachment_transfer.engine import schema as durable
from attachment_transfer.engine.queue import RoundQueue
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.audit import audit_of
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.ledger.upkeep.purge import KEYS_KEPT_S, Purger, give_back_space
from attachment_transfer.worker.retention import Retention

CALLER = f"{ISSUER}#client"
DAY_S = 86_400.0


class Forgetting:
    """Stands in for the engine: remembers what it was told to forget, and may do something just then."""

    def __init__(self) -> None:
        self.rounds: list[tuple[str, int]] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def __call__(self, rounds: object) -> None:
        self.rounds += list(rounds)  # type: ignore[call-overload]
        self.meanwhile()


@pytest.fixture
def forgetting() -> Forgetting:
    return Forgetting()


def a_purger(morning: Morning, forgetting: Forgetting, *, days: float = 30, batch: int = 50) -> Purger:
    return Purger(
        engine=morning.engine,
        forget=forgetting,
        now_s=morning.clock.now_s,
        retention_s=days * DAY_S,
        batch=batch,
    )


def ids(engine: sa.Engine) -> list[str]:
    return [row["id"] for row in rows(engine, tables.transfer)]


def test_what_ended_before_the_retention_time_goes_and_the_rest_stays(morning: Morning, forgetting: Forgetting) -> None:
    old = [morning.stored(CALLER, 1), morning.parked(CALLER, 2)]
    morning.clock.advance(31 * DAY_S)
    young = morning.stored(CALLER, 3)
    purger = a_purger(morning, forgetting)
    assert purger.due() == 2
    assert purger.purge_batch() == sorted(old)
    assert ids(morning.engine) == [young]
    assert purger.purge_batch() == []


def test_open_transfers_are_never_purged_however_old(morning: Morning, forgetting: Forgetting) -> None:
    opened = [morning.accepted(CALLER, 1), morning.waiting(CALLER, 2), morning.begun(CALLER, 3).id]
    morning.clock.advance(1000 * DAY_S)
    assert a_purger(morning, forgetting).purge_batch() == []
    assert ids(morning.engine) == sorted(opened)


def test_a_retention_of_nought_keeps_everything(morning: Morning, forgetting: Forgetting) -> None:
    morning.stored(CALLER, 1)
    morning.clock.advance(1000 * DAY_S)
    purger = a_purger(morning, forgetting, days=0)
    assert (purger.due(), purger.purge_batch()) == (0, [])


def test_nothing_of_a_purged_transfer_remains_but_its_keys_digest(
    morning: Morning, forgetting: Forgetting, database_file: Path
) -> None:
    morning.parked(CALLER, 0xDEADBEEF, names=("the-name-of-a-file.png", "b.png"), keep=1)
    morning.clock.advance(31 * DAY_S)
    a_purger(morning, forgetting).purge_batch()
    left = {name: count for name, count in counts(morning.engine).items() if count}
    assert left == {"purged": 1, "audit": 1}
    give_back_space(morning.engine)
    with morning.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"the-name-of-a-file" not in bytes_on_disk(database_file)


def test_the_purge_itself_is_in_the_trail(morning: Morning, forgetting: Forgetting) -> None:
    morning.stored(CALLER, 1)
    morning.clock.advance(31 * DAY_S)
    a_purger(morning, forgetting).purge_batch()
    [line] = audit_of(morning.engine, None).lines
    assert (line.actor, line.action) == ("worker", "purged")
    assert line.detail == "1 transfer(s) that ended more than 30 days ago"


def test_batches_are_small_and_oldest_first(morning: Morning, forgetting: Forgetting) -> None:
    made = []
    for number in range(5):
        made.append(morning.stored(CALLER, number))
        morning.clock.advance(60)
    morning.clock.advance(31 * DAY_S)
    purger = a_purger(morning, forgetting, batch=2)
    assert [purger.purge_batch() for _ in range(4)] == [made[:2], made[2:4], made[4:], []]


def test_the_engine_forgets_every_round_of_it(morning: Morning, forgetting: Forgetting) -> None:
    transfer_id = morning.stored(CALLER, 1)
    morning.clock.advance(31 * DAY_S)
    a_purger(morning, forgetting).purge_batch()
    assert forgetting.rounds == [(transfer_id, 1)]


def test_an_event_just_then_keeps_the_transfer(morning: Morning, forgetting: Forgetting) -> None:
    transfer_id = morning.stored(CALLER, 1)
    morning.clock.advance(31 * DAY_S)
    forgetting.meanwhile = lambda: morning.accepted(CALLER, 1)
    assert a_purger(morning, forgetting).purge_batch() == []
    assert ids(morning.engine) == [transfer_id]
    assert morning.queue.rounds[-1] == (transfer_id, 2, 0.0)


def test_a_death_between_engine_and_ledger_is_made_good(morning: Morning, forgetting: Forgetting) -> None:
    morning.stored(CALLER, 1)
    morning.clock.advance(31 * DAY_S)

    def die() -> None:
        raise KeyboardInterrupt

    forgetting.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        a_purger(morning, forgetting).purge_batch()
    forgetting.meanwhile = lambda: None
    assert len(a_purger(morning, forgetting).purge_batch()) == 1


def test_digests_of_keys_go_after_400_days(morning: Morning, forgetting: Forgetting) -> None:
    morning.stored(CALLER, 1)
    morning.clock.advance(31 * DAY_S)
    a_purger(morning, forgetting).purge_batch()
    morning.clock.advance(KEYS_KEPT_S + 1)
    morning.stored(CALLER, 2)
    morning.clock.advance(31 * DAY_S)
    a_purger(morning, forgetting).purge_batch()
    assert counts(morning.engine)["purged"] == 1


def test_the_chore_logs_which_and_gives_space_back(morning: Morning, forgetting: Forgetting) -> None:
    transfer_id = morning.stored(CALLER, 1)
    morning.clock.advance(31 * DAY_S)
    given: list[str] = []
    chore = Retention(a_purger(morning, forgetting), lambda: given.append("space"))
    with capture_logs() as logs:
        chore()
        chore()
    assert [entry["transfer_ids"] for entry in logs if entry["event"] == "transfers purged"] == [[transfer_id]]
    assert given == ["space"]


def test_a_contact_that_comes_back_after_its_purge_is_adopted_not_filed_twice(
    engine: sa.Engine, clock: HandClock, keys: KeyRing, new_id: Callable[[], str]
) -> None:
    stack = Stack(engine, clock, keys, new_id)
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.event()
    stack.run()
    clock.advance(31 * DAY_S)
    Purger(engine=engine, forget=lambda _: None, now_s=clock.now_s, retention_s=30 * DAY_S).purge_batch()
    assert ids(engine) == []
    stack.cmi.files.append(a_file(3))
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 3
    assert [row["result"] for row in rows(engine, tables.upload_intent)] == ["adopted", "adopted", "absent", "stored"]


def test_the_engines_rows_of_a_purged_transfer_are_gone(engine: sa.Engine, database_file: Path) -> None:
    durable.migrate(f"sqlite:///{database_file}", engine)
    queue = RoundQueue(engine, [b"k" * 32])
    for transfer_id, round_no in (("a", 1), ("a", 2), ("b", 1)):
        with engine.begin() as connection:
            queue.enqueue(connection, transfer_id=transfer_id, round_no=round_no, tenant="t", delay_s=0.0)
    queue.forget([("a", 2), ("never-seen", 3)])
    with engine.connect() as connection:
        left = connection.exec_driver_sql("SELECT workflow_uuid FROM workflow_status").scalars().all()
        inputs = connection.exec_driver_sql("SELECT count(*) FROM workflow_input").scalar()
    assert left == ["b:1"]
    assert inputs in {0, 1}


def test_what_a_dead_worker_left_is_counted(engine: sa.Engine, database_file: Path) -> None:
    durable.migrate(f"sqlite:///{database_file}", engine)
    queue = RoundQueue(engine, [b"k" * 32])
    for number in range(3):
        with engine.begin() as connection:
            queue.enqueue(connection, transfer_id=f"t{number}", round_no=1, tenant="t", delay_s=0.0)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE workflow_status SET status='PENDING', executor_id='embedded' WHERE workflow_uuid <> 't2:1'"
        )
    assert queue.left_by("embedded") == 2
    assert queue.left_by("somebody-else") == 0


def test_the_file_shrinks_by_what_was_purged(morning: Morning, forgetting: Forgetting, database_file: Path) -> None:
    for number in range(60):
        morning.stored(CALLER, number, names=tuple(f"file-{n}.png" for n in range(6)))
    morning.clock.advance(31 * DAY_S)

    def size_bytes() -> int:
        with morning.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return database_file.stat().st_size

    before = size_bytes()
    purger = a_purger(morning, forgetting)
    while purger.purge_batch():
        give_back_space(morning.engine)
    assert size_bytes() < before / 2
