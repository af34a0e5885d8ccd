"""What C4C answers to an upload: by status and code first, and in whatever language and form it writes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from standin.answers import a_pdf, answer, file_answer, redirect
from standin.c4c import html_error, is_upload, json_error, uploads, xml_error
from standin.chat import Chat, reasons, words
from standin.rows import STORED
from standin.wire import Answer

pytestmark = pytest.mark.xdist_group("standin")

PDF = a_pdf()
LOCKED = "Das Objekt ist durch den Benutzer MARY gesperrt"
UNKNOWN = "Die Dokumentart ZZ7 ist im Mandanten nicht gepflegt"
LOCKS = {
    "JSON": json_error(400, LOCKED),
    "XML": xml_error(400, LOCKED),
    "an inner error alone": json_error(400, "Bei der Verarbeitung ist ein Fehler aufgetreten", inner=LOCKED),
    "a page": html_error(400, LOCKED),
    "English JSON": json_error(400, "Object is locked by user MARY", lang="en"),
}
REFUSALS = {
    "JSON": json_error(400, UNKNOWN),
    "XML": xml_error(400, UNKNOWN),
    "an inner error alone": json_error(400, "Bei der Verarbeitung ist ein Fehler aufgetreten", inner=UNKNOWN),
    "a page": html_error(400, UNKNOWN),
}


@pytest.fixture
def chat(a_chat: Callable[..., Chat]) -> Chat:
    """A chat with one sound file, its C4C behind the stand-in."""
    made = a_chat(front=True)
    made.serves(file_answer(PDF))
    return made


def stored_once(chat: Chat) -> bool:
    return [item.content for item in chat.stored()] == [PDF]


def parametrised(answers: dict[str, Answer]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("said", answers.values(), ids=answers.keys())


QUICK = {"JSON", "a page"}


@pytest.mark.parametrize(
    "said", [pytest.param(LOCKS[form], id=form, marks=[] if form in QUICK else pytest.mark.long) for form in LOCKS]
)
def test_a_lock_is_waited_for_in_every_language_and_form(chat: Chat, said: Answer) -> None:
    chat.c4c.plan(is_upload, said, said, said, chat.c4c.otherwise)
    transfer_id = chat.post()
    waiting = chat.standin.until_waiting(transfer_id)
    assert reasons(waiting) == ["neighbour-busy"]
    assert reasons(chat.standin.settle([transfer_id])[transfer_id]) == [STORED]
    assert stored_once(chat)
    assert len(uploads(chat.c4c)) == 4


@parametrised(REFUSALS)
def test_a_refusal_of_unknown_cause_is_tried_once_more(chat: Chat, said: Answer) -> None:
    chat.c4c.plan(is_upload, said, chat.c4c.otherwise)
    assert reasons(chat.end()) == [STORED]
    assert stored_once(chat)
    assert len(uploads(chat.c4c)) == 2


@parametrised(REFUSALS)
def test_a_refusal_that_stays_is_parked_with_c4cs_own_words(chat: Chat, said: Answer) -> None:
    chat.c4c.plan(is_upload, said)
    transfer = chat.end()
    assert reasons(transfer) == ["attachment-refused"]
    assert UNKNOWN in transfer["attachments"][0]["reason"]["remedy"]
    assert len(uploads(chat.c4c)) == 2
    assert chat.stored() == []


@pytest.mark.parametrize("status", [413, 415])
def test_a_file_that_is_too_large_or_of_a_refused_type_is_parked_at_once(chat: Chat, status: int) -> None:
    chat.c4c.plan(is_upload, html_error(status, "refused"))
    assert reasons(chat.end()) == ["attachment-refused"]
    assert len(uploads(chat.c4c)) == 1
    assert chat.stored() == []


def test_a_conflict_without_a_body_is_tried_once_more_then_parked_in_words(chat: Chat) -> None:
    chat.c4c.plan(is_upload, answer(409))
    transfer = chat.end()
    assert transfer["state"] == "parked"
    assert "409" in words(transfer)
    assert "conflict" in words(transfer).lower()
    assert "dialect" not in words(transfer)
    assert len(uploads(chat.c4c)) == 2
    assert chat.stored() == []


def test_a_conflict_that_passes_is_stored(chat: Chat) -> None:
    chat.c4c.plan(is_upload, answer(409), chat.c4c.otherwise)
    assert reasons(chat.end()) == [STORED]
    assert stored_once(chat)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirected_upload_is_parked_and_nothing_is_followed(chat: Chat, status: int) -> None:
    chat.c4c.plan(is_upload, redirect(f"https://{chat.store.host}/sign-in?SAMLRequest=abc", status=status))
    transfer = chat.end()
    assert reasons(transfer) == ["redirected-upload"]
    assert "redirect" in words(transfer)
    assert re.search("not follow|nothing was sent", words(transfer)), words(transfer)
    assert chat.store.requests == []
    assert len(uploads(chat.c4c)) == 1
    assert chat.stored() == []


def test_an_upload_asks_for_its_errors_in_english(chat: Chat) -> None:
    assert reasons(chat.end()) == [STORED]
    for request in uploads(chat.c4c):
        assert (request.header("accept-language") or "").lower().startswith("en")
        asked = f"{request.header('sap-language') or ''} {request.target}".lower()
        assert asked.startswith("en ") or "sap-language=en" in asked
