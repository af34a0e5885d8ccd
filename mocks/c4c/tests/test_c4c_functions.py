"""Function imports, and the catalog, which cannot be written."""

from __future__ import annotations

import pytest
from c4c_caller import MakeTenant, TenantClient
from lxml import etree
from werkzeug.test import TestResponse

NS = {"edm": "http://schemas.microsoft.com/ado/2008/09/edm"}
META = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"
ACTIVITIES = "/socialmediaactivity/SocialMediaActivityCollection"
PROFILES = "/socialmediaactivity/SocialMediaUserProfileCollection"
CHILDREN = "/socialmediaactivity/GetAllChildSocialMediaActivity"
PROFILE = "/socialmediaactivity/GetSocialMediaUserProfile"


@pytest.fixture
def thread(tenant: TenantClient) -> str:
    """A root message with two replies, and a message apart; returns the root's ObjectID."""
    root = tenant.call("POST", ACTIVITIES, json={"Text": "root"}).get_json()["d"]["results"]
    for text in ("one", "two"):
        body = {"Text": text, "RootSocialMediaActivityUUID": root["UUID"]}
        assert tenant.call("POST", ACTIVITIES, json=body).status_code == 201
    tenant.call("POST", ACTIVITIES, json={"Text": "apart"})
    return str(root["ObjectID"])


def texts(answer: TestResponse) -> list[str]:
    """Texts of a feed."""
    assert answer.status_code == 200, answer.text
    return [row["Text"] for row in answer.get_json()["d"]["results"]]


def test_all_messages_below_a_root_are_found_by_the_roots_id(tenant: TenantClient, thread: str) -> None:
    path = f"{CHILDREN}?RootSocialMediaActivityNodeID='{thread}'"
    assert texts(tenant.get(path)) == ["one", "two"]
    assert texts(tenant.get(f"{path}&$orderby=Text desc&$top=1")) == ["two"]
    assert texts(tenant.get(f"{CHILDREN}?RootSocialMediaActivityNodeID='nothing'")) == []


def test_the_umbrella_service_answers_it_too(tenant: TenantClient, thread: str) -> None:
    login = {"user": tenant.user, "password": tenant.password, "services": ["c4codataapi"]}
    tenant.control("communication-arrangements", login)
    assert texts(tenant.get(f"/c4codataapi{CHILDREN[20:]}?RootSocialMediaActivityNodeID='{thread}'")) == ["one", "two"]


def test_its_pages_keep_the_parameters(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(page_size=1)
    for _ in range(2):
        tenant.call("POST", PROFILES, json={"SocialMediaUserProfileUserInformation": [{"EmailURI": "a@example.com"}]})
    first = tenant.get(f"{PROFILE}?EmailURI='a@example.com'").get_json()["d"]
    rest = tenant.get(first["__next"].partition("/sap/c4c/odata/v1")[2]).get_json()["d"]
    assert len(first["results"]) == len(rest["results"]) == 1
    assert first["results"] != rest["results"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("SocialMediaUserAccountID='acc-1'", 1),
        ("SocialMediaUserAccountID='acc-1'&SocialMediaUserName='Ada'", 1),
        ("SocialMediaUserAccountID='acc-1'&SocialMediaUserName='Bob'", 0),
    ],
)
def test_a_profile_is_found_by_what_its_information_says(tenant: TenantClient, query: str, count: int) -> None:
    information = {"SocialMediaUserAccountID": "acc-1", "SocialMediaUserName": "Ada"}
    tenant.call("POST", PROFILES, json={"SocialMediaUserProfileUserInformation": [information]})
    assert len(tenant.results(f"{PROFILE}?{query}")) == count


@pytest.mark.parametrize("query", ["", "?Nothing='x'", "?ID=5", "?ID='x", "?ID='x'&$filter=Nothing eq 1"])
def test_a_call_without_or_with_wrong_parameters_is_refused(tenant: TenantClient, query: str) -> None:
    assert tenant.get(PROFILE + query).status_code == 400


def test_a_function_of_reading_accepts_no_post(tenant: TenantClient) -> None:
    assert tenant.call("POST", f"{PROFILE}?ID='x'", json={}).status_code == 405
    assert tenant.get("/activity/GetSocialMediaUserProfile?ID='x'").status_code == 404


def test_metadata_announce_function_imports(tenant: TenantClient) -> None:
    document = etree.fromstring(tenant.get("/socialmediaactivity/$metadata").data)
    found = document.xpath("//edm:FunctionImport[@Name='GetAllChildSocialMediaActivity']", namespaces=NS)[0]
    assert found.get(f"{META}HttpMethod") == "GET"
    assert found.get("ReturnType") == "Collection(socialmediaactivity.SocialMediaActivity)"
    assert found.get("EntitySet") == "SocialMediaActivityCollection"
    assert [dict(p.attrib) for p in found] == [
        {"Name": "RootSocialMediaActivityNodeID", "Type": "Edm.String", "Mode": "In", "MaxLength": "70"}
    ]


def test_the_catalog_lists_every_service_to_every_user_who_can_log_in(tenant: TenantClient) -> None:
    assert tenant.get("/odataservicecatalog/").get_json() == {"d": {"EntitySets": ["ODataServiceCollection"]}}
    rows = tenant.results("/odataservicecatalog/ODataServiceCollection")
    names = ["activity", "chatactivity", "call_list", "socialmediaactivity", "c4codataapi"]
    assert [row["Name"] for row in rows] == names
    assert [row["ServiceURL"] for row in rows] == [f"/sap/c4c/odata/v1/{name}/" for name in names]
    assert tenant.get("/odataservicecatalog/ODataServiceCollection('activity')/Name/$value").text == "activity"
    assert tenant.get("/odataservicecatalog/", {"Authorization": ""}).status_code == 401


def test_the_catalog_cannot_be_written(tenant: TenantClient) -> None:
    path = "/odataservicecatalog/ODataServiceCollection"
    assert tenant.call("POST", path, json={"Name": "mine"}).status_code == 405
    assert tenant.call("DELETE", f"{path}('activity')").status_code == 405
    document = etree.fromstring(tenant.get("/odataservicecatalog/$metadata").data)
    assert document.xpath("//edm:EntitySet/@*[local-name()='creatable']", namespaces=NS) == ["false"]
