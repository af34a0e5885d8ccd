"""POST /chats: a conversation of another system becomes history here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cmi_caller import HOST, OTHER_QUEUE, QUEUE, Caller, basic

Make = Callable[..., Caller]
CHAT = {
    "queue": {"id": QUEUE["id"]},
    "channel_sub_type": "web",
    "source": "alice@example.com",
    "messages": [
        {"originator_type": "customer", "originator": "Alice", "message": "Hello"},
        {"originator_type": "agent", "originator": "Bob", "message": "Hi Alice"},
    ],
}


@pytest.mark.parametrize("shape", ["A", "B"])
def test_a_chat_of_another_system_is_stored_and_read_back(make: Make, shape: str) -> None:
    cmi = make(chat_shape=shape)
    response = cmi.send("POST", "/chats", CHAT)
    assert (response.status_code, response.headers["Location"]) == (
        201,
        f"https://{HOST}/acme/cmi/chats/{response.text}",
    )
    chat = cmi.get(f"/chats/{response.text}").get_json()
    assert (chat["status"], chat["channel_sub_type"], chat["queue"]["id"]) == ("Handled", "web", QUEUE["id"])
    assert [(one["originator"], one["message"]) for one in chat["messages"]] == [
        ("Alice", "Hello"),
        ("Bob", "Hi Alice"),
    ]


def test_storing_a_chat_wants_the_history_right_on_its_queue(cmi: Caller) -> None:
    rights = {"queues": [OTHER_QUEUE["id"]]}
    cmi.control("/users", {"name": "second", "password": "another long password", "rights": rights})
    user = basic("second", "another long password")
    assert cmi.send("POST", "/chats", CHAT, authorization=user).status_code == 403
    assert cmi.read("/chats")["chats"] == []
    elsewhere = CHAT | {"queue": {"id": OTHER_QUEUE["id"]}}
    assert cmi.send("POST", "/chats", elsewhere, authorization=user).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"queue": {}},
        {"messages": "Hello"},
        {"messages": ["Hello"]},
        {"messages": [{"message": ""}]},
        {"messages": [{"message": "x", "originator_type": "robot"}]},
        {"group_id": "short"},
    ],
)
def test_a_chat_that_makes_no_sense_is_not_stored(cmi: Caller, change: dict[str, Any]) -> None:
    assert cmi.send("POST", "/chats", CHAT | change).status_code == 400
    assert cmi.read("/chats")["chats"] == []


def test_storing_chats_can_be_left_out(make: Make) -> None:
    cmi = make(post_chats="refused")
    assert cmi.send("POST", "/chats", CHAT).status_code == 501


def test_a_stored_chat_is_neither_changed_nor_deleted(cmi: Caller) -> None:
    chat_id = cmi.send("POST", "/chats", CHAT).text
    assert cmi.send("PUT", f"/chats/{chat_id}", CHAT).status_code == 405
    assert cmi.send("DELETE", f"/chats/{chat_id}").status_code == 405
