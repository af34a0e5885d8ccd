"""What clients send that this project did not write: older addresses, packed bodies, conditions, odd names."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from c4c_caller import MakeTenant, TenantClient, tenant_order
from lxml import etree

CHATS = "/chatactivity/ChatActivityCollection"
DATA = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"


@pytest.mark.parametrize("service", ["c4codata", "c4codataapi"])
def test_the_umbrella_service_answers_under_its_older_name_with_types_of_that_name(
    make_tenant: MakeTenant, service: str
) -> None:
    tenant = make_tenant()
    chat = tenant.chat()
    assert tenant.get(f"/{service}/").status_code == 403
    services = {"services": [*tenant_order()["arrangement"]["services"], "c4codataapi"]}
    assert tenant.control("communication-arrangements/1/services", services, "PUT").status_code == 200
    about = tenant.results(f"/{service}/ChatActivityCollection('{chat}')")["__metadata"]
    assert about["type"] == f"{service}.ChatActivity"
    assert f"/sap/c4c/odata/v1/{service}/ChatActivityCollection('{chat}')" in about["uri"]
    schema = etree.fromstring(tenant.get(f"/{service}/$metadata").data)
    assert schema.xpath("//*[local-name()='Schema']/@Namespace") == [service]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "aws-chunked"])
@pytest.mark.parametrize("path", ["ChatActivityAttachmentCollection", "$batch"])
def test_a_packed_body_is_415_and_the_hint_says_what_to_do(tenant: TenantClient, coding: str, path: str) -> None:
    kind = "multipart/mixed; boundary=b" if path == "$batch" else "application/json"
    headers = {"Content-Type": kind, "Content-Encoding": coding}
    answer = tenant.call("POST", f"/chatactivity/{path}", headers, data=gzip.compress(b"{}"))
    assert (answer.status_code, f"found '{coding}'" in answer.text) == (415, True)
    assert answer.headers["X-Mock-Hint"] == "send the body as it is, not packed"
    headers["Content-Encoding"] = "identity"
    assert tenant.call("POST", f"/chatactivity/{path}", headers, data=b"{}").status_code == 400


def test_an_attachment_is_read_in_the_ways_that_real_clients_use(tenant: TenantClient) -> None:
    chat = tenant.chat()
    tenant.attach(chat, b"ABC", Name="b.txt")
    link: dict[str, Any] = {"CategoryCode": "3", "Binary": None, "LinkWebURI": "https://example.com", "Name": "a.url"}
    tenant.attach(chat, **link)
    listed = tenant.results(
        f"{tenant.path(chat)}/ChatActivityAttachment?$orderby=Name"
        "&$select=UUID,MimeType,Name,DocumentLink,CategoryCode,LastUpdatedOn"
    )
    assert [(row["Name"], row["CategoryCode"]) for row in listed] == [("a.url", "3"), ("b.txt", "2")]
    whole = [tenant.results(f"{tenant.file_path(n)}?$select=Name,MimeType,Binary") for n in (0, 1)]
    assert [row["Binary"] for row in whole] == ["QUJD", None]
    assert tenant.get(f"{tenant.file_path()}/Binary/$value").data == b"ABC"


@pytest.mark.parametrize(
    ("query", "accept", "mimetype"),
    [
        ("$format=json", "application/atom+xml", "application/json"),
        ("$format=atom", "application/json", "application/atom+xml"),
        ("$format=xml", "application/json;q=1", "application/atom+xml"),
        ("", "application/atom+xml,application/json;q=0.9", "application/atom+xml"),
        ("$format=json", "text/html", "application/json"),
    ],
)
def test_the_format_option_wins_over_an_accept_that_disagrees(
    tenant: TenantClient, query: str, accept: str, mimetype: str
) -> None:
    path = tenant.path(tenant.chat())
    assert tenant.get(f"{path}?{query}", {"Accept": accept}).mimetype == mimetype
    refused = tenant.get(f"{CHATS}('x')?{query}", {"Accept": accept})
    expected = "application/json" if mimetype == "application/json" else "application/xml"
    assert (refused.status_code, refused.mimetype) == (404, expected)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Range": "bytes=1-2"}, 206),
        ({"Range": "bytes=5-2"}, 200),
        ({"Range": "bytes=1-2", "If-Range": '"another server\'s"'}, 200),
        ({"Range": "bytes=1-2", "If-Range": "Tue, 01 Dec 2026 00:00:00 GMT"}, 200),
        ({"Range": "bytes=1-2", "If-Range": "ETAG"}, 200),
        ({"If-None-Match": "ETAG"}, 304),
        ({"If-None-Match": "W/\"datetimeoffset'2015-01-01T00%3A00%3A00.0000000Z'\""}, 200),
    ],
)
def test_a_range_counts_only_where_it_is_well_formed_and_no_foreign_validator_guards_it(
    tenant: TenantClient, headers: dict[str, str], status: int
) -> None:
    tenant.attach(tenant.chat())
    path = f"{tenant.file_path()}/Binary/$value"
    etag = tenant.get(path).headers["ETag"]
    assert etag == tenant.results(tenant.file_path())["__metadata"]["etag"]
    sent = {name: etag if value == "ETAG" else value for name, value in headers.items()}
    answer = tenant.get(path, sent)
    assert (answer.status_code, answer.data) == (status, {200: b"hello", 206: b"el", 304: b""}[status])
    assert answer.headers["ETag"] == etag


@pytest.mark.parametrize("odd", ["\x00", "\x01", "\x0b", "\x1f", "\ufffe", "\uffff", "\x7f", "\u202e", "\t"])
def test_control_characters_of_a_name_are_escaped_in_json_and_left_out_in_atom(tenant: TenantClient, odd: str) -> None:
    name = f"a{odd}b.txt"
    made = tenant.attach(tenant.chat(), Name=name)
    assert (made.status_code, made.get_json()["d"]["results"]["Name"]) == (201, name)
    assert not [each for each in made.data if each < 0x20]
    atom = tenant.get(tenant.file_path(), {"Accept": "application/atom+xml"})
    found = etree.fromstring(atom.data).find(f".//{DATA}Name")
    kept = odd if odd in "\x7f\u202e\t" else ""
    assert found.text == f"a{kept}b.txt"
    assert tenant.get(f"{tenant.file_path()}/Name/$value").data.decode() == name


def test_a_raw_control_character_in_a_body_is_refused_in_both_formats(tenant: TenantClient) -> None:
    path = f"{tenant.path(tenant.chat())}/ChatActivityAttachment"
    atom = b'<entry xmlns="http://www.w3.org/2005/Atom"><content>&#1;</content></entry>'
    for kind, body in (("application/json", b'{"Name": "a\x01b"}'), ("application/atom+xml", atom)):
        assert tenant.call("POST", path, {"Content-Type": kind}, data=body).status_code == 400


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"Name": null, "CategoryCode": true}', "expected a string for Edm.String, found true"),
        (b'{"Name": 5}', "found 5"),
        (b'{"Name": {"a": null}}', "found an object"),
        (b'{"Name": [null]}', "found an array"),
        (b'{"OutputRelevanceIndicator": "yes"}', "expected true or false, found 'yes'"),
        (b'{"SizeInkB": true}', "found true"),
        (b'{"Name": "\xff"}', "byte 11 is no UTF-8"),
        (b'{"Name": "\\ud800"}', "half a character"),
        (b'{"Name": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"Name": ' + b"[" * 100_000 + b"}", "nested too deeply"),
        (b"null", "expected an object"),
    ],
)
def test_an_error_shows_a_value_as_the_client_wrote_it(tenant: TenantClient, body: bytes, text: str) -> None:
    path = f"{tenant.path(tenant.chat())}/ChatActivityAttachment"
    answer = tenant.call("POST", path, {"Content-Type": "application/json"}, data=body)
    assert (answer.status_code, text in value(answer)) == (400, True), value(answer)


def value(answer: Any) -> str:
    """The text of an error in JSON."""
    return str(json.loads(answer.data)["error"]["message"]["value"])


@pytest.mark.parametrize("path", ["", "/", "//ChatActivityCollection"])
def test_an_address_without_a_service_says_so(tenant: TenantClient, path: str) -> None:
    answer = tenant.get(path or "/")
    assert (answer.status_code, "No service is named" in answer.text) == (404, True)
