"""Which schema holds where on the way of an attachment: one entry for each hop, both directions.

Made for whoever watches live traffic: name the hop, hand over the document, get sentences back. How a hop is told by
method and path: ``live/routes.py``; what is judged beyond JSON: ``live/judges.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from jsonschema.exceptions import ValidationError

from attachment_contract.schemas_store import validator


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One exchange.

    Attributes:
        request: schemas of which the request has to fit one; empty = it has no body.
        answer: schemas of a good answer in JSON, one of which has to fit; empty = it is not in JSON.
        refusal: schemas of an answer with a status from 400.
        request_in: the request's document is ``{"headers", "form" | "body"}``, by that member; empty = the body alone.
        answer_in: the answers' documents are ``{"status", "headers", "body"}``.
        browser: the request may be a browser's form (multipart/form-data).
        request_xml, xml: names of the outermost element where request and answer may be XML.
        text: a pattern that a good answer in plain text fits.
        rows: the schema that each row of a list fits, wrapped in ``d``, unless the caller chose fields.
        selected: schemas of a good answer to a caller who chose fields.
        file: the answer is a file: bytes, with a length that is right.
        empty: the answer may have no body.
        answer_headers: headers that a good answer has.
    """

    request: tuple[str, ...] = ()
    answer: tuple[str, ...] = ()
    refusal: tuple[str, ...] = ()
    request_in: Literal["", "form", "body"] = ""
    answer_in: bool = False
    browser: bool = False
    request_xml: tuple[str, ...] = ()
    xml: tuple[str, ...] = ()
    text: str = ""
    rows: str = ""
    selected: tuple[str, ...] = ()
    file: bool = False
    empty: bool = False
    answer_headers: tuple[str, ...] = ()


_CMI = ("cmi_error.v1",)
_C4C = ("c4c_error.v1",)
_TWIN = ("mock_problem.v1",)
_ID = "^[0-9A-F]{32}$"
_CREATED = ("location",)
_CHOSEN = ("c4c_entity.v1",)

