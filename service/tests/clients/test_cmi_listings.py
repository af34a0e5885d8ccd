"""What CMI lists: one file is one file, however often and under whatever signed address it is listed."""

from __future__ import annotations

from typing import Any

import pytest

from attachment_transfer.clients.cmi.chat_documents import attachments, chat_messages
from attachment_transfer.core.errors import UnexpectedAnswer
from attachment_transfer.core.transcript import ChatMessage

HOST = "https://files.example"


def file(url: str, *, name: str = "a.pdf", **more: Any) -> dict[str, Any]:
    return {"name": name, "content_type": "application/pdf", "size": 5, "url": url, **more}


def chat(*files: dict[str, Any]) -> dict[str, Any]:
    return {"id": "leg", "messages": [{"originator_type": "customer", "attachments": [one]} for one in files]}


def ids(document: Any) -> list[str]:
    return [source.source_id for source in attachments(document)]


def test_a_signed_address_that_differs_at_each_reading_is_one_file() -> None:
    first, second = (ids(chat(file(f"{HOST}/f/1?sig={sig}&expires={sig}9"))) for sig in "AB")
    assert first == second
    assert "sig" not in first[0]


def test_an_address_that_cannot_be_read_identifies_its_file_up_to_the_query() -> None:
    first, second = (ids(chat(file(f"https://[f/1?sig={sig}?{sig}"))) for sig in "AB")
    assert first == second == ["https://[f/1 a.pdf"]


def test_every_member_of_a_message_is_read() -> None:
    full = {
        "id": "m1",
        "timestamp": "2026-11-22T11:00:00Z",
        "originator": "Ada",
        "originator_type": "agent",
        "message": "Hi",
        "attachments": [file("x"), file("y", name="")],
    }
    assert list(
        chat_messages({"messages": [full, {"id": "m2", "message": "Bye"}, full, {"id": "m3", "message": ""}]})
    ) == [
        ChatMessage(
            time="2026-11-22T11:00:00Z",
            originator="Ada",
            originator_type="agent",
            text="Hi",
            files=("a.pdf", "attachment"),
        ),
        ChatMessage(time="", originator="", originator_type="customer", text="Bye", files=()),
    ]


@pytest.mark.parametrize(
    ("listed", "size_bytes"),
    [
        (5, 5),
        (5.0, 5),
        (0, 0),
        (5.5, None),
        (True, None),
        (-1, None),
        ("5", None),
        (2**63, None),
        (2**63 - 1, 2**63 - 1),
    ],
)
def test_a_size_is_a_whole_number_or_says_nothing(listed: Any, size_bytes: int | None) -> None:
    [source] = attachments(chat(file("x", size=listed)))
    assert source.declared_size_bytes == size_bytes


def test_one_id_for_files_of_different_sizes_is_two_files() -> None:
    assert ids(chat(file("x", id="1", size=5), file("y", id="1", size=6))) == ["1", "1 a.pdf"]
    assert ids(chat(file("x", id="1", size=5), file("y", id="1", size=5))) == ["1"]


def test_files_beside_the_messages_have_the_originator_of_their_leg() -> None:
    leg = {"messages": [], "originator_type": "agent", "attachments": [file("x", name="")]}
    [source] = attachments(leg)
    assert (source.originator_type, source.name) == ("agent", "attachment")


def test_a_signed_address_in_two_legs_is_one_file() -> None:
    assert len(ids([chat(file(f"{HOST}/f/1?sig=A")), chat(file(f"{HOST}/f/1?sig=B"))])) == 1


def test_two_files_at_one_address_are_distinguished_by_name() -> None:
    assert len(set(ids(chat(file(f"{HOST}/f?n=1", name="a.pdf"), file(f"{HOST}/f?n=2", name="b.pdf"))))) == 2


def test_two_files_at_one_address_and_of_one_name_stay_two_in_every_reading() -> None:
    first, second = (ids(chat(file(f"{HOST}/f?n=1&sig={sig}"), file(f"{HOST}/f?n=2&sig={sig}"))) for sig in "AB")
    assert first == second
    assert len(set(first)) == 2


def test_the_same_entry_twice_in_one_chat_is_one_file() -> None:
    assert len(ids(chat(file(f"{HOST}/f/1"), file(f"{HOST}/f/1")))) == 1


def test_the_address_of_a_known_file_is_its_newest() -> None:
    [source] = attachments(chat(file(f"{HOST}/f/1?sig=B")))
    assert source.href == f"{HOST}/f/1?sig=B"


def test_an_id_that_restarts_in_each_message_does_not_hide_a_file() -> None:
    document = chat(file("/f/1", id="1", name="a.pdf"), file("/f/2", id="1", name="b.pdf"))
    assert ids(document) == ["1", "1 b.pdf"]


def test_an_id_that_two_legs_repeat_is_one_file_whatever_its_address() -> None:
    assert ids([chat(file("/leg1/f", id="1")), chat(file("/leg2/f", id="1"))]) == ["1"]


def test_files_that_a_chat_lists_itself_are_not_overlooked_beside_its_messages() -> None:
    document = {**chat(file("/f/1", id="1")), "attachments": [file("/f/1", id="1"), file("/f/2", id="2")]}
    assert ids(document) == ["1", "2"]


@pytest.mark.parametrize("odd", ["text", {}, {"a": 1}, 7, True, False, ""])
def test_messages_that_are_no_list_are_unexpected_and_no_empty_chat(odd: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="messages that are no list"):
        ids({"messages": odd})


@pytest.mark.parametrize("odd", ["text", {}, {"a": 1}, 7, True, False, ""])
def test_attachments_that_are_no_list_are_unexpected_and_no_empty_message(odd: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="no list"):
        ids({"messages": [{"message": "hello", "attachments": odd}]})


@pytest.mark.parametrize("odd", [True, False, "", None, {"a": 1}, ["x"], 1.5])
def test_an_id_that_is_none_is_not_used(odd: Any) -> None:
    assert ids(chat(file(f"{HOST}/f/1", id=odd))) == [f"{HOST}/f/1 a.pdf"]


@pytest.mark.parametrize("url", [None, "", 7, ["/x"], {"href": "/x"}])
def test_a_file_without_an_address_is_unexpected(url: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="without a url"):
        ids(chat(file(url, id="1")))


def test_a_file_without_a_type_is_listed_without_one() -> None:
    [source] = attachments(chat({"id": "1", "name": "a", "url": "/x"}))
    assert (source.content_type, source.declared_size_bytes) == ("", None)
