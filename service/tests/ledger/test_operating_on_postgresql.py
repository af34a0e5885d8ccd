"""What operators do, on PostgreSQL: the same deeds, the same answers as on SQLite."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ingress_kit import ISSUER, Endpoint, open_endpoint
from ledger_kit import Queue, rows
from operator_kit import NO_EXE, REFUSED, Morning
from worker_kit import Stack, a_file

from attachment_lab.testing.postgres import NoPostgres, running_server
from attachment_transfer.core.states import Outcome
from attachment_transfer.engine import schema as durable
from attachment_transfer.engine.queue import RoundQueue
from attachment_transfer.ledger import migrations, tables
from attachment_transfer.ledger.audit import audit_of
from attachment_transfer.ledger.database import open_database
from attachment_transfer.ledger.gauges import metrics_text
from attachment_transfer.ledger.schema import migrate
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.ledger.upkeep.purge import Purger, give_back_space
from attachment_transfer.ledger.upkeep.redrive import redrive
from attachment_transfer.ledger.upkeep.restore import after_restore

CALLER = f"{ISSUER}#client"
DAY_S = 86_400.0

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("postgresql-operating")]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    try:
        with running_server() as server:
            yield server.database("operating")
    except NoPostgres as exc:
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            raise
        pytest.skip(str(exc))


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    """An empty ledger, on PostgreSQL this time: every fixture that needs one gets it."""
    engine = open_database(url)
    tables.metadata.drop_all(engine)
    migrations.step_table.drop(engine, checkfirst=True)
    migrate(engine)
    durable.migrate(url, engine)
    yield engine
    engine.dispose()


@pytest.fixture
def endpoint(engine: sa.Engine, clock: HandClock, keys: KeyRing, queue: Queue, new_id: Callable[[], str]) -> Endpoint:
    return open_endpoint(engine, clock=clock, keys=keys, queue=queue, new_id=new_id)


def test_many_are_redriven_and_the_shredded_are_skipped(endpoint: Endpoint, morning: Morning) -> None:
    made = [morning.parked(CALLER, number, REFUSED) for number in range(3)]
    morning.parked(CALLER, 9, NO_EXE)
    with endpoint.engine.begin() as connection:
        connection.execute(tables.sealed_secret.delete().where(tables.sealed_secret.c.transfer_id == made[0]))
    headers = {"Authorization": f"Bearer {endpoint.issuer.token()}"}
    body = {"state": "parked", "reason_code": "credential-refused", "limit": 2}
    done = endpoint.http.post("/transfers/retry", json=body, headers=headers).get_json()
    assert (done["transfers"], done["skipped"], done["more"]) == (made[1:], [], True)
    done = endpoint.http.post("/transfers/retry", json=body, headers=headers).get_json()
    assert [item["code"] for item in done["skipped"]] == ["secrets-shredded"]
    trail = endpoint.get(f"/transfers/{made[1]}/audit").get_json()["audit"]
    assert trail[-1]["action"] == "redriven"


def test_the_metrics_are_the_same(morning: Morning) -> None:
    morning.parked(CALLER, 1, REFUSED)
    morning.waiting(CALLER, 2)
    text = metrics_text(morning.engine, morning.clock.now_s).decode()
    for line in (
        "attachment_transfer_ledger_up 1.0",
        'attachment_transfer_parked_transfers{reason="credential-refused"} 1.0',
        'attachment_transfer_transfers{state="waiting"} 1.0',
        'attachment_transfer_sealed_secrets{key_id="k1"} 2.0',
        "attachment_transfer_ambiguous_uploads 0.0",
    ):
        assert line in text.splitlines()
    assert "attachment_transfer_database_bytes" in text


def test_what_ended_long_ago_is_purged_with_the_engines_rows(morning: Morning) -> None:
    queue = RoundQueue(morning.engine, [b"k" * 32])
    old = morning.stored(CALLER, 1)
    with morning.engine.begin() as connection:
        queue.enqueue(connection, transfer_id=old, round_no=1, tenant="t", delay_s=0.0)
    morning.clock.advance(31 * DAY_S)
    young = morning.stored(CALLER, 2)
    purger = Purger(engine=morning.engine, forget=queue.forget, now_s=morning.clock.now_s, retention_s=30 * DAY_S)
    assert purger.purge_batch() == [old]
    give_back_space(morning.engine)
    assert [row["id"] for row in rows(morning.engine, tables.transfer)] == [young]
    with morning.engine.connect() as connection:
        left = connection.exec_driver_sql(f"SELECT count(*) FROM dbos.workflow_status WHERE workflow_uuid = '{old}:1'")
        assert left.scalar() == 0
    assert [line.action for line in audit_of(morning.engine, None).lines] == ["purged"]


def test_after_a_restore_files_are_adopted(
    engine: sa.Engine, clock: HandClock, keys: KeyRing, new_id: Callable[[], str]
) -> None:
    stack = Stack(engine, clock, keys, new_id)
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.event()
    stack.run()
    with engine.begin() as connection:
        connection.execute(tables.transfer.delete())
    stack.steps.clear()
    after_restore(engine, now_s=clock.now_s())
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 2


def test_files_that_are_open_are_marked_by_a_restore(morning: Morning) -> None:
    morning.parked(CALLER, 1, names=("a.png", "b.png", "c.png"), keep=1)
    assert after_restore(morning.engine, now_s=morning.clock.now_s()) == 2
    assert after_restore(morning.engine, now_s=morning.clock.now_s()) == 0


def test_ids_are_redriven_in_transactions_of_their_own(morning: Morning) -> None:
    made = [morning.parked(CALLER, number) for number in range(2)]
    done = redrive(
        morning.engine, [made[0], "f" * 32, made[1]], caller=None, enqueue=morning.queue, now_s=morning.clock.now_s()
    )
    assert done.transfer_ids == made
    assert [item.code for item in done.skipped] == ["unknown"]


def test_one_worker_purges_at_a_time(morning: Morning) -> None:
    purger = Purger(engine=morning.engine, forget=lambda _: None, now_s=morning.clock.now_s, retention_s=DAY_S)
    with purger.alone() as first, purger.alone() as second:
        assert (first, second) == (True, False)
    with purger.alone() as again:
        assert again
