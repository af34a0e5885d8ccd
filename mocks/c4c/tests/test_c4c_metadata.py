"""$metadata and service documents: what a generic client builds itself from."""

from __future__ import annotations

import re
from typing import Any

import pytest
from c4c_caller import MakeTenant, TenantClient
from lxml import etree

from c4c_mock.model.edm import SERVICE_NAMES, EntitySet, Service, parse_property, services
from c4c_mock.wire.metadata import MetadataRules, build

RULES = MetadataRules(title_creatable=True, parent_creatable=True, back_navigation=True, labels=False)

NS = {
    "edm": "http://schemas.microsoft.com/ado/2008/09/edm",
    "edmx": "http://schemas.microsoft.com/ado/2007/06/edmx",
    "sap": "http://www.sap.com/Protocols/SAPData",
    "c4c": "http://www.sap.com/Protocols/C4CData",
}


def schema(tenant: TenantClient, service: str = "chatactivity", query: str = "") -> Any:
    """The parsed document."""
    return etree.fromstring(tenant.get(f"/{service}/$metadata{query}").data)


def attribute(document: Any, type_name: str, prop: str, name: str) -> Any:
    """One attribute of a property."""
    found = document.xpath(f"//edm:EntityType[@Name='{type_name}']/edm:Property[@Name='{prop}']", namespaces=NS)
    prefix, _, local = name.rpartition(":")
    return found[0].get(f"{{{NS[prefix]}}}{local}" if prefix else local)


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_every_name_that_metadata_refers_to_is_defined_in_it(tenant: TenantClient, service: str) -> None:
    document = schema(tenant, service)
    types = {f"{service}.{n}" for n in document.xpath("//edm:EntityType/@Name", namespaces=NS)}
    associations = {f"{service}.{n}" for n in document.xpath("//edm:Association/@Name", namespaces=NS)}
    sets = set(document.xpath("//edm:EntitySet/@Name", namespaces=NS))
    assert set(document.xpath("//edm:EntitySet/@EntityType | //edm:End/@Type", namespaces=NS)) <= types
    assert set(document.xpath("//@Relationship", namespaces=NS)) <= associations
    assert set(document.xpath("//edm:AssociationSet/@Association", namespaces=NS)) == associations
    assert set(document.xpath("//edm:AssociationSet/edm:End/@EntitySet", namespaces=NS)) <= sets
    assert set(document.xpath("//@c4c:value-help", namespaces=NS)) <= sets
    assert sets == set(services()[service].sets)


def test_rights_and_facets_of_an_attachment_are_announced(tenant: TenantClient) -> None:
    document, folder = schema(tenant), "ChatActivityAttachmentFolder"
    assert attribute(document, folder, "CategoryCode", "Nullable") == "false"
    assert attribute(document, folder, "Binary", "sap:filterable") == "false"
    assert attribute(document, folder, "Binary", "MaxLength") == "Max"
    assert attribute(document, folder, "SizeInkB", "Scale") == "14"
    assert attribute(document, folder, "ETag", "ConcurrencyMode") == "Fixed"
    assert attribute(document, folder, "Title", "sap:creatable") == "true"
    updatable = document.xpath(f"//edm:EntityType[@Name='{folder}']/edm:Property/@sap:updatable", namespaces=NS)
    assert set(updatable) == {"false"}


