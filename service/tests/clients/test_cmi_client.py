"""What the CMI client makes of every shape of document, of every status, and where its credentials go."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
from cmi_kit import BASIC, HOST, KEY, always, client, item, message
from fakes import Pieces
from ledger_kit import CMI_URL, CONTACT, a_source

from attachment_transfer.core import errors
from attachment_transfer.core.errors import TransferError, UnexpectedAnswer
from attachment_transfer.core.model import SourceAttachment

pytestmark = pytest.mark.off_contract(
    judge="requests", reason="the answers are made by hand, most of them to be refused or to be odd"
)

HOSTILE = pytest.mark.off_contract(reason="the addresses that CMI lists here are hostile, and lead where no hop is")


A = {"id": CONTACT, "status": "Handled", "messages": [message(item(1)), message(item(2), by="agent"), message()]}
B = [{"id": "leg 1", "messages": [message(item(1))]}, {"id": "leg 2", "messages": [message(item(1), item(2))]}]
D = [message(item(1)), message(), message(item(2))]


def sources(document: Any) -> list[SourceAttachment]:
    found = client(always(httpx.Response(200, content=json.dumps(document)))).conversation(CONTACT)
    assert found.known
    return list(found.attachments)


@pytest.mark.parametrize("document", [A, B, D], ids="ABD")
def test_every_shape_gives_each_file_once(document: Any) -> None:
    assert [(source.source_id, source.name, source.declared_size_bytes) for source in sources(document)] == [
        ("f1", "1.png", 1),
        ("f2", "2.png", 2),
    ]


def test_the_chat_is_asked_for_with_both_credentials() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=A)

    client(answer).conversation(CONTACT)
    [request] = seen
    assert request.url == f"{CMI_URL}/chats/{CONTACT}"
    assert (request.headers["authorization"], request.headers["x-api-key"]) == (BASIC, KEY)
    assert request.headers["accept"] == "application/json"


@pytest.mark.parametrize("nothing", [httpx.Response(404, json={"message": "no"}), httpx.Response(200, json=[])])
def test_the_routes_are_tried_in_order_until_one_knows_the_chat(nothing: httpx.Response) -> None:
    asked: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path)
        return nothing if len(asked) == 1 else httpx.Response(200, json=B)

    assert client(answer).conversation(CONTACT).known
    assert asked == [f"/acme/cmi/chats/{CONTACT}".encode(), f"/acme/cmi/chats?groupId={CONTACT}".encode()]


def test_a_chat_that_no_route_knows_is_unknown() -> None:
    assert not client(always(httpx.Response(404))).conversation(CONTACT).known


def test_an_empty_list_is_a_chat_without_files_where_the_dialect_says_so() -> None:
    found = client(always(httpx.Response(200, json=[])), empty_list_means_unknown=False).conversation(CONTACT)
    assert (found.known, found.attachments) == (True, ())


@pytest.mark.parametrize("document", [{"messages": []}, {"messages": None}, {"attachments": []}, [message()]])
def test_a_chat_without_files_is_known_and_empty(document: Any) -> None:
    assert sources(document) == []


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"message_count": 3},
        {"error": "try later"},
        {"message": "Internal server error"},
        [{"id": "chat 1", "status": "Handled"}],
        "text",
        5,
        None,
        ["text"],
        [[1]],
        {"messages": ["text"]},
        {"messages": [{"id": "m"}]},
        {"messages": [{"attachments": 5}]},
        {"messages": [{"attachments": {"id": "f1"}}]},
        {"messages": [{"attachments": ["f1"]}]},
        {"messages": [{"attachments": [{"id": "f1", "content": "aGVsbG8="}]}]},
        {"messages": [{"attachments": [{"id": "f1", "url": ""}]}]},
    ],
)
def test_an_unknown_shape_raises_and_is_never_taken_for_a_chat_without_files(document: Any) -> None:
    with pytest.raises(UnexpectedAnswer):
        client(always(httpx.Response(200, json=document))).conversation(CONTACT)


def test_a_page_that_is_not_json_raises() -> None:
    with pytest.raises(UnexpectedAnswer, match="not JSON"):
        client(always(httpx.Response(200, html="<html>"))).conversation(CONTACT)


def test_odd_members_are_read_as_far_as_they_go() -> None:
    odd = {"id": 7, "url": "/x", "name": "half \ud83d\x00.png", "content_type": None, "size": True}
    [source] = sources({"messages": [message(odd)]})
    assert (source.source_id, source.name, source.content_type) == ("7", "half ?.png", "")
    assert source.declared_size_bytes is None
    for text in (source.source_id, source.name, source.href):
        text.encode()


@pytest.mark.parametrize("size", [-1, "5", 1.5, None, 10**30])
def test_a_size_that_cannot_be_is_unknown(size: Any) -> None:
    [source] = sources({"messages": [message(item(1, size=size))]})
    assert source.declared_size_bytes is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.CredentialRefused),
        (403, errors.AccessDenied),
        (429, errors.NeighbourBusy),
        (503, errors.NeighbourBusy),
        (500, errors.NeighbourUnavailable),
        (502, errors.NeighbourUnavailable),
        (504, errors.NeighbourUnavailable),
        (408, errors.NeighbourUnavailable),
        (302, errors.UnexpectedAnswer),
        (400, errors.UnexpectedAnswer),
    ],
)
def test_every_status_has_its_meaning(status: int, kind: type[TransferError]) -> None:
    answer = always(httpx.Response(status, headers={"Retry-After": "7"}, html="Word-of-CMI-2718"))
    with pytest.raises(kind) as caught:
        client(answer).conversation(CONTACT)
    assert "Word-of-CMI" not in caught.value.message
    with pytest.raises(kind), client(answer).open(a_source("f1")):
        pass
    if isinstance(caught.value, errors.NeighbourBusy):
        assert caught.value.retry_after_s == 7.0


@pytest.mark.parametrize("status", [404, 410, 413])
def test_a_file_that_cannot_be_had_any_more_is_gone(status: int) -> None:
    with (
        pytest.raises(errors.AttachmentGone, match=str(status)),
        client(always(httpx.Response(status))).open(a_source("1")),
    ):
        pass


@pytest.mark.parametrize(
    "trouble", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.PoolTimeout]
)
def test_silence_is_an_unavailable_neighbour(trouble: type[httpx.TransportError]) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise trouble("text with Word-of-CMI-2718")

    with pytest.raises(errors.NeighbourUnavailable, match=trouble.__name__) as caught:
        client(answer).conversation(CONTACT)
    assert "Word-of-CMI" not in caught.value.message


def fetched(href: str, *, public: bool = False) -> httpx.Request:
    """The one request that opening a file under ``href`` makes."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers={"Content-Length": "5"}, stream=Pieces(b"hello"))

    source = SourceAttachment(**{**vars(a_source("1")), "href": href, "public": public})
    with client(answer).open(source) as opened:
        assert (opened.size_bytes, b"".join(opened.pieces)) == (5, b"hello")
    [request] = seen
    return request


