"""Pre-signed addresses: real bytes without credentials, for a while, and by who has the address alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from cmi_caller import HOST, KEY, PASSWORD, USER, Caller, basic
from werkzeug.test import TestResponse

Make = Callable[..., Caller]
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
STORE = f"objects-{HOST}"


def fetch(cmi: Caller, url: str, **headers: str) -> TestResponse:
    """As a client without credentials asks for an absolute address."""
    parts = urlsplit(url)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return cmi.client.get(f"{parts.path}?{parts.query}", base_url=f"https://{parts.netloc}", headers=names)


def redirected(cmi: Caller) -> tuple[str, TestResponse]:
    """A download's address and its redirect."""
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    path = f"/chats/{guid}/attachments/{attachment_id}"
    return path, cmi.get(path)


def code_of(response: TestResponse) -> str | None:
    assert response.mimetype == "application/xml"
    return ElementTree.fromstring(response.text).findtext("Code")


def test_a_download_can_be_a_redirect_to_a_pre_signed_address(make: Make) -> None:
    cmi = make(download_answer="redirect")
    path, response = redirected(cmi)
    assert response.status_code == 302
    location = urlsplit(response.headers["Location"])
    assert (location.scheme, location.netloc) == ("https", STORE)
    assert set(parse_qs(location.query)) >= {"X-Amz-Date", "X-Amz-Expires", "X-Amz-Signature"}
    got = fetch(cmi, response.headers["Location"])
    assert (got.status_code, got.data, got.content_type) == (200, JPEG, "image/jpeg")
    assert cmi.get(path, x_api_key="").status_code == 403, "the redirect itself needs the key"


def test_a_listing_can_have_pre_signed_addresses_that_change_with_time(make: Make) -> None:
    cmi = make(attachment_url="pre_signed")
    guid, _ = cmi.ended_chat(JPEG)

    def listed() -> str:
        return str(cmi.get(f"/chats/{guid}").get_json()["messages"][0]["attachments"][0]["url"])

    first = listed()
    cmi.advance(seconds=2)
    second = listed()
    assert first != second
    assert first.partition("?")[0] == second.partition("?")[0]
    assert fetch(cmi, first).data == fetch(cmi, second).data == JPEG


@pytest.mark.parametrize("status", [403, 400])
def test_a_pre_signed_address_expires_by_the_tenants_clock(make: Make, status: int) -> None:
    cmi = make(download_answer="redirect", signed_lives_s=60, signed_expired_status=status)
    _, response = redirected(cmi)
    location = response.headers["Location"]
    assert fetch(cmi, location).status_code == 200
    cmi.advance(seconds=60)
    expired = fetch(cmi, location)
    assert (expired.status_code, code_of(expired)) == (status, "AccessDenied")
    assert "Request has expired" in expired.text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda url: url.partition("?")[0], "AccessDenied"),
        (lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"), "SignatureDoesNotMatch"),
        (lambda url: url.replace("X-Amz-Expires=300", "X-Amz-Expires=999999"), "SignatureDoesNotMatch"),
        (lambda url: url.replace("X-Amz-Date=2", "X-Amz-Date=3"), "SignatureDoesNotMatch"),
        (lambda url: url.replace("/objects/", "/objects/0"), "SignatureDoesNotMatch"),
        (lambda url: url.replace("X-Amz-Signature=", "X-Amz-Signature=%C3%BC"), "SignatureDoesNotMatch"),
    ],
)
def test_a_forged_or_bare_address_is_refused_in_xml(make: Make, change: Callable[[str], str], code: str) -> None:
    cmi = make(download_answer="redirect")
    _, response = redirected(cmi)
    refused = fetch(cmi, change(response.headers["Location"]))
    assert (refused.status_code, code_of(refused)) == (403, code)


def test_a_caller_who_sends_credentials_along_is_refused_as_an_object_store_does(make: Make) -> None:
    cmi = make(download_answer="redirect")
    _, response = redirected(cmi)
    refused = fetch(cmi, response.headers["Location"], authorization=basic(USER, PASSWORD))
    assert (refused.status_code, code_of(refused)) == (400, "InvalidArgument")


@pytest.mark.parametrize("header", ["x-api-key", "Cookie"])
def test_other_credentials_that_are_sent_to_the_store_are_noted(make: Make, header: str) -> None:
    cmi = make(download_answer="redirect")
    _, response = redirected(cmi)
    if header == "Cookie":
        cmi.client.set_cookie("session", KEY, domain=STORE)
    sent = {} if header == "Cookie" else {"x_api_key": KEY}
    assert fetch(cmi, response.headers["Location"], **sent).status_code == 200
    (note,) = cmi.read("/journal")["exchanges"][-1]["notes"]
    assert (note["code"], note["message"].split()[0]) == ("credentials_sent", header)


def test_the_gateways_limit_does_not_apply_to_the_store(make: Make) -> None:
    cmi = make(download_answer="redirect", gateway_payload_bytes=5000)
    _, response = redirected(cmi)
    assert fetch(cmi, response.headers["Location"]).data == JPEG


def test_an_address_of_another_tenant_is_refused(make: Make) -> None:
    cmi = make(download_answer="redirect")
    _, response = redirected(cmi)
    order = {"name": "v", "host": HOST, "tenant_path": "other", "api_key": "key-2", "user": USER, "password": PASSWORD}
    assert cmi.client.post("/_mock/tenants", json=order).status_code == 201
    refused = fetch(cmi, response.headers["Location"].replace("/acme/", "/other/"))
    assert (refused.status_code, code_of(refused)) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("base", ["http://x/acme/objects", "https://x/acme", "https:///acme/objects"])
def test_a_base_that_no_request_would_reach_is_refused(tmp_path: Any, base: str) -> None:
    with pytest.raises(AssertionError, match=r"dialect\.signed_base"):
        Caller(tmp_path, {"signed_base": base})


def test_an_existing_tenant_keeps_the_base_of_its_pre_signed_addresses(cmi: Caller) -> None:
    assert cmi.control("/dialect", {"signed_base": "https://x/acme/objects"}).status_code == 422


def test_pre_signed_addresses_can_be_on_another_host(make: Make) -> None:
    cmi = make(download_answer="redirect", signed_base="https://media.s3.eu-central-1.amazonaws.com/{tenant}/objects")
    _, response = redirected(cmi)
    assert response.headers["Location"].startswith("https://media.s3.eu-central-1.amazonaws.com/acme/objects/")
    assert fetch(cmi, response.headers["Location"]).data == JPEG


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_fault_redirects_a_download_to_a_pre_signed_address(cmi: Caller, phase: str, status: int) -> None:
    fault = {"kind": "redirect", "phase": phase, "params": {"to": "signed", "status": status}}
    assert cmi.control("/faults", fault).status_code == 201
    path, response = redirected(cmi)
    assert response.status_code == status
    assert fetch(cmi, response.headers["Location"]).data == JPEG
    assert cmi.get(path).data == JPEG, "the fault is used up"


def test_a_redirect_of_what_is_no_download_has_no_effect_and_says_so(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat(JPEG)
    cmi.control("/faults", {"kind": "redirect", "params": {"to": "signed"}})
    assert cmi.get(f"/chats/{guid}").status_code == 200
    assert "fault_without_effect" in [n["code"] for n in cmi.read("/journal")["exchanges"][-1]["notes"]]
