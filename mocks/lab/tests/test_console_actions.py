"""Pages on which people act: what they refuse, and what they never send. No stack is needed for this."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.app import build_app
from attachment_lab.console.web.stored_file import disposition
from attachment_lab.tenant.credentials import default_tenant

NOWHERE = dict.fromkeys(("console", "orchestration", "cmi", "c4c", "service"), "http://127.0.0.1:1")
TENANT = default_tenant()
BASE = f"/w/{TENANT.name}"
GUID = "G" * 32
FILE = {"id": "F1", "name": "<b>.html", "content_type": "text/html", "size_bytes": 44, "sha256": "aa"}
HTML = b"<!doctype html><script>alert('own')</script>"
CHAT = {
    "guid": GUID,
    "status": "Queued",
    "messages": [{"attachments": [FILE | {"delivered_as": "file"}]}],
}


class CmiStub:
    """Answers by the beginning of the path, and keeps the requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[httpx.Request], httpx.Response]] = {}
        self.seen: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        for path, give in self.answers.items():
            if request.url.path.startswith(path):
                return give(request)
        return httpx.Response(404, json={"title": "no such thing"})


def client_of(transport: httpx.BaseTransport) -> FlaskClient:
    return build_app(StackClients(NOWHERE, transport=transport), TENANT, NOWHERE).test_client()


@pytest.fixture
def cmi() -> CmiStub:
    stub = CmiStub()
    file = f"/_mock/chats/{GUID}/attachments/F1"
    stub.answers[file] = lambda _: httpx.Response(200, stream=httpx.ByteStream(HTML))
    stub.answers[f"/_mock/chats/{GUID}"] = lambda _: httpx.Response(201, json={"id": "F2"})
    stub.answers["/_mock/chats"] = lambda _: httpx.Response(200, json={"chats": [CHAT]})
    return stub


@pytest.fixture
def client(cmi: CmiStub) -> FlaskClient:
    return client_of(httpx.MockTransport(cmi))


@pytest.mark.parametrize("page", ["chat", "agent", "configurator", "c4c", "users", "c4c/administrator"])
def test_a_page_holds_no_secret_and_nothing_inline(client: FlaskClient, page: str) -> None:
    text = client.get(f"{BASE}/{page}/").text
    assert [what for what, secret in TENANT.guarded().items() if secret in text] == []
    assert " style=" not in text
    assert " onclick=" not in text
    assert "<script>" not in text