@HOSTILE
@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("/chats/1/attachments/2", f"{CMI_URL}/chats/1/attachments/2"),
        ("chats/1/attachments/2", f"{CMI_URL}/chats/1/attachments/2"),
        (f"{CMI_URL}/chats/1", f"{CMI_URL}/chats/1"),
        (f"https://{HOST.upper()}/acme/cmi/x", f"{CMI_URL}/x"),
        (f"https://{HOST}:443/acme/cmi/x", f"{CMI_URL}/x"),
        ("//evil.example/x", f"{CMI_URL}/evil.example/x"),
    ],
)
def test_cmis_own_addresses_get_both_credentials(href: str, url: str) -> None:
    request = fetched(href)
    assert str(request.url) == url
    assert (request.headers["authorization"], request.headers["x-api-key"]) == (BASIC, KEY)


@HOSTILE
@pytest.mark.parametrize(
    ("href", "public"),
    [
        ("https://evil.execute-api.eu-central-1.amazonaws.com/acme/cmi/x", False),
        (f"https://{HOST}.evil.example/acme/cmi/x", False),
        (f"https://{HOST}:8443/acme/cmi/x", False),
        (f"http://{HOST}/acme/cmi/x", False),
        (f"https://{HOST}@evil.example/x", False),
        (f"https://evil.example/https://{HOST}/", False),
        (f"https://{HOST}/sms/richcontent/x", True),
        ("/sms/richcontent/x", True),
    ],
)
def test_no_other_address_gets_a_credential(href: str, public: bool) -> None:
    request = fetched(href, public=public)
    assert "x-api-key" not in request.headers
    assert "2718" not in base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()


def test_a_link_to_rich_content_is_public() -> None:
    [one, two] = sources({"messages": [message(item(1, url="https://x/sms/richcontent/9"), item(2))]})
    assert (one.public, two.public) == (True, False)


@pytest.mark.parametrize("status", [401, 403])
def test_a_public_link_that_is_refused_is_gone_and_says_nothing_about_the_user(status: int) -> None:
    source = SourceAttachment(
        **{**vars(a_source("1")), "href": "https://login-eu-c1.cc.sinch.com/acme/sms/richcontent/9", "public": True}
    )
    with (
        pytest.raises(errors.AttachmentGone, match="public address"),
        client(always(httpx.Response(status))).open(source),
    ):
        pass


@pytest.mark.parametrize("href", ["https://[bad", "https://h/\x00", "https://h:port/", "https://\x7f.example/"])
def test_an_address_that_cannot_be_used_raises(href: str) -> None:
    source = SourceAttachment(**{**vars(a_source("1")), "href": href})
    with pytest.raises(UnexpectedAnswer, match="cannot be used"), client(always(httpx.Response(200))).open(source):
        pass
