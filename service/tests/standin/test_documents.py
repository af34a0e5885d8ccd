"""Chat documents that no reader may take for a chat without files: parked at once, in words."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from standin.answers import a_pdf, answer, file_answer
from standin.chat import CONTRACT, Chat, Listed, document_answer, end_of, reasons, words
from standin.rows import STORED

pytestmark = pytest.mark.xdist_group("standin")

PDF = a_pdf()
DEPTH = 5_000
Damage = Callable[[str], bytes]


def deep(text: str) -> bytes:
    """``attachments`` holds 5,000 arrays, one in the other."""
    head, _, tail = text.partition('"attachments": [')
    return f'{head}"attachments": {"[" * DEPTH}{"]" * DEPTH}, "more": [{tail}'.encode()


def deep_objects(text: str) -> bytes:
    return (text[:-1] + ', "extra": ' + '{"a":' * DEPTH + "1" + "}" * (DEPTH + 1)).encode()


def twice(text: str) -> bytes:
    """``attachments`` stands there twice: the second one, which most readers take, is empty."""
    return (
        text.replace('"attachments": [', '"attachments": [], "attachments": [', 1)[:-3].encode()
        + b', "attachments": []}]}'
    )


def messages_no_list(text: str) -> bytes:
    return json.dumps(json.loads(text) | {"messages": "none"}).encode()


def messages_an_object(text: str) -> bytes:
    document = json.loads(text)
    return json.dumps(document | {"messages": {"0": document["messages"][0]}}).encode()


def not_a_number(text: str) -> bytes:
    return text.replace(str(CONTRACT.size), "NaN").encode()


def not_utf8(text: str) -> bytes:
    return text.replace("contract.pdf", "contr\u00e4ct.pdf").encode("latin-1")


def cut_off(text: str) -> bytes:
    return text[: len(text) // 2].encode()


DAMAGES: dict[str, Damage] = {
    "5,000 arrays one in the other": deep,
    "5,000 objects one in the other": deep_objects,
    "attachments twice": twice,
    "messages that are a text": messages_no_list,
    "messages that are an object": messages_an_object,
    "NaN": not_a_number,
    "bytes that are not UTF-8": not_utf8,
    "half a document": cut_off,
    "nothing": lambda _text: b"",
    "a page": lambda _text: b"<!DOCTYPE html><html><body>Sign in</body></html>",
}


def the_text(chat: Chat) -> str:
    return json.dumps(chat.document(CONTRACT))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_chat_document_that_cannot_be_read_whole_parks_the_transfer_at_once(
    a_chat: Callable[..., Chat], damage: Damage
) -> None:
    chat = a_chat()
    chat.cmi.plan(chat.path, document_answer(damage(the_text(chat))))
    chat.serves(file_answer(PDF))
    transfer = chat.end()
    assert end_of(transfer) == ("parked", "unexpected-answer")
    assert transfer["rounds"] == 1
    assert "RecursionError" not in words(transfer)
    assert "CMI" in words(transfer)
    assert chat.stored() == []


def test_the_undamaged_document_leads_to_the_file(a_chat: Callable[..., Chat]) -> None:
    chat = a_chat()
    chat.cmi.plan(chat.path, document_answer(the_text(chat).encode()))
    chat.serves(file_answer(PDF))
    assert reasons(chat.end()) == [STORED]
    assert [item.content for item in chat.stored()] == [PDF]


@pytest.mark.parametrize("status", [202, 206, 203])
def test_a_chat_document_with_another_status_is_no_chat_without_files(a_chat: Callable[..., Chat], status: int) -> None:
    chat = a_chat()
    chat.cmi.plan(chat.path, answer(status, the_text(chat).encode(), content_type="application/json"))
    assert chat.end()["state"] == "parked"
    assert chat.stored() == []


def test_a_name_with_joiners_arrives_as_the_customer_wrote_it(a_chat: Callable[..., Chat]) -> None:
    name = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f4bb.pdf"
    chat = a_chat(Listed(name=name))
    chat.serves(file_answer(PDF))
    assert reasons(chat.end()) == [STORED]
    assert [(item.name, item.content) for item in chat.stored()] == [(name, PDF)]
