"""The conversation an event is about, as `{contact...}` sees it.

Documented (Event-driven integrations, Available data): the attribute names below, that `queue` is null
for direct chats, that `id` is the routing leg and `guid` the group id, ids of 32 upper-case hex digits,
times in UTC with milliseconds and Z. The list is cut off after the transferring agent, so further
attributes are accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mock_kit.http.problem import FieldError
from mock_kit.http.refusals import MalformedRequest
from mock_kit.tenants.clock import stamp
from mock_kit.tenants.ids import normal_id
from orchestration_mock.model.forms import Form

CHANNELS = ("chat", "phone", "email")
DIRECTIONS = ("inbound", "outbound")
EVENT_NAMES = (
    "Received", "Queued", "Allocated", "Accepted", "Rejected", "Transferred", "Forwarded", "Ended", "Closed",
)  # fmt: skip

#: Every documented path below `contact`; a path listed here is known even where its value is null.
KNOWN_PATHS = frozenset({
    "channel_type", "channel_sub_type", "direction", "id", "guid", "created", "language",
    "priority", "skills", "queue", "queue.id", "queue.address", "forwarding_queue",
    "forwarding_queue.id", "forwarding_queue.address", "agent", "agent.id", "agent.number",
    "agent.chat_address", "preferred_agent", "preferred_agent.id", "preferred_agent.number",
    "preferred_agent.chat_address", "required_agents", "transferring_agent",
    "transferring_agent.id", "transferring_agent.number", "transferring_agent.chat_address",
    "source", "destination", "email", "email.body", "email.subject", "email.to", "email.cc",
})  # fmt: skip


@dataclass(frozen=True)
class Contact:
    """One conversation. ``data`` is the JSON object that ``{contact}`` yields; it is never changed."""

    data: Mapping[str, Any]

    @property
    def channel_type(self) -> str:
        """chat, phone or email."""
        return str(self.data["channel_type"])

    @property
    def direction(self) -> str:
        """inbound or outbound."""
        return str(self.data["direction"])

    @property
    def guid(self) -> str:
        """The group id, 32 upper-case hex digits."""
        return str(self.data["guid"])

    @property
    def queue(self) -> Mapping[str, Any] | None:
        """The queue, or None for a direct conversation."""
        queue = self.data["queue"]
        return queue if isinstance(queue, Mapping) else None

    @property
    def created(self) -> datetime | None:
        """When the conversation began, aware; None when the event has no usable time."""
        try:
            moment = datetime.fromisoformat(str(self.data["created"]))
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_contact(value: object, now: datetime) -> Contact:
    """The ``contact`` member of an event. Raises ``Invalid`` with one error per wrong attribute."""
    if not isinstance(value, Mapping):
        error = FieldError("contact", "a JSON object", "send the conversation")
        raise MalformedRequest('The event needs a "contact" object.', error)
    form = Form(value, at="contact")
    data: dict[str, Any] = dict.fromkeys(sorted(p for p in KNOWN_PATHS if "." not in p and p != "email"))
    data |= value
    data["channel_type"] = form.choice("channel_type", CHANNELS, "chat")
    data["direction"] = form.choice("direction", DIRECTIONS, "inbound")
    data["guid"] = _id(form, "guid", None)
    data["id"] = _id(form, "id", data["guid"])
    if data["channel_type"] == "email" and data["id"] != data["guid"]:
        form.wrong("contact.id", "the same as guid: for e-mail both are equal", "leave id out", data["id"])
    data["created"] = form.raw("created") or stamp(now)
    data["queue"] = _queue(form)
    form.done("The event")
    return Contact(data)


def _id(form: Form, name: str, default: str | None) -> str:
    value = form.raw(name, default)
    found = normal_id(value) if isinstance(value, str) else None
    if found is None:
        form.wrong(f"contact.{name}", "32 hex digits", "take the id from the CMI mock's reply", value)
    return found or ""


def _queue(form: Form) -> dict[str, Any] | None:
    queue = form.raw("queue")
    if queue is None:
        return None
    if not isinstance(queue, Mapping):
        form.wrong("contact.queue", 'null or {"id", "address"}', "send null for a direct chat", queue)
        return None
    return {"id": queue.get("id"), "address": queue.get("address")} | dict(queue)
