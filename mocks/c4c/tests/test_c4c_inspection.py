"""An inspection through ``/_mock/odata`` returns what OData returns and has no effect."""

from __future__ import annotations

import pytest
from c4c_caller import TenantClient


def test_it_is_the_same_document_that_odata_gives(tenant: TenantClient) -> None:
    chat = tenant.chat()
    for path in ("/chatactivity/ChatActivityCollection?$format=json", f"{tenant.path(chat)}?$format=json"):
        assert tenant.inspect(path).get_json() == tenant.get(path).get_json()


def test_a_file_comes_in_ranges(tenant: TenantClient) -> None:
    chat = tenant.chat()
    tenant.attach(chat, b"0123456789")
    answer = tenant.inspect(f"{tenant.file_path()}/Binary/$value", {"Range": "bytes=2-4"})
    assert (answer.status_code, answer.data) == (206, b"234")


def test_an_inspection_triggers_no_fault_and_writes_no_journal(tenant: TenantClient) -> None:
    tenant.chat()
    before = len(tenant.exchanges())
    planned = {"match": {"path": "*"}, "kind": "status", "times": 1, "params": {"status": 503}}
    assert tenant.control("faults", planned).status_code == 201
    assert tenant.inspect("/chatactivity/ChatActivityCollection?$format=json").status_code == 200
    assert len(tenant.exchanges()) == before
    assert tenant.get("/chatactivity/ChatActivityCollection").status_code == 503


def test_no_switch_counts_as_touched(tenant: TenantClient) -> None:
    tenant.chat()
    before = tenant.control("evidence", method="GET").get_json()
    tenant.inspect("/chatactivity/ChatActivityCollection?$format=json&$expand=ChatActivityAttachment")
    assert tenant.control("evidence", method="GET").get_json() == before


def test_an_inspection_needs_no_free_thread(tenant: TenantClient) -> None:
    tenant.chat()
    tenant.dialect(parallel_limit=1)
    leave = tenant.state.threads.enter(1, status=503)
    assert tenant.get("/chatactivity/ChatActivityCollection/$count").status_code == 503
    assert tenant.inspect("/chatactivity/ChatActivityCollection/$count").data == b"1"
    leave()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed_here(tenant: TenantClient, method: str) -> None:
    chat = tenant.chat()
    path = f"/_mock/odata/chatactivity/ChatActivityCollection('{chat}')"
    before = tenant.get(tenant.path(chat)).get_json()
    assert tenant.client.open(path, method=method, json={"SubjectName": "x"}).status_code in {404, 405}
    assert tenant.get(tenant.path(chat)).get_json() == before


def test_what_does_not_exist_is_answered_with_odatas_error(tenant: TenantClient) -> None:
    answer = tenant.inspect("/chatactivity/ChatActivityCollection('0000')?$format=json")
    assert answer.status_code == 404
    assert answer.get_json()["error"]["message"]["value"]
