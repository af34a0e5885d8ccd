"""Redirects of a download: followed twice at most, to allowed hosts, and never with a credential."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from fakes import Pieces
from ledger_kit import CMI_URL, a_source

from attachment_transfer.clients.cmi.client import CmiClient
from attachment_transfer.clients.outbound.transport import OutboundPolicy
from attachment_transfer.core import errors
from attachment_transfer.core.dialect import read_dialect
from attachment_transfer.core.hosts import parse_patterns
from attachment_transfer.runtime.settings import shipped_dialect

pytestmark = pytest.mark.off_contract(reason="redirects lead where no hop of the contract is")

SOURCE = a_source("1", size_bytes=5)
POLICY = OutboundPolicy(allowed=parse_patterns("*.execute-api.*.amazonaws.com,files.example"))

Answer = Callable[[httpx.Request], httpx.Response]


class Judged(httpx.MockTransport):
    """The policy of the way out in front of an answer by hand; keeps the requests."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        POLICY.judge(request.url)
        self.requests.append(request)
        return super().handle_request(request)


def client(answer: Answer) -> tuple[CmiClient, Judged]:
    transport = Judged(answer)
    http = httpx.Client(
        transport=transport, auth=("user", "Word-of-CMI-2718"), headers={"x-api-key": "Key-of-CMI-3141"}
    )
    http.cookies.set("session", "Cookie-of-CMI-1618", domain=".amazonaws.com")
    http.cookies.set("session", "Cookie-of-CMI-1618", domain="files.example")
    return CmiClient(http, cmi_url=CMI_URL, dialect=read_dialect(shipped_dialect()), spool_limit_bytes=1_000), transport


def file() -> httpx.Response:
    return httpx.Response(200, headers={"Content-Length": "5", "Content-Type": "image/png"}, stream=Pieces(b"hello"))


def to(location: str, status: int = 302) -> httpx.Response:
    return httpx.Response(status, headers={"Location": location})


def way(*answers: httpx.Response) -> Answer:
    """Answers in turn; the last one for ever."""
    left = list(answers)
    return lambda _request: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_pre_signed_address_is_followed_without_any_credential(status: int) -> None:
    cmi, sent = client(way(to("https://files.example/a?X-Signature=s", status), file()))
    with cmi.open(SOURCE) as opened:
        assert b"".join(opened.pieces) == b"hello"
    first, second = sent.requests
    assert {"authorization", "x-api-key"} <= first.headers.keys()
    assert not {"authorization", "x-api-key", "cookie"} & second.headers.keys()
    assert (second.method, str(second.url)) == ("GET", "https://files.example/a?X-Signature=s")


def test_a_redirect_within_cmi_keeps_its_credentials() -> None:
    cmi, sent = client(way(to("/acme/cmi/v2/files/1"), file()))
    with cmi.open(SOURCE) as opened:
        assert b"".join(opened.pieces) == b"hello"
    assert all("authorization" in request.headers for request in sent.requests)


def test_a_way_that_has_left_cmi_does_not_get_its_credentials_back() -> None:
    cmi, sent = client(way(to("https://files.example/a"), to(f"{CMI_URL}/other"), file()))
    with cmi.open(SOURCE) as opened:
        assert b"".join(opened.pieces) == b"hello"
    assert ["authorization" in request.headers for request in sent.requests] == [True, False, False]


def test_a_third_redirect_is_one_too_many() -> None:
    cmi, sent = client(way(to("https://files.example/again")))
    with (
        pytest.raises(errors.UnexpectedAnswer, match="redirects a download more than 2 times") as caught,
        cmi.open(SOURCE),
    ):
        pass
    assert "files.example" in caught.value.message
    assert len(sent.requests) == 3


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://evil.example/a", "evil.example is not an allowed host"),
        ("//evil.example/a", "evil.example is not an allowed host"),
        ("http://files.example/a", "only https is allowed"),
        ("https://user:word@files.example/a", "credentials in a URL"),
        ("ftp://files.example/a", "only https is allowed"),
    ],
)
def test_a_redirect_that_is_not_allowed_is_refused_in_words_with_the_setting(location: str, words: str) -> None:
    cmi, sent = client(way(to(location), file()))
    with pytest.raises(errors.DestinationRefused, match="CMI redirects the download") as caught, cmi.open(SOURCE):
        pass
    assert words in caught.value.message
    assert len(sent.requests) == 1


