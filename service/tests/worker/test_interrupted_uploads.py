"""Uploads that a crash or a cancellation interrupts: at most one object per attachment at C4C."""

from __future__ import annotations

import hashlib

import pytest
from fakes import File
from ledger_kit import rows
from worker_kit import SETTLE_S, Stack, a_file, open_intents, states

from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.ledger import tables, views

S = AttachmentState


def sums(*files: File) -> list[str]:
    return sorted(hashlib.sha256(file.content).hexdigest() for file in files)


def test_a_crash_after_the_post_is_adopted_after_the_settle_time(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.c4c.commit_delay_s = SETTLE_S - 1
    stack.c4c.plan("post", "killed-after")
    stack.event()
    stack.die()
    assert states(stack)[0] is S.UPLOADING
    assert open_intents(stack) == 1
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert stack.c4c.sums() == sums(*stack.cmi.files)
    assert stack.c4c.calls("post") == 2


def test_a_crash_between_intent_and_post_is_posted_after_the_settle_time(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", "killed-before")
    stack.event()
    stack.die()
    died_at_s = stack.clock.now_s()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1
    assert stack.clock.now_s() == pytest.approx(died_at_s + SETTLE_S, abs=1.0)
    assert [row["result"] for row in rows(stack.engine, tables.upload_intent)] == ["absent", "stored"]


@pytest.mark.parametrize("kind", ["read", "value"])
def test_a_crash_before_the_book_is_closed_is_adopted(stack: Stack, kind: str) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan(kind, "killed-before")
    stack.event()
    stack.die()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert stack.c4c.calls("post") == 1
    assert stack.attachments()[0].sha256 == sums(*stack.cmi.files)[0]


def test_a_crash_while_the_file_is_read_leaves_nothing_behind(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("metadata", "killed-before")
    stack.event()
    stack.die()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


def test_many_crashes_in_a_row_still_file_each_attachment_once(stack: Stack) -> None:
    stack.cmi.files = [a_file(number) for number in range(1, 4)]
    for kind in ("post", "read", "value"):
        stack.c4c.plan(kind, "killed-after")
    stack.event()
    for _ in range(3):
        stack.clock.time_s = max(stack.clock.time_s, min(stack.due)[0])
        stack.die()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert stack.c4c.sums() == sums(*stack.cmi.files)


def test_an_operator_who_cancels_during_an_upload_does_not_cause_a_second_one(stack: Stack) -> None:
    """The POST goes on in its thread while a new event starts a round that meets trouble of its own."""
    stack.cmi.files = [a_file(1)]
    once: list[str] = []

    def while_it_posts() -> None:
        if once:
            return
        once.append("cancelled")
        views.cancel(stack.engine, stack.transfer().id, now_s=stack.clock.now_s())
        stack.event()
        stack.c4c.plan("metadata", 503)
        stack.start()  # metadata is read again
        stack.run_one()
        stack.clock.advance(SETTLE_S + 5)
        while stack.run_one():
            pass

    stack.c4c.on_post = while_it_posts
    stack.event()
    stack.run_one()
    stack.run()
    assert len(stack.c4c.kept) == 1
    assert stack.transfer().outcome is Outcome.STORED


def test_two_rounds_that_carry_the_same_file_post_it_once(stack: Stack) -> None:
    """Cancelled after the download began and before the intent was written."""
    stack.cmi.files = [a_file(1)]
    once: list[str] = []

    def while_it_downloads(_file: File) -> None:
        if once:
            return
        once.append("cancelled")
        views.cancel(stack.engine, stack.transfer().id, now_s=stack.clock.now_s())
        stack.event()
        stack.run_one()

    stack.cmi.on_download = while_it_downloads
    stack.event()
    stack.run_one()
    stack.run()
    assert len(stack.c4c.kept) == 1


def test_a_cancelled_upload_that_c4c_kept_is_reported_as_stored(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.on_post = lambda: views.cancel(stack.engine, stack.transfer().id, now_s=stack.clock.now_s())
    stack.event()
    stack.run_one()
    assert stack.transfer().state is TransferState.CANCELLED
    assert len(stack.c4c.kept) == 1
    assert states(stack) == [S.STORED]
    assert open_intents(stack) == 0
