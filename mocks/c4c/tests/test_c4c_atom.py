"""Atom bodies: what a client that knows no JSON sends and gets, files included."""

from __future__ import annotations

import base64
import re

import pytest
from c4c_caller import MakeTenant, TenantClient
from lxml import etree
from werkzeug.test import TestResponse

from c4c_mock.model.errors import BadRequest
from c4c_mock.wire.atom_in import AtomBody
from c4c_mock.wire.scanner import BinarySink

ATOM = "http://www.w3.org/2005/Atom"
DATA = "http://schemas.microsoft.com/ado/2007/08/dataservices"
META = f"{DATA}/metadata"
NS = {"a": ATOM, "d": DATA, "m": META}
SPACES = f'xmlns="{ATOM}" xmlns:d="{DATA}" xmlns:m="{META}"'
CALLS = "/activity/PhoneCallCollection"
HEADERS = {"Accept": "application/atom+xml", "Content-Type": "application/atom+xml;type=entry"}


def entry(properties: str, links: str = "", where: str = "content") -> str:
    """An Atom entry around some properties."""
    inside = f"<m:properties>{properties}</m:properties>"
    inside = f'<content type="application/xml">{inside}</content>' if where == "content" else inside
    return f'<?xml version="1.0" encoding="utf-8"?><entry {SPACES}><title/>{links}{inside}</entry>'


def send(tenant: TenantClient, method: str, path: str, body: str | bytes) -> TestResponse:
    """A write in Atom."""
    return tenant.call(method, path, HEADERS, data=body.encode() if isinstance(body, str) else body)


def value(answer: TestResponse, name: str) -> str:
    """The text of a property in an answered entry."""
    document = etree.fromstring(answer.data)
    return str(document.xpath(f"string(a:content/m:properties/d:{name})", namespaces=NS))


def path_of(answer: TestResponse) -> str:
    """Where a created entity lives."""
    return answer.headers["Location"].partition("/sap/c4c/odata/v1")[2]


@pytest.mark.parametrize("verb", ["MERGE", "PATCH", "PUT"])
def test_an_entry_can_be_created_read_and_changed_in_atom(tenant: TenantClient, verb: str) -> None:
    created = send(tenant, "POST", CALLS, entry("<d:Subject>a &lt; b</d:Subject><d:Phone>+1</d:Phone>"))
    assert (created.status_code, created.mimetype) == (201, "application/atom+xml")
    assert value(created, "Subject") == "a < b"
    assert send(tenant, verb, path_of(created), entry("<d:Subject>c</d:Subject>")).status_code == 204
    read = tenant.get(path_of(created), {"Accept": ""})
    assert (value(read, "Subject"), value(read, "Phone")) == ("c", "" if verb == "PUT" else "+1")
    etag = etree.fromstring(read.data).get(f"{{{META}}}etag")
    assert etag == read.headers["ETag"]


def test_a_file_goes_in_and_comes_out_in_atom(tenant: TenantClient) -> None:
    chat, content = tenant.chat(), bytes(range(256)) * 3000
    packed = base64.b64encode(content).decode()
    body = entry(
        f"<d:Name>f</d:Name><d:TypeCode>10001</d:TypeCode><d:CategoryCode>2</d:CategoryCode><d:Binary>{packed}</d:Binary>"
    )
    created = send(tenant, "POST", f"{tenant.path(chat)}/ChatActivityAttachment", body)
    assert created.status_code == 201, created.text
    assert base64.b64decode(value(created, "Binary")) == content
    assert tenant.get(f"{tenant.file_path()}/Binary/$value").data == content


def test_the_flat_form_names_the_parent_in_atom_too(tenant: TenantClient) -> None:
    chat = tenant.chat()
    body = entry(
        f"<d:ParentObjectID>{chat}</d:ParentObjectID><d:Name>f</d:Name><d:TypeCode>10001</d:TypeCode><d:CategoryCode>2</d:CategoryCode>"
        "<d:Binary>QUJD</d:Binary>"
    )
    assert send(tenant, "POST", "/chatactivity/ChatActivityAttachmentCollection", body).status_code == 201
    assert tenant.stored()[0]["parent_object_id"] == chat


