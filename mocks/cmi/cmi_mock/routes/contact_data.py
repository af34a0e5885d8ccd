"""``/contactData``: results that a client writes back to a conversation, as attached data."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from cmi_mock.evidence import touch
from cmi_mock.model.contact_records import ContactData
from cmi_mock.model.contacts import CmiContact
from cmi_mock.model.ids import normal_id
from cmi_mock.model.users import User
from cmi_mock.routes import queries
from cmi_mock.routes.access import admitted, not_found_as, require_right
from cmi_mock.routes.bodies import document_in, received_body, text_in
from cmi_mock.routes.contacts import contact_of
from cmi_mock.routes.responses import CmiError, created_response, document_response
from cmi_mock.tenant import CmiTenant
from cmi_mock.wire.documents import contact_data_row
from mock_kit.http.refusals import Conflict, MissingItem
from mock_kit.mock import Mock


def add_contact_data(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """GET with Statistics details; POST with Manage contact history besides (documented)."""

    @bp.get("/cmi/contactData")
    def list_contact_data() -> Response:
        """Every result the user may see; ``contactId`` (a conversation or a group) narrows."""
        with admitted(mock) as (tenant, user):
            wanted = request.args.get("contactId", "")
            rows = [contact_data_row(one, tenant) for one in _visible(tenant, user, wanted)]
        return document_response(queries.page(rows, tenant.rules.default_limit), tenant, "contactData")

    @bp.get("/cmi/contactData/<data_id>")
    def read_contact_data(data_id: str) -> Response:
        """One result."""
        with admitted(mock) as (tenant, user):
            with not_found_as("Contact data"):
                written = tenant.records.get(data_id)
            contact = contact_of(tenant, user, written.contact_id)
            with not_found_as("Contact data"):
                written = _what_is_left(tenant, written, contact)
            document = contact_data_row(written, tenant)
        return document_response(document, tenant, "contactData")

    @bp.post("/cmi/contactData")
    def write_contact_data() -> Response:
        """Write a result back: 201, body = new id, Location."""
        sent = received_body()
        with admitted(mock) as (tenant, user):
            body = document_in(sent)
            contact = contact_of(tenant, user, text_in(body, "contact_id"))
            _require_history_right(tenant, user, contact)
            written = _written(tenant, user, contact, _data_in(body, tenant))
            return created_response(written.id, f"/contactData/{written.id}", tenant)


def _require_history_right(tenant: CmiTenant, user: User, contact: CmiContact) -> None:
    grant = user.rights.manage_contact_history
    require_right(grant, tenant, contact.queue, contact.agent, right="Manage contact history", what="Contact")


def _written(tenant: CmiTenant, user: User, contact: CmiContact, data: dict[str, Any]) -> ContactData:
    touch("cmi.contact_data.when")
    touch("cmi.contact_data.keys")
    try:
        return tenant.records.write(contact, user.name, data)
    except Conflict as exc:
        touch("cmi.dialect.contact_data_refused_status")
        raise CmiError(tenant.rules.contact_data_refused_status, "Contact data not accepted", note=exc.detail) from exc


def _data_in(body: dict[str, Any], tenant: CmiTenant) -> dict[str, Any]:
    touch("cmi.dialect.contact_data_form")
    if tenant.rules.contact_data_form == "pairs":
        return {text_in(body, "name"): text_in(body, "value", "")}
    data = body.get("data")
    if not isinstance(data, dict) or not data:
        raise CmiError(400, "data is missing or empty")
    return data


def _what_is_left(tenant: CmiTenant, written: ContactData, contact: CmiContact) -> ContactData:
    """Raises MissingItem when nothing of it has outlived the conversation."""
    touch("cmi.dialect.extra_data_in_statistics")
    kept = tenant.records.kept(written, contact, tenant.rules.extra_data_in_statistics)
    if kept is None:
        raise MissingItem("nothing of this contact data is listed in Extra Data Included in Statistics")
    return kept


def _visible(tenant: CmiTenant, user: User, wanted: str) -> list[ContactData]:
    touch("cmi.rights.statistics_details")
    rows = list(tenant.records)
    if wanted:
        try:
            contact = tenant.contacts.get(wanted)
        except MissingItem:
            return []
        rows = [
            one for one in rows if contact.id == one.contact_id or contact.group_id == normal_id(wanted) == one.group_id
        ]
    grant = user.rights.statistics_details
    contacts = {one.id: one for one in tenant.contacts}
    mine = [one for one in rows if grant.reaches(contacts[one.contact_id].queue, contacts[one.contact_id].agent)]
    touch("cmi.dialect.extra_data_in_statistics")
    listed = tenant.rules.extra_data_in_statistics
    left = [tenant.records.kept(one, contacts[one.contact_id], listed) for one in mine]
    return [one for one in left if one is not None]
