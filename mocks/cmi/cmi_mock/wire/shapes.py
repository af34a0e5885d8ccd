"""The documents in which CMI may show a chat: shapes A, B, C and D of ``dialect.toml``.

All are assumptions modelled on the visible sibling ``/emails`` (snake_case, 32-digit ids, queue
with id and name) and on the live-chat words originator and message.
"""

from __future__ import annotations

import hashlib
from typing import Any

from cmi_mock.evidence import touch, touch_oddity
from cmi_mock.model.chat import ChatAttachment, ChatLine
from cmi_mock.tenant import CmiTenant
from cmi_mock.wire.representations import DuplicateMember, Inline, Nested
from cmi_mock.wire.views import ChatView
from mock_kit.http.loopback import as_reached
from mock_kit.tenants.clock import stamp


def chat_document(view: ChatView, tenant: CmiTenant, *, with_messages: bool = True) -> dict[str, Any]:
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
        "created": stamp(leg.created if tenant.rules.chat_shape == "B" else chat.created),
    }
    if with_messages:
        tenant.readings.begin()
        messages = [_message(message, view, tenant) for message in view.messages]
        document |= _messages_member(messages, tenant.rules.chat_messages_are)
    return document


def _messages_member(messages: list[dict[str, Any]], form: str) -> dict[str, Any]:
    if form == "list":
        return {"messages": messages}
    touch_oddity("chat_messages_are")
    others: dict[str, Any] = {"object": {"items": messages}, "text": "see /chatMessages", "null": None}
    return {} if form == "absent" else {"messages": others[form]}


def chat_message(message: ChatLine, view: ChatView, tenant: CmiTenant) -> dict[str, Any]:
    """A row of ``/chatMessages``: a message with the ids of Sinch's Conversation API.

    The three ids are documented ("Conversation API identifiers"); their form is assumed.
    """
    row = {
        **_message_core(message, tenant),
        "chat_id": message.leg_id,
        "group_id": view.chat.guid,
        "contact_id": _foreign_id(view.chat.customer.address),
        "conversation_id": _foreign_id(view.chat.guid),
        "message_id": _foreign_id(message.id),
        **_attachments(message, view, tenant, in_shape="D"),
    }
    return _with_duplicate(row, tenant)


def _message(message: ChatLine, view: ChatView, tenant: CmiTenant) -> dict[str, Any]:
    return _with_duplicate(
        {**_message_core(message, tenant), **_attachments(message, view, tenant, in_shape="ABC")}, tenant
    )


def _with_duplicate(row: dict[str, Any], tenant: CmiTenant) -> dict[str, Any]:
    """The row, with its attachments a second time and empty where the dialect says so."""
    if tenant.rules.duplicate_member == "none" or "attachments" not in row:
        return row
    touch_oddity("duplicate_member")
    return DuplicateMember(row, ("attachments", []))


def _message_core(message: ChatLine, tenant: CmiTenant) -> dict[str, Any]:
    links = [as_reached(f"{tenant.rich_content_base}/{sent.link_token}") for sent in message.links]
    return {
        "id": message.id,
        "timestamp": stamp(message.timestamp),
        "originator": message.originator,
        "originator_type": message.originator_type,
        "message": "\n".join(part for part in (message.text, *links) if part),
    }


def _attachments(message: ChatLine, view: ChatView, tenant: CmiTenant, *, in_shape: str) -> dict[str, Any]:
    """The member ``attachments``, absent where the tenant's shape has none."""
    if tenant.rules.chat_shape not in in_shape:
        return {}
    if tenant.rules.attachments_nesting:
        touch_oddity("attachments_nesting")
        return {"attachments": Nested(tenant.rules.attachments_nesting)}
    return {"attachments": [_attachment(attachment, view, tenant) for attachment in message.files]}


def _attachment(attachment: ChatAttachment, view: ChatView, tenant: CmiTenant) -> dict[str, Any]:
    rules = tenant.rules
    document: dict[str, Any] = {"name": attachment.name}
    if rules.attachment_id_listed:
        document = {"id": attachment.id, **document}
    else:
        touch_oddity("attachment_id_listed")
    if rules.attachment_type_listed:
        document["content_type"] = attachment.content_type
    else:
        touch("cmi.dialect.attachment_type_listed")
    if rules.attachment_size_listed:
        document["size"] = _size(attachment.blob.size_bytes, rules.listed_size)
    if tenant.rules.chat_shape == "C":
        document["content"] = Inline(attachment.blob)
    else:
        document["url"] = _url(attachment, view, tenant)
    return document


def _size(size_bytes: int, listed: str) -> int | str:
    if listed == "right":
        return size_bytes
    touch_oddity("listed_size") if listed == "text" else touch("cmi.dialect.listed_size")
    wrong: dict[str, int | str] = {
        "smaller": size_bytes // 2,
        "larger": 2 * size_bytes + 1,
        "zero": 0,
        "text": f"{size_bytes // 1024} kB",
    }
    return wrong[listed]


def _url(attachment: ChatAttachment, view: ChatView, tenant: CmiTenant) -> str:
    rules = tenant.rules
    form = "rich_content" if rules.chat_shape == "D" else rules.attachment_url
    if form == "rich_content":
        return as_reached(f"{tenant.rich_content_base}/{attachment.link_token}")
    if form == "pre_signed":
        touch("cmi.signed.addresses")
        return as_reached(tenant.signed_links.address(attachment.id, rules.signed_lives_s))
    path = f"/chats/{view.address}/attachments/{attachment.id}{raw_name(rules.attachment_url_name)}"
    if rules.attachment_url_signed == "each_reading":
        touch("cmi.dialect.attachment_url_signed")
        path += f"?sig={tenant.readings.signature}"
    return path if form == "relative" else as_reached(tenant.cmi_url) + path


def raw_name(kind: str) -> str:
    """What follows an attachment's id in its address: characters that should be encoded, and are not."""
    if kind != "none":
        touch("cmi.dialect.attachment_url_name")
    return {"none": "", "hash": "/part#1", "blank": "/part 1", "percent": "/part100%"}[kind]


def _foreign_id(seed: str) -> str:
    """26 characters in the manner of a ULID, the same for the same seed."""
    return "01" + hashlib.sha256(seed.encode()).hexdigest()[:24].upper()
