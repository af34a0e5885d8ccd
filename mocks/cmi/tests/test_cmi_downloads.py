"""The bytes of an attachment: downloads, ranges, public links."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit

import pytest
from cmi_caller import HOST, Caller

Make = Callable[..., Caller]
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2000


def test_a_download_gives_the_bytes_and_the_name_as_sent(cmi: Caller) -> None:
    guid = cmi.chat()
    name = '../\u202efdp.فاتورة\\..\\"x"\r\n見積書.pdf'
    sent = cmi.attach(guid, JPEG, name=name, content_type="application/pdf").get_json()
    cmi.control(f"/chats/{guid}/end")
    response = cmi.get(f"/chats/{guid}/attachments/{sent['id']}")
    assert response.data == JPEG
    assert response.content_length == len(JPEG)
    assert response.headers["Content-Type"] == "application/pdf"
    disposition = response.headers["Content-Disposition"]
    assert disposition.isascii()
    assert disposition.endswith(f"filename*=UTF-8''{quote(name, safe='')}")
    assert '"x"' not in disposition
    assert cmi.get(f"/chats/{guid}").get_json()["messages"][0]["attachments"][0]["name"] == name


@pytest.mark.parametrize(
    ("wanted", "status", "content_range", "part"),
    [
        ("bytes=0-9", 206, "bytes 0-9/{n}", slice(0, 10)),
        ("bytes=300000-", 206, "bytes 300000-{last}/{n}", slice(300000, None)),
        ("bytes=-5", 206, "bytes {minus5}-{last}/{n}", slice(-5, None)),
        ("bytes=0-99999999", 206, "bytes 0-{last}/{n}", slice(0, None)),
        ("bytes=99999999-", 416, "bytes */{n}", slice(0, 0)),
        ("bytes=5-2", 200, None, slice(0, None)),
        ("lines=1-2", 200, None, slice(0, None)),
    ],
)
def test_a_range_gives_that_part(cmi: Caller, wanted: str, status: int, content_range: str | None, part: slice) -> None:
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    response = cmi.get(f"/chats/{guid}/attachments/{attachment_id}", range=wanted)
    size = len(JPEG)
    expected = content_range and content_range.format(n=size, last=size - 1, minus5=size - 5)
    assert (response.status_code, response.headers.get("Content-Range")) == (status, expected)
    assert response.data == JPEG[part]
    assert response.content_length == len(response.data)


def test_ranges_can_be_unknown_to_cmi(make: Make) -> None:
    cmi = make(ranges=False)
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    response = cmi.get(f"/chats/{guid}/attachments/{attachment_id}", range="bytes=0-9")
    assert (response.status_code, len(response.data)) == (200, len(JPEG))
    assert "Accept-Ranges" not in response.headers


def test_a_download_can_come_without_its_length(make: Make) -> None:
    cmi = make(length_known=False)
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    response = cmi.get(f"/chats/{guid}/attachments/{attachment_id}")
    assert "Content-Length" not in response.headers
    assert response.data == JPEG


def test_an_empty_file_is_downloaded_empty(cmi: Caller) -> None:
    guid, (attachment_id,) = cmi.ended_chat(b"")
    response = cmi.get(f"/chats/{guid}/attachments/{attachment_id}")
    assert (response.status_code, response.content_length, response.data) == (200, 0, b"")
    assert cmi.get(f"/chats/{guid}/attachments/{attachment_id}", range="bytes=0-").status_code == 416


def test_an_attachment_is_found_in_its_own_chat_only(cmi: Caller) -> None:
    _, (attachment_id,) = cmi.ended_chat(JPEG)
    other, _ = cmi.ended_chat()
    assert cmi.get(f"/chats/{other}/attachments/{attachment_id}").status_code == 404


def test_a_public_link_needs_no_credentials_until_it_expires(make: Make) -> None:
    cmi = make(chat_shape="D", rich_content_retention_h=2)
    guid, _ = cmi.ended_chat(JPEG)
    url = urlsplit(cmi.get(f"/chatMessages?contactId={guid}").get_json()[0]["attachments"][0]["url"])

    def fetch(path: str) -> int:
        return cmi.client.get(path, base_url=f"https://{HOST}").status_code

    assert fetch(url.path) == 200
    assert fetch(url.path + "x") == 404
    cmi.advance(hours=2)
    assert fetch(url.path) == 404


def test_public_links_are_on_cmis_own_host_by_default(make: Make) -> None:
    cmi = make(chat_shape="D")
    guid, _ = cmi.ended_chat(JPEG)
    link = cmi.get(f"/chatMessages?contactId={guid}").get_json()[0]["attachments"][0]["url"]
    assert link.startswith(f"https://{HOST}/acme/sms/richcontent/")
    assert cmi.client.get(urlsplit(link).path, base_url=f"https://{HOST}").data == JPEG


@pytest.mark.parametrize("region", ["eu-c1", "na-w2", "au-s2"])
def test_public_links_can_be_on_the_documented_login_host(make: Make, region: str) -> None:
    base = "https://login-{region}.cc.sinch.com/{tenant}/sms/richcontent"
    cmi = make(chat_shape="D", rich_content_base=base, region=region)
    guid, _ = cmi.ended_chat(JPEG)
    url = urlsplit(cmi.get(f"/chatMessages?contactId={guid}").get_json()[0]["attachments"][0]["url"])
    assert url.netloc == f"login-{region}.cc.sinch.com"
    assert cmi.client.get(url.path, base_url=f"https://{url.netloc}").data == JPEG


def test_an_existing_tenant_keeps_the_address_of_its_links(cmi: Caller) -> None:
    assert cmi.control("/dialect", {"rich_content_base": "https://x/"}).status_code == 422
    assert cmi.control("/dialect", {"region": "na-w2"}).status_code == 200, "the links do not depend on it here"


def test_the_status_of_an_expired_link_is_a_dialect(make: Make) -> None:
    cmi = make(rich_content_gone_status=410)
    assert cmi.client.get("/acme/sms/richcontent/nobody", base_url=f"https://{HOST}").status_code == 410
