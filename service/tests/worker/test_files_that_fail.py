"""Files that fail in a round: put off, parked or tried again, and the other files of the chat go on."""

from __future__ import annotations

import json

import pytest
from ledger_kit import rows
from worker_kit import Stack, a_file, reasons, retry, states

from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.ledger import tables
from attachment_transfer.worker.neighbours import Limits

S = AttachmentState


def test_a_lock_puts_the_file_off_and_the_lock_is_waited_for(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.c4c.plan("post", "lock")
    stack.event()
    stack.run_one()
    assert states(stack) == [S.OPEN, S.STORED]
    assert reasons(stack) == ["neighbour-busy", None]
    assert stack.transfer().state is TransferState.WAITING
    stack.run()
    assert states(stack) == [S.STORED, S.STORED]
    assert len(stack.c4c.kept) == 2


def test_a_neighbour_that_asks_for_patience_is_left_alone_by_the_other_files_too(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2), a_file(3)]
    stack.cmi.files[1].statuses, stack.cmi.files[1].retry_after = [429], "30"
    started_s = stack.clock.now_s()
    stack.event()
    stack.run_one()
    assert states(stack) == [S.STORED, S.OPEN, S.OPEN]
    assert reasons(stack) == [None, "neighbour-busy", "neighbour-busy"]
    stack.run()
    assert states(stack) == [S.STORED, S.STORED, S.STORED]
    assert stack.clock.now_s() - started_s >= 30
    assert stack.carrier.rounds() == set()


