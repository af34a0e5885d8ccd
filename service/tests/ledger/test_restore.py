"""A backup was put back: the hours it lost have left files at C4C that the books know nothing of."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ledger_kit import rows
from worker_kit import Stack, a_file

from attachment_transfer.core.states import Outcome
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.audit import audit_of
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.ledger.upkeep.restore import after_restore

DAY_S = 86_400.0


@pytest.fixture
def stack(engine: sa.Engine, clock: HandClock, keys: KeyRing, new_id: Callable[[], str]) -> Stack:
    stack = Stack(engine, clock, keys, new_id)
    stack.cmi.files = [a_file(1), a_file(2)]
    return stack


def lose_everything(stack: Stack) -> None:
    """The backup is older than the transfer."""
    with stack.engine.begin() as connection:
        connection.execute(tables.transfer.delete())
        connection.execute(tables.audit.delete())
    stack.due.clear()
    stack.steps.clear()


def carry_again(stack: Stack) -> None:
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED


def test_even_without_a_word_of_the_restore_a_file_that_c4c_shows_is_not_filed_twice(stack: Stack) -> None:
    """The command is for what C4C may show later than the first look."""
    carry_again(stack)
    lose_everything(stack)
    carry_again(stack)
    assert len(stack.c4c.kept) == 2


def test_a_transfer_that_the_backup_never_saw_is_adopted(stack: Stack) -> None:
    carry_again(stack)
    lose_everything(stack)
    after_restore(stack.engine, now_s=stack.clock.now_s())
    carry_again(stack)
    assert len(stack.c4c.kept) == 2
    assert {row["result"] for row in rows(stack.engine, tables.upload_intent)} == {"adopted"}


def test_files_that_were_open_in_the_backup_are_adopted(stack: Stack, clock: HandClock) -> None:
    stack.c4c.plan("post", 429)
    stack.event()
    stack.run_one()
    with stack.engine.connect() as connection:
        backup = {table: connection.execute(sa.select(table)).mappings().all() for table in BACKED_UP}
    due, steps = list(stack.due), dict(stack.steps)
    stack.run()
    assert len(stack.c4c.kept) == 2
    put_back(stack.engine, backup)
    stack.due, stack.steps = due, steps
    clock.advance(120)
    assert after_restore(stack.engine, now_s=clock.now_s()) > 0
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 2


BACKED_UP = [tables.transfer, tables.event, tables.sealed_secret, tables.attachment, tables.upload_intent]


def put_back(engine: sa.Engine, backup: dict[sa.Table, object]) -> None:
    with engine.begin() as connection:
        connection.execute(tables.transfer.delete())
        for table, found in backup.items():
            if found:
                connection.execute(table.insert(), [dict(row) for row in found])  # type: ignore[attr-defined]


def test_a_month_later_new_chats_are_not_looked_for_any_more(stack: Stack, clock: HandClock) -> None:
    after_restore(stack.engine, now_s=clock.now_s())
    clock.advance(31 * DAY_S)
    carry_again(stack)
    assert {row["result"] for row in rows(stack.engine, tables.upload_intent)} == {"stored"}


def test_the_restore_is_in_the_trail_and_saying_it_twice_does_no_harm(stack: Stack, clock: HandClock) -> None:
    stack.event()
    assert after_restore(stack.engine, now_s=clock.now_s()) == 0
    assert after_restore(stack.engine, now_s=clock.now_s()) == 0
    assert [(line.actor, line.action) for line in audit_of(stack.engine, None).lines] == [("operator", "restored")] * 2
