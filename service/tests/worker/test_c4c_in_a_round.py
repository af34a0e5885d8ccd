"""What becomes of a transfer when C4C, or what stands before it, answers oddly: parked in words, or asked again."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from ledger_kit import rows
from worker_kit import SETTLE_S, Stack, a_file

from attachment_transfer.core.model import Reason
from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.ledger import tables, views

S = AttachmentState
SIGN_IN = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form></form></body></html>"


def odd(status: int, **arguments: Any) -> httpx.Response:
    return httpx.Response(status, extensions={"fault": "an odd answer"}, **arguments)


def answer_once(stack: Stack, kind: str, response: httpx.Response, *, after: bool = False, times: int = 1) -> None:
    """The next ``times`` requests of a kind get ``response``; ``after``: once they were carried out."""
    usual = getattr(stack.c4c, f"_{kind}")
    left = [times]

    def answer(request: httpx.Request) -> httpx.Response:
        if not left[0]:
            return usual(request)  # type: ignore[no-any-return]
        left[0] -= 1
        if after:
            usual(request)
        return odd(response.status_code, headers=response.headers, content=response.content)

    setattr(stack.c4c, f"_{kind}", answer)


def carried(stack: Stack) -> Reason | None:
    """One event with one file, up to the end of its first round; the attachment's reason."""
    stack.cmi.files = [a_file(1)]
    stack.event()
    stack.run_one()
    return stack.attachments()[0].reason


def retry(stack: Stack) -> None:
    views.retry(stack.engine, stack.transfer().id, enqueue=stack.enqueue, now_s=stack.clock.now_s())


def open_intents(stack: Stack) -> int:
    return sum(1 for row in rows(stack.engine, tables.upload_intent) if row["closed_at_s"] is None)


def test_a_refusal_of_unknown_cause_is_asked_once_more_and_then_parked_in_c4cs_words(stack: Stack) -> None:
    stack.c4c.refuses = {"photo-1.png": 400}
    reason = carried(stack)
    assert reason is not None
    assert reason.code == "upload-questioned"
    stack.run()
    [attachment] = stack.attachments()
    assert attachment.state is S.PARKED
    assert attachment.reason is not None
    assert attachment.reason.code == "attachment-refused"
    assert 'it said: "Not for this tenant"' in attachment.reason.message
    assert attachment.reason.remedy.startswith('C4C said: "Not for this tenant".')
    assert stack.c4c.calls("post") == 2


def test_a_refusal_that_does_not_come_again_costs_nothing(stack: Stack) -> None:
    stack.c4c.plan("post", 400)
    carried(stack)
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


def test_locks_before_a_refusal_do_not_use_up_its_second_try(stack: Stack) -> None:
    stack.c4c.plan("post", "lock", times=4)
    stack.c4c.plan("post", 422)
    carried(stack)
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert stack.c4c.calls("post") == 6


def test_a_refusal_again_and_again_between_locks_ends(stack: Stack) -> None:
    for _ in range(40):
        stack.c4c.plan("post", 422)
        stack.c4c.plan("post", "lock")
    carried(stack)
    stack.run()
    assert [item.state for item in stack.attachments()] == [S.PARKED]


@pytest.mark.parametrize("taken", [True, False])
def test_an_upload_answered_with_a_redirect_is_looked_for_before_it_goes_again(stack: Stack, taken: bool) -> None:
    redirect = httpx.Response(302, headers={"Location": "https://id.example.com/saml?ticket=1"})
    answer_once(stack, "post", redirect, after=taken)
    reason = carried(stack)
    assert reason is not None
    assert reason.code == "redirected-upload"
    assert "a redirect to id.example.com" in reason.message
    assert open_intents(stack) == 1
    stack.clock.advance(SETTLE_S)
    retry(stack)
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1
    assert stack.c4c.calls("post") == (1 if taken else 2)


def test_an_upload_redirected_before_it_was_read_leaves_nothing_open(stack: Stack) -> None:
    answer_once(stack, "post", httpx.Response(307, headers={"Location": "/elsewhere"}))
    reason = carried(stack)
    assert reason is not None
    assert reason.code == "redirected-upload"
    assert open_intents(stack) == 0


