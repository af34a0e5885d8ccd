"""``/contacts``: conversations as statistics see them. The right is Statistics details (documented)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cmi_mock.evidence import touch
from cmi_mock.model.conversations import Conversation
from cmi_mock.model.ids import normal_id
from cmi_mock.model.users import User
from cmi_mock.routes import queries
from cmi_mock.routes.answers import created_answer, document_answer, no_content
from cmi_mock.routes.bodies import document_in, received
from cmi_mock.routes.doors import absent_as, entered, must_hold, text_in
from cmi_mock.tenant import CmiTenant
from cmi_mock.wire.documents import contact_details, contact_row
from mock_kit.mock import Mock

RIGHT = "Statistics details"


def add_contacts(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """Reading conversations, and the remarks to one."""
    _add_remarks(bp, mock)

    @bp.get("/cmi/contacts")
    def list_contacts() -> Response:
        """Conversations the user may see; ``groupId`` narrows to one chat's legs."""
        with entered(mock) as (tenant, user):
            group_id = normal_id(request.args.get("groupId", ""))
            found = [one for one in _visible(tenant, user) if group_id in ("", one.group_id)]
            rows = [contact_row(one) for one in found]
        return document_answer(queries.page(rows, tenant.rules.default_limit), tenant, "contacts")

    @bp.get("/cmi/contacts/<contact_id>")
    def read_contact(contact_id: str) -> Response:
        """One conversation; a group id means the chat's main leg."""
        with entered(mock) as (tenant, user):
            document = contact_row(contact_of(tenant, user, contact_id))
        return document_answer(document, tenant, "contact")

    @bp.get("/cmi/contacts/<contact_id>/details")
    def read_details(contact_id: str) -> Response:
        """What happened when, results written back, remarks."""
        with entered(mock) as (tenant, user):
            document = contact_details(contact_of(tenant, user, contact_id), tenant.records)
        return document_answer(document, tenant, "contactDetails")


def _add_remarks(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.post("/cmi/contacts/<contact_id>/remarks")
    def add_remark(contact_id: str) -> Response:
        """A remark: 201 with its id."""
        sent = received()
        with entered(mock) as (tenant, user):
            contact, text = contact_of(tenant, user, contact_id), text_in(document_in(sent), "remark")
            remark = tenant.records.remark(contact, text)
            return created_answer(remark.id, f"/contacts/{contact.id}/remarks", tenant)

    @bp.put("/cmi/contacts/<contact_id>/remarks")
    def replace_remark(contact_id: str) -> Response:
        """Another text for the remark ``id``, by default the newest: 204."""
        sent = received()
        with entered(mock) as (tenant, user), absent_as("Remark"):
            contact, body = contact_of(tenant, user, contact_id), document_in(sent)
            tenant.records.replace_remark(contact, text_in(body, "remark"), text_in(body, "id", ""))
        return no_content()


def contact_of(tenant: CmiTenant, user: User, contact_id: str) -> Conversation:
    """The conversation of this id. Raises WireError 404 or 403."""
    touch("cmi.rights.statistics_details")
    touch("cmi.contacts.resource")
    with absent_as("Contact"):
        contact = tenant.conversations.get(contact_id)
    grant = user.rights.statistics_details
    must_hold(grant, tenant, contact.queue, contact.agent, right=RIGHT, what="Contact")
    return contact


def _visible(tenant: CmiTenant, user: User) -> list[Conversation]:
    touch("cmi.dialect.contacts_show")
    touch("cmi.rights.statistics_details")
    grant, ended_only = user.rights.statistics_details, tenant.rules.contacts_show == "ended"
    return [
        one
        for one in tenant.conversations
        if grant.reaches(one.queue, one.agent) and (one.ended is not None or not ended_only)
    ]
