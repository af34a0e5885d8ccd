"""One writer per object: the second one is told who holds it, while the first is still writing."""

import base64
import io
import json
import socket
import struct
import time
import urllib.request
from urllib.parse import urlsplit

import pytest

from mock_kit.testing import running_mock

HOST = "my2554607.de1.crm.cloud.sap"
ROOT = "/sap/c4c/odata/v1"
PREFIX = b'"Name":"big","CategoryCode":"2","Binary":"'


class Interrupting(io.BytesIO):
    """A request body in two pieces that calls back between them."""

    def __init__(self, first, rest, callback):
        super().__init__(first + rest)
        self._first = len(first)
        self._callback = callback

    def read(self, size=-1):
        if self.tell() == 0:
            return super().read(self._first)
        callback, self._callback = self._callback, None
        if callback:
            callback()
        return super().read(size)


def post_while(tenant, path, first, callback):
    """POST a body of two pieces; ``callback`` runs between them."""
    body = Interrupting(first, b'QUJD"}', callback)
    return tenant.call("POST", path, input_stream=body, content_type="application/json")


def forms(tenant, chat):
    """Path and start of the body for both ways to create an attachment."""
    parent = json.dumps(chat).encode()
    return {
        "navigation": (f"{tenant.path(chat)}/ChatActivityAttachment", b"{" + PREFIX),
        "flat": (
            "/chatactivity/ChatActivityAttachmentCollection",
            b'{"ParentObjectID":' + parent + b"," + PREFIX,
        ),
    }


@pytest.mark.parametrize("form", ["navigation", "flat"])
def test_the_second_writer_of_a_chat_is_told_who_locks_it(tenant, form):
    chat = tenant.chat()
    seconds = []
    path, start = forms(tenant, chat)[form]
    first = post_while(tenant, path, start, lambda: seconds.append(tenant.attach(chat)))
    assert first.status_code == 201, first.text
    assert seconds[0].status_code == 400
    assert "locked by user V1USER" in seconds[0].get_json()["error"]["message"]["value"]
    assert [a["name"] for a in tenant.stored()] == ["big"]
    assert tenant.attach(chat).status_code == 201


def test_the_status_of_a_lock_is_the_dialects(make_tenant):
    tenant = make_tenant(lock_status=423)
    chat = tenant.chat()
    seconds = []
    path, start = forms(tenant, chat)["navigation"]
    post_while(tenant, path, start, lambda: seconds.append(tenant.call("DELETE", tenant.path(chat))))
    assert [s.status_code for s in seconds] == [423]


def test_another_chat_is_not_locked(tenant):
    chat, other = tenant.chat("A"), tenant.chat("B")
    seconds = []
    path, start = forms(tenant, chat)["navigation"]
    post_while(tenant, path, start, lambda: seconds.append(tenant.attach(other)))
    assert [s.status_code for s in seconds] == [201]


def test_readers_are_not_locked_out_and_see_nothing_half_written(tenant):
    chat = tenant.chat()
    counts = []
    path, start = forms(tenant, chat)["navigation"]
    count = f"{tenant.path(chat)}/ChatActivityAttachment/$count"
    post_while(tenant, path, start, lambda: counts.append(tenant.get(count).text))
    assert counts == ["0"]


def test_a_refused_write_gives_its_lock_back(tenant):
    chat = tenant.chat()
    assert tenant.attach(chat, CategoryCode="9").status_code == 400
    assert tenant.attach(chat).status_code == 201


@pytest.mark.parametrize(("dialect", "statuses"), [({}, [503]), ({"parallel_status": 429}, [429])])
def test_one_request_too_many_at_once_is_turned_away_and_the_next_one_is_not(make_tenant, dialect, statuses):
    tenant = make_tenant(parallel_limit=1, **dialect)
    chat, seconds = tenant.chat(), []
    path, start = forms(tenant, chat)["navigation"]
    first = post_while(tenant, path, start, lambda: seconds.append(tenant.get(tenant.path(chat))))
    assert first.status_code == 201
    assert [s.status_code for s in seconds] == statuses
    assert seconds[0].mimetype == "text/html"
    assert [tenant.get(tenant.path(chat)).status_code for _ in range(3)] == [200] * 3


