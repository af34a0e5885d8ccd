"""What $metadata announces of an attachment, and what happens to a value that it does not allow."""

from __future__ import annotations

import re
from typing import Any

import pytest
from c4c_caller import MakeTenant, TenantClient
from lxml import etree

from c4c_mock.model.edm import services

SAP = "{http://www.sap.com/Protocols/SAPData}"
NS = {"edm": "http://schemas.microsoft.com/ado/2008/09/edm"}
ATTACHMENTS = [s for s in services()["c4codataapi"].sets.values() if s.attachment]
CALLS = "/activity/PhoneCallCollection"


def schema(tenant: TenantClient, service: str) -> Any:
    """The parsed $metadata."""
    return etree.fromstring(tenant.get(f"/{service}/$metadata").data)


def properties(document: Any, type_name: str) -> dict[str, Any]:
    """The properties of an entity type by name."""
    found = document.xpath(f"//edm:EntityType[@Name='{type_name}']/edm:Property", namespaces=NS)
    return {each.get("Name"): each for each in found}


@pytest.mark.parametrize("eset", ATTACHMENTS, ids=lambda eset: eset.name)
def test_every_set_of_attachments_announces_the_rights_recorded_on_a_tenant(tenant: TenantClient, eset: Any) -> None:
    service = next(name for name, each in services().items() if eset.name in each.sets)
    document = schema(tenant, service)
    declared = document.xpath(f"//edm:EntitySet[@Name='{eset.name}']", namespaces=NS)[0]
    assert [declared.get(f"{SAP}{right}") for right in ("creatable", "updatable", "deletable")] == ["true"] * 3
    found = properties(document, eset.type_name)
    assert {each.get(f"{SAP}updatable") for each in found.values()} == {"false"}
    assert (found["UUID"].get("Nullable"), found["UUID"].get(f"{SAP}creatable")) == ("false", "false")
    assert [found[name].get("Type") for name in ("CreatedOn", "LastUpdatedOn")] == ["Edm.DateTime"] * 2
    assert found["CreatedOn"].get("Precision") == "7"
    parent = found["ParentObjectID"]
    assert [parent.get(f"{SAP}{right}") for right in ("creatable", "filterable")] == ["true", "true"]
    texts = [each.get(f"{SAP}filterable") for name, each in found.items() if name.endswith("CodeText")]
    assert set(texts) <= {"true"}


def test_no_association_of_a_published_model_is_served_as_a_property() -> None:
    for service in services().values():
        for eset in service.sets.values():
            assert not [name for name in eset.properties if name.startswith("ToParent")]


def test_attachments_lead_back_to_their_parent_only_where_the_dialect_says_so(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    chat = tenant.chat()
    tenant.attach(chat)
    back, bound = f"{tenant.file_path()}/ChatActivity", {"ChatActivity": {"__metadata": {"uri": tenant.path(chat)}}}
    body = {"TypeCode": "10001", "Name": "b", "CategoryCode": "2", "Binary": "QUJD", **bound}
    flat = "/chatactivity/ChatActivityAttachmentCollection"
    assert [tenant.get(back).status_code, tenant.call("POST", flat, json=body).status_code] == [404, 400]
    tenant.dialect(attachment_back_navigation=True)
    assert [tenant.get(back).status_code, tenant.call("POST", flat, json=body).status_code] == [200, 201]


def test_the_stamps_of_an_attachment_are_conditions_of_type_datetime(tenant: TenantClient) -> None:
    chat = tenant.chat()
    tenant.attach(chat)
    path = f"{tenant.path(chat)}/ChatActivityAttachment?$select=CreatedOn&$filter=CreatedOn ge "
    found = tenant.results(f"{path}datetime'2015-01-01T00:00:00'")
    assert re.fullmatch(r"/Date\(\d+\)/", found[0]["CreatedOn"])
    assert not found[0]["CreatedOn"].endswith("00000)/"), "a moment, not the midnight before it"
    assert tenant.get(f"{path}datetimeoffset'2015-01-01T00:00:00Z'").status_code == 400


def test_a_value_for_what_is_neither_creatable_nor_nullable_is_ignored(tenant: TenantClient) -> None:
    chat = tenant.chat()
    ids: dict[str, Any] = {"UUID": "00163E13-0000-0000-0000-000000000001", "ObjectID": "0" * 32}
    made = tenant.attach(chat, **ids)
    assert made.status_code == 201
    echo = made.get_json()["d"]["results"]
    assert ids["UUID"] != echo["UUID"] == re.sub("(.{8})(.{4})(.{4})(.{4})(.{12})", r"\1-\2-\3-\4-\5", echo["ObjectID"])


@pytest.mark.parametrize("name", ["SizeInkB", "CreatedBy", "CreatedOn", "ChatActivityID"])
def test_a_value_for_what_is_nullable_and_not_creatable_is_refused(tenant: TenantClient, name: str) -> None:
    value = "/Date(0)/" if name == "CreatedOn" else "1"
    sent: dict[str, Any] = {name: value}
    answer = tenant.attach(tenant.chat(), **sent)
    assert (answer.status_code, f"Property {name}" in answer.text) == (400, True)


def test_an_attachment_needs_its_type_code_unless_the_dialect_says_no(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    chat = tenant.chat()
    refused = tenant.attach(chat, TypeCode=None)
    assert (refused.status_code, "TypeCode is required" in refused.text) == (400, True)
    tenant.dialect(attachment_type_code_required=False)
    assert tenant.attach(chat, TypeCode=None).get_json()["d"]["results"]["TypeCode"] == "10001"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "MERGE"])
def test_an_attachment_as_read_can_be_sent_back_and_a_differing_value_is_refused(
    tenant: TenantClient, method: str
) -> None:
    tenant.attach(tenant.chat())
    path = tenant.file_path()
    read = tenant.results(path)
    assert tenant.call(method, path, json=read).status_code == 204
    for change in ({"Name": "b.txt"}, {"Binary": "QUJE"}):
        assert tenant.call(method, path, json={**read, **change}).status_code == 400
    assert tenant.get(f"{path}/Binary/$value").data == b"hello"
    assert len(list(tenant.state.spool.directory.glob("*"))) == 2, "the file and the log: nothing is left of a body"


@pytest.mark.parametrize(("fractions", "status"), [(True, 400), (False, 204)])
def test_a_whole_entity_with_dates_cut_to_seconds_is_accepted_where_the_dialect_says_so(
    make_tenant: MakeTenant, fractions: bool, status: int
) -> None:
    tenant = make_tenant(update_compares_fractions=fractions)
    tenant.control("clock", {"advance_s": 0.5})
    made = tenant.call("POST", CALLS, json={"Subject": "x"}).get_json()["d"]["results"]
    path = f"{CALLS}('{made['ObjectID']}')"
    cut = {n: v for n, v in made.items() if not isinstance(v, dict)}
    for name, value in cut.items():
        if isinstance(value, str) and (ticks := re.fullmatch(r"/Date\((\d+)\)/", value)):
            cut[name] = f"/Date({int(ticks[1]) // 1000 * 1000})/"
    assert tenant.call("PUT", path, json=cut).status_code == status
