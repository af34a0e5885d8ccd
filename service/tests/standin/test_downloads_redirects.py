"""Downloads that lead to another address: twice at most, https and allowed hosts only, never with a credential."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from standin.answers import a_pdf, answer, file_answer, redirect
from standin.chat import CONTRACT, Chat, Listed, reasons, words
from standin.processes import StandinStack
from standin.rows import STORED

pytestmark = pytest.mark.xdist_group("standin")

PDF = a_pdf()
SIGNED = "/bucket/8f2c/contract.pdf?X-Amz-Expires=300&X-Amz-Signature=0123abcd"
AChat = Callable[..., Chat]


def at_store(chat: Chat, target: str = SIGNED) -> str:
    return f"https://{chat.store.host}{target}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_download_follows_a_redirect_to_an_allowed_host_without_any_credential(a_chat: AChat, status: int) -> None:
    chat = a_chat()
    chat.serves(redirect(at_store(chat), status=status))
    chat.store.plan(SIGNED, file_answer(PDF))
    assert reasons(chat.end()) == [STORED]
    assert [item.content for item in chat.stored()] == [PDF]
    first, second = chat.downloads()[0], chat.store.requests[0]
    assert [first.header(name) is not None for name in ("authorization", "x-api-key")] == [True, True]
    assert [second.header(name) for name in ("authorization", "x-api-key", "cookie")] == [None, None, None]


def test_a_download_follows_a_redirect_within_cmi(a_chat: AChat) -> None:
    chat = a_chat()
    chat.serves(redirect("/acme/cmi/files/8f2c"))
    chat.cmi.plan("/acme/cmi/files/8f2c", file_answer(PDF))
    assert reasons(chat.end()) == [STORED]
    assert [item.content for item in chat.stored()] == [PDF]


def test_a_download_follows_two_redirects(a_chat: AChat) -> None:
    chat = a_chat()
    chat.serves(redirect(at_store(chat, "/first")))
    chat.store.plan("/first", redirect(at_store(chat)))
    chat.store.plan(SIGNED, file_answer(PDF))
    assert reasons(chat.end()) == [STORED]
    assert [item.content for item in chat.stored()] == [PDF]


def test_a_third_redirect_is_not_followed_and_the_words_say_so(a_chat: AChat) -> None:
    chat = a_chat()
    chat.serves(redirect(at_store(chat, "/first")))
    chat.store.plan("/first", redirect(at_store(chat, "/second")))
    chat.store.plan("/second", redirect(at_store(chat)))
    chat.store.plan(SIGNED, file_answer(PDF))
    transfer = chat.end()
    assert reasons(transfer) == ["unexpected-answer"]
    assert "redirect" in transfer["attachments"][0]["reason"]["message"]
    assert SIGNED not in [request.target for request in chat.store.requests]
    assert chat.stored() == []


def test_a_redirect_to_a_host_that_is_not_allowed_names_the_host_and_the_setting(a_chat: AChat) -> None:
    chat = a_chat()
    chat.serves(redirect(f"https://{chat.foreign.host}/contract.pdf"))
    chat.foreign.plan("/contract.pdf", file_answer(PDF))
    transfer = chat.end()
    assert reasons(transfer) == ["destination-refused"]
    assert chat.foreign.host in words(transfer)
    assert "ATTACHMENT_TRANSFER_ALLOWED_HOSTS" in words(transfer)
    assert chat.stored() == []


def test_a_second_redirect_to_a_host_that_is_not_allowed_is_refused_like_the_first(a_chat: AChat) -> None:
    chat = a_chat()
    chat.serves(redirect(at_store(chat, "/first")))
    chat.store.plan("/first", redirect(f"https://{chat.foreign.host}/contract.pdf"))
    chat.foreign.plan("/contract.pdf", file_answer(PDF))
    transfer = chat.end()
    assert reasons(transfer) == ["destination-refused"]
    assert chat.foreign.host in words(transfer)
    assert chat.stored() == []


@pytest.mark.parametrize(
    "location",
    ["http://{store}/contract.pdf", "ftp://{store}/contract.pdf", "https://someone:secret@{store}/contract.pdf"],
)
def test_a_redirect_to_an_address_that_is_no_plain_https_is_refused(a_chat: AChat, location: str) -> None:
    chat = a_chat()
    chat.serves(redirect(location.format(store=chat.store.host)))
    chat.store.plan("/contract.pdf", file_answer(PDF))
    transfer = chat.end()
    assert reasons(transfer) == ["destination-refused"]
    assert chat.store.requests == []
    assert "secret" not in words(transfer)
    assert chat.stored() == []


@pytest.mark.parametrize("status", [400, 403])
def test_a_signed_address_that_has_expired_is_read_again_from_the_listing(standin: StandinStack, status: int) -> None:
    chat = Chat(standin)
    listings = [Listed(url=f"https://{chat.store.host}/contract.pdf?sig={sign}") for sign in "AB"]
    chat.cmi.plan(chat.path, *(chat.listing(one) for one in listings))
    chat.store.plan("/contract.pdf?sig=A", answer(status, b"<Error><Code>AccessDenied</Code></Error>"))
    chat.store.plan("/contract.pdf?sig=B", file_answer(PDF))
    assert reasons(chat.end()) == [STORED]
    assert [item.content for item in chat.stored()] == [PDF]


@pytest.mark.parametrize("status", [400, 403])
def test_a_redirect_to_a_signed_address_that_has_expired_is_asked_for_again(a_chat: AChat, status: int) -> None:
    chat = a_chat()
    chat.serves(redirect(at_store(chat, "/contract.pdf?sig=A")), redirect(at_store(chat, "/contract.pdf?sig=B")))
    chat.store.plan("/contract.pdf?sig=A", answer(status, b"<Error><Code>AccessDenied</Code></Error>"))
    chat.store.plan("/contract.pdf?sig=B", file_answer(PDF))
    assert reasons(chat.end()) == [STORED]
    assert [item.content for item in chat.stored()] == [PDF]


def test_an_item_without_id_whose_signature_changes_at_each_reading_is_stored_once(a_chat: AChat) -> None:
    chat = a_chat()
    chat.store.plan("/contract.pdf", file_answer(PDF))
    for sign in "ABC":
        chat.lists(Listed(id=None, url=f"https://{chat.store.host}/contract.pdf?sig={sign}"))
        transfer = chat.end()
        assert reasons(transfer) == [STORED]
    assert [item.content for item in chat.stored()] == [PDF]


def test_two_items_without_id_that_differ_in_their_names_alone_are_both_stored(a_chat: AChat) -> None:
    url = f"https://{a_chat().store.host}/download?sig=A"
    chat = a_chat(*(Listed(id=None, name=name, url=url) for name in ("first.pdf", "second.pdf")))
    chat.standin.server.site(url.split("/")[2]).plan("/download", file_answer(PDF))
    assert reasons(chat.end()) == [STORED, STORED]
    assert sorted((item.name, item.content) for item in chat.stored()) == [("first.pdf", PDF), ("second.pdf", PDF)]


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        ("report #1.pdf", "report%20%231.pdf"),
        ("our report.pdf", "our%20report.pdf"),
        ("100% sure.pdf", "100%25%20sure.pdf"),
        ("50%.pdf", "50%25.pdf"),
        ("already%20coded.pdf", "already%20coded.pdf"),
    ],
)
def test_a_listed_address_that_is_not_encoded_leads_to_its_file(a_chat: AChat, listed: str, asked: str) -> None:
    chat = a_chat()
    chat.lists(Listed(url=f"/files/{listed}"))
    chat.cmi.plan(f"/acme/cmi/files/{asked}", file_answer(PDF))
    assert reasons(chat.end()) == [STORED]
    assert [item.content for item in chat.stored()] == [PDF]


def test_a_listing_whose_address_is_sound_is_downloaded_as_it_is(a_chat: AChat) -> None:
    chat = a_chat()
    chat.lists(CONTRACT)
    chat.serves(file_answer(PDF))
    assert reasons(chat.end()) == [STORED]
    assert len(chat.downloads()) == 1
