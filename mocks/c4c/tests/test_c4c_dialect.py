"""Switches that no other test sets; and every behaviour names a test that pins it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from c4c_caller import MakeTenant

from c4c_mock.evidence import DIALECT

TESTS = Path(__file__).parent
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


LENIENT = pytest.mark.off_contract(reason="a switch that is off by default lets through what the schemas refuse")


@pytest.mark.parametrize(
    ("dialect", "change", "statuses"),
    [
        pytest.param({"document_without_binary": True}, {"Binary": None}, (400, 201), marks=LENIENT),
        ({"attachment_type_code_required": False}, {"TypeCode": None}, (400, 201)),
        pytest.param({"attachment_category_mandatory": False}, {"CategoryCode": None}, (400, 201), marks=LENIENT),
        ({"attachment_type_codes": []}, {"TypeCode": "99999"}, (400, 201)),
        ({"mime_deny_list": ["text/plain"]}, {}, (201, 400)),
        ({"skeleton_max_bytes": 200}, {"Name": "n" * 250}, (201, 400)),
        ({"attachment_title_creatable": False}, {"Title": "t"}, (201, 400)),
    ],
)
def test_a_switch_changes_what_an_upload_is_answered(
    make_tenant: MakeTenant, dialect: dict[str, Any], change: dict[str, Any], statuses: tuple[int, int]
) -> None:
    tenant = make_tenant()
    chat = tenant.chat()
    before = tenant.attach(chat, **change).status_code
    tenant.dialect(**dialect)
    assert (before, tenant.attach(chat, **change).status_code) == statuses


def test_the_virus_scan_can_be_switched_off(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(reject_eicar=False)
    assert tenant.attach(tenant.chat(), EICAR).status_code == 201


@LENIENT
def test_links_can_be_made_for_plain_http(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(link_scheme="http")
    assert tenant.attach(tenant.chat()).headers["Location"].startswith(f"http://{tenant.host}/")


@pytest.mark.parametrize(
    ("scheme", "port", "shown"),
    [
        ("https", "", ""),
        ("https", ":443", ""),
        pytest.param("http", ":80", "", marks=LENIENT),
        pytest.param("http", ":8103", ":8103", marks=LENIENT),
    ],
)
def test_links_keep_the_port_that_the_caller_used(make_tenant: MakeTenant, scheme: str, port: str, shown: str) -> None:
    tenant = make_tenant(link_scheme=scheme)
    path = tenant.path(tenant.chat())
    uri = tenant.results(path, {"Host": tenant.host + port})["__metadata"]["uri"]
    assert uri.startswith(f"{scheme}://{tenant.host}{shown}/sap/c4c/")


@pytest.mark.parametrize("status", [400, 405, 501])
def test_the_refusal_of_an_attachment_update_is_the_dialects(make_tenant: MakeTenant, status: int) -> None:
    tenant = make_tenant(attachment_update_status=status)
    tenant.attach(tenant.chat())
    assert tenant.call("PATCH", tenant.file_path(), json={"Name": "b"}).status_code == status


@pytest.mark.parametrize(("inherits", "shape"), [(True, '"d":{"__metadata"'), (False, '"d":{"results":{"__metadata"')])
def test_the_parts_of_a_batch_inherit_the_strict_header_unless_the_dialect_says_no(
    make_tenant: MakeTenant, inherits: bool, shape: str
) -> None:
    tenant = make_tenant(batch_inherits_strict_header=inherits, batch_status=200)
    chat = tenant.chat()
    part = f"GET ChatActivityCollection('{chat}') HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n"
    body = f"--b\r\nContent-Type: application/http\r\n\r\n{part}\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/mixed; boundary=b", "odata-v2-strict-json-format": "true"}
    answer = tenant.call("POST", "/chatactivity/$batch", headers, data=body)
    assert answer.status_code == 200
    assert shape in answer.text


CHATS = "/chatactivity/ChatActivityCollection"


@pytest.mark.parametrize(
    ("switch", "query"),
    [
        ("filter_or_across_properties", "SubjectName eq 'Else' or ChatMainEmailURI eq 'ada@example.com'"),
        ("filter_not", "not (SubjectName eq 'Else')"),
        ("filter_not", "not SubjectName eq 'Else' and InitiatorCode eq '2'"),
        ("filter_on_not_filterable", "ETag gt datetimeoffset'2000-01-01T00:00:00Z'"),
        ("filter_substringof", "substringof('From',SubjectName)"),
    ],
)
def test_what_c4c_refuses_in_a_query_is_refused_by_a_switch(make_tenant: MakeTenant, switch: str, query: str) -> None:
    tenant = make_tenant()
    chat = tenant.chat()
    options = {"$filter": query, "$select": "ObjectID"}
    assert tenant.get(CHATS, query_string=options).status_code == 400
    tenant.dialect(**{switch: True})
    assert [r["ObjectID"] for r in tenant.results(CHATS, query_string=options)] == [chat]


def test_a_file_is_never_a_condition(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(filter_on_not_filterable=True)
    path = "/chatactivity/ChatActivityAttachmentCollection?$filter=Binary eq null"
    assert tenant.get(path).status_code == 400


@pytest.mark.parametrize(("allowed", "status"), [(False, "400"), (True, "200")])
def test_search_in_a_batch_is_the_dialects(make_tenant: MakeTenant, allowed: bool, status: str) -> None:
    tenant = make_tenant(search_in_batch=allowed)
    part = "GET ChatActivityCollection?$search=x HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n"
    body = f"--b\r\nContent-Type: application/http\r\n\r\n{part}\r\n--b--\r\n"
    answer = tenant.call("POST", "/chatactivity/$batch", {"Content-Type": "multipart/mixed; boundary=b"}, data=body)
    assert f"HTTP/1.1 {status}" in answer.text


@LENIENT
def test_white_space_in_base64_is_refused_unless_the_dialect_skips_it(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    chat = tenant.chat()
    assert tenant.attach(chat, Binary="QU\r\n JD").status_code == 400
    tenant.dialect(base64_white_space=True)
    assert tenant.attach(chat, Binary="QU\r\n JD").status_code == 201
    assert tenant.get(f"{tenant.file_path()}/Binary/$value").data == b"ABC"


def test_errors_carry_more_only_where_the_dialect_says_so(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    assert set(tenant.get(f"{CHATS}('x')").get_json()["error"]) == {"code", "message"}
    tenant.dialect(error_innererror=True)
    assert set(tenant.get(f"{CHATS}('x')").get_json()["error"]) == {"code", "message", "innererror"}


def pinned() -> list[tuple[str, str]]:
    """Every (id, file::name) of the evidence book, the kit's own left out."""
    return [(e.id, e.test or "") for e in DIALECT.book.all() if e.id.startswith("c4c.")]


@pytest.mark.parametrize(("entry", "test"), pinned())
def test_every_behaviour_names_a_test_that_exists(entry: str, test: str) -> None:
    file, _, name = test.partition("::")
    assert file, f"{entry} names no test"
    path = TESTS.parents[2] / file
    assert re.search(rf"^ *def {re.escape(name)}\(", path.read_text("utf-8"), re.MULTILINE), test


def test_every_switch_is_read_somewhere_in_the_code() -> None:
    code = "".join(p.read_text("utf-8") for p in (TESTS.parent / "c4c_mock").rglob("*.py"))
    assert [name for name in DIALECT.switches if not re.search(rf"\[['\"]{name}['\"]\]", code)] == []
