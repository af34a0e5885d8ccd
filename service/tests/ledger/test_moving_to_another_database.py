"""An embedded database is moved: nothing is lost on the way, and open work goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ledger_kit import Queue, a_request, a_source, rows

from attachment_lab.testing.postgres import NoPostgres, running_server
from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.accept import Accepted, accept
from attachment_transfer.ledger.database import UnusableDatabase, open_database
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.ledger.schema import migrate
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.ledger.upkeep.move import move


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        yield from prepared(f"sqlite:///{tmp_path}/target.db")
        return
    try:
        with running_server() as server:
            yield from prepared(server.database("target"))
    except NoPostgres as exc:
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            raise
        pytest.skip(str(exc))


def prepared(url: str) -> Iterator[sa.Engine]:
    engine = open_database(url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def book(engine: sa.Engine, keys: KeyRing, clock: HandClock, new_id: Callable[[], str]) -> RoundStore:
    return RoundStore(engine, keys=keys, now_s=clock.now_s, new_id=new_id, redrive_s=1.0)


@pytest.fixture
def full(engine: sa.Engine, book: RoundStore, keys: KeyRing, clock: HandClock, new_id: Callable[[], str]) -> sa.Engine:
    """One settled transfer, one in the middle of an upload, one just queued."""
    ids = []
    for contact in ("A" * 32, "B" * 32, "C" * 32):
        accepted = accept(
            engine,
            a_request(contact_id=contact),
            caller="c",
            keys=keys,
            enqueue=Queue(),
            now_s=clock.now_s(),
            new_id=new_id,
        )
        ids.append(accepted.transfer_id)
    for transfer_id in ids[:2]:
        transfer = book.begin(transfer_id, 1)
        assert transfer is not None
        (attachment,) = book.note_sources(transfer, [a_source("1")])
        book.begin_upload(attachment.id, deadline_at_s=clock.now_s() + 60)
    done = book.attachment(attachment_id(engine, ids[0]))
    book.stored(done, object_id="O", size_bytes=5, sha256="0" * 64, how="stored")
    book.finish(ids[0], 1, TransferState.SETTLED, Outcome.STORED, None)
    return engine


def accept_one(engine: sa.Engine, contact: str, keys: KeyRing, clock: HandClock, new_id: Callable[[], str]) -> Accepted:
    request = a_request(contact_id=contact)
    return accept(engine, request, caller="c", keys=keys, enqueue=Queue(), now_s=clock.now_s(), new_id=new_id)


def attachment_id(engine: sa.Engine, transfer_id: str) -> str:
    (found,) = [row["id"] for row in rows(engine, tables.attachment) if row["transfer_id"] == transfer_id]
    return str(found)


def test_every_row_arrives_and_open_transfers_are_enqueued(
    full: sa.Engine, target: sa.Engine, clock: HandClock
) -> None:
    queue = Queue()
    copied = move(full, target, enqueue=queue, now_s=clock.now_s())
    for table in (tables.transfer, tables.attachment, tables.event, tables.sealed_secret, tables.upload_intent):
        assert copied[table.name] == len(rows(target, table)) == len(rows(full, table))
    states = {row["contact_id"][0]: row["state"] for row in rows(target, tables.transfer)}
    assert states == {"A": "settled", "B": "queued", "C": "queued"}
    assert len(queue.rounds) == 2


def test_an_upload_of_unknown_outcome_is_still_known_to_be_one(
    full: sa.Engine, target: sa.Engine, keys: KeyRing, clock: HandClock, new_id: Callable[[], str]
) -> None:
    move(full, target, enqueue=Queue(), now_s=clock.now_s())
    book = RoundStore(target, keys=keys, now_s=clock.now_s, new_id=new_id, redrive_s=1.0)
    (uploading,) = [row["id"] for row in rows(target, tables.attachment) if row["state"] == AttachmentState.UPLOADING]
    assert book.open_intent(str(uploading)) is not None


def test_new_rows_do_not_collide_with_moved_ones(
    full: sa.Engine, target: sa.Engine, keys: KeyRing, clock: HandClock, new_id: Callable[[], str]
) -> None:
    move(full, target, enqueue=Queue(), now_s=clock.now_s())
    accept(
        target,
        a_request(contact_id="D" * 32),
        caller="c",
        keys=keys,
        enqueue=Queue(),
        now_s=clock.now_s(),
        new_id=new_id,
    )
    assert len(rows(target, tables.event)) == 4


def test_a_target_that_holds_transfers_is_left_alone(full: sa.Engine, target: sa.Engine, clock: HandClock) -> None:
    move(full, target, enqueue=Queue(), now_s=clock.now_s())
    with pytest.raises(UnusableDatabase, match="has transfers already"):
        move(full, target, enqueue=Queue(), now_s=clock.now_s())


def test_a_move_that_fails_leaves_the_target_empty(full: sa.Engine, target: sa.Engine, clock: HandClock) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the queue is broken")

    with pytest.raises(RuntimeError):
        move(full, target, enqueue=broken, now_s=clock.now_s())
    assert rows(target, tables.transfer) == []
