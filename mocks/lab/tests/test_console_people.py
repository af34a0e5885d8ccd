"""Pages on which people act: what they refuse, and what they keep to themselves. No stack is needed for this."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient

from attachment_lab.clients.json_client import JsonClient
from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.console.app import build_app
from attachment_lab.console.held import disposition
from attachment_lab.tenant.credentials import default_tenant

NOWHERE = dict.fromkeys(("console", "orchestration", "cmi", "c4c", "service"), "http://127.0.0.1:1")
TENANT = default_tenant()
GUID = "G" * 32
FILE = {"id": "F1", "name": "<b>.html", "content_type": "text/html", "size_bytes": 44, "sha256": "aa"}
HTML = b"<!doctype html><script>alert('own')</script>"
CHAT = {
    "guid": GUID,
    "status": "Queued",
    "messages": [{"attachments": [FILE | {"delivered_as": "file"}]}],
}


class Neighbour:
    """Answers what it is told to, and keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[httpx.Request], httpx.Response]] = {}
        self.seen: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        for path, give in self.answers.items():
            if request.url.path.startswith(path):
                return give(request)
        return httpx.Response(404, json={"title": "no such thing"})


@pytest.fixture
def cmi() -> Neighbour:
    neighbour = Neighbour()
    neighbour.answers[f"/_mock/chats/{GUID}/attachments/F1"] = lambda _: httpx.Response(
        200, stream=httpx.ByteStream(HTML)
    )
    neighbour.answers[f"/_mock/chats/{GUID}"] = lambda _: httpx.Response(201, json={"id": "F2"})
    neighbour.answers["/_mock/chats"] = lambda _: httpx.Response(200, json={"chats": [CHAT]})
    return neighbour


@pytest.fixture
def client(cmi: Neighbour) -> FlaskClient:
    to = StackClients(NOWHERE)
    to.cmi = JsonClient("CMI mock", NOWHERE["cmi"])
    to.cmi._http = httpx.Client(base_url=NOWHERE["cmi"], transport=httpx.MockTransport(cmi))
    return build_app(to, TENANT, NOWHERE).test_client()


@pytest.mark.parametrize("page", ["chat", "agent", "configurator", "c4c"])
def test_a_page_holds_no_secret_and_nothing_inline(client: FlaskClient, page: str) -> None:
    text = client.get(f"/w/acme/{page}/").text
    assert [what for what, secret in TENANT.guarded().items() if secret in text] == []
    assert " style=" not in text
    assert " onclick=" not in text
    assert "<script>" not in text