def test_a_time_to_come_back_is_kept(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.cmi.statuses = [429]
    started_s = stack.clock.now_s()
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert stack.clock.now_s() - started_s == 10.0


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_a_refused_file_is_parked_and_the_rest_goes_on(stack: Stack, status: int) -> None:
    stack.cmi.files = [a_file(1), a_file(2), a_file(3)]
    stack.c4c.refuses = {"photo-1.png": status}
    stack.event()
    stack.run()
    assert states(stack) == [S.PARKED, S.STORED, S.STORED]
    assert reasons(stack)[0] == "attachment-refused"
    assert stack.c4c.calls("post") == 2 + (1 if status in {413, 415} else 2)
    assert stack.transfer().outcome is Outcome.PARTLY_STORED
    assert len(stack.c4c.kept) == 2


def test_a_refused_file_is_tried_again_by_a_retry_and_only_that_one(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.c4c.refuses = {"photo-1.png": 400}
    stack.event()
    stack.run()
    assert states(stack) == [S.PARKED, S.STORED]
    stack.c4c.refuses = {}
    retry(stack)
    stack.run()
    assert states(stack) == [S.STORED, S.STORED]
    assert len(stack.c4c.kept) == 2


def test_many_refused_files_in_a_row_do_not_hide_the_good_one(stack: Stack) -> None:
    stack.cmi.files = [a_file(number) for number in range(1, 8)]
    stack.c4c.refuses = {f"photo-{number}.png": 400 for number in range(1, 7)}
    stack.event()
    stack.run()
    assert states(stack) == [S.PARKED] * 6 + [S.STORED]


@pytest.mark.parametrize("status", [404, 410, 413])
def test_a_file_that_is_gone_is_parked_without_a_retry(stack: Stack, status: int) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.cmi.files[0].statuses = [status]
    stack.event()
    assert stack.run() == 1
    assert states(stack) == [S.PARKED, S.STORED]
    assert reasons(stack)[0] == "attachment-gone"


def test_a_cmi_that_breaks_in_the_middle_leaves_nothing_at_c4c_and_is_tried_again(stack: Stack) -> None:
    stack.cmi.files = [a_file(1, content=b"z" * 900_000)]
    stack.cmi.files[0].breaks_after = [500_000, 0]
    stack.event()
    stack.run_one()
    assert stack.c4c.kept == []
    assert states(stack) == [S.OPEN]
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert [len(item.content) for item in stack.c4c.kept] == [900_000]


def test_a_cmi_that_breaks_while_it_fills_the_spool_is_tried_again(stack: Stack) -> None:
    stack.cmi.files = [a_file(1, content=b"z" * 900_000, length=False)]
    stack.cmi.files[0].breaks_after = [500_000]
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert [len(item.content) for item in stack.c4c.kept] == [900_000]


def test_a_damaged_upload_is_parked_and_never_posted_again(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.flip_a_byte = True
    stack.event()
    stack.run()
    assert states(stack) == [S.PARKED]
    assert reasons(stack) == ["digest-mismatch"]
    for _ in range(3):
        stack.event()
        stack.run()
    retry(stack)
    stack.run()
    assert stack.c4c.calls("post") == 1
    assert len(stack.c4c.kept) == 1


def test_a_damaged_object_that_a_person_removed_is_replaced_on_retry(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.flip_a_byte = True
    stack.event()
    stack.run()
    stack.c4c.flip_a_byte = False
    stack.c4c.kept.clear()
    retry(stack)
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


def test_a_wrong_size_is_noticed_even_where_digests_are_not_compared(stack: Stack) -> None:
    stack.verify_digest = False
    stack.start()
    stack.cmi.files = [a_file(1)]
    stack.c4c.row_changes = {"SizeInkB": "1.0"}
    stack.event()
    stack.run()
    assert reasons(stack) == ["digest-mismatch"]
    assert stack.c4c.calls("value") == 0


def test_a_file_that_is_too_large_is_refused_whatever_its_list_says(stack: Stack) -> None:
    stack.limits = Limits(attachment_bytes=1_000)
    stack.start()
    stack.cmi.files = [
        a_file(1, content=b"x" * 1_001),
        a_file(2, content=b"x" * 1_001, announced_size=10),
        a_file(3, content=b"x" * 1_001, announced_size=10, length=False),
        a_file(4, content=b"x" * 1_000),
    ]
    stack.event()
    assert stack.run() <= 2
    assert states(stack) == [S.PARKED] * 3 + [S.STORED]
    assert reasons(stack)[:3] == ["attachment-refused"] * 3


def test_a_user_that_needs_a_csrf_token_gets_one_and_posts_once(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.wants_csrf = True
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert (stack.c4c.calls("csrf"), stack.c4c.calls("post")) == (1, 2)
    assert len(stack.c4c.kept) == 1
    assert not [row for row in rows(stack.engine, tables.upload_intent) if row["closed_at_s"] is None]


def test_a_csrf_token_that_does_not_help_is_not_asked_for_twice(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.wants_csrf = True
    stack.c4c.issued_token = "stale"
    stack.event()
    stack.run()
    assert reasons(stack) == ["unexpected-answer"]
    assert (stack.c4c.calls("csrf"), stack.c4c.calls("post")) == (1, 2)


def test_a_poisoned_file_does_not_keep_the_others_from_arriving(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]

    def defect(file: object) -> None:
        if file is stack.cmi.files[0]:
            raise RuntimeError("a defect of ours, with Word-of-C4C-1618 in its text")

    stack.cmi.on_download = defect
    stack.event()
    stack.run()
    assert states(stack) == [S.PARKED, S.STORED]
    assert stack.transfer().outcome is Outcome.PARTLY_STORED
    assert reasons(stack)[0] == "internal"
    assert "Word" not in json.dumps([str(item.reason) for item in stack.attachments()])


def test_bad_files_at_the_head_of_a_chat_hold_up_the_others_for_one_round_at_most(stack: Stack) -> None:
    stack.cmi.files = [a_file(number) for number in range(1, 6)]

    def defect(file: object) -> None:
        if file in stack.cmi.files[:3]:
            raise RuntimeError("bad")

    stack.cmi.on_download = defect
    stack.event()
    stack.run_one()
    stack.clock.time_s = min(stack.due)[0]
    stack.run_one()
    assert states(stack)[3:] == [S.STORED, S.STORED]


def test_a_parked_file_says_what_helps(stack: Stack) -> None:
    stack.cmi.files = [a_file(1, statuses=[404] * 9)]
    stack.event()
    stack.run()
    (parked,) = stack.attachments()
    assert parked.reason is not None
    assert parked.reason.remedy
