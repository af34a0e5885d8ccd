"""Downloads that CMI puts off until a time: nothing is asked before it, by the service's clock."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from standin.answers import a_pdf, answer, file_answer, http_date
from standin.chat import Chat, reasons
from standin.processes import StandinStack
from standin.rows import STORED
from standin.wire import Answer, Request

pytestmark = pytest.mark.xdist_group("standin")

PDF = a_pdf()
TEN_MINUTES_S = 600.0


def busy_until_date(standin: StandinStack, status: int) -> Callable[[Request], Answer]:
    """An answer whose Retry-After is a date ten minutes after it is sent."""

    def busy(_request: Request) -> Answer:
        return answer(status, retry_after=http_date(standin.clock.now_s() + TEN_MINUTES_S))

    return busy


def a_chat_that_waits(standin: StandinStack, *replies: Answer | Callable[[Request], Answer]) -> tuple[Chat, str]:
    """A chat whose first download was answered, and its transfer's id."""
    chat = Chat(standin)
    chat.serves(*replies, file_answer(PDF))
    transfer_id = chat.post()
    assert standin.until_waiting(transfer_id)["state"] == "waiting"
    return chat, transfer_id


@pytest.mark.parametrize("status", [429, 503])
def test_a_download_is_not_asked_for_before_the_date_of_its_retry_after(standin: StandinStack, status: int) -> None:
    chat, transfer_id = a_chat_that_waits(standin, busy_until_date(standin, status))
    # Another chat waits for 300 s. It is stored once the clock has moved, so the worker has seen the move by then.
    other, other_id = a_chat_that_waits(standin, answer(status, retry_after="300"))
    standin.clock.advance(320.0)
    standin.until(other_id, lambda shown: shown["terminal"])
    assert [item.content for item in other.stored()] == [PDF]
    assert len(chat.downloads()) == 1
    assert reasons(standin.transfer(transfer_id)) == ["neighbour-busy"]
    standin.clock.advance(300.0)
    assert reasons(standin.until(transfer_id, lambda shown: shown["terminal"])) == [STORED]
    assert [item.content for item in chat.stored()] == [PDF]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("text", ["soon", "-5", "1e400", "Sun, 99 Foo 2026 25:61:00 GMT", ""])
def test_an_unreadable_retry_after_is_treated_as_if_there_were_none(
    standin: StandinStack, status: int, text: str
) -> None:
    chat = Chat(standin)
    chat.serves(answer(status, retry_after=text), file_answer(PDF))
    assert reasons(chat.end()) == [STORED]
    assert [item.content for item in chat.stored()] == [PDF]


def test_a_date_in_the_past_is_no_reason_to_wait_longer(standin: StandinStack) -> None:
    chat = Chat(standin)
    chat.serves(answer(503, retry_after=http_date(standin.clock.now_s() - 3_600.0)), file_answer(PDF))
    assert reasons(chat.end()) == [STORED]
    assert [item.content for item in chat.stored()] == [PDF]
