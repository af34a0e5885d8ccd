"""``POST /chats``: a client stores a conversation of another system. Documented to exist; its body is assumed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from cmi_mock.evidence import touch
from cmi_mock.model.chat import ORIGINATORS, Chat, ChatCustomer, Originator
from cmi_mock.model.chats import NewChat
from cmi_mock.routes import queries
from cmi_mock.routes.access import admitted, require_right
from cmi_mock.routes.bodies import document_in, queue_in, received_body, text_in
from cmi_mock.routes.responses import CmiError, created_response
from cmi_mock.tenant import CmiTenant
from mock_kit.http.refusals import Invalid
from mock_kit.mock import Mock

Line = tuple[Originator, str, str]


def add_post_chats(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """The body is read as shape A writes it, without attachments; the right is Manage contact history (documented)."""

    @bp.post("/cmi/chats")
    def store_chat() -> Response:
        """A handled chat of one leg: 201 with the id that ``/chats/{chatId}`` takes."""
        sent = received_body()
        with admitted(mock) as (tenant, user):
            touch("cmi.dialect.post_chats")
            if tenant.rules.post_chats == "refused":
                raise queries.not_implemented("POST /chats", "create chats by POST /_mock/chats")
            new, lines = _read_chat(document_in(sent), tenant)
            grant = user.rights.manage_contact_history
            require_right(grant, tenant, new.queue, right="Manage contact history", what="Queue")
            chat = _stored(tenant, new, lines)
            chat_id = chat.leg.id if tenant.rules.chat_shape == "B" else chat.guid
            return created_response(chat_id, f"/chats/{chat_id}", tenant)


def _read_chat(body: dict[str, Any], tenant: CmiTenant) -> tuple[NewChat, list[Line]]:
    customer = text_in(body, "source", "")
    new = NewChat(
        channel_sub_type=text_in(body, "channel_sub_type", "web"),
        queue=queue_in(body.get("queue"), tenant),
        direct=False,
        customer=ChatCustomer(customer or "Visitor", "", customer),
        language=text_in(body, "language", "EN"),
        direction="outbound" if body.get("type") == "ChatOut" else "inbound",
        guid=text_in(body, "group_id", ""),
    )
    messages = body.get("messages", [])
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
        raise CmiError(400, "messages is no list of messages")
    return new, [_line(one) for one in messages]


def _line(message: dict[str, Any]) -> Line:
    kind = next((one for one in ORIGINATORS if one == message.get("originator_type", "customer")), None)
    if kind is None:
        raise CmiError(400, "originator_type is none of customer, agent, system")
    return kind, text_in(message, "originator", ""), text_in(message, "message")


def _stored(tenant: CmiTenant, new: NewChat, lines: list[Line]) -> Chat:
    chats = tenant.chats
    try:
        chat = chats.start(new)
        for kind, who, text in lines:
            chats.say(chat.guid, kind, who, text)
    except Invalid as exc:
        raise CmiError(400, "Chat not accepted", note=exc.detail) from exc
    chats.accept(chat.guid, None)
    chats.end(chat.guid)
    return chats.wrap_up(chat.guid)
