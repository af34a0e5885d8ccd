"""Consults: a leg beside the main one, with or without a handover."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cmi_caller import OTHER_QUEUE, QUEUE, Caller, basic

Make = Callable[..., Caller]
ENGINEER = {"id": "EE" * 16, "number": "99", "chat_address": "engineer@chat.example"}


def consulted(cmi: Caller) -> str:
    """A chat in which a colleague of Sales is consulted."""
    guid = cmi.chat()
    cmi.control(f"/chats/{guid}/messages", {"message": "to the customer"})
    assert cmi.control(f"/chats/{guid}/consult", {"queue": OTHER_QUEUE, "agent": ENGINEER}).status_code == 200
    body = {"originator_type": "agent", "message": "among ourselves", "in_consult": True}
    assert cmi.control(f"/chats/{guid}/messages", body).status_code == 201
    return guid


def lines(cmi: Caller, guid: str, **headers: str) -> list[str]:
    return [m["message"] for m in cmi.get(f"/chats/{guid}", **headers).get_json()["messages"]]


def legs(cmi: Caller, guid: str) -> list[tuple[str, str]]:
    return [(leg["kind"], leg["status"]) for leg in cmi.read(f"/chats/{guid}")["legs"]]


def test_a_consult_is_a_leg_beside_the_main_one(cmi: Caller) -> None:
    guid = consulted(cmi)
    chat = cmi.read(f"/chats/{guid}")
    assert legs(cmi, guid) == [("first", "Accepted"), ("consult", "Accepted")]
    assert chat["contact"]["id"] == chat["leg_ids"][0], "the event engine's contact is the main leg"
    assert chat["contact"]["transferring_agent"] is None
    assert [m["leg_id"] for m in chat["messages"]] == chat["leg_ids"]


def test_a_consult_that_ends_leaves_the_customer_where_they_were(cmi: Caller) -> None:
    guid = consulted(cmi)
    outcome = cmi.control(f"/chats/{guid}/consult/end").get_json()
    assert legs(cmi, guid) == [("first", "Accepted"), ("consult", "Handled")]
    assert (outcome["status"], outcome["contact"]["queue"]["id"]) == ("Accepted", QUEUE["id"])
    assert cmi.control(f"/chats/{guid}/consult").status_code == 200, "a second one may follow"


def test_a_handover_makes_the_consult_the_main_leg(cmi: Caller) -> None:
    guid = consulted(cmi)
    first = cmi.read(f"/chats/{guid}")["contact"]
    contact = cmi.control(f"/chats/{guid}/consult/end", {"handover": True}).get_json()["contact"]
    assert legs(cmi, guid) == [("first", "Handled"), ("transfer", "Accepted")]
    assert (contact["agent"], contact["queue"]["id"]) == (ENGINEER, OTHER_QUEUE["id"])
    assert contact["transferring_agent"] == first["agent"]
    assert contact["guid"] == first["guid"]


def test_the_end_of_the_chat_ends_the_consult(cmi: Caller) -> None:
    guid = consulted(cmi)
    cmi.control(f"/chats/{guid}/end")
    assert legs(cmi, guid) == [("first", "Ended"), ("consult", "Handled")]
    assert cmi.get(f"/chats/{guid}").status_code == 200


def test_a_consult_at_the_wrong_moment_is_409(cmi: Caller) -> None:
    queued = cmi.control("/chats", {}).get_json()["guid"]
    assert cmi.control(f"/chats/{queued}/consult").status_code == 409
    assert cmi.control(f"/chats/{queued}/consult/end").status_code == 409
    said = {"message": "to no one", "in_consult": True}
    assert cmi.control(f"/chats/{queued}/messages", said).status_code == 409
    guid = consulted(cmi)
    assert cmi.control(f"/chats/{guid}/consult").status_code == 409
    assert cmi.control(f"/chats/{guid}/transfer").status_code == 409


def test_the_chats_document_is_that_of_the_leg_the_customer_was_in(cmi: Caller) -> None:
    guid = consulted(cmi)
    cmi.control(f"/chats/{guid}/end")
    chat = cmi.get(f"/chats/{guid}").get_json()
    assert (chat["id"], chat["status"]) == (cmi.read(f"/chats/{guid}")["leg_ids"][0], "Ended")


def test_a_consults_lines_can_be_kept_out_of_the_history(cmi: Caller) -> None:
    guid = consulted(cmi)
    cmi.control(f"/chats/{guid}/end")
    assert lines(cmi, guid) == ["to the customer", "among ourselves"]
    cmi.control("/dialect", {"consult_messages": "hidden"})
    assert lines(cmi, guid) == ["to the customer"]


def test_shape_b_has_a_document_for_the_consult(make: Make) -> None:
    cmi = make(chat_shape="B")
    guid = consulted(cmi)
    cmi.control(f"/chats/{guid}/end")
    documents: list[dict[str, Any]] = cmi.get(f"/chats?groupId={guid}").get_json()
    assert [one["queue"]["name"] for one in documents] == ["Support", "Sales"]
    assert {one["group_id"] for one in documents} == {guid}
    assert len({one["id"] for one in documents}) == 2


def test_a_right_on_the_consulted_queue_alone_shows_the_consult_alone(cmi: Caller) -> None:
    guid = consulted(cmi)
    cmi.control(f"/chats/{guid}/end")
    rights = {"queues": [OTHER_QUEUE["id"]]}
    cmi.control("/users", {"name": "sales", "password": "another long password", "rights": rights})
    assert lines(cmi, guid, authorization=basic("sales", "another long password")) == ["among ourselves"]
