"""What becomes of a transfer: its rounds, its waits, its ends, and what each file's trouble does to the others."""

from __future__ import annotations

import httpx
import pytest
from ledger_kit import rows
from worker_kit import ACTIVITY, Stack, a_file, retry, states, the_reason

from attachment_transfer.clients.outbound.time_limits import TooSlow
from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.ledger import tables, views

S = AttachmentState
CONTACT = "5AB6E20342A6EE11B3ED58961D1810CC"


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
    assert the_reason(stack).code == "not-there-yet"
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


def test_a_missing_activity_names_the_lookups_and_that_an_outbound_chat_may_have_no_reference(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.references.clear()
    stack.event()
    stack.run()
    reason = the_reason(stack)
    for each in ("ChatActivityBTDReference", "PhoneCallBTDReference", "SocialMediaActivity", "outbound chat"):
        assert each in reason.message
    assert "External ID" in reason.remedy
    asked = [str(request.url) for request in stack.c4c.requests]
    assert any("SocialMediaActivityCollection" in url for url in asked), "the lookup after the last miss was tried"


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
    assert the_reason(stack).code == "ambiguous-activity"
    assert stack.c4c.kept == []
    stack.c4c.references.pop()
    retry(stack)
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED


def test_an_unforeseen_error_of_the_common_part_is_tried_a_little_and_then_parked(stack: Stack) -> None:
    def defect(*_: object) -> None:
        raise RuntimeError("with Word-of-C4C-1618 in its text")

    stack.client_factory.open = defect  # type: ignore[method-assign, assignment]
    stack.event()
    assert stack.run() == 4
    assert stack.transfer().state is TransferState.PARKED
    assert stack.transfer().reason is not None
    assert the_reason(stack).code == "internal"
    assert the_reason(stack).message == "internal error (RuntimeError)"


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


def test_a_c4c_that_is_too_slow_for_one_request_parks_the_transfer_though_its_breaker_opens(stack: Stack) -> None:
    """A slow call opens the breaker, the next round is told to wait, the one after it is slow again: one reason."""

    def slow(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("no answer") from TooSlow("its time limit is over")

    stack.cmi.files = [a_file(1)]
    stack.c4c.instead["list"] = slow
    stack.event()
    assert stack.run(rounds=30) == 13
    assert stack.transfer().state is TransferState.PARKED
    assert the_reason(stack).code == "neighbour-unavailable"


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
