"""Addresses that CMI gives to a client at the tenant's loopback name lead back there, whatever their own host is."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from cmi_caller import HOST, PASSWORD, Caller, basic

Make = Callable[..., Caller]
JPEG = b"\xff\xd8\xff\xe0 a photo"
NAME = "w.cmi.localhost:8102"
LOGIN_LINKS = "https://login-{region}.cc.sinch.com/{tenant}/sms/richcontent"

pytestmark = pytest.mark.off_contract(reason="the contract describes the neighbours' real names")


def fetch(cmi: Caller, url: str, **headers: str) -> tuple[int, bytes]:
    """Status and body of an absolute address, as a browser fetches it."""
    parts = urlsplit(url)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = cmi.client.get(f"{parts.path}?{parts.query}", base_url=f"http://{parts.netloc}", headers=names)
    return answer.status_code, answer.data


def at_name(cmi: Caller, path: str) -> str:
    """The address of the listed file."""
    answer = cmi.get(path, host=NAME)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["messages"][0]["attachments"][0]["url"])


@pytest.mark.parametrize("dialect", [{"attachment_url": "rich_content", "rich_content_base": LOGIN_LINKS},
                                     {"attachment_url": "rich_content"}, {"attachment_url": "pre_signed"}])  # fmt: skip
def test_a_public_address_begins_with_the_loopback_name_and_can_be_followed(
    make: Make, dialect: dict[str, str]
) -> None:
    cmi = make(**dialect)
    guid, _ = cmi.ended_chat(JPEG)
    url = at_name(cmi, f"/chats/{guid}")
    assert urlsplit(url).netloc == NAME
    assert fetch(cmi, url) == (200, JPEG)


def test_an_absolute_address_of_a_download_does_too(make: Make) -> None:
    cmi = make(attachment_url="absolute")
    guid, _ = cmi.ended_chat(JPEG)
    url = at_name(cmi, f"/chats/{guid}")
    assert urlsplit(url).netloc == NAME
    assert fetch(cmi, url)[0] == 403, "the key is wanted there too"
    key = {"x_api_key": "an-api-key-for-tests-0001"}
    assert fetch(cmi, url, **key, authorization=basic("transcript.user", PASSWORD)) == (200, JPEG)


def test_a_redirect_leads_there(make: Make) -> None:
    cmi = make(download_answer="redirect")
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    answer = cmi.get(f"/chats/{guid}/attachments/{attachment_id}", host=NAME)
    assert answer.status_code == 302
    assert urlsplit(answer.headers["Location"]).netloc == NAME
    assert fetch(cmi, answer.headers["Location"]) == (200, JPEG)


def test_at_its_own_host_nothing_changes(make: Make) -> None:
    cmi = make(attachment_url="absolute")
    guid, _ = cmi.ended_chat(JPEG)
    url = cmi.get(f"/chats/{guid}").get_json()["messages"][0]["attachments"][0]["url"]
    assert url.startswith(f"https://{HOST}/acme/cmi/")


def test_the_path_of_another_tenant_is_none_of_its_addresses(cmi: Caller) -> None:
    assert cmi.client.get("/other/cmi/chats", headers={"Host": NAME}).status_code == 421
