"""/contacts: conversations of every channel, their details and remarks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cmi_caller import OTHER_QUEUE, QUEUE, Caller, basic

Make = Callable[..., Caller]

ALICE = {"name": "Alice", "email": "alice@example.com"}


def as_user(cmi: Caller, rights: dict[str, Any]) -> str:
    """A second user with these rights; the header that logs on."""
    cmi.control("/users", {"name": "second", "password": "another long password", "rights": rights})
    return basic("second", "another long password")


def test_contacts_lists_every_leg_and_every_email(cmi: Caller) -> None:
    guid = cmi.chat(customer=ALICE)
    cmi.control(f"/chats/{guid}/transfer", {"queue": OTHER_QUEUE})
    cmi.advance(seconds=10)
    mail = cmi.control("/emails", {"queue": QUEUE, "from": "a@example.com", "to": ["b@example.com"]}).get_json()
    rows = cmi.get("/contacts").get_json()
    assert [row["id"] for row in rows] == [*cmi.read(f"/chats/{guid}")["leg_ids"], mail["id"]]
    assert [row["type"] for row in rows] == ["ChatIn", "ChatIn", "EmailIn"]
    assert [row["group_id"] for row in rows] == [guid, guid, mail["id"]]
    assert (rows[0]["status"], rows[0]["source"], rows[0]["destination"]) == (
        "Handled",
        ALICE["email"],
        QUEUE["address"],
    )
    assert [row["id"] for row in cmi.get(f"/contacts?groupId={guid.lower()}&limit=1").get_json()] == [rows[0]["id"]]
    assert [row["id"] for row in cmi.get("/contacts?sort=-created&limit=1").get_json()] == [mail["id"]]


def test_a_contact_is_found_by_conversation_id_or_group_id(cmi: Caller) -> None:
    guid = cmi.chat()
    cmi.control(f"/chats/{guid}/transfer", {"queue": OTHER_QUEUE})
    first, second = cmi.read(f"/chats/{guid}")["leg_ids"]
    assert cmi.get(f"/contacts/{first.lower()}").get_json()["queue"]["name"] == "Support"
    assert cmi.get(f"/contacts/{guid}").get_json()["id"] == second
    assert cmi.get(f"/contacts/{'0' * 32}").status_code == 404


def test_contacts_can_be_limited_to_ended_ones(cmi: Caller) -> None:
    running, (ended, _) = cmi.chat(), cmi.ended_chat()
    assert [row["group_id"] for row in cmi.get("/contacts").get_json()] == [running, ended]
    cmi.control("/dialect", {"contacts_show": "ended"})
    assert [row["group_id"] for row in cmi.get("/contacts").get_json()] == [ended]


def test_details_show_what_happened_when_and_what_was_written_back(make: Make) -> None:
    cmi = make(extra_data_in_statistics=["files", "state"])
    guid = cmi.control("/chats", {"queue": QUEUE}).get_json()["guid"]
    for step in ("accept", "end", "wrap-up"):
        cmi.advance(seconds=60)
        cmi.control(f"/chats/{guid}/{step}")
    cmi.send("POST", "/contactData", {"contact_id": guid, "data": {"files": 2, "state": "open"}})
    cmi.send("POST", "/contactData", {"contact_id": guid, "data": {"state": "stored"}})
    details = cmi.get(f"/contacts/{guid}/details").get_json()
    assert [one["event"] for one in details["events"]] == ["Received", "Accepted", "Ended", "Closed"]
    moments = [one["timestamp"] for one in details["events"]]
    assert moments == sorted(set(moments))
    assert details["attached_data"] == {"files": 2, "state": "stored"}
    assert details["id"] == cmi.read(f"/chats/{guid}")["leg_ids"][0]


def test_a_remark_is_added_by_post_and_replaced_by_put(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat()
    path = f"/contacts/{guid}/remarks"
    response = cmi.send("POST", path, {"remark": "first"})
    assert (response.status_code, len(response.text)) == (201, 32)
    cmi.send("POST", path, {"remark": "second"})
    assert cmi.send("PUT", path, {"remark": "newest changed"}).status_code == 204
    assert cmi.send("PUT", path, {"remark": "first changed", "id": response.text.lower()}).status_code == 204
    remarks = cmi.get(f"/contacts/{guid}/details").get_json()["remarks"]
    assert [one["remark"] for one in remarks] == ["first changed", "newest changed"]
    other, _ = cmi.ended_chat()
    assert cmi.send("PUT", f"/contacts/{other}/remarks", {"remark": "x", "id": response.text}).status_code == 404
    assert cmi.send("PUT", f"/contacts/{other}/remarks", {"remark": "x"}).status_code == 404
    assert cmi.send("POST", path, {"remark": ""}).status_code == 400


def test_contacts_want_statistics_details_and_not_the_history_right(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat()
    user = as_user(cmi, {"queues": ["*"]})
    assert cmi.get(f"/chats/{guid}", authorization=user).status_code == 200
    assert cmi.get(f"/contacts/{guid}", authorization=user).status_code == 403
    assert cmi.get("/contacts", authorization=user).get_json() == []
    user = as_user(cmi, {"statistics_details": {"queues": [QUEUE["id"]]}})
    assert cmi.get(f"/chats/{guid}", authorization=user).status_code == 403
    assert cmi.get(f"/contacts/{guid}/details", authorization=user).status_code == 200
    assert len(cmi.get("/contacts", authorization=user).get_json()) == 1
    cmi.control("/dialect", {"no_right": "filtered"})
    assert cmi.get(f"/contacts/{guid}", authorization=as_user(cmi, {})).status_code == 404


def test_a_right_on_a_queue_group_reaches_its_queues(cmi: Caller) -> None:
    group = "CC" * 16
    guid, _ = cmi.ended_chat(queue={**QUEUE, "group_id": group})
    other, _ = cmi.ended_chat(queue=OTHER_QUEUE)
    user = as_user(cmi, {"queue_groups": [group.lower()]})
    assert cmi.get(f"/chats/{guid}", authorization=user).status_code == 200
    assert cmi.get(f"/chats/{other}", authorization=user).status_code == 403
    assert [row["group_id"] for row in cmi.get("/chats", authorization=user).get_json()] == [guid]


@pytest.mark.parametrize("query", ["limit=x", "sort=queue"])
def test_a_parameter_of_contacts_that_makes_no_sense_is_400(cmi: Caller, query: str) -> None:
    cmi.chat()
    assert cmi.get(f"/contacts?{query}").status_code == 400