def test_a_host_that_is_not_allowed_names_the_setting_that_allows_it() -> None:
    cmi, _ = client(way(to("https://evil.example/a")))
    with pytest.raises(errors.DestinationRefused) as caught, cmi.open(SOURCE):
        pass
    assert "ATTACHMENT_TRANSFER_ALLOWED_HOSTS" in caught.value.remedy


@pytest.mark.parametrize("location", ["", "https://[half"])
def test_a_redirect_to_nowhere_is_unexpected(location: str) -> None:
    cmi, _ = client(way(to(location)))
    with pytest.raises(errors.UnexpectedAnswer, match="without an address that can be used"), cmi.open(SOURCE):
        pass


def test_a_redirect_to_a_port_that_is_none_is_no_http() -> None:
    cmi, sent = client(way(to("https://files.example:port/")))
    with pytest.raises(errors.NeighbourUnavailable, match="no HTTP"), cmi.open(SOURCE):
        pass
    assert len(sent.requests) == 1


@pytest.mark.parametrize("status", [300, 304, 305, 306])
def test_another_3xx_is_no_redirect_of_a_download(status: int) -> None:
    cmi, sent = client(way(to("https://files.example/a", status), file()))
    with pytest.raises(errors.UnexpectedAnswer), cmi.open(SOURCE):
        pass
    assert len(sent.requests) == 1


@pytest.mark.parametrize("status", [400, 403])
def test_a_signed_address_that_is_out_of_date_waits_for_the_next_listing(status: int) -> None:
    cmi, _ = client(way(to("https://files.example/a?X-Expires=1"), httpx.Response(status)))
    with pytest.raises(errors.LinkExpired, match=f"files.example answered {status}"), cmi.open(SOURCE):
        pass
    cmi, _ = client(way(httpx.Response(status)))
    with pytest.raises(errors.LinkExpired), cmi.open(replace(SOURCE, href="https://files.example/a?sig=1")):
        pass


def test_a_signed_address_of_cmi_that_answers_400_is_out_of_date_too() -> None:
    cmi, _ = client(way(httpx.Response(400)))
    with pytest.raises(errors.LinkExpired), cmi.open(replace(SOURCE, href=f"{SOURCE.href}?sig=1")):
        pass


def test_a_400_without_a_signature_has_words_of_its_own() -> None:
    cmi, _ = client(way(httpx.Response(400)))
    with pytest.raises(errors.UnexpectedAnswer, match="bad request") as caught, cmi.open(SOURCE):
        pass
    assert "dialect" not in caught.value.remedy


def test_a_document_is_never_redirected() -> None:
    cmi, sent = client(way(to("https://login.example/signin?token=1")))
    with pytest.raises(errors.UnexpectedAnswer, match=r"redirects the request \(302\) to login.example") as caught:
        cmi.conversation("5AB6E20342A6EE2B8F4A9C1D3E5F7A90")
    assert "token" not in caught.value.message
    assert "sign-in page" in caught.value.remedy
    assert len(sent.requests) == 1


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        ("chats/1/attachments/invoice #3.pdf", "/acme/cmi/chats/1/attachments/invoice%20%233.pdf"),
        ("/chats/1/attachments/100%.pdf", "/acme/cmi/chats/1/attachments/100%25.pdf"),
        ("chats/1/attachments/50%25 off.pdf", "/acme/cmi/chats/1/attachments/50%25%20off.pdf"),
        ("https://files.example/a b#c?sig=1%", "/a%20b%23c?sig=1%25"),
        ("chats/1/attachments/Übersicht.pdf", "/acme/cmi/chats/1/attachments/%C3%9Cbersicht.pdf"),
    ],
)
def test_a_listed_address_with_a_file_name_in_it_is_asked_for_as_it_is_meant(listed: str, asked: str) -> None:
    cmi, sent = client(way(file()))
    with cmi.open(replace(SOURCE, href=listed)) as opened:
        assert b"".join(opened.pieces) == b"hello"
    assert sent.requests[0].url.raw_path.decode() == asked