@pytest.mark.parametrize("form", ["download", "look", "text"])
def test_a_page_of_a_customer_never_leaves_as_a_page(client: FlaskClient, form: str) -> None:
    answer = client.get(f"/w/acme/chat/api/chats/{GUID}/files/F1/{form}")
    assert answer.status_code == 200
    assert answer.mimetype in {"application/octet-stream", "application/json"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    if form == "download":
        assert answer.data == HTML
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")
        assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("form", ["picture", "media"])
def test_a_page_that_calls_itself_a_picture_is_none(client: FlaskClient, form: str) -> None:
    answer = client.get(f"/w/acme/chat/api/chats/{GUID}/files/F1/{form}")
    assert answer.status_code == 415
    assert "text/html" in answer.get_json()["detail"]


def test_a_file_of_another_chat_is_not_there(client: FlaskClient, cmi: Neighbour) -> None:
    assert client.get(f"/w/acme/chat/api/chats/{GUID}/files/F9/download").status_code == 404
    assert client.get(f"/w/acme/chat/api/chats/other/files/F1/download").status_code == 404  # noqa: F541
    assert not any("attachments" in each.url.path for each in cmi.seen)


def test_an_unknown_form_names_those_there_are(client: FlaskClient) -> None:
    answer = client.get(f"/w/acme/chat/api/chats/{GUID}/files/F1/execute")
    assert answer.status_code == 404
    assert "download" in answer.get_json()["detail"]


#: What the pages send files as.
BYTES = "application/octet-stream"


def upload(client: FlaskClient, content: bytes = b"bytes", **query: str) -> Any:
    path = f"/w/acme/chat/api/chats/{GUID}/files"
    return client.post(path, data=content, query_string={"name": "a", **query}, content_type=BYTES)


def test_a_file_goes_on_with_its_length_name_type_and_sender(client: FlaskClient, cmi: Neighbour) -> None:
    assert upload(client, name="ü & 😀.txt", type="text/plain").status_code == 201
    sent = cmi.seen[-1]
    assert sent.headers["Content-Length"] == "5"
    assert sent.read() == b"bytes"
    query = dict(sent.url.params)
    assert (query["name"], query["content_type"], query["originator_type"]) == ("ü & 😀.txt", "text/plain", "customer")


class Instrumentation:
    """A body that notes how much of it had been passed on whenever more of it was asked for."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.read_so_far = 0
        self.passed_on = 0
        self.most_held = 0

    def read(self, count: int = -1) -> bytes:
        piece = b"x" * min(count if count >= 0 else self.left, self.left)
        self.left -= len(piece)
        self.read_so_far += len(piece)
        self.most_held = max(self.most_held, self.read_so_far - self.passed_on)
        return piece

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for piece in request.stream:  # type: ignore[union-attr]
            self.passed_on += len(piece)
        return httpx.Response(201, json={"id": "F2"})


def test_a_large_file_is_passed_on_in_pieces_and_never_held_whole(client: FlaskClient) -> None:
    size = 20 * 1024 * 1024
    tap = Instrumentation(size)
    transport = httpx.BaseTransport()
    transport.handle_request = tap.handle_request  # type: ignore[method-assign]
    desk_cmi = client.application.extensions["desks"].get("acme").to.cmi
    desk_cmi._http = httpx.Client(base_url=NOWHERE["cmi"], transport=transport)
    path = f"/w/acme/chat/api/chats/{GUID}/files?name=a"
    sent = {"wsgi.input": tap, "CONTENT_LENGTH": str(size), "CONTENT_TYPE": BYTES}
    answer = client.post(path, environ_overrides=sent)
    assert answer.status_code == 201
    assert tap.passed_on == size
    assert tap.most_held <= 512 * 1024


def test_a_type_that_is_none_is_sent_as_bytes(client: FlaskClient, cmi: Neighbour) -> None:
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
def test_a_file_that_may_not_go_is_refused_before_it_is_read(
    client: FlaskClient, cmi: Neighbour, query: dict[str, str], length: str, words: str
) -> None:
    path = f"/w/acme/chat/api/chats/{GUID}/files"
    sent = {"CONTENT_LENGTH": length, "CONTENT_TYPE": BYTES}
    answer = client.post(path, query_string=query, data=b"bytes", environ_overrides=sent)
    assert answer.status_code == 409
    assert words in answer.get_json()["detail"]
    assert cmi.seen == []


def test_a_file_that_breaks_off_is_no_file(client: FlaskClient) -> None:
    path = f"/w/acme/chat/api/chats/{GUID}/files?name=a"
    answer = client.post(path, data=b"half", content_type=BYTES, environ_overrides={"CONTENT_LENGTH": "8"})
    assert answer.status_code == 502
    assert "broke off" in answer.get_json()["detail"]


def test_a_refusal_comes_with_its_reason_and_its_remedy(client: FlaskClient, cmi: Neighbour) -> None:
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
def test_what_makes_no_sense_is_refused_with_what_would(
    client: FlaskClient, path: str, body: dict[str, Any], words: str
) -> None:
    answer = client.post(f"/w/acme/{path}", json=body)
    assert answer.status_code in {400, 404, 409}
    assert words in answer.get_json()["detail"]


def test_an_object_id_cannot_leave_its_address(client: FlaskClient) -> None:
    answer = client.get("/w/acme/c4c/api/files/A')/Binary/download")
    assert answer.status_code == 404
    answer = client.get("/w/acme/c4c/api/files/A')%3F$expand=x/download")
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
def test_a_download_has_a_name_that_a_disk_can_bear(name: str, expected: str) -> None:
    assert disposition(name) == f"attachment; {expected}"
