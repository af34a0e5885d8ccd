"""The result goes back to Contact Pro, where that is switched on; and nothing that happens to it changes the result."""

from __future__ import annotations

import json

import httpx
import pytest
from fakes import Killed
from ledger_kit import CMI_URL, CONTACT, SECRET_TEXTS, rows
from policy_kit import PolicyStack
from worker_kit import ACTIVITY, a_file

from attachment_transfer.clients.cmi.client import CmiClient
from attachment_transfer.core.dialect import BadDialect, overlay, read_dialect
from attachment_transfer.core.states import Outcome, TransferState
from attachment_transfer.ledger import tables
from attachment_transfer.runtime.settings import shipped_dialect


@pytest.fixture
def stack(policy_stack: PolicyStack) -> PolicyStack:
    policy_stack.write_back = True
    policy_stack.start()
    policy_stack.cmi.files = [a_file(1), a_file(2)]
    return policy_stack


def result(stack: PolicyStack) -> dict[str, object]:
    [body] = stack.cmi.results
    assert body["contact_id"] == CONTACT
    found = body["data"]["attachment_transfer"]
    assert isinstance(found, dict)
    return found


def test_a_settled_transfer_is_written_back_once(stack: PolicyStack) -> None:
    stack.event()
    stack.run()
    assert result(stack) == {
        "transfer_id": stack.transfer().id,
        "round": 1,
        "state": "settled",
        "outcome": "stored",
        "stored": 2,
        "skipped": 0,
        "parked": 0,
        "reason": None,
        "activity_object_id": ACTIVITY,
    }
    assert stack.trail("written back") == ["round 1, result at CMI"]


def test_a_parked_transfer_is_written_back_with_its_reason(stack: PolicyStack) -> None:
    stack.cmi.files[0].statuses = [404]
    stack.event()
    stack.run()
    found = result(stack)
    assert (found["state"], found["outcome"], found["reason"]) == ("parked", "partly_stored", "attachment-gone")
    assert (found["stored"], found["parked"]) == (1, 1)


def test_a_transfer_without_an_activity_is_written_back_as_such(stack: PolicyStack) -> None:
    stack.c4c.references.clear()
    stack.event()
    stack.run()
    assert result(stack)["outcome"] == "no_activity"


def test_a_contact_that_cmi_does_not_know_has_nothing_to_write_to(stack: PolicyStack) -> None:
    stack.cmi.known = False
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.UNKNOWN_CONTACT
    assert not [request for request in stack.cmi.requests if request.method == "POST"]


def test_every_round_that_settles_is_written_back(stack: PolicyStack) -> None:
    stack.event()
    stack.run()
    stack.cmi.files.append(a_file(3))
    stack.event()
    stack.run()
    assert [body["data"]["attachment_transfer"]["round"] for body in stack.cmi.results] == [1, 2]


def test_a_round_that_is_followed_by_another_is_not_written_back(stack: PolicyStack) -> None:
    stack.c4c.plan("post", "lock")
    stack.event()
    stack.run_one()
    assert stack.transfer().state is TransferState.WAITING
    assert stack.cmi.results == []
    stack.run()
    assert len(stack.cmi.results) == 1


def test_it_is_off_unless_switched_on(policy_stack: PolicyStack) -> None:
    policy_stack.cmi.files = [a_file(1)]
    policy_stack.event()
    policy_stack.run()
    assert policy_stack.cmi.results == []


def test_it_is_written_while_the_secrets_are_still_there(stack: PolicyStack) -> None:
    sealed: list[int] = []
    stack.cmi.on_result = lambda: sealed.append(len(rows(stack.engine, tables.sealed_secret)))
    stack.event()
    stack.run()
    assert sealed == [1]
    assert rows(stack.engine, tables.sealed_secret) == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (400, "unexpected-answer"),
        (403, "access-denied"),
        (404, "unexpected-answer"),
        (500, "neighbour-unavailable"),
        (httpx.ReadTimeout("no answer"), "neighbour-unavailable"),
        (RuntimeError("a defect of ours"), "internal: internal error (RuntimeError)"),
    ],
)
def test_a_write_back_that_fails_is_audited_and_changes_nothing(
    stack: PolicyStack, answer: int | Exception, told: str
) -> None:
    stack.cmi.post_answers = [answer]
    stack.event()
    stack.run()
    assert stack.transfer().state is TransferState.SETTLED
    assert stack.transfer().outcome is Outcome.STORED
    assert stack.transfer().reason is None
    [line] = stack.trail("not written back")
    assert line.startswith(f"round 1, {told}")
    assert rows(stack.engine, tables.sealed_secret) == []


def test_a_refused_password_is_not_tried_again_for_the_result(stack: PolicyStack) -> None:
    stack.cmi.password = "another"
    stack.event()
    stack.run()
    assert stack.transfer().state is TransferState.PARKED
    assert len(stack.cmi.requests) == 1
    assert len(stack.trail("not written back")) == 1


def test_a_worker_that_dies_after_the_line_in_the_trail_does_not_write_twice(stack: PolicyStack) -> None:
    finish = stack.book.finish

    def dies(*_arguments: object) -> bool:
        raise Killed

    stack.book.finish = dies  # type: ignore[method-assign, assignment]
    stack.event()
    stack.die()
    assert stack.book.finish != finish
    assert len(stack.cmi.results) == 1
    stack.run()
    assert stack.transfer().state is TransferState.SETTLED
    assert len(stack.cmi.results) == 1


def test_a_worker_that_dies_at_the_post_says_the_same_again(stack: PolicyStack) -> None:
    def dies() -> None:
        stack.cmi.on_result = lambda: None
        raise Killed

    stack.cmi.on_result = dies
    stack.event()
    stack.die()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.cmi.results) == 1


def test_an_event_in_the_same_moment_makes_another_round_with_a_result_of_its_own(stack: PolicyStack) -> None:
    def another_event() -> None:
        stack.cmi.on_result = lambda: None
        stack.event()

    stack.cmi.on_result = another_event
    stack.event()
    stack.run()
    assert stack.transfer().state is TransferState.SETTLED
    assert [body["data"]["attachment_transfer"]["round"] for body in stack.cmi.results] == [1, 2]


def test_the_result_holds_no_name_and_no_secret(stack: PolicyStack) -> None:
    stack.event()
    stack.run()
    text = json.dumps(stack.cmi.results)
    for word in (*SECRET_TEXTS, "photo-1", stack.cmi.host, stack.c4c.host, stack.cmi.user):
        assert word not in text


def test_the_other_assumed_form_is_a_name_and_a_value() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(201, headers={"Location": f"/acme/cmi/contactData/{CONTACT}"}, html=CONTACT)

    dialect = overlay(read_dialect(shipped_dialect()), {"cmi": {"contact_data_form": {"value": "pairs"}}})
    http = httpx.Client(transport=httpx.MockTransport(answer))
    client = CmiClient(http, cmi_url=CMI_URL, dialect=dialect, spool_limit_bytes=1)
    client.write_back(CONTACT, "result", {"stored": 1})
    [request] = sent
    assert (request.method, str(request.url)) == ("POST", f"{CMI_URL}/contactData")
    assert json.loads(request.content) == {"contact_id": CONTACT, "name": "result", "value": '{"stored":1}'}


def test_a_form_that_nobody_knows_is_refused_by_name() -> None:
    with pytest.raises(BadDialect, match="cmi_contact_data_form"):
        overlay(read_dialect(shipped_dialect()), {"cmi": {"contact_data_form": {"value": "xml"}}})
