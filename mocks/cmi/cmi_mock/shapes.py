"""The documents in which CMI may tell of a chat: shapes A, B, C and D of ``dialect.toml``.

All are assumptions modelled on the visible sibling ``/emails`` (snake_case, 32-digit ids, queue
with id and name) and on the live-chat words originator and message.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cmi_mock.model.chat import Attachment, Message
from cmi_mock.model.contact import stamp
from cmi_mock.reading import View
from cmi_mock.world import CmiWorld
from mock_kit.spool import Blob, read_blob

_MARK = secrets.token_hex(16)  # stands for a file in JSON text; no customer can guess it


@dataclass(frozen=True)
class Inline:
    """A place in a document where a file's base64 is streamed in."""

    blob: Blob


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
        **_message_core(message),
        "chat_id": message.leg_id,
        "group_id": view.chat.guid,
        "contact_id": _foreign_id(view.chat.customer.address),
        "conversation_id": _foreign_id(view.chat.guid),
        "message_id": _foreign_id(message.id),
        **_attachments(message, view, world, in_shape="D"),
    }


def _message(message: Message, view: View, world: CmiWorld) -> dict[str, Any]:
    return {**_message_core(message), **_attachments(message, view, world, in_shape="ABC")}


def _message_core(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "timestamp": stamp(message.timestamp),
        "originator": message.originator,
        "originator_type": message.originator_type,
        "message": message.text,
    }


def _attachments(message: Message, view: View, world: CmiWorld, *, in_shape: str) -> dict[str, Any]:
    """The member ``attachments``, absent where the world's shape does not tell of them."""
    if world.rules.chat_shape not in in_shape:
        return {}
    return {"attachments": [_attachment(attachment, view, world) for attachment in message.attachments]}


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


def json_stream(document: Any) -> tuple[int, Iterator[bytes]]:
    """A document as UTF-8 JSON: its length in bytes and its pieces, files encoded on the way."""
    blobs: list[Blob] = []

    def mark(value: Any) -> str:
        blobs.append(value.blob)
        return _MARK

    texts = [text.encode() for text in json.dumps(document, default=mark, ensure_ascii=False).split(_MARK)]
    length = sum(map(len, texts)) + sum(4 * ((blob.size_bytes + 2) // 3) for blob in blobs)
    return length, _woven(texts, blobs)


def _woven(texts: list[bytes], blobs: list[Blob]) -> Iterator[bytes]:
    for number, text in enumerate(texts):
        yield text
        if number < len(blobs):
            yield from _base64_of(blobs[number])


def _base64_of(blob: Blob) -> Iterator[bytes]:
    left = b""
    for piece in read_blob(blob):
        whole = left + piece
        cut = len(whole) - len(whole) % 3
        left = whole[cut:]
        yield base64.b64encode(whole[:cut])
    yield base64.b64encode(left)
