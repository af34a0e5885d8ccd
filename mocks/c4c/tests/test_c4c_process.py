"""The mock as a process: what only a real wire shows."""

import base64
import http.client
import json
import socket
import time
from urllib.parse import urlsplit

import pytest
import requests

from mock_kit.testing import running_mock

HOST = "my2554607.de1.crm.cloud.sap"
ROOT = "/sap/c4c/odata/v1"
LOGIN = ("v1user", "Welcome-1")
SERVICES = ["activity", "chatactivity", "call_list", "socialmediaactivity"]


class Stack:
    """A running mock with one tenant and one chat."""

    def __init__(self, mock):
        self.mock = mock
        arrangement = {"user": LOGIN[0], "password": LOGIN[1], "services": SERVICES}
        tenant = {
            "name": "default",
            "host": HOST,
            "communication_system": {"id": "S"},
            "arrangement": arrangement,
        }
        assert self.control("tenants", tenant).status_code == 201

    def control(self, path, body=None):
        """POST with a body, GET without."""
        url = f"{self.mock.url}/_mock/{path}"
        return requests.post(url, json=body, timeout=10) if body is not None else requests.get(url, timeout=10)

    def chat(self, reference):
        """A new chat's ObjectID."""
        body = {
            "Type": "CHAT",
            "Action": "ACCEPT",
            "ExternalReferenceID": reference,
            "Email": "a@example.com",
        }
        return self.control("cti", body).json()["activity"]["object_id"]

    def stored(self, reference):
        """Attachments of one chat."""
        return self.control(f"attachments?external_reference_id={reference}").json()

    def head(self, chat, length):
        """The head of an upload request of so many bytes."""
        credentials = base64.b64encode(":".join(LOGIN).encode()).decode()
        return (
            f"POST {ROOT}/chatactivity/ChatActivityCollection('{chat}')/ChatActivityAttachment HTTP/1.1\r\n"
            f"Host: {HOST}\r\nAuthorization: Basic {credentials}\r\nContent-Type: application/json\r\n"
            f"Accept: application/json\r\nContent-Length: {length}\r\n\r\n"
        ).encode()

    def connect(self):
        """A socket to the mock."""
        parts = urlsplit(self.mock.url)
        return socket.create_connection((parts.hostname, parts.port), timeout=10)

    def exchange_about(self, chat):
        """The journal's entry of the upload to a chat; polls, because the mock learns of it on its own."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = self.control(f"journal?since=0&q={chat}").json()["exchanges"]
            if found:
                return found[-1]
        raise AssertionError("the exchange never came")


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """One process for the module; each test uses a chat of its own."""
    with running_mock("c4c_mock", tmp_path_factory.mktemp("c4c")) as mock:
        yield Stack(mock)


BODY = json.dumps({"Name": "raw", "CategoryCode": "2", "Binary": "QUJD" * 50_000}).encode()


def test_a_client_that_goes_away_in_the_middle_leaves_nothing_behind(stack):
    chat = stack.chat("GONE1")
    with stack.connect() as peer:
        peer.sendall(stack.head(chat, len(BODY)) + BODY[: len(BODY) // 2])
    assert stack.exchange_about(chat)["request"]["complete"] is False
    assert stack.stored("GONE1") == []


def test_a_client_that_goes_away_after_the_complete_body_has_stored_its_file(stack):
    chat = stack.chat("GONE2")
    with stack.connect() as peer:
        peer.sendall(stack.head(chat, len(BODY)) + BODY)
    assert stack.exchange_about(chat)["status"] == 201
    assert [a["name"] for a in stack.stored("GONE2")] == ["raw"]


def test_a_chunked_body_is_read_like_any_other(stack):
    chat = stack.chat("CHUNKED")
    pieces = (BODY[i : i + 7000] for i in range(0, len(BODY), 7000))
    answer = requests.post(
        f"{stack.mock.url}{ROOT}/chatactivity/ChatActivityCollection('{chat}')/ChatActivityAttachment",
        data=pieces,
        auth=LOGIN,
        headers={"Host": HOST, "Content-Type": "application/json", "Accept": "application/json"},
        timeout=10,
    )
    assert answer.status_code == 201
    assert stack.stored("CHUNKED")[0]["size_bytes"] == 150_000


def test_a_chunked_body_that_breaks_off_leaves_nothing_behind(stack):
    chat = stack.chat("GONE3")
    head = stack.head(chat, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    piece = BODY[:30_000]
    with stack.connect() as peer:
        peer.sendall(head + b"%x\r\n%s\r\n" % (len(piece), piece))
    assert stack.exchange_about(chat)["method"] == "POST"
    assert stack.stored("GONE3") == []


def test_a_refusal_reaches_a_client_that_is_still_sending(stack):
    connection = http.client.HTTPConnection(urlsplit(stack.mock.url).netloc, timeout=10)
    body = b'{"Colour":1,"Binary":"' + b"QUJD" * 2_000_000 + b'"}'
    credentials = base64.b64encode(":".join(LOGIN).encode()).decode()
    headers = {"Host": HOST, "Authorization": f"Basic {credentials}", "Content-Type": "text/plain"}
    connection.request("POST", f"{ROOT}/chatactivity/ChatActivityAttachmentCollection", body, headers)
    assert connection.getresponse().status == 415


def test_the_custom_verb_merge_comes_through_the_server(stack):
    chat = stack.chat("MERGED")
    url = f"{stack.mock.url}{ROOT}/chatactivity/ChatActivityCollection('{chat}')"
    answer = requests.request("MERGE", url, json={"SubjectName": "m"}, auth=LOGIN, headers={"Host": HOST}, timeout=10)
    assert answer.status_code == 204


def test_a_lost_answer_at_the_fault_proxy_leaves_the_file_stored(stack):
    chat = stack.chat("LOST")
    fault = {"kind": "lost_answer", "match": {"method": "POST", "path": f"*{chat}*"}}
    assert stack.control("faults", fault).status_code == 201
    url = f"{stack.mock.fault_proxy_url}{ROOT}/chatactivity/ChatActivityCollection('{chat}')/ChatActivityAttachment"
    body = {"Name": "lost", "CategoryCode": "2", "Binary": "QUJD"}
    with pytest.raises(requests.ConnectionError):
        requests.post(url, json=body, auth=LOGIN, headers={"Host": HOST}, timeout=10)
    assert [a["name"] for a in stack.stored("LOST")] == ["lost"]
