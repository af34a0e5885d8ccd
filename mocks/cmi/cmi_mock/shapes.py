"""The documents in which CMI may tell of a chat: shapes A, B, C and D of ``dialect.toml``.

All are assumptions modelled on the visible sibling ``/emails`` (snake_case, 32-digit ids, queue
with id and name) and on the live-chat words originator and message.
"""

from __future__ import annotations

import hashlib
from typing import Any

from cmi_mock.model.chat import Attachment, Message
from cmi_mock.model.contact import stamp
from cmi_mock.reading import View
from cmi_mock.representations import Inline
from cmi_mock.world import CmiWorld


def chat_document(view: View, world: CmiWorld, *, with_messages: bool = True) -> dict[str, Any]:
    """A chat (shapes A, C, D) or one of its legs (shape B)."""
    chat, leg = view.chat, view.leg
    document: dict[str, Any] = {
        "id": leg.id,
        "group_id": chat.guid,
        "queue": {"id": leg.queue.id, "name": leg.queue.name} if leg.queue else None,
        "channel_type": "chat",
        "channel_sub_type": chat.channel_sub_type,
        "type": "ChatIn" if chat.direction == "inbound" else "ChatOut",
        "status": leg.status.value,
        "created": stamp(leg.created if world.rules.chat_shape == "B" else chat.created),
    }
    if with_messages:
        document["messages"] = [_message(message, view, world) for message in view.messages]
    return document


def chat_message(message: Message, view: View, world: CmiWorld) -> dict[str, Any]:
    """A row of ``/chatMessages``: a message with the ids of Sinch's Conversation API.

    The three ids are documented ("Conversation API identifiers"); their form is assumed.
    """
    return {
        **_message_core(message, world),
        "chat_id": message.leg_id,
        "group_id": view.chat.guid,
        "contact_id": _foreign_id(view.chat.customer.address),
        "conversation_id": _foreign_id(view.chat.guid),
        "message_id": _foreign_id(message.id),
        **_attachments(message, view, world, in_shape="D"),
    }


def _message(message: Message, view: View, world: CmiWorld) -> dict[str, Any]:
    return {**_message_core(message, world), **_attachments(message, view, world, in_shape="ABC")}


def _message_core(message: Message, world: CmiWorld) -> dict[str, Any]:
    links = [f"{world.rich_content_base}/{sent.link_token}" for sent in message.links]
    return {
        "id": message.id,
        "timestamp": stamp(message.timestamp),
        "originator": message.originator,
        "originator_type": message.originator_type,
        "message": "\n".join(part for part in (message.text, *links) if part),
    }


def _attachments(message: Message, view: View, world: CmiWorld, *, in_shape: str) -> dict[str, Any]:
    """The member ``attachments``, absent where the world's shape does not tell of them."""
    if world.rules.chat_shape not in in_shape:
        return {}
    return {"attachments": [_attachment(attachment, view, world) for attachment in message.files]}


def _attachment(attachment: Attachment, view: View, world: CmiWorld) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": attachment.id,
        "name": attachment.name,
        "content_type": attachment.content_type,
    }
    if world.rules.attachment_size_listed:
        document["size"] = attachment.blob.size_bytes
    if world.rules.chat_shape == "C":
        document["content"] = Inline(attachment.blob)
    else:
        document["url"] = _url(attachment, view, world)
    return document


def _url(attachment: Attachment, view: View, world: CmiWorld) -> str:
    form = "rich_content" if world.rules.chat_shape == "D" else world.rules.attachment_url
    if form == "rich_content":
        return f"{world.rich_content_base}/{attachment.link_token}"
    path = f"/chats/{view.address}/attachments/{attachment.id}"
    return path if form == "relative" else world.cmi_url + path


def _foreign_id(seed: str) -> str:
    """26 characters in the manner of a ULID, the same for the same seed."""
    return "01" + hashlib.sha256(seed.encode()).hexdigest()[:24].upper()