def link(nav: str, inside: str = "", href: str = "x") -> str:
    """A navigation's link."""
    return f'<link rel="{DATA}/related/{nav}" href="{href}">{inside}</link>'


def test_a_deep_insert_is_inline(tenant: TenantClient) -> None:
    note = "<entry><content type='application/xml'><m:properties><d:Text>{}</d:Text></m:properties></content></entry>"
    inline = f"<m:inline><feed>{note.format('one')}{note.format('two')}</feed></m:inline>"
    created = send(tenant, "POST", CALLS, entry("<d:Subject>deep</d:Subject>", link("PhoneCallNotes", inline)))
    assert created.status_code == 201, created.text
    notes = tenant.results(f"{path_of(created)}/PhoneCallNotes?$select=Text")
    assert [n["Text"] for n in notes] == ["one", "two"]


def test_an_entry_as_read_can_be_sent_back_whole(tenant: TenantClient) -> None:
    created = send(tenant, "POST", CALLS, entry("<d:Subject>s</d:Subject>"))
    read = tenant.get(path_of(created), {"Accept": ""})
    assert send(tenant, "MERGE", path_of(created), read.data).status_code == 204


def test_a_link_to_another_entity_says_that_binding_is_not_built(tenant: TenantClient) -> None:
    body = entry("<d:Subject>s</d:Subject>", link("PhoneCallNotes", href="PhoneCallNotesCollection('1')"))
    assert send(tenant, "POST", CALLS, body).status_code == 501


@pytest.mark.parametrize("href", ["{}", "https://my2554607.de1.crm.cloud.sap/sap/c4c/odata/v1/activity/{}"])
def test_a_child_may_name_its_parent_by_a_link(tenant: TenantClient, href: str) -> None:
    parent = path_of(send(tenant, "POST", CALLS, entry("<d:Subject>s</d:Subject>")))
    body = entry("<d:Text>bound</d:Text>", link("PhoneCall", href=href.format(parent.removeprefix("/activity/"))))
    assert send(tenant, "POST", "/activity/PhoneCallNotesCollection", body).status_code == 201
    assert tenant.get(f"{parent}/PhoneCallNotes/$count").text == "1"


@pytest.mark.parametrize(
    "href", ["", "x", "PhoneCallCollection", "PhoneCallCollection(5)", "VisitCollection('x')", "//["]
)
def test_a_link_that_names_no_parent_is_refused(tenant: TenantClient, href: str) -> None:
    body = entry("<d:Text>bound</d:Text>", link("PhoneCall", href=href))
    assert send(tenant, "POST", "/activity/PhoneCallNotesCollection", body).status_code == 400


def test_properties_may_stand_outside_of_content(tenant: TenantClient) -> None:
    assert value(send(tenant, "POST", CALLS, entry("<d:Subject>s</d:Subject>", where="")), "Subject") == "s"


def test_types_are_read_as_announced_and_null_is_nothing(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(technical_users_create_interactions=True)
    properties = (
        '<d:BouncedIndicator m:type="Edm.Boolean">true</d:BouncedIndicator><d:FullDayIndicator>0</d:FullDayIndicator>'
        '<d:CompletionPercent m:type="Edm.Decimal">12.5</d:CompletionPercent>'
        "<d:ActualStartDateTime>2020-09-13T12:26:40Z</d:ActualStartDateTime>"
        '<d:ActualEndDateTime m:null="true"/><d:ExternalName/>'
    )
    created = send(tenant, "POST", "/chatactivity/ChatActivityCollection", entry(properties))
    row = tenant.results(path_of(created))
    wanted = {"BouncedIndicator": True, "FullDayIndicator": False, "CompletionPercent": "12.50", "ExternalName": ""}
    wanted |= {"ActualStartDateTime": "/Date(1600000000000)/", "ActualEndDateTime": None}
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no xml",
        "<entry/>",
        f"<feed {SPACES}/>",
        entry("<d:Nothing>1</d:Nothing>"),
        entry("<d:Subject>1</d:Subject><d:Subject>2</d:Subject>"),
        entry("<d:Subject><d:x/></d:Subject>"),
        entry("<m:Subject>1</m:Subject>"),
        entry(f"<d:Subject>{'x' * 766}</d:Subject>"),
        entry('<d:Subject m:type="Edm.Boolean">true</d:Subject>'),
        entry("<d:StartDateTime>/Date(0)/</d:StartDateTime>"),
        entry("<d:StartDateTime>yesterday</d:StartDateTime>"),
        entry("<d:StartDateTime/>"),
        entry("<d:Subject>1</d:Subject>")[:-20],
        entry("<d:Subject>1</d:Subject>", "<entry/>"),
        entry("<d:Subject>1</d:Subject>", link("Nothing", "<m:inline><entry/></m:inline>")),
        f"<!DOCTYPE entry [<!ENTITY a 'b'>]>{entry('<d:Subject>&a;</d:Subject>')[38:]}",
        '<?xml version="1.0" encoding="utf-16"?><entry/>',
        f"<entry {SPACES}>{'<a>' * 200}",
    ],
)
def test_a_bad_entry_is_refused_in_xml_and_creates_nothing(tenant: TenantClient, body: str) -> None:
    answer = send(tenant, "POST", CALLS, body)
    assert answer.status_code == 400, answer.text
    assert etree.fromstring(answer.data).xpath("string(m:message)", namespaces=NS)
    assert tenant.get(f"{CALLS}/$count").text == "0"


