"""A chat as the pages show it, from plain records."""

from __future__ import annotations

from typing import Any

import pytest

from attachment_lab.console.chat.chat_view import CHANNELS, LISTED_CHATS, detail, event_views, newest, phase
from attachment_lab.console.pages.chat import rules
from attachment_lab.tenant import people
from cmi_mock.model.channels import known_channels


def a_leg(**parts: Any) -> dict[str, Any]:
    return {
        "id": "L1", "kind": "first", "status": "Queued", "queue_name": "Claims", "agent_address": None,
        "created": "2026-11-28T10:00:00.000Z", "accepted": None,
    } | parts  # fmt: skip


def a_message(**parts: Any) -> dict[str, Any]:
    return {
        "id": "M1", "leg_id": "L1", "timestamp": "2026-11-28T10:00:01.000Z", "originator_type": "customer",
        "originator": "Emma Clarke", "message": "Hello", "attachments": [],
    } | parts  # fmt: skip


def a_chat(status: str = "Queued", **parts: Any) -> dict[str, Any]:
    return {
        "guid": "G1", "status": status, "channel_sub_type": "whatsapp", "language": "EN", "direct": False,
        "direction": "inbound", "created": "2026-11-28T10:00:00.000Z", "messages": [], "legs": [a_leg()],
        "customer": {"name": "Emma Clarke", "email": "emma@example.com", "address": "+44"},
    } | parts  # fmt: skip


TAKEN = {"legs": [a_leg(accepted="2026-11-28T10:00:05.000Z", agent_address="petra.sommer@acme")]}


@pytest.mark.parametrize(
    ("chat", "expected"),
    [
        (a_chat("Queued"), "waiting"),
        (a_chat("Accepted", **TAKEN), "open"),
        (a_chat("Ended", **TAKEN), "wrap-up"),
        (a_chat("Handled", **TAKEN), "closed"),
        (a_chat("Ended"), "left"),
        (a_chat("Handled"), "left"),
    ],
)
def test_the_phase_of_a_chat_follows_from_its_legs(chat: dict[str, Any], expected: str) -> None:
    assert phase(chat) == expected


def test_a_message_is_delivered_once_an_agent_has_taken_its_leg() -> None:
    legs = [a_leg(accepted="2026-11-28T10:00:05.000Z"), a_leg(id="L2", kind="transfer")]
    shown = detail(a_chat("Queued", legs=legs, messages=[a_message(), a_message(id="M2", leg_id="L2")]))
    assert [each["delivered"] for each in shown["messages"]] == [True, False]


def test_a_known_agent_is_shown_by_name_and_another_by_address() -> None:
    assert detail(a_chat("Accepted", **TAKEN))["agent"] == "Petra Sommer"
    unknown = [a_leg(accepted="x", agent_address="agent.1@chat")]
    assert detail(a_chat("Accepted", legs=unknown))["agent"] == "agent.1@chat"


def test_a_character_that_reverses_a_name_is_made_visible() -> None:
    file = {"id": "F", "name": "\u202efdp.exe", "content_type": "a/b", "size_bytes": 1, "delivered_as": "link"}
    (message,) = detail(a_chat(messages=[a_message(attachments=[file])]))["messages"]
    assert message["files"][0]["name"] == "\\u202efdp.exe"
    assert message["files"][0]["is_link"] is True


def test_the_newest_chats_are_listed_first_up_to_a_limit() -> None:
    shown = newest(a_chat(guid=str(number)) for number in range(LISTED_CHATS + 5))
    assert (len(shown), shown[0]["guid"]) == (LISTED_CHATS, str(LISTED_CHATS + 4))


def test_each_event_of_a_chat_comes_with_its_verdicts_and_its_own_deliveries() -> None:
    names = {"event": "Ended", "at": "t", "channel_sub_type": "whatsapp", "configurations": [{"name": "a"}]}
    events = [{"event_id": "E1", "contact_id": "G1", **names}, {"event_id": "E2", "contact_id": "other", **names}]
    rows = [{"id": "D1", "event_id": "E1", "state": "failed"}, {"id": "D2", "event_id": "E2", "state": "failed"}]
    (shown,) = event_views(events, rows, chat="G1")
    assert [each["id"] for each in shown["deliveries"]] == ["D1"]
    assert shown["verdicts"] == [{"name": "a"}]


def test_every_channel_of_the_page_is_one_that_the_cmi_mock_knows() -> None:
    assert set(CHANNELS) == {each.name for each in known_channels().values()}


@pytest.mark.parametrize(
    ("channel", "words", "limits"),
    [
        ({"files": False, "max_bytes": {}, "enforced": True}, "Text only", {}),
        ({"files": True, "max_bytes": {}, "enforced": True}, "no limits are published", {}),
        ({"files": True, "max_bytes": {"image": 5 << 20}, "enforced": False}, "Not enforced in this tenant", {}),
        ({"files": True, "max_bytes": {"image": 5 << 20}, "enforced": True}, "image 5 MB", {"image": 5 << 20}),
    ],
)
def test_a_channels_rules_are_words_and_its_limits_are_given_only_where_they_are_enforced(
    channel: dict[str, Any], words: str, limits: dict[str, int]
) -> None:
    shown = rules(channel | {"label": "documented", "source": "s"})
    assert words in shown["words"]
    assert shown["limits"] == limits


def test_people_have_ids_that_contact_pro_would_give() -> None:
    for each in (*people.AGENTS, *people.QUEUES):
        assert len(each.id) == 32
        assert set(each.id) <= set("0123456789ABCDEF")
    assert len({each.email for each in people.CUSTOMERS}) == len(people.CUSTOMERS) == 3
