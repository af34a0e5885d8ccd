"""At most one object per attachment at C4C, whatever breaks; and no attachment lost on the way."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from fakes import File
from ledger_kit import rows
from worker_kit import SETTLE_S, Stack, a_file, open_intents, reasons, states

from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.ledger import tables, views

S = AttachmentState


def sums(*files: File) -> list[str]:
    return sorted(hashlib.sha256(file.content).hexdigest() for file in files)


def test_each_file_of_a_chat_arrives_once_and_whole(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2, content=b"x" * 400_000), a_file(3, content=b"y", length=False)]
    stack.event()
    assert stack.run() == 1
    assert stack.transfer().outcome is Outcome.STORED
    assert stack.c4c.sums() == sums(*stack.cmi.files)
    assert [item.c4c_object_id for item in stack.attachments()] == [item.object_id for item in stack.c4c.kept]
    assert [item.sha256 for item in stack.attachments()] == [
        hashlib.sha256(file.content).hexdigest() for file in stack.cmi.files
    ]
    assert open_intents(stack) == 0


def test_an_empty_file_arrives_too(stack: Stack) -> None:
    stack.cmi.files = [File(id="f1", name="empty.txt", content=b"")]
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert [item.content for item in stack.c4c.kept] == [b""]


@pytest.mark.parametrize("what", ["lost", "500-after"])
def test_a_lost_answer_does_not_file_the_attachment_twice(stack: Stack, what: str) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", what)
    stack.event()
    stack.run_one()
    assert states(stack) == [S.AMBIGUOUS]
    assert stack.transfer().state is TransferState.WAITING
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert stack.c4c.sums() == sums(*stack.cmi.files)
    assert stack.c4c.calls("post") == 1
    assert rows(stack.engine, tables.upload_intent)[0]["result"] == "adopted"


@pytest.mark.parametrize("what", ["cut", 500, 502, 503, 504, 408])
def test_an_answer_lost_with_nothing_stored_is_posted_again_only_after_the_settle_time(
    stack: Stack, what: str | int
) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", what)
    stack.event()
    stack.run_one()
    posted_at_s = stack.clock.now_s()
    seen: list[float] = []
    stack.c4c.on_post = lambda: seen.append(stack.clock.now_s())
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1
    assert seen == [pytest.approx(posted_at_s + SETTLE_S, abs=1.0)]
    assert seen[0] >= posted_at_s + SETTLE_S - 0.5


def test_c4c_is_not_asked_again_before_the_settle_time(stack: Stack) -> None:
    """Its list says nothing until then; what failed without an upload is tried again sooner."""
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("list", 500)
    stack.c4c.plan("post", "cut")
    started_s = stack.clock.now_s()
    stack.event()
    stack.run_one()
    assert stack.due[0][0] - started_s < SETTLE_S
    stack.clock.time_s = stack.due[0][0]
    stack.run_one()
    assert stack.due[0][0] - stack.clock.now_s() == SETTLE_S


@pytest.mark.parametrize("kind", ["metadata", "list"])
def test_a_file_that_may_be_at_c4c_stays_so_whatever_fails_next(stack: Stack, kind: str) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.c4c.plan("post", "cut")
    stack.c4c.plan("post", 503, times=2)
    stack.event()
    stack.run_one()
    assert states(stack) == [S.AMBIGUOUS, S.AMBIGUOUS]
    stack.start()  # what $metadata said is forgotten
    stack.c4c.plan(kind, 500, times=2)
    stack.clock.time_s = stack.due[0][0]
    stack.run_one()
    assert states(stack) == [S.AMBIGUOUS, S.AMBIGUOUS]
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 2


def test_a_file_that_may_be_at_c4c_stays_so_while_a_neighbour_wants_patience(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.c4c.plan("post", 429)
    stack.c4c.plan("post", "cut")
    stack.event()
    stack.run_one()
    assert states(stack) == [S.OPEN, S.AMBIGUOUS]
    stack.clock.advance(SETTLE_S)
    stack.cmi.files[0].statuses, stack.cmi.files[0].retry_after = [429], "60"
    stack.event()
    while stack.run_one():  # the round that the event has superseded is still in the queue
        pass
    assert states(stack) == [S.OPEN, S.AMBIGUOUS]
    assert reasons(stack) == ["neighbour-busy", "neighbour-busy"]
    stack.run()
    assert len(stack.c4c.kept) == 2


def test_a_lost_answer_of_a_late_commit_is_adopted_once_it_shows(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.commit_delay_s = SETTLE_S - 1
    stack.c4c.plan("post", "lost")
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


def test_a_commit_after_the_settle_time_is_found_by_the_next_attempt(stack: Stack) -> None:
    """C4C was listed after the settle time and did not show the file; what delays the next upload lets it be found."""
    stack.cmi.files = [a_file(1)]
    stack.c4c.commit_delay_s = SETTLE_S + 3
    stack.c4c.plan("post", "lost")
    stack.event()
    stack.run_one()
    stack.cmi.files[0].statuses = [503]
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


@pytest.mark.parametrize("late_s", [SETTLE_S * 3, 3_600.0])
def test_an_acknowledged_upload_that_shows_long_after_the_settle_time_is_not_sent_again(
    stack: Stack, late_s: float
) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.commit_delay_s = late_s
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert [request.method for request in stack.c4c.requests].count("POST") == 1
    assert len(stack.c4c.kept) == 1


def test_an_acknowledged_upload_that_never_shows_is_parked_and_sent_again_only_by_a_person(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.commit_delay_s = 1e9
    stack.event()
    stack.run()
    assert states(stack) == [S.PARKED]
    reason = stack.attachments()[0].reason
    assert reason is not None
    assert reason.code == "outcome-unknown"
    assert "retry the transfer: only then is it sent again" in reason.remedy
    assert len(stack.c4c.kept) == 1
    stack.c4c.kept.clear()
    stack.c4c.commit_delay_s = 0
    views.retry(stack.engine, stack.transfer().id, enqueue=stack.enqueue, now_s=stack.clock.now_s())
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


def test_nothing_is_ever_deleted_or_changed_at_c4c(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.c4c.plan("post", "lost")
    stack.event()
    stack.run()
    assert {request.method for request in stack.c4c.requests} == {"GET", "POST"}


def test_an_event_during_the_settle_time_does_not_shorten_it(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.commit_delay_s = SETTLE_S - 1
    stack.c4c.plan("post", "lost")
    stack.event()
    stack.run_one()
    for _ in range(5):
        stack.clock.advance(3)
        stack.event()
        stack.run_one()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


@pytest.mark.parametrize(("kind", "what"), [("read", "unreachable"), ("read", 500), ("value", 503), ("list", 500)])
def test_trouble_while_looking_never_posts_again(stack: Stack, kind: str, what: str | int) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", "lost")
    stack.c4c.plan(kind, what, times=3)
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1
    assert stack.c4c.calls("post") == 1


def test_a_list_that_is_no_list_is_not_taken_for_an_empty_one(stack: Stack) -> None:
    """An error page in JSON, answered 200 by something in between, must not clear the way for a second POST."""
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", "lost")
    stack.c4c.plan("list", "garbage")
    stack.event()
    stack.run()
    assert stack.transfer().state is TransferState.PARKED
    reason = stack.attachments()[0].reason
    assert reason is not None
    assert reason.code == "unexpected-answer"
    views.retry(stack.engine, stack.transfer().id, enqueue=stack.enqueue, now_s=stack.clock.now_s())
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


def test_a_parked_upload_of_unknown_outcome_is_looked_for_on_retry(stack: Stack) -> None:
    """Parked with its intent open, retried while C4C stumbles: it waits, and is adopted."""
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", "lost")
    stack.event()
    stack.run_one()
    stack.c4c.plan("metadata", 403)
    stack.clock.advance(SETTLE_S)
    stack.start()  # metadata is read again
    stack.run()
    assert states(stack) == [S.PARKED]
    assert open_intents(stack) == 1
    stack.c4c.plan("list", 503)
    views.retry(stack.engine, stack.transfer().id, enqueue=stack.enqueue, now_s=stack.clock.now_s())
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


def test_an_upload_that_fails_for_ever_is_parked_with_its_intent_open(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", 500, times=1_000)
    stack.event()
    stack.run()
    assert states(stack) == [S.PARKED]
    assert stack.transfer().outcome is Outcome.FAILED
    assert "given up after 12 retries" in stack.attachments()[0].reason.message  # type: ignore[union-attr]
    assert open_intents(stack) == 1
    assert stack.c4c.kept == []


def test_without_a_creatable_title_the_key_travels_in_the_name(stack: Stack) -> None:
    stack.cmi.files = [a_file(1, name="photo.png")]
    stack.c4c.title_creatable = False
    stack.c4c.plan("post", "lost")
    stack.event()
    stack.run()
    key = stack.attachments()[0].key
    assert [(item.name, item.title) for item in stack.c4c.kept] == [(f"photo [{key}].png", None)]
    assert stack.transfer().outcome is Outcome.STORED


def test_two_objects_under_one_key_are_shown_to_a_person(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", "lost")
    stack.event()
    stack.run_one()
    first = stack.c4c.kept[0]
    stack.c4c.kept.append(replace(first, object_id="00163EOTHER"))
    stack.run()
    assert states(stack) == [S.PARKED]
    reason = stack.attachments()[0].reason
    assert reason is not None
    assert "2 objects at C4C carry the key" in reason.message
    assert first.object_id in reason.message
    assert "00163EOTHER" in reason.message
    assert "sizes are equal" in reason.message
    assert "compare each with the customer's file" in reason.remedy
    assert stack.c4c.calls("post") == 1


def test_objects_of_one_key_and_unequal_sizes_are_reported_as_such(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", "lost")
    stack.event()
    stack.run_one()
    stack.c4c.kept.append(replace(stack.c4c.kept[0], object_id="00163EOTHER", content=b"short"))
    stack.run()
    reason = stack.attachments()[0].reason
    assert reason is not None
    assert "00163EOTHER (5 bytes)" in reason.message
    assert "sizes are not equal" in reason.message


def test_one_object_that_overlapping_pages_list_twice_is_adopted(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", "lost")
    stack.event()
    stack.run_one()
    stack.c4c.kept.append(stack.c4c.kept[0])
    stack.run()
    assert states(stack) == [S.STORED]
    assert stack.attachments()[0].c4c_object_id == stack.c4c.kept[0].object_id
    assert stack.c4c.calls("post") == 1


def test_someone_elses_file_of_the_same_name_is_never_adopted(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.event()
    stack.run()
    foreign = stack.c4c.kept[0]
    stack.c4c.kept[:] = [type(foreign)(**{**vars(foreign), "title": "mine", "object_id": "FOREIGN"})]
    stack.cmi.files.append(a_file(2, name="photo-1.png"))
    stack.c4c.plan("post", "cut")
    stack.event()
    stack.run()
    assert stack.c4c.kept[0].object_id == "FOREIGN"
    assert len(stack.c4c.kept) == 2
