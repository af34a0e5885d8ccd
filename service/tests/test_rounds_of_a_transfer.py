"""What becomes of a transfer: its rounds, its waits, its ends, and what each file's trouble does to the others."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest
from fakes import Killed
from ledger_kit import SECRETS, rows
from street import ACTIVITY, Street, a_file

from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.ledger import tables, views
from attachment_transfer.worker.neighbours import Limits

S = AttachmentState
CONTACT = "5AB6E20342A6EE11B3ED58961D1810CC"


def states(street: Street) -> list[AttachmentState]:
    return [item.state for item in street.attachments()]


def reasons(street: Street) -> list[str | None]:
    return [item.reason.code if item.reason else None for item in street.attachments()]


def retry(street: Street) -> None:
    views.retry(street.engine, street.transfer().id, enqueue=street.enqueue, now_s=street.clock.now_s())


def test_names_types_and_keys_arrive_as_the_metadata_lets_them(street: Street) -> None:
    street.cmi.files = [a_file(1, name="../Счёт\u202e.pdf", content_type="application/pdf")]
    street.event()
    street.run()
    [kept] = street.c4c.kept
    assert (kept.name, kept.mime_type, kept.parent) == ("Счёт.pdf", "application/pdf", ACTIVITY)
    assert kept.title == f"contact-pro:{street.attachments()[0].key}"


@pytest.mark.parametrize(
    ("declared", "sent"),
    [("audio/ogg; codecs=opus", "audio/ogg"), ("Image/PNG", "image/png"), ("jpeg", "text/plain")],
)
def test_a_type_goes_to_c4c_bare_and_never_as_something_that_is_none(street: Street, declared: str, sent: str) -> None:
    street.cmi.files = [a_file(1, content_type=declared)]
    street.event()
    street.run()
    assert [kept.mime_type for kept in street.c4c.kept] == [sent]


def test_the_same_name_twice_is_two_files(street: Street) -> None:
    street.cmi.files = [a_file(1, name="photo.png"), a_file(2, name="photo.png")]
    street.event()
    street.run()
    assert [item.name for item in street.c4c.kept] == ["photo.png", "photo.png"]
    assert len({item.title for item in street.c4c.kept}) == 2


def test_ended_then_closed_is_one_transfer_and_carries_the_new_files_only(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    first = street.event()
    street.run()
    street.cmi.files.append(a_file(2))
    assert street.event() == first
    street.run()
    assert [item.name for item in street.c4c.kept] == ["photo-1.png", "photo-2.png"]
    assert street.transfer().outcome is Outcome.STORED
    assert street.c4c.calls("post") == 2


def test_an_event_during_a_round_makes_it_look_again(street: Street) -> None:
    street.cmi.files = [a_file(1)]

    def another_file_and_its_event() -> None:
        street.c4c.on_post = lambda: None
        street.cmi.files.append(a_file(2))
        street.event()

    street.c4c.on_post = another_file_and_its_event
    street.event()
    assert street.run() == 2
    assert len(street.c4c.kept) == 2
    assert [row["effect"] for row in rows(street.engine, tables.event)] == ["new", "noted"]


@pytest.mark.parametrize("lasting", [1, 3])
def test_history_that_comes_late_is_waited_for(street: Street, lasting: int) -> None:
    street.cmi.files = [a_file(1)]
    street.cmi.statuses = [404, 404] * lasting  # both routes
    street.event()
    assert street.run() == lasting + 1
    assert street.transfer().outcome is Outcome.STORED


def test_an_activity_that_comes_late_is_waited_for(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    references, street.c4c.references = street.c4c.references, []
    street.event()
    street.run_one()
    assert street.transfer().state is TransferState.WAITING
    assert street.transfer().reason is not None
    assert street.transfer().reason.code == "not-there-yet"
    street.c4c.references = references
    street.run()
    assert street.transfer().outcome is Outcome.STORED


def test_an_unknown_contact_ends_as_such_after_bounded_retries(street: Street) -> None:
    street.cmi.known = False
    started_s = street.clock.now_s()
    street.event()
    assert street.run() == 6
    assert (street.transfer().state, street.transfer().outcome) == (TransferState.SETTLED, Outcome.UNKNOWN_CONTACT)
    assert street.clock.now_s() - started_s == 310.0
    assert rows(street.engine, tables.sealed_secret) == []


def test_a_contact_without_an_activity_ends_as_such_after_bounded_retries(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.references = []
    street.event()
    assert street.run() == 6
    assert (street.transfer().state, street.transfer().outcome) == (TransferState.SETTLED, Outcome.NO_ACTIVITY)
    assert street.c4c.kept == []
    assert states(street) == [S.SKIPPED]


def test_a_later_event_finds_the_activity_that_was_missing(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    references, street.c4c.references = street.c4c.references, []
    street.event()
    street.run()
    street.c4c.references = references
    street.event()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1


def test_a_long_outage_before_does_not_use_up_the_wait_for_history(street: Street) -> None:
    """Seven failures of CMI, then "not there yet": that is its first try, not its eighth."""
    street.cmi.files = [a_file(1)]
    street.cmi.statuses = [500] * 7 + [404, 404]
    street.event()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1


def test_a_chat_without_files_ends_without_asking_c4c(street: Street) -> None:
    street.event()
    street.run()
    assert (street.transfer().state, street.transfer().outcome) == (TransferState.SETTLED, Outcome.NO_ATTACHMENTS)
    assert street.c4c.requests == []


def test_two_activities_are_shown_to_a_person_and_nothing_is_uploaded(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.references.append((CONTACT, "00163EBBBB"))
    street.event()
    street.run()
    assert street.transfer().state is TransferState.PARKED
    assert street.transfer().reason is not None
    assert street.transfer().reason.code == "ambiguous-activity"
    assert street.c4c.kept == []
    street.c4c.references.pop()
    retry(street)
    street.run()
    assert street.transfer().outcome is Outcome.STORED


def test_a_wrong_cmi_password_is_tried_exactly_once(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.event(replace(SECRETS, cmi_password="wrong"))
    street.run()
    assert len(street.cmi.requests) == 1
    assert street.transfer().state is TransferState.PARKED
    assert street.transfer().reason is not None
    assert street.transfer().reason.code == "credential-refused"
    street.event()
    street.run()
    assert street.transfer().outcome is Outcome.STORED


def test_a_wrong_c4c_password_is_tried_exactly_once_and_parks_everything(street: Street) -> None:
    street.cmi.files = [a_file(1), a_file(2)]
    street.event(replace(SECRETS, c4c_password="wrong"))
    street.run()
    assert len(street.c4c.requests) == 1
    assert states(street) == [S.PARKED, S.PARKED]
    street.event()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 2


@pytest.mark.parametrize(("status", "code"), [(401, "credential-refused"), (403, "access-denied")])
def test_a_refused_credential_in_mid_round_parks_the_rest_untried(street: Street, status: int, code: str) -> None:
    street.cmi.files = [a_file(number) for number in range(1, 5)]
    street.event()
    street.cmi.files[1].statuses = [status]
    street.run()
    assert states(street) == [S.STORED, S.PARKED, S.PARKED, S.PARKED]
    assert reasons(street) == [None, code, code, code]
    assert street.transfer().outcome is Outcome.PARTLY_STORED
    assert len(street.c4c.kept) == 1
    retry(street)
    street.run()
    assert states(street) == [S.STORED] * 4
    assert len(street.c4c.kept) == 4


def test_the_right_password_that_comes_while_the_wrong_one_is_refused_is_used(street: Street) -> None:
    """The event was only noted, because a round was running: its secrets must not be wasted."""
    street.cmi.files = [a_file(1), a_file(2)]
    metadata = street.c4c._metadata

    def the_password_changes_and_an_event_brings_it(request: httpx.Request) -> httpx.Response:
        street.c4c._metadata = metadata  # type: ignore[method-assign]
        street.c4c.password = "New-Word-1618"
        street.event(replace(SECRETS, c4c_password="New-Word-1618"))
        return metadata(request)

    street.c4c._metadata = the_password_changes_and_an_event_brings_it  # type: ignore[method-assign]
    street.event()
    street.run()
    assert states(street) == [S.STORED, S.STORED]
    assert street.transfer().outcome is Outcome.STORED


def test_a_lock_puts_the_file_off_and_the_lock_is_waited_for(street: Street) -> None:
    street.cmi.files = [a_file(1), a_file(2)]
    street.c4c.plan("post", "lock")
    street.event()
    street.run_one()
    assert states(street) == [S.OPEN, S.STORED]
    assert reasons(street) == ["neighbour-busy", None]
    assert street.transfer().state is TransferState.WAITING
    street.run()
    assert states(street) == [S.STORED, S.STORED]
    assert len(street.c4c.kept) == 2


def test_a_time_to_come_back_is_kept(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.cmi.statuses = [429]
    started_s = street.clock.now_s()
    street.event()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert street.clock.now_s() - started_s == 10.0


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_a_refused_file_is_parked_and_the_rest_goes_on(street: Street, status: int) -> None:
    street.cmi.files = [a_file(1), a_file(2), a_file(3)]
    street.c4c.refuses = {"photo-1.png": status}
    street.event()
    street.run()
    assert states(street) == [S.PARKED, S.STORED, S.STORED]
    assert reasons(street)[0] == "attachment-refused"
    assert street.c4c.calls("post") == 2 + (1 if status in {413, 415} else 2)
    assert street.transfer().outcome is Outcome.PARTLY_STORED
    assert len(street.c4c.kept) == 2


def test_a_refused_file_is_tried_again_by_a_retry_and_only_that_one(street: Street) -> None:
    street.cmi.files = [a_file(1), a_file(2)]
    street.c4c.refuses = {"photo-1.png": 400}
    street.event()
    street.run()
    assert states(street) == [S.PARKED, S.STORED]
    street.c4c.refuses = {}
    retry(street)
    street.run()
    assert states(street) == [S.STORED, S.STORED]
    assert len(street.c4c.kept) == 2


def test_many_refused_files_in_a_row_do_not_hide_the_good_one(street: Street) -> None:
    street.cmi.files = [a_file(number) for number in range(1, 8)]
    street.c4c.refuses = {f"photo-{number}.png": 400 for number in range(1, 7)}
    street.event()
    street.run()
    assert states(street) == [S.PARKED] * 6 + [S.STORED]


@pytest.mark.parametrize("status", [404, 410, 413])
def test_a_file_that_is_gone_is_parked_without_a_retry(street: Street, status: int) -> None:
    street.cmi.files = [a_file(1), a_file(2)]
    street.cmi.files[0].statuses = [status]
    street.event()
    assert street.run() == 1
    assert states(street) == [S.PARKED, S.STORED]
    assert reasons(street)[0] == "attachment-gone"


def test_a_cmi_that_breaks_in_the_middle_leaves_nothing_at_c4c_and_is_tried_again(street: Street) -> None:
    street.cmi.files = [a_file(1, content=b"z" * 900_000)]
    street.cmi.files[0].breaks_after = [500_000, 0]
    street.event()
    street.run_one()
    assert street.c4c.kept == []
    assert states(street) == [S.OPEN]
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert [len(item.content) for item in street.c4c.kept] == [900_000]


def test_a_cmi_that_breaks_while_it_fills_the_spool_is_tried_again(street: Street) -> None:
    street.cmi.files = [a_file(1, content=b"z" * 900_000, length=False)]
    street.cmi.files[0].breaks_after = [500_000]
    street.event()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert [len(item.content) for item in street.c4c.kept] == [900_000]


def test_a_damaged_upload_is_parked_and_never_posted_again(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.flip_a_byte = True
    street.event()
    street.run()
    assert states(street) == [S.PARKED]
    assert reasons(street) == ["digest-mismatch"]
    for _ in range(3):
        street.event()
        street.run()
    retry(street)
    street.run()
    assert street.c4c.calls("post") == 1
    assert len(street.c4c.kept) == 1


def test_a_damaged_object_that_a_person_removed_is_replaced_on_retry(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.flip_a_byte = True
    street.event()
    street.run()
    street.c4c.flip_a_byte = False
    street.c4c.kept.clear()
    retry(street)
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1


def test_a_wrong_size_is_noticed_even_where_digests_are_not_compared(street: Street) -> None:
    street.verify_digest = False
    street.start()
    street.cmi.files = [a_file(1)]
    row = street.c4c._row
    street.c4c._row = lambda item: {**row(item), "SizeInkB": "1.0"}  # type: ignore[method-assign]
    street.event()
    street.run()
    assert reasons(street) == ["digest-mismatch"]
    assert street.c4c.calls("value") == 0


def test_a_file_that_is_too_large_is_refused_whatever_its_list_says(street: Street) -> None:
    street.limits = Limits(attachment_bytes=1_000)
    street.start()
    street.cmi.files = [
        a_file(1, content=b"x" * 1_001),
        a_file(2, content=b"x" * 1_001, announced_size=10),
        a_file(3, content=b"x" * 1_001, announced_size=10, length=False),
        a_file(4, content=b"x" * 1_000),
    ]
    street.event()
    assert street.run() <= 2
    assert states(street) == [S.PARKED] * 3 + [S.STORED]
    assert reasons(street)[:3] == ["attachment-refused"] * 3


def test_a_user_that_needs_a_csrf_token_gets_one_and_posts_once(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.wants_csrf = True
    street.event()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert (street.c4c.calls("csrf"), street.c4c.calls("post")) == (1, 2)
    assert len(street.c4c.kept) == 1
    assert not [row for row in rows(street.engine, tables.upload_intent) if row["closed_at_s"] is None]


def test_a_csrf_token_that_does_not_help_is_not_asked_for_twice(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.wants_csrf = True
    street.c4c.issued_token = "stale"
    street.event()
    street.run()
    assert reasons(street) == ["unexpected-answer"]
    assert (street.c4c.calls("csrf"), street.c4c.calls("post")) == (1, 2)


def test_a_poisoned_file_does_not_keep_the_others_from_arriving(street: Street) -> None:
    street.cmi.files = [a_file(1), a_file(2)]

    def defect(file: object) -> None:
        if file is street.cmi.files[0]:
            raise RuntimeError("a defect of ours, with Word-of-C4C-1618 in its text")

    street.cmi.on_download = defect
    street.event()
    street.run()
    assert states(street) == [S.PARKED, S.STORED]
    assert street.transfer().outcome is Outcome.PARTLY_STORED
    assert reasons(street)[0] == "internal"
    assert "Word" not in json.dumps([str(item.reason) for item in street.attachments()])


def test_bad_files_at_the_head_of_a_chat_hold_up_the_others_for_one_round_at_most(street: Street) -> None:
    street.cmi.files = [a_file(number) for number in range(1, 6)]

    def defect(file: object) -> None:
        if file in street.cmi.files[:3]:
            raise RuntimeError("bad")

    street.cmi.on_download = defect
    street.event()
    street.run_one()
    street.clock.time_s = min(street.due)[0]
    street.run_one()
    assert states(street)[3:] == [S.STORED, S.STORED]


def test_an_unforeseen_error_of_the_common_part_is_tried_a_little_and_then_parked(street: Street) -> None:
    def defect(*_: object) -> None:
        raise RuntimeError("with Word-of-C4C-1618 in its text")

    street.client_factory.open = defect  # type: ignore[method-assign, assignment]
    street.event()
    assert street.run() == 4
    assert street.transfer().state is TransferState.PARKED
    assert street.transfer().reason is not None
    assert street.transfer().reason.code == "internal"
    assert street.transfer().reason.message == "internal error (RuntimeError)"


@pytest.mark.parametrize("what", ["unreachable", 500, 503, "cut"])
@pytest.mark.parametrize("kind", ["find", "metadata"])
def test_a_c4c_that_is_away_for_a_while_costs_nothing_but_time(street: Street, kind: str, what: str | int) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan(kind, what, times=4)
    street.event()
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1


def test_a_c4c_that_refuses_connections_keeps_the_files_open(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan("post", "unreachable", times=2)
    street.event()
    street.run_one()
    assert states(street) == [S.OPEN]
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1


def test_a_neighbour_that_stays_away_parks_the_transfer_with_its_secrets(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.cmi.statuses = [500] * 100
    street.event()
    assert street.run() == 13
    assert street.transfer().state is TransferState.PARKED
    assert len(rows(street.engine, tables.sealed_secret)) == 1
    street.cmi.statuses = []
    retry(street)
    street.run()
    assert street.transfer().outcome is Outcome.STORED


def test_a_cancelled_transfer_runs_no_further(street: Street) -> None:
    street.cmi.files = [a_file(1), a_file(2)]
    street.cmi.statuses = [500]
    transfer_id = street.event()
    street.run_one()
    views.cancel(street.engine, transfer_id, now_s=street.clock.now_s())
    street.run()
    assert street.transfer().outcome is Outcome.CANCELLED
    assert street.c4c.kept == []
    assert rows(street.engine, tables.sealed_secret) == []


def test_parked_secrets_are_shredded_after_the_redrive_time_and_the_next_event_brings_new_ones(
    street: Street,
) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan("post", 415)
    street.event()
    street.run()
    street.clock.advance(7 * 86_400 - 1)
    assert street.book.shred_due() == 0
    street.clock.advance(1)
    assert street.book.shred_due() == 1
    with pytest.raises(views.ChangeNotAllowed, match="shredded"):
        retry(street)
    street.event()
    street.run()
    assert street.transfer().outcome is Outcome.STORED


def test_a_key_ring_without_the_sealing_key_parks_with_a_reason(street: Street) -> None:
    street.event()
    street.keys = type(street.keys).parse("k2:" + "A" * 43 + "=")
    street.start()
    street.run()
    assert street.transfer().reason is not None
    assert "cannot be unsealed" in street.transfer().reason.message
    assert "ATTACHMENT_TRANSFER_SEALING_KEYS" in street.transfer().reason.remedy


def test_a_fresh_address_of_a_file_is_used_in_the_next_round(street: Street) -> None:
    """Links of rich content live for a while only; a transfer that waits must not keep the old one."""
    street.cmi.files = [a_file(1, href=f"/chats/{CONTACT}/attachments/f1?token=old")]
    street.c4c.plan("post", "unreachable")
    street.event()
    street.run_one()
    street.cmi.files[0].href = f"/chats/{CONTACT}/attachments/f1?token=new"
    street.run()
    downloads = [request.url.query for request in street.cmi.requests if "/attachments/" in request.url.path]
    assert downloads == [b"token=old", b"token=new"]


def test_a_round_that_was_superseded_does_nothing(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    transfer_id = street.event()
    street.run()
    asked = len(street.cmi.requests)
    street.run_round(transfer_id, 1)
    street.steps.clear()
    street.run_round(transfer_id, 1)
    assert len(street.cmi.requests) == asked
    assert len(street.c4c.kept) == 1


def test_a_kill_is_never_taken_for_an_error(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    street.c4c.plan("find", "killed-before")
    street.event()
    with pytest.raises(Killed):
        street.run_one()
    assert street.transfer().state is TransferState.RUNNING
    street.restart()
    street.run()
    assert street.transfer().outcome is Outcome.STORED


def overdue_now(street: Street) -> list[tuple[str, int]]:
    return street.book.overdue()


@pytest.mark.parametrize("when", ["queued", "running", "waiting"])
def test_a_round_that_the_engine_dropped_is_run_again(street: Street, when: str) -> None:
    street.cmi.files = [a_file(1)]
    transfer_id = street.event()
    if when == "running":
        street.book.begin(transfer_id, 1)
    if when == "waiting":
        street.cmi.statuses = [500]
        street.run_one()
    assert street.transfer().state == when
    street.due.clear()
    assert overdue_now(street) == []
    street.clock.advance(120)
    [(lost_id, round_no)] = overdue_now(street)
    street.rounds.lost(lost_id, round_no)
    street.run()
    assert street.transfer().outcome is Outcome.STORED
    assert len(street.c4c.kept) == 1
    assert overdue_now(street) == []


def test_a_transfer_whose_rounds_are_dropped_again_and_again_is_shown_to_a_person(street: Street) -> None:
    street.event()
    for _ in range(4):
        street.due.clear()
        street.clock.advance(600)
        [(lost_id, round_no)] = overdue_now(street)
        street.rounds.lost(lost_id, round_no)
    assert street.transfer().state is TransferState.PARKED
    assert street.transfer().reason is not None
    assert street.transfer().reason.code == "internal"
    assert street.due == []


def test_a_round_that_went_on_meanwhile_is_not_lost(street: Street) -> None:
    street.cmi.files = [a_file(1)]
    transfer_id = street.event()
    street.run()
    street.rounds.lost(transfer_id, 1)
    assert street.at_rest()
    assert street.transfer().round_no == 1


def test_a_cancelled_rounds_refused_credential_parks_nothing_of_the_next_round(street: Street) -> None:
    """Cancelled during a download with the old password; the event that follows brings the new one."""
    street.cmi.files = [a_file(1), a_file(2)]
    street.cmi.files[0].statuses = [401]

    def while_it_downloads(_file: object) -> None:
        street.cmi.on_download = lambda _file: None
        views.cancel(street.engine, street.transfer().id, now_s=street.clock.now_s())
        street.cmi.password = "New-Word-2718"
        street.event(replace(SECRETS, cmi_password="New-Word-2718"))

    street.cmi.on_download = while_it_downloads
    street.event()
    street.run()
    assert states(street)[1] is S.STORED


def test_secrets_are_unsealed_once_in_a_round(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    unsealed: list[str] = []
    unseal = street.book.unseal
    monkeypatch.setattr(street.book, "unseal", lambda *both: unsealed.append(both[0].id) or unseal(*both))
    street.cmi.files = [a_file(number) for number in range(1, 4)]
    street.event()
    street.run()
    assert states(street) == [S.STORED] * 3
    assert unsealed == [street.transfer().id]


def test_a_round_that_meets_newer_secrets_uses_them(street: Street) -> None:
    street.cmi.files = [a_file(1), a_file(2)]
    street.event()
    newer = "Word-of-CMI-newer"

    def changed(_file: object) -> None:
        if street.cmi.password != newer:
            street.cmi.password = newer
            street.event(secrets=replace(SECRETS, cmi_password=newer))

    street.cmi.on_download = changed
    street.run_one()
    assert states(street) == [S.STORED] * 2
