"""Each call of the clients as it goes over the wire: method, address, and the headers that are the client's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import c4c_kit
import cmi_kit
import httpx
import pytest
from c4c_kit import CHAT, CONTACT, NAVIGATION, ROOT
from fake_metadata import metadata
from fakes import Pieces
from ledger_kit import CMI_URL, a_source

from attachment_transfer.clients.c4c.client import C4cClient
from attachment_transfer.clients.outbound.time_limits import CallTimes

pytestmark = pytest.mark.off_contract(judge="requests", reason="the answers are made by hand")

ENGLISH = {"accept-language": "en", "sap-language": "EN"}
STRICT = {"odata-v2-strict-json-format": "true"}
JSON = {"accept": "application/json"}
CHATS = f"{ROOT}/chatactivity/ChatActivityCollection('00163E01')"
FILES = f"{ROOT}/chatactivity/ChatActivityAttachmentCollection('O1')"
SELECTED = "%24select=ObjectID%2CName%2CTitle%2CMimeType%2CSizeInkB&%24format=json"
LOOKUP = (
    f"{ROOT}/chatactivity/ChatActivityBTDReferenceCollection?%24filter=ID+eq+%27{CONTACT}%27"
    "&%24select=ObjectID%2CParentObjectID&%24format=json"
)
ROW = {"ObjectID": "O1", "Name": "a.txt"}
TIMES = CallTimes()
#: What httpx and the credentials add.
_NOT_OURS = {"host", "connection", "user-agent", "authorization", "accept-encoding", "x-api-key"}


class Wire:
    """Answers everything alike and keeps what was sent."""

    def __init__(self, status: int = 200, *, headers: dict[str, str] | None = None, **content: Any) -> None:
        self.requests: list[httpx.Request] = []
        self._answer: dict[str, Any] = {"status_code": status, "headers": headers, **content}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        return httpx.Response(**self._answer)

    def sent(self) -> tuple[str, str, dict[str, str]]:
        """Method, address and own headers of the one request."""
        [request] = self.requests
        own = {name: value for name, value in request.headers.items() if name not in _NOT_OURS}
        return request.method, str(request.url), own


READS: dict[str, tuple[Callable[[C4cClient], Any], dict[str, Any], str, dict[str, str]]] = {
    "lookup": (
        lambda c4c: c4c.find_activity(CONTACT),
        {"json": {"d": {"results": [{"ObjectID": "R1", "ParentObjectID": "00163E01"}]}}},
        LOOKUP,
        JSON | STRICT | ENGLISH,
    ),
    "metadata": (
        lambda c4c: c4c.navigation(CHAT),
        {"content": metadata()},
        f"{ROOT}/chatactivity/$metadata",
        {"accept": "application/xml"} | STRICT | ENGLISH,
    ),
    "list": (
        lambda c4c: c4c.attachments(CHAT, NAVIGATION),
        {"json": {"d": {"results": [ROW]}}},
        f"{CHATS}/ChatActivityAttachment?{SELECTED}",
        JSON | STRICT | ENGLISH,
    ),
    "read back": (
        lambda c4c: c4c.attachment(CHAT, NAVIGATION, "O1"),
        {"json": {"d": {"results": ROW}}},
        f"{FILES}?{SELECTED}",
        JSON | STRICT | ENGLISH,
    ),
    "digest": (
        lambda c4c: c4c.digest(CHAT, NAVIGATION, "O1"),
        {"content": b"hello"},
        f"{FILES}/Binary/$value",
        {"accept": "*/*"} | ENGLISH,
    ),
    "token": (
        lambda c4c: c4c.fetch_csrf_token("chatactivity"),
        {"headers": {"x-csrf-token": "T1"}},
        f"{ROOT}/chatactivity/",
        {"x-csrf-token": "fetch"} | JSON | ENGLISH,
    ),
}


@pytest.mark.parametrize("call", READS)
def test_each_read_of_c4c_is_this_request(call: str) -> None:
    act, answer, address, headers = READS[call]
    wire = Wire(**answer)
    act(c4c_kit.client(wire))
    assert wire.sent() == ("GET", address, headers)
    [request] = wire.requests
    expected = TIMES.file() if call == "digest" else TIMES.document()
    assert request.extensions["timeout"] == expected["timeout"]


def test_the_digest_is_of_the_bytes_as_they_lie_there() -> None:
    wire = Wire(content=b"hello")
    assert c4c_kit.client(wire).digest(CHAT, NAVIGATION, "O1")[0] == 5
    assert wire.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("with_token", [False, True])
def test_an_upload_is_this_request(with_token: bool) -> None:
    wire = Wire(201, json={"d": {"results": ROW}}, headers={"x-csrf-token": "T1"} if with_token else None)
    c4c = c4c_kit.client(wire)
    token = {}
    if with_token:
        wire_of_token = Wire(headers={"x-csrf-token": "T1"})
        c4c = c4c_kit.client(lambda request: (wire_of_token if request.method == "GET" else wire)(request))
        c4c.fetch_csrf_token("chatactivity")
        token = {"x-csrf-token": "T1"}
    body = c4c_kit.body()
    assert c4c.upload(CHAT, NAVIGATION, body, budget_s=60.0) == "O1"
    method, address, headers = wire.sent()
    assert (method, address) == ("POST", f"{CHATS}/ChatActivityAttachment")
    assert headers == {
        "content-type": "application/json",
        "content-length": str(body.content_length),
        "odata-no-response-payload": "true",
        **JSON,
        **STRICT,
        **ENGLISH,
        **token,
    }
    assert wire.requests[0].extensions["timeout"] == TIMES.upload(60.0)["timeout"]


def test_a_download_is_this_request() -> None:
    wire = Wire(stream=Pieces(b"hello"), headers={"content-type": "image/png", "content-length": "5"})
    source = a_source("1", size_bytes=5)
    with cmi_kit.client(wire).open(source) as file:
        assert b"".join(file.pieces) == b"hello"
    assert wire.sent() == ("GET", f"{CMI_URL}/{source.href}", {"accept": "*/*"})
    [request] = wire.requests
    assert request.headers["accept-encoding"] == "identity"
    assert (request.headers["authorization"], request.headers["x-api-key"]) == (cmi_kit.BASIC, cmi_kit.KEY)
    assert request.extensions["timeout"] == TIMES.file()["timeout"]


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("object", {"contact_id": CONTACT, "data": {"attachment_transfer": {"stored": 2}}}),
        ("pairs", {"contact_id": CONTACT, "name": "attachment_transfer", "value": '{"stored":2}'}),
    ],
)
def test_a_result_is_written_back_in_this_request(form: str, body: dict[str, Any]) -> None:
    wire = Wire(201)
    cmi = cmi_kit.client(wire, contact_data_form=form)
    cmi.write_back(CONTACT, "attachment_transfer", {"stored": 2})
    method, address, headers = wire.sent()
    assert (method, address) == ("POST", f"{CMI_URL}/contactData")
    assert (headers["accept"], headers["content-type"]) == ("text/html", "application/json")
    assert httpx.Response(200, content=wire.requests[0].content).json() == body


@pytest.mark.parametrize("status", [201, 204])
def test_a_result_is_written_back_once_cmi_has_created_it(status: int) -> None:
    cmi_kit.client(Wire(status)).write_back(CONTACT, "attachment_transfer", {})
