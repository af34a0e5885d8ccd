"""Links that C4C gives to a client at the tenant's loopback name lead back there: that client can follow no others."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from c4c_caller import HOST, TenantClient

NAME = "default.c4c.localhost:8103"
THERE = {"Host": NAME}

pytestmark = pytest.mark.off_contract(reason="the contract describes the neighbours' real names")


def links_in(value: Any) -> list[str]:
    """Every absolute address in a document."""
    if isinstance(value, dict):
        return [link for each in value.values() for link in links_in(each)]
    if isinstance(value, list):
        return [link for each in value for link in links_in(each)]
    return [value] if isinstance(value, str) and "://" in value else []


def test_every_link_of_a_document_begins_with_the_loopback_name_and_can_be_followed(tenant: TenantClient) -> None:
    chat = tenant.chat()
    tenant.attach(chat)
    document = tenant.get(f"{tenant.path(chat)}/ChatActivityAttachment", THERE).get_json()
    links = links_in(document)
    assert {"/".join(link.split("/")[:3]) for link in links} == {f"http://{NAME}"}
    for link in links:
        path = urlsplit(link).path.removeprefix("/sap/c4c/odata/v1")
        assert tenant.get(path, THERE).status_code == 200, link


def test_a_created_objects_location_begins_with_it(tenant: TenantClient) -> None:
    answer = tenant.attach(tenant.chat(), headers=THERE)
    assert answer.headers["Location"].startswith(f"http://{NAME}/sap/c4c/odata/v1/")
    assert answer.get_json()["d"]["results"]["__metadata"]["uri"] == answer.headers["Location"]


def test_at_its_own_host_the_links_are_its_own(tenant: TenantClient) -> None:
    document = tenant.get(tenant.path(tenant.chat())).get_json()
    assert document["d"]["results"]["__metadata"]["uri"].startswith(f"https://{HOST}/")


def test_a_password_is_wanted_there_too(tenant: TenantClient) -> None:
    assert tenant.get(tenant.path(tenant.chat()), {**THERE, "Authorization": ""}).status_code == 401