@pytest.mark.parametrize("form", ["download", "info", "text"])
def test_a_customers_html_file_is_never_sent_as_html(client: FlaskClient, form: str) -> None:
    answer = client.get(f"{BASE}/chat/api/chats/{GUID}/files/F1/{form}")
    assert answer.status_code == 200
    assert answer.mimetype in {"application/octet-stream", "application/json"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    if form == "download":
        assert answer.data == HTML
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")
        assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("form", ["picture", "media"])
def test_html_is_no_picture_and_no_media(client: FlaskClient, form: str) -> None:
    answer = client.get(f"{BASE}/chat/api/chats/{GUID}/files/F1/{form}")
    assert answer.status_code == 415
    assert "text/html" in answer.get_json()["detail"]


def test_a_file_of_another_chat_is_404(client: FlaskClient, cmi: CmiStub) -> None:
    assert client.get(f"{BASE}/chat/api/chats/{GUID}/files/F9/download").status_code == 404
    assert client.get(f"{BASE}/chat/api/chats/other/files/F1/download").status_code == 404
    assert not any("attachments" in each.url.path for each in cmi.seen)


def test_an_unknown_form_is_404_with_the_known_ones(client: FlaskClient) -> None:
    answer = client.get(f"{BASE}/chat/api/chats/{GUID}/files/F1/execute")
    assert answer.status_code == 404
    assert "download" in answer.get_json()["detail"]


#: What the pages send files as.
BYTES = "application/octet-stream"


def upload(client: FlaskClient, content: bytes = b"bytes", **query: str) -> Any:
    path = f"{BASE}/chat/api/chats/{GUID}/files"
    return client.post(path, data=content, query_string={"name": "a", **query}, content_type=BYTES)


def test_a_file_is_sent_on_with_its_length_name_type_and_sender(client: FlaskClient, cmi: CmiStub) -> None:
    assert upload(client, name="ü & 😀.txt", type="text/plain").status_code == 201
    sent = cmi.seen[-1]
    assert sent.headers["Content-Length"] == "5"
    assert sent.read() == b"bytes"
    query = dict(sent.url.params)
    assert (query["name"], query["content_type"], query["originator_type"]) == ("ü & 😀.txt", "text/plain", "customer")


class CountingBody:
    """A request body that counts how much of it was read and how much of that had been sent on at that moment."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.read_so_far = 0
        self.sent_on = 0
        self.most_in_memory = 0

    def read(self, count: int = -1) -> bytes:
        piece = b"x" * min(count if count >= 0 else self.left, self.left)
        self.left -= len(piece)
        self.read_so_far += len(piece)
        self.most_in_memory = max(self.most_in_memory, self.read_so_far - self.sent_on)
        return piece


class CountingTransport(httpx.BaseTransport):
    """Reads a request as it is sent, and counts it in the body that it comes from."""

    def __init__(self, body: CountingBody) -> None:
        self._body = body

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        for piece in request.stream:
            self._body.sent_on += len(piece)
        return httpx.Response(201, json={"id": "F2"})


def test_a_large_file_is_sent_on_in_pieces_and_never_whole_in_memory() -> None:
    size = 20 * 1024 * 1024
    body = CountingBody(size)
    path = f"{BASE}/chat/api/chats/{GUID}/files?name=a"
    sent = {"wsgi.input": body, "CONTENT_LENGTH": str(size), "CONTENT_TYPE": BYTES}
    answer = client_of(CountingTransport(body)).post(path, environ_overrides=sent)
    assert answer.status_code == 201
    assert body.sent_on == size
    assert body.most_in_memory <= 512 * 1024


def test_an_invalid_type_is_sent_as_bytes(client: FlaskClient, cmi: CmiStub) -> None:
    upload(client, type="text/html\r\nX-Evil: 1")
    assert dict(cmi.seen[-1].url.params)["content_type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("query", "length", "words"),
    [
        ({"name": ""}, "5", "name: 1 to 255 characters"),
        ({"name": "n" * 256}, "5", "found 256; rename the file"),
        ({"name": "a"}, str(300 * 1024 * 1024), "larger than 256 MiB"),
    ],
)
def test_a_refused_file_is_not_read(
    client: FlaskClient, cmi: CmiStub, query: dict[str, str], length: str, words: str
) -> None:
    path = f"{BASE}/chat/api/chats/{GUID}/files"
    sent = {"CONTENT_LENGTH": length, "CONTENT_TYPE": BYTES}
    answer = client.post(path, query_string=query, data=b"bytes", environ_overrides=sent)
    assert answer.status_code == 409
    assert words in answer.get_json()["detail"]
    assert cmi.seen == []


def test_an_incomplete_upload_is_an_error(client: FlaskClient) -> None:
    path = f"{BASE}/chat/api/chats/{GUID}/files?name=a"
    answer = client.post(path, data=b"half", content_type=BYTES, environ_overrides={"CONTENT_LENGTH": "8"})
    assert answer.status_code == 502
    assert "ended before its last byte" in answer.get_json()["detail"]


def test_a_refusal_comes_with_its_reason_and_its_remedy(client: FlaskClient, cmi: CmiStub) -> None:
    problem = {"detail": "sms carries text only.", "errors": [{"field": "x", "remedy": "create the chat elsewhere"}]}
    cmi.answers[f"/_mock/chats/{GUID}"] = lambda _: httpx.Response(422, content=json.dumps(problem))
    answer = upload(client)
    assert answer.status_code == 422
    assert answer.get_json()["detail"] == "Sms carries text only. Create the chat elsewhere."


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("chat/api/chats", {"customer": "emma", "channel": "pigeon"}, "channel: one of whatsapp"),
        ("chat/api/chats", {"customer": "nobody", "channel": "whatsapp"}, "customer: one of emma"),
        (f"chat/api/chats/{GUID}/messages", {"text": "  "}, "text: 1 to 20000 characters"),
        (f"agent/api/chats/{GUID}/accept", {"agent": "nobody"}, "agent: one of Petra Sommer"),
        (f"agent/api/chats/{GUID}/dance", {}, "accept, decline, transfer"),
    ],
)
def test_an_invalid_action_is_refused_with_the_valid_ones(
    client: FlaskClient, path: str, body: dict[str, Any], words: str
) -> None:
    answer = client.post(f"{BASE}/{path}", json=body)
    assert answer.status_code in {400, 404, 409}
    assert words in answer.get_json()["detail"]


def test_an_object_id_cannot_change_the_odata_address(client: FlaskClient) -> None:
    answer = client.get(f"{BASE}/c4c/api/files/A')/Binary/download")
    assert answer.status_code == 404
    answer = client.get(f"{BASE}/c4c/api/files/A')%3F$expand=x/download")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.txt", "filename=\"a.txt\"; filename*=UTF-8''a.txt"),
        ("../../etc/passwd", "filename=\"_.._etc_passwd\"; filename*=UTF-8''_.._etc_passwd"),
        ('"; x="\r\n.txt', "filename=\"_; x=__u000d_u000a.txt\"; filename*=UTF-8''%22%3B%20x%3D%22_u000d_u000a.txt"),
        ("...", "filename=\"file\"; filename*=UTF-8''file"),
        ("見.pdf", "filename=\"_.pdf\"; filename*=UTF-8''%E8%A6%8B.pdf"),
    ],
)
def test_a_download_has_a_safe_file_name(name: str, expected: str) -> None:
    assert disposition(name) == f"attachment; {expected}"
