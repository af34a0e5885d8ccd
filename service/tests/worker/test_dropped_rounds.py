"""Rounds that were superseded or killed, and rounds that the engine dropped: they run again, once."""

from __future__ import annotations

from typing import Any

import pytest
from fakes import Killed
from worker_kit import Stack, a_file, the_reason

from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.engine.workflow import CarriedOne, Discovered

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


def test_a_step_of_a_round_that_was_superseded_says_so(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    transfer_id = stack.event()
    stack.run_one()
    assert stack.rounds.discover(transfer_id, 1) == Discovered(go_on=False, attachment_ids=[])
    attachment_id = stack.attachments()[0].id
    assert stack.rounds.carry_one(transfer_id, 1, attachment_id) == CarriedOne("stale-round", stop_round=True)


def test_an_event_at_the_moment_of_the_end_makes_another_round_at_once(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.cmi.files = [a_file(1)]
    finish = stack.round_store.finish

    def finish_after_an_event(*arguments: Any) -> bool:
        monkeypatch.setattr(stack.round_store, "finish", finish)
        stack.cmi.files.append(a_file(2))
        stack.event()
        return finish(*arguments)

    monkeypatch.setattr(stack.round_store, "finish", finish_after_an_event)
    stack.event()
    stack.run_one()
    assert [due_s - stack.clock.now_s() for due_s, _, _ in stack.due] == [0.0]
    assert stack.transfer().reason is None
    stack.run()
    assert len(stack.c4c.kept) == 2


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
