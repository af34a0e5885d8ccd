"""A sample event: a WhatsApp chat that has ended. All attributes of the documented available data are there."""

from __future__ import annotations

from typing import Any

SAMPLE_CONTACT: dict[str, Any] = {
    "id": "9A0C3F51D2B7EE11B3ED58961D1810CC",
    "guid": "5AB6E20342A6EE11B3ED58961D1810CC",
    "channel_type": "chat",
    "channel_sub_type": "whatsapp",
    "direction": "inbound",
    "created": "2026-11-22T09:15:00.000Z",
    "language": "EN",
    "priority": 50,
    "skills": None,
    "queue": {"id": "1F2E3D4C5B6A79880011223344556677", "address": "service@whatsapp.sinchconversation.com"},
    "forwarding_queue": None,
    "agent": {"id": "77665544332211008897A6B5C4D3E2F1", "number": "4711", "chat_address": "agent@acme"},
    "preferred_agent": None,
    "required_agents": None,
    "transferring_agent": None,
    "source": "491701234567",
    "destination": "service@whatsapp.sinchconversation.com",
    "email": None,
}
SAMPLE_MOMENT = "2026-11-22T09:27:30.000Z"
SAMPLE_AGE_S = 750.0


def sample_contact(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """The sample, with some attributes replaced."""
    return {**SAMPLE_CONTACT, **(changes or {})}


def event_object(name: str) -> dict[str, Any]:
    """What ``{event}`` stands for."""
    return {"name": name, "datetime": SAMPLE_MOMENT}