_ISSUER_HOPS = {
    "oauth.token": Hop(
        request=("oauth_token_request.v1",),
        answer=("oauth_token_answer.v1",),
        refusal=("oauth_error.v1",),
        request_in="form",
    ),
    "oauth.introspection": Hop(
        request=("oauth_introspection_request.v1",),
        answer=("oauth_introspection.v1",),
        refusal=("oauth_error.v1",),
        request_in="form",
    ),
    "oauth.metadata": Hop(answer=("oauth_metadata.v1",), refusal=("oauth_error.v1",)),
    "oauth.keys": Hop(answer=("jwks.v1",), refusal=("oauth_error.v1",)),
}
_CONFIGURATOR_HOPS = {
    "configurator.secrets": Hop(answer=("secrets.v1",), refusal=_TWIN),
    "configurator.secret": Hop(
        request=("secret_form.v1",), browser=True, answer=("secret.v1",), refusal=_TWIN, answer_headers=_CREATED
    ),
    "configurator.secret_replaced": Hop(
        request=("secret_form.v1",), browser=True, answer=("secret.v1",), refusal=_TWIN
    ),
    "configurator.secret_deleted": Hop(answer=("deletion_warnings.v1",), refusal=_TWIN, empty=True),
    "configurator.integrations": Hop(answer=("integrations.v1",), refusal=_TWIN),
    "configurator.integration": Hop(
        request=("integration_form.v1",),
        browser=True,
        answer=("integration.v1",),
        refusal=_TWIN,
        answer_headers=_CREATED,
    ),
    "configurator.integration_read": Hop(answer=("integration.v1",), refusal=_TWIN),
    "configurator.integration_replaced": Hop(
        request=("integration_form.v1",), browser=True, answer=("integration.v1",), refusal=_TWIN
    ),
    "configurator.integration_switched": Hop(
        request=("integration_switch.v1",), answer=("integration.v1",), refusal=_TWIN
    ),
    "configurator.integration_deleted": Hop(refusal=_TWIN, empty=True),
}
_SERVICE_HOPS = {
    "endpoint": Hop(
        request=("chat_attachments_request.v1",),
        answer=("chat_attachments_answer.v1",),
        refusal=("chat_attachments_answer.v1",),
        request_in="body",
        answer_in=True,
    ),
    "endpoint.settled": Hop(request=("chat_attachments_request.v1",), answer=("transfer.v1",), request_in="body"),
    "status": Hop(answer=("transfer.v1", "transfers_page.v1"), refusal=("problem.v1",)),
    "status.moved": Hop(answer=("transfer.v1",), refusal=("problem.v1",)),
    "status.redrive": Hop(request=("redrive_request.v1",), answer=("redriven.v1",), refusal=("problem.v1",)),
    "status.audit": Hop(answer=("audit_page.v1",), refusal=("problem.v1",)),
    "service.health": Hop(answer=("health.v1",), refusal=("problem.v1",)),
    "service.metrics": Hop(text="^[a-z#]", refusal=("problem.v1",)),
    "service.description": Hop(answer=("openapi.v1",), refusal=("problem.v1",)),
    "worker.health": Hop(answer=("worker_health.v1",), refusal=("worker_health.v1",)),
    "worker.metrics": Hop(text="^[a-z#]"),
    "service.page": Hop(text="^", refusal=("problem.v1",), file=True),
    "workflow": Hop(
        request=("chat_attachments_request.v1",),
        answer=("workflow_answer.v1",),
        refusal=("cmi_error.v1", "mock_problem.v1"),
        request_in="body",
    ),
    "workflow.other": Hop(
        request=("json_object.v1",), answer=("workflow_answer.v1",), refusal=("cmi_error.v1", *_TWIN)
    ),
}
_CMI_HOPS = {
    "cmi.chat": Hop(answer=("cmi_chat.v1", "cmi_chat_inline.v1", "cmi_no_chat.v1"), refusal=_CMI, xml=("chat",)),
    "cmi.legs": Hop(answer=("cmi_chat_legs.v1", "cmi_chats.v1"), refusal=_CMI, xml=("chats",)),
    "cmi.chat_created": Hop(
        request=("cmi_chat_create.v1",),
        request_xml=("*",),
        text=_ID,
        refusal=_CMI,
        answer_headers=_CREATED,
    ),
    "cmi.messages": Hop(answer=("cmi_chat_messages.v1",), refusal=_CMI, xml=("chatMessages", "messages")),
    "cmi.file": Hop(file=True, refusal=_CMI, answer_headers=("content-disposition",)),
    "cmi.link": Hop(file=True, refusal=_CMI),
    "cmi.contacts": Hop(answer=("cmi_contacts.v1",), refusal=_CMI, xml=("contacts",)),
    "cmi.contact": Hop(answer=("cmi_contact.v1",), refusal=_CMI, xml=("contact",)),
    "cmi.contact_details": Hop(answer=("cmi_contact_details.v1",), refusal=_CMI, xml=("contact",)),
    "cmi.remark": Hop(request=("cmi_remark.v1",), request_xml=("*",), text=_ID, refusal=_CMI, answer_headers=_CREATED),
    "cmi.remark_replaced": Hop(request=("cmi_remark.v1",), request_xml=("*",), empty=True, refusal=_CMI),
    "cmi.contact_data_list": Hop(answer=("cmi_contact_data_list.v1",), refusal=_CMI, xml=("contactData",)),
    "cmi.contact_data": Hop(answer=("cmi_contact_data.v1",), refusal=_CMI, xml=("contactData", "contactDatum")),
    "cmi.contact_data_created": Hop(
        request=("cmi_contact_data_create.v1",),
        request_xml=("*",),
        text=_ID,
        refusal=_CMI,
        answer_headers=_CREATED,
    ),
    "cmi.emails": Hop(answer=("cmi_emails.v1",), refusal=_CMI, xml=("emails",)),
    "cmi.email": Hop(answer=("cmi_email.v1",), refusal=_CMI, xml=("email",)),
    "cmi.queue_messages": Hop(answer=("cmi_queue_messages.v1",), refusal=_CMI, xml=("messages",)),
    "cmi.queue_message": Hop(answer=("cmi_queue_message.v1",), refusal=_CMI, xml=("message",)),
    "cmi.queue_message_created": Hop(
        request=("cmi_queue_message_form.v1",),
        request_xml=("*",),
        text=_ID,
        refusal=_CMI,
        answer_headers=_CREATED,
    ),
    "cmi.queue_message_replaced": Hop(
        request=("cmi_queue_message_form.v1",), request_xml=("*",), empty=True, refusal=_CMI
    ),
    "cmi.queue_message_deleted": Hop(empty=True, refusal=_CMI),
    "cmi.unbuilt": Hop(refusal=(*_CMI, *_TWIN)),
}
_C4C_HOPS = {
    "c4c.service": Hop(answer=("c4c_service_document.v1",), refusal=_C4C, xml=("service",)),
    "c4c.csrf": Hop(
        answer=("c4c_service_document.v1", "c4c_collection.v1", "c4c_entity.v1"),
        refusal=_C4C,
        xml=("service", "feed", "entry", "Edmx"),
        answer_headers=("x-csrf-token", "set-cookie"),
    ),
    "c4c.metadata": Hop(refusal=_C4C, xml=("Edmx",)),
    "c4c.references": Hop(answer=("c4c_collection.v1",), refusal=_C4C, xml=("feed",), rows="c4c_reference.v1"),
    "c4c.reference": Hop(answer=("c4c_reference.v1",), refusal=_C4C, xml=("entry",), selected=_CHOSEN),
    "c4c.activity": Hop(answer=("c4c_activity.v1",), refusal=_C4C, xml=("entry",), selected=_CHOSEN),
    "c4c.attachments": Hop(answer=("c4c_collection.v1",), refusal=_C4C, xml=("feed",), rows="c4c_attachment.v1"),
    "c4c.attachment": Hop(
        request=("c4c_attachment_create.v1",),
        request_xml=("entry",),
        answer=("c4c_attachment.v1",),
        refusal=_C4C,
        xml=("entry",),
        empty=True,
        answer_headers=_CREATED,
    ),
    "c4c.attachment_read": Hop(answer=("c4c_attachment.v1",), refusal=_C4C, xml=("entry",), selected=_CHOSEN),
    "c4c.file": Hop(file=True, refusal=_C4C),
    "c4c.count": Hop(text="^[0-9]+$", refusal=_C4C),
    "c4c.links": Hop(answer=("c4c_links.v1",), refusal=_C4C, xml=("links", "uri")),
    "c4c.rows": Hop(answer=("c4c_collection.v1",), refusal=_C4C, xml=("feed",)),
    "c4c.entity": Hop(answer=("c4c_entity.v1",), refusal=_C4C, xml=("entry",)),
    "c4c.within": Hop(
        answer=("c4c_collection.v1", "c4c_entity.v1", "c4c_property.v1"), refusal=_C4C, xml=("feed", "entry", "*")
    ),
    "c4c.function": Hop(answer=("c4c_collection.v1", "c4c_entity.v1"), refusal=_C4C, xml=("feed", "entry")),
    "c4c.created": Hop(
        request=("json_object.v1",),
        request_xml=("entry",),
        answer=("c4c_entity.v1",),
        refusal=_C4C,
        xml=("entry",),
        empty=True,
        answer_headers=_CREATED,
    ),
    "c4c.changed": Hop(request=("json_object.v1",), request_xml=("entry",), refusal=_C4C, empty=True),
    "c4c.deleted": Hop(refusal=_C4C, empty=True),
    "c4c.batch": Hop(refusal=_C4C),
}

