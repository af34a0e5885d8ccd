"""Formats of a reply: Atom by default, JSON on request, the vendor's headers on both."""

from __future__ import annotations

import pytest
from c4c_caller import MakeTenant, TenantClient
from lxml import etree

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "m": "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata",
    "d": "http://schemas.microsoft.com/ado/2007/08/dataservices",
}
CHATS = "/chatactivity/ChatActivityCollection"


def test_atom_is_the_default_for_feeds_entries_and_errors(tenant: TenantClient) -> None:
    chat = tenant.chat(Subject="<&>")
    tenant.attach(chat)
    feed = etree.fromstring(tenant.get(f"{CHATS}?$inlinecount=allpages", {"Accept": ""}).data)
    assert feed.xpath("string(a:entry/a:content/m:properties/d:SubjectName)", namespaces=NS) == "<&>"
    assert feed.xpath("string(m:count)", namespaces=NS) == "1"
    path = f"{tenant.path(chat)}?$expand=ChatActivityAttachment"
    entry = etree.fromstring(tenant.get(path, {"Accept": "application/atom+xml"}).data)
    binary = "string(a:link/m:inline/a:feed/a:entry/a:content/m:properties/d:Binary)"
    assert entry.xpath(binary, namespaces=NS) == "aGVsbG8="
    error = etree.fromstring(tenant.get(f"{CHATS}('x')", {"Accept": "*/*"}).data)
    assert error.xpath("string(m:code)", namespaces=NS) == ""
    assert "x" in error.xpath("string(m:message)", namespaces=NS)


def test_atom_names_the_next_page_and_single_properties(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(page_size=2)
    for number in range(3):
        tenant.chat(f"REF{number}")
    feed = etree.fromstring(tenant.get(CHATS, {"Accept": ""}).data)
    assert "$skiptoken=3" in feed.xpath("string(a:link[@rel='next']/@href)", namespaces=NS)
    chat = tenant.results(CHATS)[0]["ObjectID"]
    prop = etree.fromstring(tenant.get(f"{tenant.path(chat)}/ActualStartDateTime", {"Accept": ""}).data)
    assert prop.text.endswith("Z")


@pytest.mark.parametrize(
    ("accept", "query", "kind"),
    [
        ("application/json", "", "application/json"),
        ("application/atom+xml,application/json;q=0.5", "", "application/atom+xml"),
        ("application/atom+xml;q=0.3,application/json;q=0.5", "", "application/json"),
        ("text/html", "", "application/atom+xml"),
        ("application/json", "?$format=atom", "application/atom+xml"),
        ("", "?$format=json", "application/json"),
    ],
)
def test_format_wins_over_accept_and_accept_over_the_default(
    tenant: TenantClient, accept: str, query: str, kind: str
) -> None:
    assert tenant.get(CHATS + query, {"Accept": accept}).mimetype == kind


def test_the_vendors_headers_are_on_every_answer(tenant: TenantClient) -> None:
    answer = tenant.get(CHATS)
    assert answer.headers["dataserviceversion"] == "2.0"
    assert answer.headers["cache-control"] == "no-cache, no-store"
    assert answer.headers["c4c-odata-response-time"].endswith(" ms")


def test_a_control_character_in_a_text_does_not_break_the_xml(tenant: TenantClient) -> None:
    chat = tenant.chat(Subject="bad\x0bchar")
    etree.fromstring(tenant.get(tenant.path(chat), {"Accept": ""}).data)