def test_labels_are_written_on_request_or_always_if_the_dialect_says_so(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    label = ("ChatActivity", "ActualEndDateTime", "sap:label")
    assert attribute(schema(tenant), *label) is None
    assert attribute(schema(tenant, query="?sap-label=true"), *label) == "Actual End Date Time"
    tenant.dialect(metadata_labels="always")
    assert attribute(schema(tenant), *label) == "Actual End Date Time"


def test_a_string_says_whether_its_length_is_bounded(tenant: TenantClient) -> None:
    document = schema(tenant)
    bounded = [attribute(document, "ChatActivity", "ID", name) for name in ("MaxLength", "FixedLength")]
    free = [attribute(document, "ChatTextCollection", "Text", name) for name in ("MaxLength", "FixedLength")]
    assert (bounded, free) == (["35", "true"], [None, "false"])


def test_a_code_names_its_list_and_its_description(tenant: TenantClient) -> None:
    document = schema(tenant)
    assert attribute(document, "ChatActivity", "TypeCode", "c4c:value-help") == "ChatActivityTypeCodeCollection"
    assert attribute(document, "ChatActivity", "TypeCode", "sap:text") == "TypeCodeText"
    lists = document.xpath("//edm:EntitySet[@sap:semantics='fixed-values']", namespaces=NS)
    assert len(lists) == 29
    assert {s.get(f"{{{NS['sap']}}}creatable") for s in lists} == {"false"}


def test_a_context_is_announced_where_the_model_names_one() -> None:
    prop = parse_property("RegionCode", "String(6) cuf codes=RegionCodeCollection context=CountryCode")
    eset = EntitySet(name="AddressCollection", type_name="Address", properties={"RegionCode": prop})
    written = build(Service(name="mine", sets={eset.name: eset}), [], RULES)
    assert 'c4c:context-property="CountryCode"' in written


def test_the_dialect_shows_in_metadata(make_tenant: MakeTenant) -> None:
    switches = {"attachment_title_creatable": False, "parent_object_id_creatable": False}
    tenant = make_tenant(**switches, attachment_back_navigation=False)
    document, folder = schema(tenant), "ChatActivityAttachmentFolder"
    assert attribute(document, folder, "Title", "sap:creatable") == "false"
    assert attribute(document, folder, "ParentObjectID", "sap:creatable") == "false"
    assert document.xpath(f"//edm:EntityType[@Name='{folder}']/edm:NavigationProperty", namespaces=NS) == []
    tenant.attach(tenant.chat())
    assert tenant.get(f"{tenant.file_path()}/ChatActivity").status_code == 404


def test_attachments_can_be_discovered_by_their_shape(tenant: TenantClient) -> None:
    document = schema(tenant)
    wanted = "//edm:EntityType[edm:Property[@Name='Binary'] and edm:Property[@Name='CategoryCode']]/@Name"
    assert document.xpath(wanted, namespaces=NS) == ["ChatActivityAttachmentFolder"]


def test_metadata_can_be_narrowed_to_single_types(tenant: TenantClient) -> None:
    document = schema(tenant, query="?$filter=ChatActivity,ChatActivityBTDReference&sap-label=true")
    assert document.xpath("//edm:EntityType/@Name", namespaces=NS) == [
        "ChatActivity",
        "ChatActivityBTDReference",
    ]
    assert tenant.get("/chatactivity/$metadata?$filter=Nothing").status_code == 400


def test_the_model_data_have_no_fields_of_a_customer() -> None:
    for service in services().values():
        for eset in service.sets.values():
            assert not [name for name in eset.properties if re.search("_KUT$", name)]


def test_every_navigation_leads_to_a_set_of_its_service() -> None:
    for service in services().values():
        targets = {n.target for s in service.sets.values() for n in s.navigations.values()}
        assert targets <= set(service.sets)


def test_the_service_document_lists_every_set_in_both_formats(tenant: TenantClient) -> None:
    listed = tenant.get("/chatactivity/").get_json()["d"]["EntitySets"]
    assert listed == list(services()["chatactivity"].sets)
    atom = etree.fromstring(tenant.get("/chatactivity/", {"Accept": ""}).data)
    assert atom.xpath("//@href") == listed


def test_the_service_root_needs_its_trailing_slash_unless_the_dialect_says_no(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    assert tenant.get("/chatactivity").status_code == 404
    tenant.dialect(root_without_slash=200)
    assert tenant.get("/chatactivity").status_code == 200
