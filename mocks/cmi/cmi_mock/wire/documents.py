"""The documents of CMI's other resources: contacts, contact data, e-mails, messages.

Only ``/emails`` is visible to us, as far as ``statusDetails``; the others are modelled on it (snake_case,
32-digit ids, queue with id and name). Which right opens which resource is documented.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from cmi_mock.model.chat import Chat, Queue
from cmi_mock.model.contact_records import ContactData, ContactRecords
from cmi_mock.model.contacts import CmiContact
from cmi_mock.model.emails import Email, EmailStatus
from cmi_mock.model.event_contact import ends_of, optional_stamp
from cmi_mock.model.queue_messages import QueueMessage
from cmi_mock.tenant import CmiTenant
from mock_kit.tenants.clock import stamp


def contact_row(conversation: CmiContact) -> dict[str, Any]:
    """A row of ``/contacts``."""
    return {
        "id": conversation.id,
        "group_id": conversation.group_id,
        "queue": _queue(conversation.queue),
        "agent": {"id": conversation.agent.id} if conversation.agent else None,
        "status": conversation.status,
        "created": stamp(conversation.created),
        "ended": optional_stamp(conversation.ended),
        **_by_channel(conversation),
    }


def contact_details(conversation: CmiContact, records: ContactRecords, listed: Collection[str]) -> dict[str, Any]:
    """``/contacts/{id}/details``: the row, what happened when, results and remarks."""
    remarks = records.remarks_of(conversation)
    return {
        **contact_row(conversation),
        "events": [{"event": name, "timestamp": stamp(moment)} for name, moment in _events(conversation)],
        "attached_data": records.attached_to(conversation, listed),
        "remarks": [{"id": one.id, "remark": one.text, "timestamp": stamp(one.changed)} for one in remarks],
    }


def _by_channel(conversation: CmiContact) -> dict[str, Any]:
    source, leg = conversation.source, conversation.leg
    if isinstance(source, Email) or leg is None:
        return _mail_row(source) if isinstance(source, Email) else {}
    start, end = ends_of(source, leg)
    return {
        "channel_type": "chat",
        "channel_sub_type": source.channel_sub_type,
        "type": _chat_type(source),
        "direction": source.direction,
        "language": source.language,
        "priority": source.priority,
        "source": start,
        "destination": end,
    }


def _mail_row(mail: Email) -> dict[str, Any]:
    content = mail.content
    return {
        "channel_type": "email",
        "channel_sub_type": "email",
        "type": _mail_type(mail),
        "direction": "inbound" if content.incoming else "outbound",
        "language": content.language,
        "source": content.sender,
        "destination": ", ".join(content.recipients),
    }


def _events(conversation: CmiContact) -> list[tuple[str, datetime]]:
    """Names as in the event engine's list."""
    leg = conversation.leg
    accepted, handled = (leg.accepted, leg.handled) if leg else (None, conversation.ended)
    moments = {
        "Received": conversation.created,
        "Accepted": accepted,
        "Ended": conversation.ended,
        "Closed": handled,
    }
    return [(name, moment) for name, moment in moments.items() if moment]


def contact_data_row(written: ContactData, tenant: CmiTenant) -> dict[str, Any]:
    """A row of ``/contactData``, in the dialect's form."""
    row: dict[str, Any] = {
        "id": written.id,
        "contact_id": written.contact_id,
        "group_id": written.group_id,
        "created": stamp(written.created),
    }
    if tenant.rules.contact_data_form == "object":
        return row | {"data": dict(written.data)}
    name, value = next(iter(written.data.items()), ("", ""))
    return row | {"name": name, "value": value}


def email_row(mail: Email, *, with_data: bool) -> dict[str, Any]:
    """An item of ``/emails``: documented down to statusDetails, assumed from ``created`` on."""
    content = mail.content
    waits = mail.status is EmailStatus.QUEUED
    row: dict[str, Any] = {
        "id": mail.id,
        "from_queue": _queue(content.queue),
        "channel_type": "email",
        "channel_sub_type": "email",
        "type": _mail_type(mail),
        "typeDetails": "Email",
        "status": "Queued" if waits else "Handled",
        "statusDetails": mail.status.value,
        "group_id": mail.id,
        "created": stamp(mail.created),
        "from": content.sender,
        "to": list(content.recipients),
        "cc": list(content.copies),
        "subject": content.subject,
        "body": content.body,
        "language": content.language,
        "case_id": content.case_id,
        "cid": content.cid,
    }
    return row | {"attached_data": dict(content.attached_data)} if with_data else row


def queue_message_row(message: QueueMessage, tenant: CmiTenant) -> dict[str, Any]:
    """A row of ``/messages``."""
    flat = tenant.rules.messages_form == "flat"
    queue = {"queue_id": message.queue.id} if flat else {"queue": _queue(message.queue)}
    return {
        "id": message.id,
        **queue,
        "originator": message.originator,
        "message": message.text,
        "language": message.language,
        "created": stamp(message.created),
        "changed": stamp(message.changed),
    }


def _chat_type(chat: Chat) -> str:
    return "ChatIn" if chat.direction == "inbound" else "ChatOut"


def _mail_type(mail: Email) -> str:
    return "EmailIn" if mail.content.incoming else "EmailOut"


def _queue(queue: Queue | None) -> dict[str, str] | None:
    return {"id": queue.id, "name": queue.name} if queue else None
