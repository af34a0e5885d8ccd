"""ETags on reads, versions, and verbs and addresses that are none of OData's."""

from __future__ import annotations

import pytest
from c4c_caller import MakeTenant, TenantClient
from lxml import etree

STALE = "W/\"datetimeoffset'2015-02-03T21%3A07%3A03.5328420Z'\""


def test_an_unchanged_entity_is_not_sent_again_unless_the_dialect_says_so(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    path = tenant.path(tenant.chat())
    etag = tenant.get(path).headers["ETag"]
    for sent in (etag, etag.replace("%3A", ":"), f"{STALE}, {etag}", "*"):
        answer = tenant.get(path, {"If-None-Match": sent})
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag)
    assert tenant.get(path, {"If-None-Match": STALE}).status_code == 200
    tenant.dialect(conditional_reads=False)
    assert tenant.get(path, {"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize("version", ["3.0", "4", "2.1", "10.0;NetFx"])
def test_a_version_above_two_is_refused_and_others_are_ignored(tenant: TenantClient, version: str) -> None:
    assert tenant.get("/chatactivity/", {"DataServiceVersion": version}).status_code == 400
    for fine in ("2.0", "1.0;dataservicejs", "nonsense"):
        headers = {"DataServiceVersion": fine, "MaxDataServiceVersion": "3.0"}
        assert tenant.get("/chatactivity/", headers).status_code == 200


@pytest.mark.parametrize("verb", ["OPTIONS", "TRACE", "LINK", "FOO"])
def test_a_verb_that_odata_lacks_is_refused_in_c4cs_form(tenant: TenantClient, verb: str) -> None:
    for path in ("/chatactivity/", "/chatactivity/ChatActivityCollection", tenant.path(tenant.chat())):
        answer = tenant.call(verb, path)
        assert answer.status_code == 405
        assert answer.get_json()["error"]["code"] == ""
        assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/", "/sap/bc/ping", "/sap/c4c/odata/v1", "/favicon.ico"])
def test_where_no_service_is_there_is_a_web_page(tenant: TenantClient, path: str) -> None:
    headers = {"Host": tenant.host, "Authorization": tenant.basic(tenant.user, tenant.password)}
    answer = tenant.client.get(path, headers=headers)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_errors_are_atom_without_an_accept_header(tenant: TenantClient) -> None:
    answer = tenant.call("FOO", "/chatactivity/", {"Accept": ""})
    assert etree.fromstring(answer.data).tag.endswith("error")


def test_a_range_behind_the_end_names_the_length(tenant: TenantClient) -> None:
    tenant.attach(tenant.chat(), b"12345")
    for wanted in ("bytes=5-", "bytes=-0", f"bytes={'9' * 18}-"):
        answer = tenant.get(f"{tenant.file_path()}/Binary/$value", {"Range": wanted})
        assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */5")
    assert tenant.get(f"{tenant.file_path()}/Binary/$value", {"Range": f"bytes={'9' * 5000}-"}).status_code == 200
