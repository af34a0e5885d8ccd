"""A chat as its pages show it, from the records of CMI and the event engine. Pure: same records, same view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attachment_lab.names import shown
from attachment_lab.tenant import people

Raw = Mapping[str, Any]
#: Chats that a page lists, newest first.
LISTED_CHATS = 60
_AGENT_NAMES = {each.chat_address: each.name for each in people.AGENTS}
#: Channels as their owners write them, in the order of the menu; the sub types are the CMI mock's.
CHANNELS = {
    "whatsapp": "WhatsApp",
    "facebook": "Facebook Messenger",
    "web": "Web chat",
    "sinchchat": "Sinch Chat",
    "instagram": "Instagram",
    "telegram": "Telegram",
    "viber": "Viber",
    "line": "LINE",
    "wechat": "WeChat",
    "chatlayer": "Chatlayer",
    "chatlayer_bot": "Chatlayer bot",
    "ecf": "ECF web client",
    "sms": "SMS",
}
PHASES = {
    "waiting": "Waiting",
    "open": "In conversation",
    "wrap-up": "Wrap-up",
    "closed": "Closed",
    "left": "Customer left",
}


def phase(chat: Raw) -> str:
    """The phase of a chat: waiting, open, wrap-up, closed, or left (over before any agent took it)."""
    status = str(chat["status"])
    if status in {"Queued", "Accepted"}:
        return "waiting" if status == "Queued" else "open"
    if not any(leg["accepted"] for leg in chat["legs"]):
        return "left"
    return "wrap-up" if status == "Ended" else "closed"


def summary(chat: Raw) -> dict[str, Any]:
    """One row of a list of chats."""
    messages: Sequence[Raw] = chat["messages"]
    last = messages[-1] if messages else None
    main = [leg for leg in chat["legs"] if leg["kind"] != "consult"][-1]
    current = phase(chat)
    return {
        "guid": chat["guid"],
        "customer": shown(str(chat["customer"]["name"])),
        "email": chat["customer"]["email"],
        "channel": chat["channel_sub_type"],
        "channel_name": CHANNELS.get(chat["channel_sub_type"], chat["channel_sub_type"]),
        "language": chat["language"],
        "direct": chat["direct"],
        "phase": current,
        "phase_name": PHASES[current],
        "queue": main["queue_name"] or "directly to an agent",
        "agent": agent_name(main["agent_address"]),
        "created": chat["created"],
        "files": sum(len(each["attachments"]) for each in messages),
        "last": _gist(last) if last else "",
        "last_at": last["timestamp"] if last else chat["created"],
    }


def newest(chats: Iterable[Raw]) -> list[dict[str, Any]]:
    """The latest chats, newest first."""
    return [summary(chat) for chat in reversed(list(chats)[-LISTED_CHATS:])]


def detail(chat: Raw) -> dict[str, Any]:
    """A chat in full; a message is delivered once an agent has taken its leg."""
    taken = {leg["id"] for leg in chat["legs"] if leg["accepted"]}
    return summary(chat) | {
        "address": chat["customer"]["address"],
        "direction": chat["direction"],
        "messages": [_message(each, delivered=each["leg_id"] in taken) for each in chat["messages"]],
        "legs": [_leg(leg) for leg in chat["legs"]],
    }


def agent_name(address: str | None) -> str:
    """The agent's name if it is known, else the chat address; empty without an agent."""
    return _AGENT_NAMES.get(address or "", address or "")


def _message(message: Raw, *, delivered: bool) -> dict[str, Any]:
    return {
        "id": message["id"],
        "who": message["originator_type"],
        "name": shown(agent_name(str(message["originator"]))),
        "at": message["timestamp"],
        "text": message["message"],
        "delivered": delivered,
        "files": [
            {
                "id": each["id"],
                "name": shown(str(each["name"])),
                "type": each["content_type"],
                "size_bytes": each["size_bytes"],
                "is_link": each["delivered_as"] == "link",
            }
            for each in message["attachments"]
        ],
    }


def _leg(leg: Raw) -> dict[str, Any]:
    return {
        "kind": leg["kind"],
        "status": leg["status"],
        "queue": leg["queue_name"] or "",
        "agent": agent_name(leg["agent_address"]),
        "at": leg["accepted"] or leg["created"],
    }


def _gist(message: Raw) -> str:
    names = ", ".join(shown(str(each["name"])) for each in message["attachments"])
    return shown(" ".join(str(message["message"]).split()))[:90] if message["message"] else names[:90]


def event_views(events: Iterable[Raw], deliveries: Iterable[Raw], *, chat: str = "") -> list[dict[str, Any]]:
    """What the event engine did with each of these events, in their order; ``chat`` narrows to one chat."""
    rows: dict[str, list[Raw]] = {}
    for each in deliveries:
        rows.setdefault(str(each["event_id"]), []).append(each)
    mine = [each for each in events if chat in {"", each["contact_id"]}]
    return [event_view(each, rows.get(str(each["event_id"]), ())) for each in mine]


def event_view(event: Raw, deliveries: Iterable[Raw]) -> dict[str, Any]:
    """One event: every configuration's verdict, and the state of each delivery."""
    names = ("id", "config_id", "config_name", "state", "status", "error", "duration_ms", "attempt", "url", "method")
    more = ("request_headers", "request_body", "response_body", "redelivery_of", "token_use", "notes")
    return {
        "id": event["event_id"],
        "event": event["event"],
        "at": event["at"],
        "chat": event["contact_id"],
        "channel": event["channel_sub_type"],
        "verdicts": event["configurations"],
        "deliveries": [{name: each.get(name) for name in (*names, *more)} for each in deliveries],
    }
