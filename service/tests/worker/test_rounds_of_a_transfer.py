"""What becomes of a transfer: its rounds, its waits, its ends, and what each file's trouble does to the others."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest
from fakes import Killed
from ledger_kit import SECRETS, rows
from worker_kit import ACTIVITY, Stack, a_file

from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.ledger import tables, views
from attachment_transfer.worker.neighbours import Limits

S = AttachmentState
CONTACT = "5AB6E20342A6EE11B3ED58961D1810CC"


def states(stack: Stack) -> list[AttachmentState]:
    return [item.state for item in stack.attachments()]


def reasons(stack: Stack) -> list[str | None]:
    return [item.reason.code if item.reason else None for item in stack.attachments()]


def retry(stack: Stack) -> None:
    views.retry(stack.engine, stack.transfer().id, enqueue=stack.enqueue, now_s=stack.clock.now_s())


def test_names_types_and_keys_arrive_as_the_metadata_lets_them(stack: Stack) -> None:
    stack.cmi.files = [a_file(1, name="../Счёт\u202e.pdf", content_type="application/pdf")]
    stack.event()
    stack.run()
    [kept] = stack.c4c.kept
    assert (kept.name, kept.mime_type, kept.parent) == ("Счёт.pdf", "application/pdf", ACTIVITY)
    assert kept.title == f"contact-pro:{stack.attachments()[0].key}"


@pytest.mark.parametrize(
    ("declared", "sent"),
    [("audio/ogg; codecs=opus", "audio/ogg"), ("Image/PNG", "image/png"), ("jpeg", "text/plain")],
)
def test_a_type_goes_to_c4c_bare_and_never_as_something_that_is_none(stack: Stack, declared: str, sent: str) -> None:
    stack.cmi.files = [a_file(1, content_type=declared)]
    stack.event()
    stack.run()
    assert [kept.mime_type for kept in stack.c4c.kept] == [sent]


def test_the_same_name_twice_is_two_files(stack: Stack) -> None:
    stack.cmi.files = [a_file(1, name="photo.png"), a_file(2, name="photo.png")]
    stack.event()
    stack.run()
    assert [item.name for item in stack.c4c.kept] == ["photo.png", "photo.png"]
    assert len({item.title for item in stack.c4c.kept}) == 2


def test_ended_then_closed_is_one_transfer_and_carries_the_new_files_only(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    first = stack.event()
    stack.run()
    stack.cmi.files.append(a_file(2))
    assert stack.event() == first
    stack.run()
    assert [item.name for item in stack.c4c.kept] == ["photo-1.png", "photo-2.png"]
    assert stack.transfer().outcome is Outcome.STORED
    assert stack.c4c.calls("post") == 2


def test_an_event_during_a_round_makes_it_look_again(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]

    def another_file_and_its_event() -> None:
        stack.c4c.on_post = lambda: None
        stack.cmi.files.append(a_file(2))
        stack.event()

    stack.c4c.on_post = another_file_and_its_event
    stack.event()
    assert stack.run() == 2
    assert len(stack.c4c.kept) == 2
    assert [row["effect"] for row in rows(stack.engine, tables.event)] == ["new", "noted"]


@pytest.mark.parametrize("lasting", [1, 3])
def test_history_that_comes_late_is_waited_for(stack: Stack, lasting: int) -> None:
    stack.cmi.files = [a_file(1)]
    stack.cmi.statuses = [404, 404] * lasting  # both routes
    stack.event()
    assert stack.run() == lasting + 1
    assert stack.transfer().outcome is Outcome.STORED


def test_an_activity_that_comes_late_is_waited_for(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    references, stack.c4c.references = stack.c4c.references, []
    stack.event()
    stack.run_one()
    assert stack.transfer().state is TransferState.WAITING
    assert stack.transfer().reason is not None
    assert stack.transfer().reason.code == "not-there-yet"
    stack.c4c.references = references
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED


def test_an_unknown_contact_ends_as_such_after_bounded_retries(stack: Stack) -> None:
    stack.cmi.known = False
    started_s = stack.clock.now_s()
    stack.event()
    assert stack.run() == 6
    assert (stack.transfer().state, stack.transfer().outcome) == (TransferState.SETTLED, Outcome.UNKNOWN_CONTACT)
    assert stack.clock.now_s() - started_s == 310.0
    assert rows(stack.engine, tables.sealed_secret) == []


def test_a_contact_without_an_activity_ends_as_such_after_bounded_retries(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.references = []
    stack.event()
    assert stack.run() == 6
    assert (stack.transfer().state, stack.transfer().outcome) == (TransferState.SETTLED, Outcome.NO_ACTIVITY)
    assert stack.c4c.kept == []
    assert states(stack) == [S.SKIPPED]


def test_a_later_event_finds_the_activity_that_was_missing(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    references, stack.c4c.references = stack.c4c.references, []
    stack.event()
    stack.run()
    stack.c4c.references = references
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


def test_a_long_outage_before_does_not_use_up_the_wait_for_history(stack: Stack) -> None:
    """Seven failures of CMI, then "not there yet": that is its first try, not its eighth."""
    stack.cmi.files = [a_file(1)]
    stack.cmi.statuses = [500] * 7 + [404, 404]
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


def test_a_chat_without_files_ends_without_asking_c4c(stack: Stack) -> None:
    stack.event()
    stack.run()
    assert (stack.transfer().state, stack.transfer().outcome) == (TransferState.SETTLED, Outcome.NO_ATTACHMENTS)
    assert stack.c4c.requests == []


def test_two_activities_are_shown_to_a_person_and_nothing_is_uploaded(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.references.append((CONTACT, "00163EBBBB"))
    stack.event()
    stack.run()
    assert stack.transfer().state is TransferState.PARKED
    assert stack.transfer().reason is not None
    assert stack.transfer().reason.code == "ambiguous-activity"
    assert stack.c4c.kept == []
    stack.c4c.references.pop()
    retry(stack)
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED


def test_a_wrong_cmi_password_is_tried_exactly_once(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.event(replace(SECRETS, cmi_password="wrong"))
    stack.run()
    assert len(stack.cmi.requests) == 1
    assert stack.transfer().state is TransferState.PARKED
    assert stack.transfer().reason is not None
    assert stack.transfer().reason.code == "credential-refused"
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED


def test_a_wrong_c4c_password_is_tried_exactly_once_and_parks_everything(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.event(replace(SECRETS, c4c_password="wrong"))
    stack.run()
    assert len(stack.c4c.requests) == 1
    assert states(stack) == [S.PARKED, S.PARKED]
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 2


@pytest.mark.parametrize(("status", "code"), [(401, "credential-refused"), (403, "access-denied")])
def test_a_refused_credential_in_mid_round_parks_the_rest_untried(stack: Stack, status: int, code: str) -> None:
    stack.cmi.files = [a_file(number) for number in range(1, 5)]
    stack.event()
    stack.cmi.files[1].statuses = [status]
    stack.run()
    assert states(stack) == [S.STORED, S.PARKED, S.PARKED, S.PARKED]
    assert reasons(stack) == [None, code, code, code]
    assert stack.transfer().outcome is Outcome.PARTLY_STORED
    assert len(stack.c4c.kept) == 1
    retry(stack)
    stack.run()
    assert states(stack) == [S.STORED] * 4
    assert len(stack.c4c.kept) == 4


def test_the_right_password_that_comes_while_the_wrong_one_is_refused_is_used(stack: Stack) -> None:
    """The event was only noted, because a round was running: its secrets must not be wasted."""
    stack.cmi.files = [a_file(1), a_file(2)]
    metadata = stack.c4c._metadata

    def the_password_changes_and_an_event_brings_it(request: httpx.Request) -> httpx.Response:
        stack.c4c._metadata = metadata  # type: ignore[method-assign]
        stack.c4c.password = "New-Word-1618"
        stack.event(replace(SECRETS, c4c_password="New-Word-1618"))
        return metadata(request)

    stack.c4c._metadata = the_password_changes_and_an_event_brings_it  # type: ignore[method-assign]
    stack.event()
    stack.run()
    assert states(stack) == [S.STORED, S.STORED]
    assert stack.transfer().outcome is Outcome.STORED


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
    row = stack.c4c._row
    stack.c4c._row = lambda item: {**row(item), "SizeInkB": "1.0"}  # type: ignore[method-assign]
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


def test_an_unforeseen_error_of_the_common_part_is_tried_a_little_and_then_parked(stack: Stack) -> None:
    def defect(*_: object) -> None:
        raise RuntimeError("with Word-of-C4C-1618 in its text")

    stack.client_factory.open = defect  # type: ignore[method-assign, assignment]
    stack.event()
    assert stack.run() == 4
    assert stack.transfer().state is TransferState.PARKED
    assert stack.transfer().reason is not None
    assert stack.transfer().reason.code == "internal"
    assert stack.transfer().reason.message == "internal error (RuntimeError)"


@pytest.mark.parametrize("what", ["unreachable", 500, 503, "cut"])
@pytest.mark.parametrize("kind", ["find", "metadata"])
def test_a_c4c_that_is_away_for_a_while_costs_nothing_but_time(stack: Stack, kind: str, what: str | int) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan(kind, what, times=4)
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


def test_a_c4c_that_refuses_connections_keeps_the_files_open(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", "unreachable", times=2)
    stack.event()
    stack.run_one()
    assert states(stack) == [S.OPEN]
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


def test_a_neighbour_that_stays_away_parks_the_transfer_with_its_secrets(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.cmi.statuses = [500] * 100
    stack.event()
    assert stack.run() == 13
    assert stack.transfer().state is TransferState.PARKED
    assert len(rows(stack.engine, tables.sealed_secret)) == 1
    stack.cmi.statuses = []
    retry(stack)
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED


def test_a_cancelled_transfer_runs_no_further(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.cmi.statuses = [500]
    transfer_id = stack.event()
    stack.run_one()
    views.cancel(stack.engine, transfer_id, now_s=stack.clock.now_s())
    stack.run()
    assert stack.transfer().outcome is Outcome.CANCELLED
    assert stack.c4c.kept == []
    assert rows(stack.engine, tables.sealed_secret) == []


def test_parked_secrets_are_shredded_after_the_redrive_time_and_the_next_event_brings_new_ones(
    stack: Stack,
) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", 415)
    stack.event()
    stack.run()
    stack.clock.advance(7 * 86_400 - 1)
    assert stack.book.shred_due() == 0
    stack.clock.advance(1)
    assert stack.book.shred_due() == 1
    with pytest.raises(views.ChangeNotAllowed, match="shredded"):
        retry(stack)
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED


def test_a_key_ring_without_the_sealing_key_parks_with_a_reason(stack: Stack) -> None:
    stack.event()
    stack.keys = type(stack.keys).parse("k2:" + "A" * 43 + "=")
    stack.start()
    stack.run()
    assert stack.transfer().reason is not None
    assert "cannot be unsealed" in stack.transfer().reason.message
    assert "ATTACHMENT_TRANSFER_SEALING_KEYS" in stack.transfer().reason.remedy


def test_a_fresh_address_of_a_file_is_used_in_the_next_round(stack: Stack) -> None:
    """Links of rich content live for a while only; a transfer that waits must not keep the old one."""
    stack.cmi.files = [a_file(1, href=f"/chats/{CONTACT}/attachments/f1?token=old")]
    stack.c4c.plan("post", "unreachable")
    stack.event()
    stack.run_one()
    stack.cmi.files[0].href = f"/chats/{CONTACT}/attachments/f1?token=new"
    stack.run()
    downloads = [request.url.query for request in stack.cmi.requests if "/attachments/" in request.url.path]
    assert downloads == [b"token=old", b"token=new"]


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
    return stack.book.overdue()


@pytest.mark.parametrize("when", ["queued", "running", "waiting"])
def test_a_round_that_the_engine_dropped_is_run_again(stack: Stack, when: str) -> None:
    stack.cmi.files = [a_file(1)]
    transfer_id = stack.event()
    if when == "running":
        stack.book.begin(transfer_id, 1)
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
    assert stack.transfer().reason.code == "internal"
    assert stack.due == []


def test_a_round_that_went_on_meanwhile_is_not_lost(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    transfer_id = stack.event()
    stack.run()
    stack.rounds.lost(transfer_id, 1)
    assert stack.at_rest()
    assert stack.transfer().round_no == 1


def test_a_cancelled_rounds_refused_credential_parks_nothing_of_the_next_round(stack: Stack) -> None:
    """Cancelled during a download with the old password; the event that follows brings the new one."""
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.cmi.files[0].statuses = [401]

    def while_it_downloads(_file: object) -> None:
        stack.cmi.on_download = lambda _file: None
        views.cancel(stack.engine, stack.transfer().id, now_s=stack.clock.now_s())
        stack.cmi.password = "New-Word-2718"
        stack.event(replace(SECRETS, cmi_password="New-Word-2718"))

    stack.cmi.on_download = while_it_downloads
    stack.event()
    stack.run()
    assert states(stack)[1] is S.STORED


def test_secrets_are_unsealed_once_in_a_round(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    unsealed: list[str] = []
    unseal = stack.book.unseal
    monkeypatch.setattr(stack.book, "unseal", lambda *both: unsealed.append(both[0].id) or unseal(*both))
    stack.cmi.files = [a_file(number) for number in range(1, 4)]
    stack.event()
    stack.run()
    assert states(stack) == [S.STORED] * 3
    assert unsealed == [stack.transfer().id]


def test_a_round_that_meets_newer_secrets_uses_them(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.event()
    newer = "Word-of-CMI-newer"

    def changed(_file: object) -> None:
        if stack.cmi.password != newer:
            stack.cmi.password = newer
            stack.event(secrets=replace(SECRETS, cmi_password=newer))

    stack.cmi.on_download = changed
    stack.run_one()
    assert states(stack) == [S.STORED] * 2
