"""Rounds that were superseded or killed, and rounds that the engine dropped: they run again, once."""

from __future__ import annotations

import pytest
from fakes import Killed
from worker_kit import Stack, a_file, the_reason

from attachment_transfer.core.states import AttachmentState, Outcome, TransferState

S = AttachmentState


def test_a_round_that_was_superseded_does_nothing(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    transfer_id = stack.event()
    stack.run()
    asked = len(stack.cmi.requests)
    stack.run_round(transfer_id, 1)
    stack.steps.clear()
    stack.run_round(transfer_id, 1)
    assert len(stack.cmi.requests) == asked
    assert len(stack.c4c.kept) == 1


def test_a_kill_is_never_taken_for_an_error(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("find", "killed-before")
    stack.event()
    with pytest.raises(Killed):
        stack.run_one()
    assert stack.transfer().state is TransferState.RUNNING
    stack.restart()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED


def overdue_now(stack: Stack) -> list[tuple[str, int]]:
    return stack.round_store.overdue()


@pytest.mark.parametrize("when", ["queued", "running", "waiting"])
def test_a_round_that_the_engine_dropped_is_run_again(stack: Stack, when: str) -> None:
    stack.cmi.files = [a_file(1)]
    transfer_id = stack.event()
    if when == "running":
        stack.round_store.begin(transfer_id, 1)
    if when == "waiting":
        stack.cmi.statuses = [500]
        stack.run_one()
    assert stack.transfer().state == when
    stack.due.clear()
    assert overdue_now(stack) == []
    stack.clock.advance(120)
    [(lost_id, round_no)] = overdue_now(stack)
    stack.rounds.lost(lost_id, round_no)
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1
    assert overdue_now(stack) == []


def test_a_transfer_whose_rounds_are_dropped_again_and_again_is_shown_to_a_person(stack: Stack) -> None:
    stack.event()
    for _ in range(4):
        stack.due.clear()
        stack.clock.advance(600)
        [(lost_id, round_no)] = overdue_now(stack)
        stack.rounds.lost(lost_id, round_no)
    assert stack.transfer().state is TransferState.PARKED
    assert stack.transfer().reason is not None
    assert the_reason(stack).code == "internal"
    assert stack.due == []


def test_a_round_that_went_on_meanwhile_is_not_lost(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    transfer_id = stack.event()
    stack.run()
    stack.rounds.lost(transfer_id, 1)
    assert stack.at_rest()
    assert stack.transfer().round_no == 1