def test_one_request_too_many_is_told_how_long_to_wait(make_tenant):
    tenant = make_tenant(parallel_limit=1, retry_after="seconds", retry_after_s=9)
    chat, seconds = tenant.chat(), []
    path, start = forms(tenant, chat)["navigation"]
    post_while(tenant, path, start, lambda: seconds.append(tenant.get(tenant.path(chat))))
    assert [(s.status_code, s.headers["Retry-After"]) for s in seconds] == [(503, "9")]


def test_requests_in_a_row_never_reach_the_limit(make_tenant):
    tenant = make_tenant(parallel_limit=1)
    chat = tenant.chat()
    tenant.attach(chat)
    asked = [("HEAD", tenant.path(chat)), ("GET", "/nothing/"), ("GET", f"{tenant.file_path()}/Binary/$value")]
    asked += [("PATCH", tenant.path(chat)), ("DELETE", tenant.file_path()), ("FOO", tenant.path(chat))]
    answers = [tenant.call(verb, path, json={} if verb == "PATCH" else None).status_code for verb, path in asked]
    assert answers == [200, 404, 200, 204, 204, 405]


def test_without_a_limit_nobody_is_turned_away(make_tenant):
    tenant = make_tenant(parallel_limit=0)
    chat, seconds = tenant.chat(), []
    path, start = forms(tenant, chat)["navigation"]
    post_while(tenant, path, start, lambda: seconds.append(tenant.get(tenant.path(chat))))
    assert [s.status_code for s in seconds] == [200]


@pytest.mark.off_contract(reason="a refusal that is a status alone, on purpose")
@pytest.mark.parametrize("status", [400, 409, 423, 500])
def test_a_lock_can_be_a_status_without_a_body(make_tenant, status):
    tenant = make_tenant(lock_status=status, lock_has_body=False)
    chat = tenant.chat()
    tenant.control("locks", {"refusals": 1})
    answer = tenant.attach(chat)
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (status, b"", "0")
    assert "Content-Type" not in answer.headers
    assert tenant.attach(chat).status_code == 201


def test_a_person_holds_a_chat_for_so_many_writers(tenant):
    chat, other = tenant.chat("A"), tenant.chat("B")
    held = tenant.control("locks", {"user": "mary", "external_reference_id": "A", "refusals": 2})
    assert (held.status_code, held.get_json()["object_id"]) == (201, chat)
    refused = [tenant.attach(chat) for _ in range(2)]
    assert [r.status_code for r in refused] == [400, 400]
    assert "record locked by user MARY" in refused[0].get_json()["error"]["message"]["value"]
    assert [tenant.attach(c).status_code for c in (chat, other)] == [201, 201]
    assert [lock["refused"] for lock in tenant.control("locks", method="GET").get_json()["persons"]] == [2]


def test_a_person_holds_a_chat_for_a_time_of_the_tenants_clock(tenant):
    chat = tenant.chat()
    tenant.control("locks", {"object_id": chat, "for_s": 60})
    assert tenant.attach(chat).status_code == 400
    assert tenant.get(tenant.path(chat)).status_code == 200
    tenant.control("clock", {"advance_s": 61})
    assert tenant.attach(chat).status_code == 201


@pytest.mark.parametrize("how", ["delete", "reset"])
def test_what_a_person_holds_can_be_released(tenant, how):
    tenant.control("locks", {})
    assert tenant.attach(tenant.chat()).status_code == 400
    tenant.control("reset") if how == "reset" else tenant.control("locks", method="DELETE")
    assert tenant.attach(tenant.chat()).status_code == 201
    assert tenant.control("locks", method="GET").get_json() == {"persons": [], "writers": []}


