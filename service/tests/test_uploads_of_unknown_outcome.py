"""At most one object per attachment at C4C, whatever breaks; and no attachment lost on the way."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from fakes import File
from ledger_kit import rows
from street import SETTLE_S, Street, a_file

from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.ledger import tables, views

S = AttachmentState


def sums(*files: File) -> list[str]:
    return sorted(hashlib.sha256(file.content).hexdigest() for file in files)


def states(street: Street) -> list[AttachmentState]:
    return [item.state for item in street.attachments()]


def open_intents(street: Street) -> int:
    return sum(1 for row in rows(street.engine, tables.upload_intent) if row["closed_at_s"] is None)


def test_each_file_of_a_chat_arrives_once_and_whole(street: Street) -> None:
    street.cmi.files = [a_file(1), a_file(2, content=b"x" * 400_000), a_file(3, content=b"y", length=False)]
    street.event()
    assert street.run() == 1
    assert street.transfer().outcome is Outcome.STORED
    assert street.c4c.sums() == sums(*street.cmi.files)
    assert [item.c4c_object_id for item in street.attachments()] == [item.object_id for item in street.c4c.kept]
    assert [item.sha256 for item in street.attachments()] == [
        hashlib.sha256(file.content).hexdigest() for file in street.cmi.files
    ]
    assert open_intents(street) == 0


def test_an_empty_file_arrives_too(street: Street) -> None:
    street.cmi.files = [File(id="f1", name="empty.txt", content=b"")]
    street.event()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert [item.content for item in street.c4c.kept] == [b""]


@pytest.mark.parametrize("what", ["lost", "500-after"])
def test_a_lost_answer_does_not_file_the_attachment_twice(street: Street, what: str) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan("post", what)
    street.event()
    street.run_one()
    assert states(street) == [S.AMBIGUOUS]
    assert street.transfer().state is TransferState.WAITING
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert street.c4c.sums() == sums(*street.cmi.files)
    assert street.c4c.calls("post") == 1
    assert rows(street.engine, tables.upload_intent)[0]["result"] == "adopted"


@pytest.mark.parametrize("what", ["cut", 500, 502, 503, 504, 408])
def test_an_answer_lost_with_nothing_stored_is_posted_again_only_after_the_settle_time(
    street: Street, what: str | int
) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan("post", what)
    street.event()
    street.run_one()
    posted_at_s = street.clock.now_s()
    seen: list[float] = []
    street.c4c.on_post = lambda: seen.append(street.clock.now_s())
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1
    assert seen == [pytest.approx(posted_at_s + SETTLE_S, abs=1.0)]
    assert seen[0] >= posted_at_s + SETTLE_S - 0.5


def test_a_lost_answer_of_a_late_commit_is_adopted_once_it_shows(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.commit_delay_s = SETTLE_S - 1
    street.c4c.plan("post", "lost")
    street.event()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1


def test_an_event_during_the_settle_time_does_not_shorten_it(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.commit_delay_s = SETTLE_S - 1
    street.c4c.plan("post", "lost")
    street.event()
    street.run_one()
    for _ in range(5):
        street.clock.advance(3)
        street.event()
        street.run_one()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1


def test_a_crash_after_the_post_is_adopted_after_the_settle_time(street: Street) -> None:
    street.cmi.files = [a_file(1), a_file(2)]
    street.c4c.commit_delay_s = SETTLE_S - 1
    street.c4c.plan("post", "killed-after")
    street.event()
    street.die()
    assert states(street)[0] is S.UPLOADING
    assert open_intents(street) == 1
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert street.c4c.sums() == sums(*street.cmi.files)
    assert street.c4c.calls("post") == 2


def test_a_crash_between_intent_and_post_is_posted_after_the_settle_time(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan("post", "killed-before")
    street.event()
    street.die()
    died_at_s = street.clock.now_s()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1
    assert street.clock.now_s() == pytest.approx(died_at_s + SETTLE_S, abs=1.0)
    assert [row["result"] for row in rows(street.engine, tables.upload_intent)] == ["absent", "stored"]


@pytest.mark.parametrize("kind", ["read", "value"])
def test_a_crash_before_the_book_is_closed_is_adopted(street: Street, kind: str) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan(kind, "killed-before")
    street.event()
    street.die()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert street.c4c.calls("post") == 1
    assert street.attachments()[0].sha256 == sums(*street.cmi.files)[0]


def test_a_crash_while_the_file_is_read_leaves_nothing_behind(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan("metadata", "killed-before")
    street.event()
    street.die()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1


def test_many_crashes_in_a_row_still_file_each_attachment_once(street: Street) -> None:
    street.cmi.files = [a_file(number) for number in range(1, 4)]
    for kind in ("post", "read", "value"):
        street.c4c.plan(kind, "killed-after")
    street.event()
    for _ in range(3):
        street.clock.time_s = max(street.clock.time_s, min(street.due)[0])
        street.die()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert street.c4c.sums() == sums(*street.cmi.files)


@pytest.mark.parametrize(("kind", "what"), [("read", "unreachable"), ("read", 500), ("value", 503), ("list", 500)])
def test_trouble_while_looking_never_posts_again(street: Street, kind: str, what: str | int) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan("post", "lost")
    street.c4c.plan(kind, what, times=3)
    street.event()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1
    assert street.c4c.calls("post") == 1


def test_a_list_that_is_no_list_is_not_taken_for_an_empty_one(street: Street) -> None:
    """An error page in JSON, answered 200 by something in between, must not clear the way for a second POST."""
    street.cmi.files = [a_file(1)]
    street.c4c.plan("post", "lost")
    street.c4c.plan("list", "garbage")
    street.event()
    street.run()
    assert street.transfer().state is TransferState.PARKED
    assert street.attachments()[0].reason is not None
    assert street.attachments()[0].reason.code == "unexpected-answer"
    views.retry(street.engine, street.transfer().id, enqueue=street.enqueue, now_s=street.clock.now_s())
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1


def test_a_parked_upload_of_unknown_outcome_is_looked_for_on_retry(street: Street) -> None:
    """Parked with its intent open, retried while C4C stumbles: it waits, and is adopted."""
    street.cmi.files = [a_file(1)]
    street.c4c.plan("post", "lost")
    street.event()
    street.run_one()
    street.c4c.plan("metadata", 403)
    street.clock.advance(SETTLE_S)
    street.start()  # metadata is asked for again
    street.run()
    assert states(street) == [S.PARKED]
    assert open_intents(street) == 1
    street.c4c.plan("list", 503)
    views.retry(street.engine, street.transfer().id, enqueue=street.enqueue, now_s=street.clock.now_s())
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1


def test_an_upload_that_fails_for_ever_is_parked_with_its_intent_open(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan("post", 500, times=1_000)
    street.event()
    street.run()
    assert states(street) == [S.PARKED]
    assert street.transfer().outcome is Outcome.FAILED
    assert "given up after 12 retries" in street.attachments()[0].reason.message  # type: ignore[union-attr]
    assert open_intents(street) == 1
    assert street.c4c.kept == []


def test_an_operator_who_cancels_during_an_upload_does_not_cause_a_second_one(street: Street) -> None:
    """The POST goes on in its thread while a new event starts a round that meets trouble of its own."""
    street.cmi.files = [a_file(1)]
    once: list[str] = []

    def while_it_posts() -> None:
        if once:
            return
        once.append("cancelled")
        views.cancel(street.engine, street.transfer().id, now_s=street.clock.now_s())
        street.event()
        street.c4c.plan("metadata", 503)
        street.start()  # metadata is asked for again
        street.run_one()
        street.clock.advance(SETTLE_S + 5)
        while street.run_one():
            pass

    street.c4c.on_post = while_it_posts
    street.event()
    street.run_one()
    street.run()
    assert len(street.c4c.kept) == 1
    assert street.transfer().outcome is Outcome.STORED


def test_two_rounds_that_both_hold_the_file_in_hand_post_it_once(street: Street) -> None:
    """Cancelled after the download began and before the intent was written."""
    street.cmi.files = [a_file(1)]
    once: list[str] = []

    def while_it_downloads(_file: File) -> None:
        if once:
            return
        once.append("cancelled")
        views.cancel(street.engine, street.transfer().id, now_s=street.clock.now_s())
        street.event()
        street.run_one()

    street.cmi.on_download = while_it_downloads
    street.event()
    street.run_one()
    street.run()
    assert len(street.c4c.kept) == 1


def test_a_cancelled_upload_that_was_kept_after_all_is_told_as_stored(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.on_post = lambda: views.cancel(  # type: ignore[assignment, return-value]
        street.engine, street.transfer().id, now_s=street.clock.now_s()
    )
    street.event()
    street.run_one()
    assert street.transfer().state is TransferState.CANCELLED
    assert len(street.c4c.kept) == 1
    assert states(street) == [S.STORED]
    assert open_intents(street) == 0


def test_without_a_creatable_title_the_key_travels_in_the_name(street: Street) -> None:
    street.cmi.files = [a_file(1, name="photo.png")]
    street.c4c.title_creatable = False
    street.c4c.plan("post", "lost")
    street.event()
    street.run()
    key = street.attachments()[0].key
    assert [(item.name, item.title) for item in street.c4c.kept] == [(f"photo [{key}].png", None)]
    assert street.transfer().outcome is Outcome.STORED


def test_two_objects_under_one_key_are_shown_to_a_person(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan("post", "lost")
    street.event()
    street.run_one()
    first = street.c4c.kept[0]
    street.c4c.kept.append(replace(first, object_id="00163EOTHER"))
    street.run()
    assert states(street) == [S.PARKED]
    reason = street.attachments()[0].reason
    assert reason is not None
    assert "2 objects at C4C carry the key" in reason.message
    assert first.object_id in reason.message
    assert "00163EOTHER" in reason.message
    assert "sizes are equal" in reason.message
    assert "compare each with the customer's file" in reason.remedy
    assert street.c4c.calls("post") == 1


def test_objects_of_one_key_and_unequal_sizes_are_told_as_such(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan("post", "lost")
    street.event()
    street.run_one()
    street.c4c.kept.append(replace(street.c4c.kept[0], object_id="00163EOTHER", content=b"short"))
    street.run()
    reason = street.attachments()[0].reason
    assert reason is not None
    assert "00163EOTHER (5 bytes)" in reason.message
    assert "sizes are not equal" in reason.message


def test_one_object_that_overlapping_pages_list_twice_is_adopted(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan("post", "lost")
    street.event()
    street.run_one()
    street.c4c.kept.append(street.c4c.kept[0])
    street.run()
    assert states(street) == [S.STORED]
    assert street.attachments()[0].c4c_object_id == street.c4c.kept[0].object_id
    assert street.c4c.calls("post") == 1


def test_someone_elses_file_of_the_same_name_is_never_adopted(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.event()
    street.run()
    foreign = street.c4c.kept[0]
    street.c4c.kept[:] = [type(foreign)(**{**vars(foreign), "title": "mine", "object_id": "FOREIGN"})]
    street.cmi.files.append(a_file(2, name="photo-1.png"))
    street.c4c.plan("post", "cut")
    street.event()
    street.run()
    assert street.c4c.kept[0].object_id == "FOREIGN"
    assert len(street.c4c.kept) == 2
