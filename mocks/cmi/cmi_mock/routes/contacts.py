"""``/contacts``: conversations as statistics see them. The right is Statistics details (documented)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cmi_mock.evidence import touch
from cmi_mock.model.contacts import CmiContact
from cmi_mock.model.ids import normal_id
from cmi_mock.model.users import User
from cmi_mock.routes import queries
from cmi_mock.routes.access import admitted, not_found_as, require_right
from cmi_mock.routes.bodies import document_in, received_body, text_in
from cmi_mock.routes.responses import created_response, document_response, no_content
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
        with admitted(mock) as (tenant, user):
            group_id = normal_id(request.args.get("groupId", ""))
            found = [one for one in _visible(tenant, user) if group_id in ("", one.group_id)]
            rows = [contact_row(one) for one in found]
        return document_response(queries.page(rows, tenant.rules.default_limit), tenant, "contacts")

    @bp.get("/cmi/contacts/<contact_id>")
    def read_contact(contact_id: str) -> Response:
        """One conversation; a group id means the chat's main leg."""
        with admitted(mock) as (tenant, user):
            document = contact_row(contact_of(tenant, user, contact_id))
        return document_response(document, tenant, "contact")

    @bp.get("/cmi/contacts/<contact_id>/details")
    def read_details(contact_id: str) -> Response:
        """What happened when, results written back, remarks."""
        with admitted(mock) as (tenant, user):
            document = contact_details(
                contact_of(tenant, user, contact_id), tenant.records, tenant.rules.extra_data_in_statistics
            )
        return document_response(document, tenant, "contactDetails")


def _add_remarks(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.post("/cmi/contacts/<contact_id>/remarks")
    def add_remark(contact_id: str) -> Response:
        """A remark: 201 with its id."""
        sent = received_body()
        with admitted(mock) as (tenant, user):
            contact, text = contact_of(tenant, user, contact_id), text_in(document_in(sent), "remark")
            remark = tenant.records.remark(contact, text)
            return created_response(remark.id, f"/contacts/{contact.id}/remarks", tenant)

    @bp.put("/cmi/contacts/<contact_id>/remarks")
    def replace_remark(contact_id: str) -> Response:
        """Another text for the remark ``id``, by default the newest: 204."""
        sent = received_body()
        with admitted(mock) as (tenant, user), not_found_as("Remark"):
            contact, body = contact_of(tenant, user, contact_id), document_in(sent)
            tenant.records.replace_remark(contact, text_in(body, "remark"), text_in(body, "id", ""))
        return no_content()


def contact_of(tenant: CmiTenant, user: User, contact_id: str) -> CmiContact:
    """The conversation of this id. Raises CmiError 404 or 403."""
    touch("cmi.rights.statistics_details")
    touch("cmi.contacts.resource")
    with not_found_as("Contact"):
        contact = tenant.contacts.get(contact_id)
    grant = user.rights.statistics_details
    require_right(grant, tenant, contact.queue, contact.agent, right=RIGHT, what="Contact")
    return contact


def _visible(tenant: CmiTenant, user: User) -> list[CmiContact]:
    touch("cmi.dialect.contacts_show")
    touch("cmi.rights.statistics_details")
    grant, ended_only = user.rights.statistics_details, tenant.rules.contacts_show == "ended"
    return [
        one
        for one in tenant.contacts
        if grant.reaches(one.queue, one.agent) and (one.ended is not None or not ended_only)
    ]
