"""C4C's list of attachments in pages: one ObjectID is one object, and no list goes on for ever."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from standin.answers import a_pdf, answer, file_answer
from standin.c4c import is_list, rows_answer, uploads
from standin.chat import Chat, document_answer, end_of, reasons, words
from standin.processes import C4C_ROOT
from standin.rows import STORED
from standin.wire import Answer, Request

from attachment_transfer.core.names import attachment_key, key_title

pytestmark = pytest.mark.xdist_group("standin")

PDF = a_pdf()
SERVICE = f"{C4C_ROOT}/chatactivity/"


@pytest.fixture
def chat(a_chat: Callable[..., Chat]) -> Chat:
    """A chat with one sound file, its C4C behind the stand-in."""
    made = a_chat(front=True)
    made.serves(file_answer(PDF))
    return made


def list_path(chat: Chat) -> str:
    return f"{SERVICE}ChatActivityCollection('{chat.activity}')/ChatActivityAttachment"


def put_there(chat: Chat) -> dict[str, Any]:
    """The chat's file lies at C4C already, with the service's key; returns its row as the list shows it."""
    key = attachment_key(cmi_url=chat.cmi_url, contact_id=chat.contact_id, source_id="f1")
    created = chat.standin.c4c(
        "POST",
        f"{SERVICE}ChatActivityCollection('{chat.activity}')/ChatActivityAttachment",
        host=chat.c4c_host,
        json={"Name": "contract.pdf", "MimeType": "application/pdf", "TypeCode": "10001", "CategoryCode": "2",
              "Title": key_title(key), "Binary": base64.b64encode(PDF).decode()},
    )  # fmt: skip
    assert created.status_code == 201
    path = f"{SERVICE}ChatActivityCollection('{chat.activity}')/ChatActivityAttachment"
    [row] = chat.standin.c4c("GET", path, host=chat.c4c_host, params={"$format": "json"}).json()["d"]["results"]
    return {name: row[name] for name in ("ObjectID", "Name", "Title", "MimeType", "SizeInkB")}


def another_row(number: int) -> dict[str, Any]:
    return {"ObjectID": f"{number:032X}", "Name": f"other-{number}.pdf", "Title": None,
            "MimeType": "application/pdf", "SizeInkB": "10.00000000000000"}  # fmt: skip


def paged(first: Answer, second: Answer) -> Callable[[Request], Answer]:
    """The first page without a skiptoken, else the second."""
    return lambda request: second if "skiptoken" in request.target else first


def adopted_without_a_post(chat: Chat) -> None:
    assert reasons(chat.end()) == [STORED]
    assert [item.content for item in chat.stored()] == [PDF]
    assert uploads(chat.c4c) == []


def test_an_object_that_two_overlapping_pages_list_is_one_object_and_is_adopted(chat: Chat) -> None:
    row = put_there(chat)
    following = f"https://{chat.c4c_host}{list_path(chat)}?$skiptoken=2"
    chat.c4c.plan(is_list, paged(rows_answer([row, another_row(1)], following=following), rows_answer([row])))
    adopted_without_a_post(chat)


def test_a_next_link_relative_to_the_service_root_is_read(chat: Chat) -> None:
    row = put_there(chat)
    following = f"ChatActivityCollection('{chat.activity}')/ChatActivityAttachment?$skiptoken=2"
    chat.c4c.plan(is_list, paged(rows_answer([another_row(1)], following=following), rows_answer([row])))
    adopted_without_a_post(chat)


def test_a_next_link_that_is_absolute_is_read(chat: Chat) -> None:
    row = put_there(chat)
    following = f"https://{chat.c4c_host}{list_path(chat)}?$skiptoken=2"
    chat.c4c.plan(is_list, paged(rows_answer([another_row(1)], following=following), rows_answer([row])))
    adopted_without_a_post(chat)


def test_a_list_whose_pages_never_end_stops_at_a_limit_and_is_parked_in_words(chat: Chat) -> None:
    numbers = count(1)

    def another_page(_request: Request) -> Answer:
        number = next(numbers)
        following = f"https://{chat.c4c_host}{list_path(chat)}?$skiptoken={number}"
        return rows_answer([another_row(number)], following=following)

    chat.c4c.plan(is_list, another_page)
    transfer = chat.end()
    assert end_of(transfer) == ("parked", "unexpected-answer")
    assert "page" in words(transfer)
    assert re.search(r"\d", words(transfer)), "the limit is not named"
    assert uploads(chat.c4c) == []
    assert chat.stored() == []


@pytest.mark.parametrize(
    "body",
    [b'{"d": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", b'{"d": {"results": []}, "d": {"results": []}}', b'{"d": NaN}'],
    ids=["5,000 arrays one in the other", "d twice", "NaN"],
)
def test_a_list_that_cannot_be_read_whole_is_parked_in_words(chat: Chat, body: bytes) -> None:
    chat.c4c.plan(is_list, document_answer(body))
    transfer = chat.end()
    assert end_of(transfer) == ("parked", "unexpected-answer")
    assert "RecursionError" not in words(transfer)
    assert "C4C" in words(transfer)
    assert uploads(chat.c4c) == []


def test_a_list_that_is_not_there_is_no_empty_list(chat: Chat) -> None:
    chat.c4c.plan(is_list, answer(204))
    assert chat.end()["state"] == "parked"
    assert uploads(chat.c4c) == []
