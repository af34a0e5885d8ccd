"""/messages: messages that lie in a queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cmi_caller import HOST, OTHER_QUEUE, QUEUE, Caller, basic

Make = Callable[..., Caller]
HELLO = {"queue": {"id": QUEUE["id"]}, "message": "Please call back", "originator": "Alice"}


def test_a_message_is_left_read_changed_and_removed(cmi: Caller) -> None:
    left = cmi.send("POST", "/messages", HELLO)
    assert (left.status_code, left.headers["Location"]) == (201, f"https://{HOST}/acme/cmi/messages/{left.text}")
    path = f"/messages/{left.text.lower()}"
    message = cmi.get(path).get_json()
    assert (message["message"], message["originator"], message["queue"]["id"]) == (
        "Please call back",
        "Alice",
        QUEUE["id"],
    )
    changed = cmi.send("PUT", path, {**HELLO, "message": "No need any more"})
    assert (changed.status_code, changed.data, "Content-Type" in changed.headers) == (204, b"", False)
    assert cmi.get(path).get_json()["message"] == "No need any more"
    removed = cmi.send("DELETE", path)
    assert (removed.status_code, removed.data) == (204, b"")
    assert cmi.get(path).status_code == 404
    assert cmi.send("DELETE", path).status_code == 404


def test_messages_are_listed_by_queue(cmi: Caller) -> None:
    first = cmi.send("POST", "/messages", HELLO).text
    second = cmi.send("POST", "/messages", {**HELLO, "queue": {"id": OTHER_QUEUE["id"]}}).text
    assert [row["id"] for row in cmi.get("/messages").get_json()] == [first, second]
    assert [row["id"] for row in cmi.get(f"/messages?queueId={OTHER_QUEUE['id'].lower()}").get_json()] == [second]
    assert [row["id"] for row in cmi.get("/messages?limit=1&sort=-id").get_json()] == [max(first, second)]


def test_a_queue_that_has_had_conversations_is_named(cmi: Caller) -> None:
    cmi.chat()
    message_id = cmi.send("POST", "/messages", HELLO).text
    assert cmi.get(f"/messages/{message_id}").get_json()["queue"] == {"id": QUEUE["id"], "name": "Support"}


def test_messages_want_the_right_messaging_on_the_queue(cmi: Caller) -> None:
    message_id = cmi.send("POST", "/messages", HELLO).text
    rights = {"queues": ["*"], "messaging": {"queues": [OTHER_QUEUE["id"]], "agents": ["*"]}}
    cmi.control("/users", {"name": "second", "password": "another long password", "rights": rights})
    user = {"authorization": basic("second", "another long password")}
    assert cmi.get(f"/messages/{message_id}", **user).status_code == 403
    assert cmi.get("/messages", **user).get_json() == []
    assert cmi.send("POST", "/messages", HELLO, **user).status_code == 403
    assert cmi.send("PUT", f"/messages/{message_id}", HELLO, **user).status_code == 403
    assert cmi.send("DELETE", f"/messages/{message_id}", **user).status_code == 403
    mine = {**HELLO, "queue": {"id": OTHER_QUEUE["id"]}}
    assert cmi.send("PUT", f"/messages/{message_id}", mine, **user).status_code == 403, "taken out of a foreign queue"
    own = cmi.send("POST", "/messages", mine, **user)
    assert own.status_code == 201
    assert cmi.send("PUT", f"/messages/{own.text}", HELLO, **user).status_code == 403, "moved into a foreign queue"


def test_the_form_of_a_message_is_a_dialect(make: Make) -> None:
    cmi = make(messages_form="flat")
    message_id = cmi.send("POST", "/messages", {"queue_id": QUEUE["id"], "message": "Hi"}).text
    row = cmi.get(f"/messages/{message_id}").get_json()
    assert row["queue_id"] == QUEUE["id"]
    assert "queue" not in row
    assert cmi.send("POST", "/messages", HELLO).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"message": "x"},
        {"queue": {"id": "short"}, "message": "x"},
        {"queue": {"id": QUEUE["id"]}},
        {**HELLO, "message": 7},
    ],
)
def test_a_message_that_makes_no_sense_is_400(cmi: Caller, body: dict[str, Any]) -> None:
    assert cmi.send("POST", "/messages", body).status_code == 400
    assert cmi.get("/messages").get_json() == []
