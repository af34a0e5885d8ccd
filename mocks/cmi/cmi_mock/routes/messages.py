"""``/messages``: messages of a queue. The right is Messaging on the queue (documented); the body is assumed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from cmi_mock.evidence import touch
from cmi_mock.model.chat import Queue
from cmi_mock.model.ids import normal_id
from cmi_mock.model.queue_messages import QueueMessage
from cmi_mock.model.users import User
from cmi_mock.routes import queries
from cmi_mock.routes.access import admitted, no_right, not_found_as
from cmi_mock.routes.bodies import document_in, queue_in, received_body, text_in
from cmi_mock.routes.responses import created_response, document_response, no_content
from cmi_mock.tenant import CmiTenant
from cmi_mock.wire.documents import queue_message_row
from mock_kit.mock import Mock


def add_messages(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """GET and POST on the list; GET, PUT and DELETE on one."""
    _add_reading(bp, mock)

    @bp.post("/cmi/messages")
    def add_message() -> Response:
        """Leave a message in a queue: 201, body = new id, Location."""
        sent = received_body()
        with admitted(mock) as (tenant, user):
            message = tenant.queue_messages.add(**_content(document_in(sent), tenant, user))
            return created_response(message.id, f"/messages/{message.id}", tenant)

    @bp.put("/cmi/messages/<message_id>")
    def change_message(message_id: str) -> Response:
        """Replace a message: 204."""
        sent = received_body()
        with admitted(mock) as (tenant, user):
            old = _message(tenant, user, message_id)
            tenant.queue_messages.change(old.id, **_content(document_in(sent), tenant, user))
        return no_content()

    @bp.delete("/cmi/messages/<message_id>")
    def remove_message(message_id: str) -> Response:
        """204."""
        with admitted(mock) as (tenant, user):
            tenant.queue_messages.remove(_message(tenant, user, message_id).id)
        return no_content()


def _add_reading(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.get("/cmi/messages")
    def list_messages() -> Response:
        """Messages of queues on which the user has Messaging; ``queueId`` narrows."""
        with admitted(mock) as (tenant, user):
            touch("cmi.rights.messaging")
            queue_id, grant = normal_id(request.args.get("queueId", "")), user.rights.messaging
            found = [one for one in tenant.queue_messages if grant.reaches_queue(one.queue)]
            rows = [queue_message_row(one, tenant) for one in found if queue_id in ("", one.queue.id)]
        return document_response(queries.page(rows, tenant.rules.default_limit), tenant, "messages")

    @bp.get("/cmi/messages/<message_id>")
    def read_message(message_id: str) -> Response:
        """One message."""
        with admitted(mock) as (tenant, user):
            document = queue_message_row(_message(tenant, user, message_id), tenant)
        return document_response(document, tenant, "message")


def _message(tenant: CmiTenant, user: User, message_id: str) -> QueueMessage:
    touch("cmi.rights.messaging")
    with not_found_as("Message"):
        message = tenant.queue_messages.get(message_id)
    _require_messaging(tenant, user, message.queue, "Message")
    return message


def _require_messaging(tenant: CmiTenant, user: User, queue: Queue, what: str) -> None:
    if not user.rights.messaging.reaches_queue(queue):
        raise no_right(tenant, "Messaging", what)


def _content(body: dict[str, Any], tenant: CmiTenant, user: User) -> dict[str, Any]:
    """Queue (on which the user must have Messaging), originator, text, language."""
    touch("cmi.dialect.messages_form")
    flat = tenant.rules.messages_form == "flat"
    queue = queue_in(body.get("queue_id") if flat else body.get("queue"), tenant)
    _require_messaging(tenant, user, queue, "Queue")
    return {
        "queue": queue,
        "originator": text_in(body, "originator", ""),
        "text": text_in(body, "message"),
        "language": text_in(body, "language", "EN"),
    }
