"""The contract of each hop on the way of an attachment: the schemas of its request, response and error response.

``violations(hop, part, document)`` checks one document. ``routes.py`` finds the hop of an exchange, ``validators.py``
checks what is not JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from jsonschema.exceptions import ValidationError

from attachment_contract.schemas.store import validator


@dataclass(frozen=True, kw_only=True)
class HopContract:
    """The contract of one hop.

    Attributes:
        request: schemas of which the request must fit one; empty = it has no body.
        response: schemas of which a good JSON response must fit one; empty = it is not JSON.
        error: schemas of a response with a status from 400.
        request_in: the request's document is ``{"headers", "form" | "body"}``, by that member; empty = the body alone.
        response_in: the response's document is ``{"status", "headers", "body"}``.
        browser: the request may be a browser's form (multipart/form-data).
        request_xml, xml: names of the root element where request and response may be XML.
        text: a pattern that a good plain-text response matches.
        rows: the schema of each row of a list, wrapped in ``d``, unless the caller selected fields.
        selected: schemas of a good response to a caller that selected fields.
        file: the response is a file: bytes with a correct length.
        empty: the response may have no body.
        response_headers: headers that a good response has.
    """

    request: tuple[str, ...] = ()
    response: tuple[str, ...] = ()
    error: tuple[str, ...] = ()
    request_in: Literal["", "form", "body"] = ""
    response_in: bool = False
    browser: bool = False
    request_xml: tuple[str, ...] = ()
    xml: tuple[str, ...] = ()
    text: str = ""
    rows: str = ""
    selected: tuple[str, ...] = ()
    file: bool = False
    empty: bool = False
    response_headers: tuple[str, ...] = ()


_CMI = ("cmi_error.v1",)
_C4C = ("c4c_error.v1",)
_MOCK = ("mock_problem.v1",)
_ID = "^[0-9A-F]{32}$"
_CREATED = ("location",)
_SELECTED = ("c4c_entity.v1",)

_ISSUER_HOPS = {
    "oauth.token": HopContract(
        request=("oauth_token_request.v1",),
        response=("oauth_token_answer.v1",),
        error=("oauth_error.v1",),
        request_in="form",
    ),
    "oauth.introspection": HopContract(
        request=("oauth_introspection_request.v1",),
        response=("oauth_introspection.v1",),
        error=("oauth_error.v1",),
        request_in="form",
    ),
    "oauth.metadata": HopContract(response=("oauth_metadata.v1",), error=("oauth_error.v1",)),
    "oauth.keys": HopContract(response=("jwks.v1",), error=("oauth_error.v1",)),
}
_CONFIGURATOR_HOPS = {
    "configurator.secrets": HopContract(response=("secrets.v1",), error=_MOCK),
    "configurator.secret": HopContract(
        request=("secret_form.v1",), browser=True, response=("secret.v1",), error=_MOCK, response_headers=_CREATED
    ),
    "configurator.secret_replaced": HopContract(
        request=("secret_form.v1",), browser=True, response=("secret.v1",), error=_MOCK
    ),
    "configurator.secret_deleted": HopContract(response=("deletion_warnings.v1",), error=_MOCK, empty=True),
    "configurator.integrations": HopContract(response=("integrations.v1",), error=_MOCK),
    "configurator.integration": HopContract(
        request=("integration_form.v1",),
        browser=True,
        response=("integration.v1",),
        error=_MOCK,
        response_headers=_CREATED,
    ),
    "configurator.integration_read": HopContract(response=("integration.v1",), error=_MOCK),
    "configurator.integration_replaced": HopContract(
        request=("integration_form.v1",), browser=True, response=("integration.v1",), error=_MOCK
    ),
    "configurator.integration_switched": HopContract(
        request=("integration_switch.v1",), response=("integration.v1",), error=_MOCK
    ),
    "configurator.integration_deleted": HopContract(error=_MOCK, empty=True),
}
_SERVICE_HOPS = {
    "endpoint": HopContract(
        request=("chat_attachments_request.v1",),
        response=("chat_attachments_answer.v1",),
        error=("chat_attachments_answer.v1",),
        request_in="body",
        response_in=True,
    ),
    "endpoint.settled": HopContract(
        request=("chat_attachments_request.v1",), response=("transfer.v1",), request_in="body"
    ),
    "status": HopContract(response=("transfer.v1", "transfers_page.v1"), error=("problem.v1",)),
    "status.moved": HopContract(response=("transfer.v1",), error=("problem.v1",)),
    "status.redrive": HopContract(request=("redrive_request.v1",), response=("redriven.v1",), error=("problem.v1",)),
    "status.audit": HopContract(response=("audit_page.v1",), error=("problem.v1",)),
    "service.health": HopContract(response=("health.v1",), error=("problem.v1",)),
    "service.metrics": HopContract(text="^[a-z#]", error=("problem.v1",)),
    "service.description": HopContract(response=("openapi.v1",), error=("problem.v1",)),
    "worker.health": HopContract(response=("worker_health.v1",), error=("worker_health.v1",)),
    "worker.metrics": HopContract(text="^[a-z#]"),
    "service.page": HopContract(text="^", error=("problem.v1",), file=True),
    "workflow": HopContract(
        request=("chat_attachments_request.v1",),
        response=("workflow_answer.v1",),
        error=("cmi_error.v1", "mock_problem.v1"),
        request_in="body",
    ),
    "workflow.other": HopContract(
        request=("json_object.v1",), response=("workflow_answer.v1",), error=("cmi_error.v1", *_MOCK)
    ),
}
_CMI_HOPS = {
    "cmi.chat": HopContract(
        response=("cmi_chat.v1", "cmi_chat_inline.v1", "cmi_no_chat.v1"), error=_CMI, xml=("chat",)
    ),
    "cmi.legs": HopContract(response=("cmi_chat_legs.v1", "cmi_chats.v1"), error=_CMI, xml=("chats",)),
    "cmi.chat_created": HopContract(
        request=("cmi_chat_create.v1",),
        request_xml=("*",),
        text=_ID,
        error=_CMI,
        response_headers=_CREATED,
    ),
    "cmi.messages": HopContract(response=("cmi_chat_messages.v1",), error=_CMI, xml=("chatMessages", "messages")),
    "cmi.file": HopContract(file=True, error=_CMI, response_headers=("content-disposition",)),
    "cmi.link": HopContract(file=True, error=_CMI),
    "cmi.contacts": HopContract(response=("cmi_contacts.v1",), error=_CMI, xml=("contacts",)),
    "cmi.contact": HopContract(response=("cmi_contact.v1",), error=_CMI, xml=("contact",)),
    "cmi.contact_details": HopContract(response=("cmi_contact_details.v1",), error=_CMI, xml=("contact",)),
    "cmi.remark": HopContract(
        request=("cmi_remark.v1",), request_xml=("*",), text=_ID, error=_CMI, response_headers=_CREATED
    ),
    "cmi.remark_replaced": HopContract(request=("cmi_remark.v1",), request_xml=("*",), empty=True, error=_CMI),
    "cmi.contact_data_list": HopContract(response=("cmi_contact_data_list.v1",), error=_CMI, xml=("contactData",)),
    "cmi.contact_data": HopContract(response=("cmi_contact_data.v1",), error=_CMI, xml=("contactData", "contactDatum")),
    "cmi.contact_data_created": HopContract(
        request=("cmi_contact_data_create.v1",),
        request_xml=("*",),
        text=_ID,
        error=_CMI,
        response_headers=_CREATED,
    ),
    "cmi.emails": HopContract(response=("cmi_emails.v1",), error=_CMI, xml=("emails",)),
    "cmi.email": HopContract(response=("cmi_email.v1",), error=_CMI, xml=("email",)),
    "cmi.queue_messages": HopContract(response=("cmi_queue_messages.v1",), error=_CMI, xml=("messages",)),
    "cmi.queue_message": HopContract(response=("cmi_queue_message.v1",), error=_CMI, xml=("message",)),
    "cmi.queue_message_created": HopContract(
        request=("cmi_queue_message_form.v1",),
        request_xml=("*",),
        text=_ID,
        error=_CMI,
        response_headers=_CREATED,
    ),
    "cmi.queue_message_replaced": HopContract(
        request=("cmi_queue_message_form.v1",), request_xml=("*",), empty=True, error=_CMI
    ),
    "cmi.queue_message_deleted": HopContract(empty=True, error=_CMI),
    "cmi.unbuilt": HopContract(error=(*_CMI, *_MOCK)),
}
_C4C_HOPS = {
    "c4c.service": HopContract(response=("c4c_service_document.v1",), error=_C4C, xml=("service",)),
    "c4c.csrf": HopContract(
        response=("c4c_service_document.v1", "c4c_collection.v1", "c4c_entity.v1"),
        error=_C4C,
        xml=("service", "feed", "entry", "Edmx"),
        response_headers=("x-csrf-token", "set-cookie"),
    ),
    "c4c.metadata": HopContract(error=_C4C, xml=("Edmx",)),
    "c4c.references": HopContract(response=("c4c_collection.v1",), error=_C4C, xml=("feed",), rows="c4c_reference.v1"),
    "c4c.reference": HopContract(response=("c4c_reference.v1",), error=_C4C, xml=("entry",), selected=_SELECTED),
    "c4c.activity": HopContract(response=("c4c_activity.v1",), error=_C4C, xml=("entry",), selected=_SELECTED),
    "c4c.attachments": HopContract(
        response=("c4c_collection.v1",), error=_C4C, xml=("feed",), rows="c4c_attachment.v1"
    ),
    "c4c.attachment": HopContract(
        request=("c4c_attachment_create.v1",),
        request_xml=("entry",),
        response=("c4c_attachment.v1",),
        error=_C4C,
        xml=("entry",),
        empty=True,
        response_headers=_CREATED,
    ),
    "c4c.attachment_read": HopContract(response=("c4c_attachment.v1",), error=_C4C, xml=("entry",), selected=_SELECTED),
    "c4c.file": HopContract(file=True, error=_C4C),
    "c4c.count": HopContract(text="^[0-9]+$", error=_C4C),
    "c4c.links": HopContract(response=("c4c_links.v1",), error=_C4C, xml=("links", "uri")),
    "c4c.rows": HopContract(response=("c4c_collection.v1",), error=_C4C, xml=("feed",)),
    "c4c.entity": HopContract(response=("c4c_entity.v1",), error=_C4C, xml=("entry",)),
    "c4c.within": HopContract(
        response=("c4c_collection.v1", "c4c_entity.v1", "c4c_property.v1"), error=_C4C, xml=("feed", "entry", "*")
    ),
    "c4c.function": HopContract(response=("c4c_collection.v1", "c4c_entity.v1"), error=_C4C, xml=("feed", "entry")),
    "c4c.created": HopContract(
        request=("json_object.v1",),
        request_xml=("entry",),
        response=("c4c_entity.v1",),
        error=_C4C,
        xml=("entry",),
        empty=True,
        response_headers=_CREATED,
    ),
    "c4c.changed": HopContract(request=("json_object.v1",), request_xml=("entry",), error=_C4C, empty=True),
    "c4c.deleted": HopContract(error=_C4C, empty=True),
    "c4c.batch": HopContract(error=_C4C),
}

HOPS: dict[str, HopContract] = _ISSUER_HOPS | _CONFIGURATOR_HOPS | _SERVICE_HOPS | _CMI_HOPS | _C4C_HOPS


def violations(hop: str, part: str, document: Any) -> list[str]:
    """Why ``document`` fits no schema of this hop's ``part`` (request, response, error); empty = it fits.

    The sentences name places and keywords, never values: a value may be a secret. Raises ``LookupError``.
    """
    if hop not in HOPS:
        raise LookupError(f"no hop {hop!r}; there are: {', '.join(HOPS)}")
    return schema_errors(getattr(HOPS[hop], part), document)


def schema_errors(names: tuple[str, ...], document: Any) -> list[str]:
    """Why ``document`` fits none of the schemas ``names``; the shortest list of errors. Empty = it fits one."""
    found = [_schema_errors(name, document) for name in names]
    if not found or not all(found):
        return []
    # A document of another kind has one error only, but its schema is not the nearest.
    return min(found, key=lambda errors: (any(": the document breaks 'type'" in one for one in errors), len(errors)))


def _schema_errors(name: str, document: Any) -> list[str]:
    return [
        f"{name}: {'/'.join(str(part) for part in error.absolute_path) or 'the document'} breaks {_keyword(error)}"
        for error in validator(name).iter_errors(document)
    ]


def _keyword(error: ValidationError) -> str:
    """The keyword; for ``required`` also the missing members, whose names are in the schema."""
    if error.validator != "required" or not isinstance(error.instance, dict):
        return repr(error.validator)
    return f"'required' ({', '.join(name for name in error.validator_value if name not in error.instance)})"