HOPS: dict[str, Hop] = _ISSUER_HOPS | _CONFIGURATOR_HOPS | _SERVICE_HOPS | _CMI_HOPS | _C4C_HOPS


def complaints(hop: str, part: str, document: Any) -> list[str]:
    """Why ``document`` fits no schema of this hop's ``part`` (request, answer, refusal); empty = it fits.

    The sentences name places and keywords, never values: a value may be a secret. Raises ``LookupError``.
    """
    if hop not in HOPS:
        raise LookupError(f"no hop {hop!r}; there are: {', '.join(HOPS)}")
    return misfits(getattr(HOPS[hop], part), document)


def misfits(names: tuple[str, ...], document: Any) -> list[str]:
    """Why ``document`` fits none of the schemas ``names``; the fewest complaints of all. Empty = it fits one."""
    found = [_complaints(name, document) for name in names]
    if not found or not all(found):
        return []
    # A document of quite another kind breaks one keyword only, and is not the nearest for that.
    return min(found, key=lambda broken: (any(": the document breaks 'type'" in one for one in broken), len(broken)))


def _complaints(name: str, document: Any) -> list[str]:
    return [
        f"{name}: {'/'.join(str(part) for part in error.absolute_path) or 'the document'} breaks {_keyword(error)}"
        for error in validator(name).iter_errors(document)
    ]


def _keyword(error: ValidationError) -> str:
    """The keyword; of what is required also the members that are missing, whose names the schema says."""
    if error.validator != "required" or not isinstance(error.instance, dict):
        return repr(error.validator)
    return f"'required' ({', '.join(name for name in error.validator_value if name not in error.instance)})"