@pytest.mark.parametrize("taken", [True, False])
def test_an_upload_answered_with_a_sign_in_page_is_looked_for_after_the_settle_time(stack: Stack, taken: bool) -> None:
    page = httpx.Response(200, headers={"Content-Type": "text/html"}, content=SIGN_IN)
    answer_once(stack, "post", page, after=taken)
    reason = carried(stack)
    assert reason is not None
    assert reason.code == "outcome-unknown"
    assert "a web page ('Sign in')" in reason.message
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1
    assert stack.c4c.calls("post") == (1 if taken else 2)


@pytest.mark.parametrize(
    ("kind", "content", "told"),
    [
        ("find", b'{"d": {"results": [' + b"[" * 5_000 + b"]" * 5_000 + b"]}}", "nested more than"),
        ("find", b'{"d": {"results": []}, "d": {"results": []}}', "repeated members: d"),
        ("find", SIGN_IN, "a web page ('Sign in')"),
        ("find", b"\xff\xfe{}", "not UTF-8"),
        ("metadata", SIGN_IN, "a web page, not $metadata"),
        ("read", b'{"d": {"ObjectID": "1", "ObjectID": "2"}}', "repeated members: d.ObjectID"),
        ("read", SIGN_IN, "a web page ('Sign in')"),
    ],
)
def test_a_document_that_cannot_be_used_parks_at_once_in_words(
    stack: Stack, kind: str, content: bytes, told: str
) -> None:
    answer_once(stack, kind, httpx.Response(200, content=content), times=100)
    carried(stack)
    assert stack.transfer().state is TransferState.PARKED
    reason = stack.attachments()[0].reason or stack.transfer().reason
    assert reason is not None
    assert reason.code == "unexpected-answer"
    assert told in reason.message


def test_a_read_answered_with_a_redirect_parks_in_its_own_words(stack: Stack) -> None:
    redirect = httpx.Response(302, headers={"Location": "https://id.example.com/saml?ticket=Secret-1"})
    answer_once(stack, "find", redirect, times=100)
    carried(stack)
    reason = stack.transfer().reason
    assert reason is not None
    assert reason.message == "C4C answered 302 to a read: a redirect to id.example.com, and the service follows none"
    assert "dialect" not in reason.remedy


def test_a_list_without_an_end_parks_in_words_and_posts_nothing_again(stack: Stack) -> None:
    stack.c4c.plan("post", "lost")
    carried(stack)
    number = iter(range(10_000))

    def endless(_request: httpx.Request) -> httpx.Response:
        return odd(200, json={"d": {"results": [], "__next": f"?$skiptoken={next(number)}"}})

    stack.c4c._list = endless  # type: ignore[method-assign]
    stack.run()
    [attachment] = stack.attachments()
    assert attachment.state is S.PARKED
    assert attachment.reason is not None
    assert "after 500 pages, which is the limit of one list" in attachment.reason.message
    assert stack.c4c.calls("post") == 1
    assert open_intents(stack) == 1


def test_other_bytes_than_the_list_promises_are_no_reason_to_remove_the_object(stack: Stack) -> None:
    answer_once(stack, "value", httpx.Response(200, content=SIGN_IN))
    reason = carried(stack)
    assert reason is not None
    assert reason.code == "unexpected-answer"
    assert f"{len(SIGN_IN)} came" in reason.message
    assert "Delete nothing" in reason.remedy
    assert len(stack.c4c.kept) == 1


def test_a_read_back_without_an_end_stops(stack: Stack) -> None:
    sent = [0]

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            while True:
                sent[0] += 65_536
                yield b"x" * 65_536

    stack.c4c._value = lambda _request: odd(200, stream=Endless())  # type: ignore[method-assign]
    reason = carried(stack)
    assert reason is not None
    assert "C4C sends more than" in reason.message
    assert sent[0] < 2 * 1024 * 1024


def test_every_call_asks_for_english_in_headers_and_never_in_the_address(stack: Stack) -> None:
    stack.c4c.wants_csrf = True
    carried(stack)
    assert stack.transfer().outcome is Outcome.STORED
    assert {stack.c4c._kind(request) for request in stack.c4c.requests} >= {
        "post", "read", "find", "metadata", "csrf", "value",
    }  # fmt: skip
    for request in stack.c4c.requests:
        assert (request.headers["accept-language"], request.headers["sap-language"]) == ("en", "EN")
        assert "sap-language" not in str(request.url)
