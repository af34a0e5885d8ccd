"""The contact as Contact Pro's event engine sees it: what ``{contact}`` stands for.

Source: EDI "available data" page; evidence: documented (its table is known here up to the
transferring agent). Dates are ISO-8601, UTC, milliseconds, Z.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cmi_mock.model.chat import Agent, Chat, Leg, Queue, Status
from mock_kit.tenants.clock import stamp


def optional_stamp(moment: datetime | None) -> str | None:
    """The moment as Contact Pro writes it, or null."""
    return stamp(moment) if moment else None


def contact_of(chat: Chat) -> dict[str, Any]:
    """The contact object of the chat's main leg.

    ``created`` of a handled chat is the moment wrap-up ended: documented for the Closed event.
    """
    leg, before = chat.leg, chat.main_legs[:-1]
    source, destination = ends_of(chat, leg)
    return {
        "id": leg.id,
        "guid": chat.guid,
        "channel_type": "chat",
        "channel_sub_type": chat.channel_sub_type,
        "direction": chat.direction,
        "created": stamp(_created(leg)),
        "language": chat.language,
        "priority": chat.priority,
        "skills": None,
        "queue": _queue(leg.queue),
        "agent": _agent(leg.agent),
        "transferring_agent": _agent(before[-1].agent) if before else None,
        "source": source,
        "destination": destination,
    }


def ends_of(chat: Chat, leg: Leg) -> tuple[str, str]:
    """Source and destination: the customer's address and the queue's (without one, the agent's)."""
    queue_address = leg.queue.address if leg.queue else ""
    ours = queue_address or (leg.agent.chat_address if leg.agent else "")
    theirs = chat.customer.address
    return (theirs, ours) if chat.direction == "inbound" else (ours, theirs)


def _created(leg: Leg) -> datetime:
    return leg.handled if leg.status is Status.HANDLED and leg.handled else leg.created


def _queue(queue: Queue | None) -> dict[str, str] | None:
    return {"id": queue.id, "address": queue.address} if queue else None


def _agent(agent: Agent | None) -> dict[str, str] | None:
    return {"id": agent.id, "number": agent.number, "chat_address": agent.chat_address} if agent else None
