"""Packed replies: documents for those who accept it, files never."""

from __future__ import annotations

import gzip
import json

import pytest
from c4c_caller import MakeTenant, TenantClient

SET = "/chatactivity/ChatActivityCollection"
PACKED = {"Accept-Encoding": "gzip, deflate"}


@pytest.mark.parametrize("path", [SET, "/chatactivity/", "/chatactivity/$metadata", f"{SET}('x')"])
@pytest.mark.parametrize("accept", ["application/json", ""])
def test_documents_are_packed_for_those_who_accept_it_unless_the_dialect_says_no(
    make_tenant: MakeTenant, path: str, accept: str
) -> None:
    tenant = make_tenant()
    plain, packed = tenant.get(path, {"Accept": accept}), tenant.get(path, {"Accept": accept, **PACKED})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Length"] == str(len(packed.data))
    assert len(gzip.decompress(packed.data)) == len(plain.data)
    tenant.dialect(gzip_replies=False)
    assert "Content-Encoding" not in tenant.get(path, {"Accept": accept, **PACKED}).headers


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("*", True), ("br, gzip;q=0.1", True), ("gzip;q=0", False), ("identity", False), ("xgzip", False)],
)
def test_the_accept_encoding_decides(tenant: TenantClient, accepted: str, packed: bool) -> None:
    answer = tenant.get(SET, {"Accept-Encoding": accepted})
    assert (answer.headers.get("Content-Encoding") == "gzip") is packed


@pytest.mark.parametrize("mime", ["application/json", "text/plain"])
def test_a_file_of_any_type_is_never_packed(tenant: TenantClient, mime: str) -> None:
    chat = tenant.chat()
    tenant.attach(chat, b'{"a": 1}', MimeType=mime)
    for path in (f"{tenant.file_path()}/Binary/$value", f"{tenant.file_path()}/Name/$value", f"{SET}/$count"):
        assert "Content-Encoding" not in tenant.get(path, PACKED).headers


def test_a_large_echo_is_packed_as_a_stream(tenant: TenantClient) -> None:
    content = bytes(range(256)) * 8192
    answer = tenant.attach(tenant.chat(), content, PACKED)
    assert "Content-Length" not in answer.headers
    assert json.loads(gzip.decompress(answer.data))["d"]["results"]["SizeInkB"] == "2097152.00000000000000"


def test_the_journal_shows_what_was_packed(tenant: TenantClient) -> None:
    tenant.get("/chatactivity/ChatActivityCollection", PACKED)
    shown = tenant.exchanges()[-1]["response"]
    assert (shown["head"], shown["sniffed_type"]) == ('{"d":{"results":[]}}', "application/json")


def test_head_is_not_packed(tenant: TenantClient) -> None:
    assert "Content-Encoding" not in tenant.call("HEAD", SET, PACKED).headers
