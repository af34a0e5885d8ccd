"""Odd pages of a list: overlapping, without end, with a next link of another form."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from c4c_caller import MakeTenant, TenantClient

IRREGULAR = pytest.mark.off_contract(reason="next links and pages that no proper server sends, on purpose")
ROOT = "/sap/c4c/odata/v1"


def filled(tenant: TenantClient, count: int = 5) -> str:
    """A chat with so many attachments; returns the path of their list."""
    chat = tenant.chat()
    for number in range(count):
        assert tenant.attach(chat, Name=f"{number}.txt").status_code == 201
    return f"{tenant.path(chat)}/ChatActivityAttachment?$select=ObjectID,Name"


def page(tenant: TenantClient, link: str) -> tuple[list[dict[str, Any]], str]:
    """Rows and next link of one page; ``link`` is absolute or below the OData root."""
    split = urlsplit(link)
    path = split.path.removeprefix(ROOT)
    data = tenant.get(f"{path}?{split.query}").get_json()["d"]
    return data["results"], data.get("__next", "")


def pages(tenant: TenantClient, path: str, most: int = 20) -> list[list[str]]:
    """The names on each page, following every next link."""
    found: list[list[str]] = []
    link = path
    while link and len(found) < most:
        rows, link = page(tenant, link)
        found.append([row["Name"] for row in rows])
    return found


def test_overlapping_pages_repeat_their_last_row(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(page_size=3, feed_pages="overlapping")
    path = filled(tenant)
    assert pages(tenant, path) == [["0.txt", "1.txt", "2.txt"], ["2.txt", "3.txt", "4.txt"]]
    ids = [row["ObjectID"] for link in (path, page(tenant, path)[1]) for row in page(tenant, link)[0]]
    assert (len(ids), len(set(ids))) == (6, 5)


def test_overlapping_pages_of_one_row_come_to_an_end(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(page_size=1, feed_pages="overlapping")
    assert pages(tenant, filled(tenant, 3)) == [["0.txt"], ["1.txt"], ["2.txt"]]


def test_overlapping_pages_of_a_list_with_top_come_to_an_end(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(top_page_size=2, feed_pages="overlapping")
    assert pages(tenant, filled(tenant) + "&$top=4") == [["0.txt", "1.txt"], ["1.txt", "2.txt"], ["2.txt", "3.txt"]]


@pytest.mark.parametrize("count", [0, 3])
def test_pages_without_end_lead_on_and_their_rows_are_new_each_time(make_tenant: MakeTenant, count: int) -> None:
    tenant = make_tenant(page_size=2, feed_pages="endless")
    found = pages(tenant, filled(tenant, count), most=20)
    names = [name for names in found for name in names]
    assert len(names) == len(set(names)) == 40
    assert names[:count] == [f"{number}.txt" for number in range(count)]
    assert len(tenant.stored()) == count


def test_a_page_without_end_is_the_same_page_when_it_is_read_again(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(page_size=2, feed_pages="endless")
    link = page(tenant, filled(tenant, 1))[1]
    assert page(tenant, link) == page(tenant, link)


def test_an_anomaly_is_for_lists_of_attachments_unless_the_dialect_says_all(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(page_size=1, feed_pages="endless")
    tenant.chat()
    path = "/chatactivity/ChatActivityCollection?$select=ObjectID"
    assert page(tenant, path)[1] == ""
    tenant.dialect(oddities_for="all")
    assert page(tenant, path)[1] != ""


def test_an_inspection_sees_regular_pages(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(page_size=2, feed_pages="endless", next_link_form="service", oddities_for="all")
    path = filled(tenant, 3)
    data = tenant.inspect(path.partition("?")[0]).get_json()["d"]
    assert [row["Name"] for row in data["results"]] == ["0.txt", "1.txt"]
    assert data["__next"].startswith("https://")


@IRREGULAR
@pytest.mark.parametrize("accept", ["application/json", "application/atom+xml"])
@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("service", "ChatActivityCollection('"),
        ("host", "/sap/c4c/odata/v1/chatactivity/ChatActivityCollection('"),
        ("absolute", "https://my2554607.de1.crm.cloud.sap/sap/c4c/odata/v1/chatactivity/ChatActivityCollection('"),
    ],
)
def test_a_next_link_can_be_relative_to_the_service_root_or_to_the_host(
    make_tenant: MakeTenant, form: str, start: str, accept: str
) -> None:
    tenant = make_tenant(page_size=2, next_link_form=form)
    answer = tenant.get(filled(tenant, 3), {"Accept": accept})
    if accept == "application/json":
        assert answer.get_json()["d"]["__next"].startswith(start)
    else:
        assert f'<link rel="next" href="{start}' in answer.text


@IRREGULAR
def test_a_next_link_can_name_an_older_host(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(page_size=2, next_link_host="my2554607.crm.ondemand.com")
    link = page(tenant, filled(tenant, 3))[1]
    assert link.startswith("https://my2554607.crm.ondemand.com/sap/c4c/odata/v1/chatactivity/")
    assert [row["Name"] for row in page(tenant, link)[0]] == ["2.txt"]