@pytest.mark.parametrize("packed", ["QUJ", "QU JD", "QUJD=", "Qü=="])
def test_a_bad_file_is_refused_and_leaves_nothing_on_disk(tenant: TenantClient, packed: str) -> None:
    body = entry(
        f"<d:Name>f</d:Name><d:TypeCode>10001</d:TypeCode><d:CategoryCode>2</d:CategoryCode><d:Binary>{packed}</d:Binary>"
    )
    assert send(tenant, "POST", f"{tenant.path(tenant.chat())}/ChatActivityAttachment", body).status_code == 400
    assert list(tenant.state.spool.directory.glob("*.blob")) == []


def test_everything_but_the_file_is_bounded() -> None:
    def no_file() -> BinarySink:
        raise AssertionError("this body has no file")

    body = AtomBody(no_file, max_bytes=1000)
    body.feed(f"<entry {SPACES}".encode())
    with pytest.raises(BadRequest, match="too large"):
        body.feed(b' a="' + b"x" * 2000)


def test_a_batch_accepts_atom_parts(tenant: TenantClient) -> None:
    body = entry("<d:Subject>s</d:Subject>")
    part = f"POST PhoneCallCollection HTTP/1.1\r\nContent-Type: application/atom+xml\r\n\r\n{body}\r\n"
    change = f"--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n{part}--c--\r\n"
    envelope = f"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n{change}--b--\r\n"
    answer = tenant.call("POST", "/activity/$batch", {"Content-Type": "multipart/mixed; boundary=b"}, data=envelope)
    assert "HTTP/1.1 201 Created" in answer.text
    assert "<d:Subject>s</d:Subject>" in answer.text


def test_links_are_relative_to_the_base_and_titles_name_the_entity(tenant: TenantClient) -> None:
    chat = tenant.chat()
    feed = etree.fromstring(tenant.get("/chatactivity/ChatActivityCollection", {"Accept": ""}).data)
    base = feed.get("{http://www.w3.org/XML/1998/namespace}base")
    assert base == f"https://{tenant.host}/sap/c4c/odata/v1/chatactivity/"
    assert feed.xpath("string(a:link[@rel='self']/@href)", namespaces=NS) == "ChatActivityCollection"
    assert feed.xpath("count(a:author/a:name)", namespaces=NS) == 1
    edit = feed.xpath("string(a:entry/a:link[@rel='edit']/@href)", namespaces=NS)
    assert edit == feed.xpath("string(a:entry/a:title)", namespaces=NS) == f"ChatActivityCollection('{chat}')"
    assert feed.xpath("string(a:entry/a:id)", namespaces=NS) == base + edit


def test_properties_carry_a_type_only_where_the_dialect_says_so(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    path = tenant.path(tenant.chat())
    assert "m:type" not in tenant.get(path, {"Accept": ""}).text
    tenant.dialect(atom_property_types=True)
    assert re.search(r'<d:CompletionPercent m:type="Edm.Decimal">', tenant.get(path, {"Accept": ""}).text)
