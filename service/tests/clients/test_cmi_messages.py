"""Files that CMI lists with a chat's messages, at an address of their own, and not in the chat's document."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from cmi_kit import client, item, message
from ledger_kit import CONTACT

from attachment_transfer.core.errors import AccessDenied, NeighbourBusy, UnexpectedAnswer

pytestmark = pytest.mark.off_contract(
    judge="requests", reason="the answers are made by hand, most of them to be refused or to be odd"
)

SILENT = {"id": CONTACT, "messages": [{"id": "m1", "message": "see the picture", "originator_type": "customer"}]}


class Answers:
    """CMI with a chat's document, and one page of messages per hundred."""

    def __init__(self, document: Any, rows: list[Any] | int, *, honours_offset: bool = True) -> None:
        self.document, self.rows, self.honours_offset = document, rows, honours_offset
        self.asked: list[httpx.URL] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        if not request.url.path.endswith("/chatMessages"):
            return httpx.Response(200, json=self.document)
        if isinstance(self.rows, int):
            return httpx.Response(self.rows, json={"message": "no"})
        assert request.url.params["contactId"] == CONTACT
        first = int(request.url.params["offset"]) if self.honours_offset else 0
        return httpx.Response(200, json=self.rows[first : first + int(request.url.params["limit"])])


def names(answers: Answers) -> list[str]:
    found = client(answers).conversation(CONTACT)
    assert found.known
    return [each.name for each in found.attachments]


def test_a_chat_whose_document_says_nothing_of_files_is_read_from_its_messages() -> None:
    assert names(Answers(SILENT, [message(item(1)), message(), message(item(2))])) == ["1.png", "2.png"]


@pytest.mark.parametrize("document", [{"messages": []}, {"messages": [message()]}, {"attachments": []}])
def test_a_document_that_speaks_of_files_is_believed(document: Any) -> None:
    answers = Answers(document, [message(item(1))])
    assert names(answers) == []
    assert len(answers.asked) == 1


@pytest.mark.parametrize("honours_offset", [True, False])
def test_every_page_of_messages_is_read(honours_offset: bool) -> None:
    count = 250 if honours_offset else 70
    rows = [message(item(number)) for number in range(1, count + 1)]
    assert len(names(Answers(SILENT, rows, honours_offset=honours_offset))) == count


def test_a_list_that_does_not_end_is_refused_and_never_cut_short() -> None:
    class Endless(Answers):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            first = request.url.params.get("offset")
            self.rows = [] if first is None else [None] * int(first) + [message(item(int(first)))] * 100
            return super().__call__(request)

    with pytest.raises(UnexpectedAnswer, match="goes on after 200 pages"):
        client(Endless(SILENT, [])).conversation(CONTACT)


@pytest.mark.off_contract(reason="the route of a CMI that is not documented")
def test_a_route_without_a_query_of_its_own_is_read_page_by_page_too() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/messages"):
            rows = [message(item(1))] if request.url.params["offset"] == "0" else []
            return httpx.Response(200, json=rows)
        return httpx.Response(200, json=SILENT)

    found = client(answer, message_routes=["chats/{contact_id}/messages"]).conversation(CONTACT)
    assert [each.name for each in found.attachments] == ["1.png"]


@pytest.mark.parametrize("status", [400, 404, 405, 501])
def test_an_interface_without_messages_leaves_the_chat_without_files(status: int) -> None:
    assert names(Answers(SILENT, status)) == []


@pytest.mark.parametrize(("status", "error"), [(403, AccessDenied), (503, NeighbourBusy)])
def test_messages_that_cannot_be_read_now_are_no_chat_without_files(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        client(Answers(SILENT, status)).conversation(CONTACT)
