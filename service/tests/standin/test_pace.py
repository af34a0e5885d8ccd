"""Neighbours that send a byte per second: a slot is given back in time, and other tenants go on meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import pytest
from standin.answers import a_pdf, file_answer
from standin.c4c import is_upload, uploads
from standin.chat import CONTRACT, Chat, reasons
from standin.processes import StandinStack, running_standin
from standin.rows import STORED
from standin.wire import Answer, Request

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("standin-pace")]

PDF = a_pdf()
#: The drips below would go on for far longer; the limits that are set end them within a few seconds.
PATIENCE_S = 60.0
SLOTS = 3


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandinStack]:
    """A service that has little time and three slots, two of them for one tenant at most."""
    settings = {
        "DOCUMENT_TIMEOUT_S": "3",
        "SLOW_GRACE_S": "3",
        "UPLOAD_TIMEOUT_S": "5",
        "READ_TIMEOUT_S": "5",
        "ROUNDS_PER_WORKER": str(SLOTS),
        "ROUNDS_PER_TENANT": str(SLOTS - 1),
    }
    with running_standin(tmp_path_factory.mktemp("pace"), **settings) as started:
        yield started


def given_up_and_tried_again(chat: Chat) -> None:
    """The transfer waits as for a neighbour that is away, long before the drip ends; then the file is stored."""
    transfer_id = chat.post()
    began_s = time.monotonic()
    waiting = chat.standin.until(transfer_id, lambda shown: shown["state"] == "waiting", wait_s=PATIENCE_S)
    assert time.monotonic() - began_s < PATIENCE_S
    assert waiting["reason"]["code"] == "neighbour-unavailable"
    assert chat.stored() == []
    assert reasons(chat.standin.settle([transfer_id])[transfer_id]) == [STORED]
    assert [item.content for item in chat.stored()] == [PDF]


def test_a_document_at_a_byte_per_second_is_given_up_within_its_total_limit(standin: StandinStack) -> None:
    chat = Chat(standin)
    chat.cmi.plan(chat.path, chat.listing(CONTRACT).dripping(body=1.0), chat.listing(CONTRACT))
    chat.serves(file_answer(PDF))
    given_up_and_tried_again(chat)


def test_a_documents_head_at_a_byte_per_second_is_given_up_within_its_total_limit(standin: StandinStack) -> None:
    chat = Chat(standin)
    chat.cmi.plan(chat.path, chat.listing(CONTRACT).dripping(head=1.0), chat.listing(CONTRACT))
    chat.serves(file_answer(PDF))
    given_up_and_tried_again(chat)


@pytest.mark.parametrize("length", [True, False], ids=["with a length", "that ends by closing"])
def test_a_body_at_a_byte_per_second_is_given_up_below_the_least_rate(standin: StandinStack, length: bool) -> None:
    whole = file_answer(PDF)
    slow = whole if length else Answer(whole.head.replace(b"Content-Length: 10256\r\n", b""), PDF, end="close")
    chat = Chat(standin)
    chat.serves(slow.dripping(body=1.0), whole)
    given_up_and_tried_again(chat)


def test_a_downloads_head_at_a_byte_per_second_is_given_up(standin: StandinStack) -> None:
    chat = Chat(standin)
    chat.serves(file_answer(PDF).dripping(head=1.0), file_answer(PDF))
    given_up_and_tried_again(chat)


def test_slow_documents_of_as_many_tenants_as_there_are_slots_do_not_starve_another_tenant(
    standin: StandinStack,
) -> None:
    slow = [Chat(standin) for _ in range(SLOTS)]
    for chat in slow:
        chat.cmi.plan(chat.path, chat.listing(CONTRACT).dripping(body=1.0), chat.listing(CONTRACT))
        chat.serves(file_answer(PDF))
    posted = {chat.post(): chat for chat in slow}
    for transfer_id, chat in posted.items():
        standin.until(transfer_id, lambda _shown, site=chat.cmi: bool(site.requests))  # type: ignore[misc]
    other = Chat(standin)
    other.serves(file_answer(PDF))
    assert reasons(standin.until(other.post(), lambda shown: shown["terminal"], wait_s=PATIENCE_S)) == [STORED]
    for transfer_id, transfer in standin.settle(posted).items():
        assert reasons(transfer) == [STORED]
        assert [item.content for item in posted[transfer_id].stored()] == [PDF]


def test_uploads_answered_at_a_byte_per_second_give_their_slots_back_and_other_tenants_go_on(
    standin: StandinStack,
) -> None:
    slow = [Chat(standin, front=True) for _ in range(SLOTS - 1)]
    for chat in slow:
        chat.serves(file_answer(PDF))
        chat.c4c.plan(is_upload, partial(dripped, chat))
    posted = {chat.post(): chat for chat in slow}
    for transfer_id, chat in posted.items():
        standin.until(transfer_id, lambda _shown, site=chat.c4c: bool(uploads(site)))  # type: ignore[misc]
    other = Chat(standin)
    other.serves(file_answer(PDF))
    assert reasons(standin.until(other.post(), lambda shown: shown["terminal"], wait_s=PATIENCE_S)) == [STORED]
    for transfer_id in posted:
        standin.until(transfer_id, lambda shown: shown["state"] == "waiting", wait_s=PATIENCE_S)
    for transfer_id, transfer in standin.settle(posted).items():
        assert reasons(transfer) == [STORED]
        assert [item.content for item in posted[transfer_id].stored()] == [PDF]
        assert len(uploads(posted[transfer_id].c4c)) == 1


def dripped(chat: Chat, request: Request) -> Answer:
    """What the mock answers, a byte per second: the file is stored, and the answer takes minutes."""
    forward = chat.c4c.otherwise
    assert callable(forward)
    return forward(request).dripping(head=1.0)
