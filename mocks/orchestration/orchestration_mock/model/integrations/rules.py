"""The configuration page's rules for chat attachments, and what channels are excluded.

Documented (Chat attachment upload, Configuration): direct chats don't support attachments; an outgoing
chat needs a queue of type ``@sinchsms.com`` or ``@<subchannel>.sinchconversation.com``; the event is
Ended or Closed. Documented (Event-driven integrations): e-mail inbound only; calls of outbound campaigns
and callback queues are left out (older page). Assumed: that Contact Pro itself does not send such requests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from orchestration_mock.model.contact import Contact
from orchestration_mock.model.integrations.integration import Integration

_OUTGOING = re.compile(r"[^@]*@(sinchsms\.com|[^@.]+\.sinchconversation\.com)", re.IGNORECASE)
OUTGOING_TYPES = "@sinchsms.com or @<subchannel>.sinchconversation.com"
UPLOAD_EVENTS = frozenset({"Ended", "Closed"})
_COLUMNS = {
    ("chat", "inbound"): "events_chats_in",
    ("chat", "outbound"): "events_chats_out",
    ("phone", "inbound"): "events_calls_in",
    ("phone", "outbound"): "events_calls_out",
}
EXCLUDED_SUB_TYPES = frozenset({"campaign", "callback"})


def carries_chat_files(endpoint_url: str) -> bool:
    """Whether this is the orchestration layer's chat attachment upload."""
    return urlsplit(endpoint_url).path.endswith("/chat-attachments")


def fits_outgoing(address: str) -> bool:
    """Whether a queue of this address is of a type that outgoing chats with attachments need."""
    return _OUTGOING.fullmatch(address) is not None


def unfit_queues(found: Integration) -> list[str]:
    """The queues of an outbound upload that are of another type than the page requires."""
    if not carries_chat_files(found.endpoint_url) or found.direction != "Outbound":
        return []
    return [queue.address for queue in found.queues if queue.address and not fits_outgoing(queue.address)]


def advice(found: Integration) -> list[str]:
    """Warnings about settings that are allowed but upload nothing."""
    if not carries_chat_files(found.endpoint_url):
        return []
    words = []
    if found.direct_conversations:
        words.append("direct chats don't support attachments (documented); untick direct_conversations")
    if not UPLOAD_EVENTS & set(found.events):
        words.append("chat attachments are uploaded on Ended or Closed (documented)")
    if found.channel_type != "Chat":
        words.append(f"chat attachments are for channel type Chat (documented), not {found.channel_type}")
    words += [f"outgoing chats use a queue of type {OUTGOING_TYPES}, not {address}" for address in unfit_queues(found)]
    if found.direction == "Outbound" and not any(queue.address for queue in found.queues):
        words.append(f"outgoing chats need a queue of type {OUTGOING_TYPES}; none is selected by its address")
    return words


@dataclass(frozen=True)
class BrokenRule:
    """A rule that keeps a configuration from being triggered: the id of its evidence, and its words."""

    evidence: str
    words: str


def not_available(event: str, contact: Contact, dialect: Mapping[str, Any]) -> BrokenRule | None:
    """The rule that this event does not exist for this channel and direction; None where it does.

    Documented (Event-driven integrations, Configuring, older page): a table with the columns chats in, chats out,
    calls in, calls out says which events exist for each. Its cells could not be read: all, by default.
    """
    column = _COLUMNS.get((contact.channel_type, contact.direction))
    if column is None or event in dialect[column]:
        return None
    kind = column.removeprefix("events_").replace("_", " ")
    return BrokenRule(f"dialect.{column}", f"there is no event {event} for {kind}")


def broken_rules(found: Integration, contact: Contact, dialect: Mapping[str, Any]) -> list[BrokenRule]:
    """The rules by which a configuration is not triggered for this conversation."""
    broken = []
    if contact.channel_type == "email" and contact.direction == "outbound":
        broken.append(BrokenRule("edi.email_inbound", "e-mail is supported inbound only"))
    sub_type = str(contact.data.get("channel_sub_type") or "").lower()
    excluded = dialect["campaign_and_callback_calls"] == "excluded" and sub_type in EXCLUDED_SUB_TYPES
    if contact.channel_type == "phone" and excluded:
        broken.append(BrokenRule("edi.campaigns", f"calls of type {sub_type} are not covered"))
    if carries_chat_files(found.endpoint_url) and dialect["chat_attachment_rules"] == "enforce":
        broken += _upload_rules(contact)
    return broken


def _upload_rules(contact: Contact) -> list[BrokenRule]:
    if contact.channel_type != "chat":
        return []
    if contact.queue is None:
        return [BrokenRule("edi.direct_chats_not_sent", "direct chats don't support attachments")]
    address = str(contact.queue.get("address") or "")
    if contact.direction == "outbound" and address and not fits_outgoing(address):
        words = f"outgoing chats need a queue of type {OUTGOING_TYPES}, not {address}"
        return [BrokenRule("edi.outgoing_queue_refused", words)]
    return []