def test_nobody_is_locked_out_by_what_he_holds_himself(tenant):
    tenant.control("locks", {"user": tenant.user.upper()})
    assert tenant.attach(tenant.chat()).status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"user": ""}, "user"),
        ({"object_id": "X"}, "object_id"),
        ({"external_reference_id": "X"}, "external_reference_id"),
        ({"external_reference_id": ""}, "external_reference_id"),
        ({"object_id": "X", "external_reference_id": "X"}, "object_id"),
        ({"refusals": 0}, "refusals"),
        ({"for_s": -1}, "for_s"),
        ({"status": 409}, "status"),
    ],
)
def test_a_persons_lock_that_cannot_be_is_refused(tenant, body, field):
    answer = tenant.control("locks", body)
    assert answer.status_code == 400
    assert [(e["field"], bool(e["expected"] and e["remedy"])) for e in answer.get_json()["errors"]] == [(field, True)]


def shown(mock, path):
    """What the running mock shows below its control address."""
    with urllib.request.urlopen(f"{mock.url}/_mock/{path}") as answer:
        return json.load(answer)


def sending(mock, length, start):
    """A connection on which an upload to the only chat has begun; ``length`` of its body is declared."""
    chat = shown(mock, "odata/chatactivity/ChatActivityCollection?$format=json")["d"]["results"][0]["ObjectID"]
    path = f"{ROOT}/chatactivity/ChatActivityCollection('{chat}')/ChatActivityAttachment"
    login = base64.b64encode(b"v1user:Welcome-1").decode()
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Basic {login}\r\nAccept: application/json\r\n"
    connection = socket.create_connection(("127.0.0.1", urlsplit(mock.url).port), timeout=60)
    connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode() + start)
    return connection


def status_of(connection):
    """The status of the answer that comes on the connection."""
    with connection, connection.makefile("rb") as answer:
        return int(answer.readline().split()[1])


def wait_for(what):
    """Wait until ``what()`` is true; a test that waits in vain fails."""
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


@pytest.fixture
def served(tmp_path):
    """The mock as a process with one chat."""
    with running_mock("c4c_mock", tmp_path) as mock:
        arrangement = {"user": "v1user", "password": "Welcome-1", "services": ["chatactivity"]}
        for path, body in (
            ("tenants", {"name": "default", "host": HOST, "arrangement": arrangement}),
            ("cti?tenant=default", {"Type": "CHAT", "Action": "ACCEPT"}),
        ):
            sent = urllib.request.Request(f"{mock.url}/_mock/{path}", json.dumps(body).encode())
            sent.add_header("Content-Type", "application/json")
            urllib.request.urlopen(sent).close()
        yield mock


WHOLE = b'{"Name":"a","CategoryCode":"2","MimeType":"text/plain","Binary":"QUJD"}'


@pytest.mark.off_contract(reason="uploads that break off in the middle")
@pytest.mark.parametrize("way", ["close", "reset"])
def test_a_client_that_hangs_up_in_the_middle_leaves_no_lock_behind(served, way):
    first = sending(served, 1_000_000, b"{" + PREFIX + b"QUJD" * 50_000)
    wait_for(lambda: shown(served, "locks")["writers"])
    assert status_of(sending(served, len(WHOLE), WHOLE)) == 400
    if way == "reset":
        first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    first.close()
    wait_for(lambda: not shown(served, "locks")["writers"])
    assert status_of(sending(served, len(WHOLE), WHOLE)) == 201


@pytest.mark.off_contract(reason="a client that does not wait for its answer")
def test_a_client_that_does_not_read_its_answer_leaves_no_lock_behind(served):
    file = b"QUJD" * 2_000_000  # the answer repeats the file: more than the sockets' buffers hold
    body = b"{" + PREFIX + file + b'"}'
    first = sending(served, len(body), body)
    wait_for(lambda: shown(served, "attachments") and not shown(served, "locks")["writers"])
    assert status_of(sending(served, len(WHOLE), WHOLE)) == 201
    first.close()
    assert status_of(sending(served, len(WHOLE), WHOLE)) == 201
