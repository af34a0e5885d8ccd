"""The mock as a process: what only a real wire shows."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from c4c_caller import HOST, LOGIN, ROOT, ServedTenant, basic, chat_path, tenant_order

from mock_kit.testing import running_mock

BODY = json.dumps({"Name": "raw", "TypeCode": "10001", "CategoryCode": "2", "Binary": "QUJD" * 50_000}).encode()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedTenant]:
    """One process for the module; each test uses a chat of its own."""
    with running_mock("c4c_mock", tmp_path_factory.mktemp("c4c")) as mock:
        yield ServedTenant(mock, tenant_order())


def head(chat: str, length: int) -> bytes:
    """The head of an upload request of so many bytes."""
    return (
        f"POST {ROOT}{chat_path(chat)}/ChatActivityAttachment HTTP/1.1\r\n"
        f"Host: {HOST}\r\nAuthorization: {basic()}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def connect(served: ServedTenant) -> socket.socket:
    """A socket to the mock."""
    return socket.create_connection(("127.0.0.1", urlsplit(served.mock.url).port or 0), timeout=10)


def exchange_about(served: ServedTenant, chat: str) -> dict[str, Any]:
    """The journal's entry of the upload to a chat; polls, because the mock writes it on its own time."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = served.control(f"journal?since=0&q={chat}")["exchanges"]
        if found:
            return dict(found[-1])
    raise AssertionError("the exchange never came")


def test_a_client_that_disconnects_in_the_middle_leaves_nothing_behind(served: ServedTenant) -> None:
    chat = served.chat("GONE1")
    with connect(served) as peer:
        peer.sendall(head(chat, len(BODY)) + BODY[: len(BODY) // 2])
    assert exchange_about(served, chat)["request"]["complete"] is False
    assert served.stored("GONE1") == []


def test_a_client_that_disconnects_after_the_complete_body_has_stored_its_file(served: ServedTenant) -> None:
    chat = served.chat("GONE2")
    with connect(served) as peer:
        peer.sendall(head(chat, len(BODY)) + BODY)
    assert exchange_about(served, chat)["status"] == 201
    assert [a["name"] for a in served.stored("GONE2")] == ["raw"]


def test_a_chunked_body_is_read_like_any_other(served: ServedTenant) -> None:
    chat = served.chat("CHUNKED")
    pieces = (BODY[i : i + 7000] for i in range(0, len(BODY), 7000))
    answer = requests.post(
        f"{served.root}{chat_path(chat)}/ChatActivityAttachment",
        data=pieces,
        auth=LOGIN,
        headers={"Host": HOST, "Content-Type": "application/json", "Accept": "application/json"},
        timeout=10,
    )
    assert answer.status_code == 201
    assert served.stored("CHUNKED")[0]["size_bytes"] == 150_000


def test_a_chunked_body_that_breaks_off_leaves_nothing_behind(served: ServedTenant) -> None:
    chat = served.chat("GONE3")
    chunked = head(chat, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    piece = BODY[:30_000]
    with connect(served) as peer:
        peer.sendall(chunked + b"%x\r\n%s\r\n" % (len(piece), piece))
    assert exchange_about(served, chat)["method"] == "POST"
    assert served.stored("GONE3") == []


def test_a_refusal_reaches_a_client_that_is_still_sending(served: ServedTenant) -> None:
    connection = http.client.HTTPConnection(urlsplit(served.mock.url).netloc, timeout=10)
    body = b'{"Colour":1,"Binary":"' + b"QUJD" * 2_000_000 + b'"}'
    headers = {"Host": HOST, "Authorization": basic(), "Content-Type": "text/plain"}
    connection.request("POST", f"{ROOT}/chatactivity/ChatActivityAttachmentCollection", body, headers)
    assert connection.getresponse().status == 415


def test_the_custom_verb_merge_comes_through_the_server(served: ServedTenant) -> None:
    url = served.root + chat_path(served.chat("MERGED"))
    answer = requests.request("MERGE", url, json={"SubjectName": "m"}, auth=LOGIN, headers={"Host": HOST}, timeout=10)
    assert answer.status_code == 204


def test_a_lost_answer_at_the_fault_proxy_leaves_the_file_stored(served: ServedTenant) -> None:
    chat = served.chat("LOST")
    served.control("faults", {"kind": "lost_answer", "match": {"method": "POST", "path": f"*{chat}*"}})
    url = f"{served.mock.fault_proxy_url}{ROOT}{chat_path(chat)}/ChatActivityAttachment"
    body = {"Name": "lost", "TypeCode": "10001", "CategoryCode": "2", "Binary": "QUJD"}
    with pytest.raises(requests.ConnectionError):
        requests.post(url, json=body, auth=LOGIN, headers={"Host": HOST}, timeout=10)
    assert [a["name"] for a in served.stored("LOST")] == ["lost"]
