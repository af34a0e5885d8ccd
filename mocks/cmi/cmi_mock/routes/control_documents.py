"""Chats, files, users and the rest as the control shows them."""

from __future__ import annotations

from typing import Any

from cmi_mock.model.chat import Chat, ChatAttachment, ChatLine, Leg
from cmi_mock.model.contact_records import ContactData
from cmi_mock.model.emails import Email
from cmi_mock.model.event_contact import contact_of, optional_stamp
from cmi_mock.model.history import readable_since
from cmi_mock.model.rights import Grant
from cmi_mock.model.users import User
from cmi_mock.tenant import CmiTenant
from mock_kit.tenants.clock import stamp


def outcome(chat: Chat) -> dict[str, Any]:
    """The response to a step of a chat; ``contact`` is the event engine's."""
    return {
        "guid": chat.guid,
        "leg_ids": [leg.id for leg in chat.legs],
        "status": chat.leg.status.value,
        "contact": contact_of(chat),
    }


def chat_as_json(chat: Chat, tenant: CmiTenant) -> dict[str, Any]:
    """A chat with legs and messages."""
    since = readable_since(chat, tenant.history)
    return outcome(chat) | {
        "direct": chat.direct,
        "channel_sub_type": chat.channel_sub_type,
        "direction": chat.direction,
        "language": chat.language,
        "customer": vars(chat.customer),
        "created": stamp(chat.created),
        "readable_since": optional_stamp(since),
        "legs": [_described_leg(leg) for leg in chat.legs],
        "messages": [_described_message(message) for message in chat.messages],
    }


def _described_leg(leg: Leg) -> dict[str, Any]:
    return {
        "id": leg.id,
        "kind": leg.kind,
        "status": leg.status.value,
        "queue_id": leg.queue.id if leg.queue else None,
        "queue_name": leg.queue.name if leg.queue else None,
        "agent_id": leg.agent.id if leg.agent else None,
        "agent_address": leg.agent.chat_address if leg.agent else None,
        "created": stamp(leg.created),
        "accepted": optional_stamp(leg.accepted),
        "ended": optional_stamp(leg.ended),
        "handled": optional_stamp(leg.handled),
    }


def _described_message(message: ChatLine) -> dict[str, Any]:
    return {
        "id": message.id,
        "leg_id": message.leg_id,
        "timestamp": stamp(message.timestamp),
        "originator_type": message.originator_type,
        "originator": message.originator,
        "message": message.text,
        "attachments": [attachment_as_json(one) | {"delivered_as": one.delivered_as} for one in message.attachments],
    }


def attachment_as_json(attachment: ChatAttachment) -> dict[str, Any]:
    """A file with its digest."""
    return {
        "id": attachment.id,
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size_bytes": attachment.blob.size_bytes,
        "sha256": attachment.blob.sha256,
    }


def user_as_json(user: User) -> dict[str, Any]:
    """A user without the password."""
    return {
        "name": user.name,
        "rights": {
            **_grant(user.rights.manage_contact_history),
            "statistics_details": _grant(user.rights.statistics_details),
            "messaging": _grant(user.rights.messaging),
        },
        "expires_at": optional_stamp(user.expires),
        "failures": user.failures,
        "locked_until": optional_stamp(user.locked_until),
        "password_set": optional_stamp(user.password_set),
        "initial_password": user.initial,
    }


def _grant(grant: Grant) -> dict[str, list[str]]:
    return {
        "queues": sorted(grant.queues),
        "agents": sorted(grant.agents),
        "queue_groups": sorted(grant.queue_groups),
    }


def email_as_json(mail: Email) -> dict[str, Any]:
    """An e-mail with the event engine's contact: its id and guid are the same."""
    content = mail.content
    return {
        "id": mail.id,
        "status": mail.status.value,
        "subject": content.subject,
        "contact": {
            "id": mail.id,
            "guid": mail.id,
            "channel_type": "email",
            "direction": "inbound" if content.incoming else "outbound",
            "created": stamp(mail.finished or mail.created),
            "language": content.language,
            "queue": {"id": content.queue.id, "address": content.queue.address} if content.queue else None,
            "source": content.sender,
            "destination": ", ".join(content.recipients),
        },
    }


def data_as_json(written: ContactData) -> dict[str, Any]:
    """A result that was written back."""
    return {
        "id": written.id,
        "contact_id": written.contact_id,
        "chat_guid": written.group_id,
        "created": stamp(written.created),
        "created_by": written.created_by,
        "data": dict(written.data),
    }
