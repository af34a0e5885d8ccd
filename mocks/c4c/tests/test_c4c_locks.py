"""One writer per object: the second one is refused while the first is still writing."""

from __future__ import annotations

import io
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from c4c_caller import HOST, ROOT, MakeTenant, ServedTenant, TenantClient, basic, chat_path, tenant_order
from werkzeug.test import TestResponse

from mock_kit.testing import running_mock

PREFIX = b'"Name":"big","TypeCode":"10001","CategoryCode":"2","Binary":"'


Result = TypeVar("Result")


class Interrupted(io.BytesIO):
    """A request body in two pieces that calls back between them."""

    def __init__(self, first: bytes, rest: bytes, callback: Callable[[], None]) -> None:
        super().__init__(first + rest)
        self._first = len(first)
        self._callback: Callable[[], None] | None = callback

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() == 0:
            return super().read(self._first)
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()
        return super().read(size)


def during_upload(
    tenant: TenantClient, chat: str, action: Callable[[], Result], form: str = "navigation"
) -> tuple[TestResponse, Result]:
    """POST an attachment in two pieces and run ``action`` between them; the answer, and what ``action`` returned."""
    results: list[Result] = []
    if form == "navigation":
        path, start = f"{tenant.path(chat)}/ChatActivityAttachment", b"{" + PREFIX
    else:
        parent = b'{"ParentObjectID":' + json.dumps(chat).encode()
        path, start = "/chatactivity/ChatActivityAttachmentCollection", parent + b"," + PREFIX
    body = Interrupted(start, b'QUJD"}', lambda: results.append(action()))
    answer = tenant.call("POST", path, input_stream=body, content_type="application/json")
    return answer, results[0]


@pytest.mark.parametrize("form", ["navigation", "flat"])
def test_the_second_writer_of_a_chat_learns_who_locks_it(tenant: TenantClient, form: str) -> None:
    chat = tenant.chat()
    first, second = during_upload(tenant, chat, lambda: tenant.attach(chat), form)
    assert first.status_code == 201, first.text
    assert second.status_code == 400
    assert "record locked by user V1USER" in second.get_json()["error"]["message"]["value"]
    assert [a["name"] for a in tenant.stored()] == ["big"]
    assert tenant.attach(chat).status_code == 201


def test_the_status_of_a_lock_is_the_dialects(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(lock_status=423)
    chat = tenant.chat()
    _, second = during_upload(tenant, chat, lambda: tenant.call("DELETE", tenant.path(chat)))
    assert second.status_code == 423


def test_another_chat_is_not_locked(tenant: TenantClient) -> None:
    chat, other = tenant.chat("A"), tenant.chat("B")
    _, second = during_upload(tenant, chat, lambda: tenant.attach(other))
    assert second.status_code == 201


def test_readers_are_not_locked_out_and_see_nothing_half_written(tenant: TenantClient) -> None:
    chat = tenant.chat()
    count = f"{tenant.path(chat)}/ChatActivityAttachment/$count"
    assert during_upload(tenant, chat, lambda: tenant.get(count).text)[1] == "0"


def test_a_refused_write_gives_its_lock_back(tenant: TenantClient) -> None:
    chat = tenant.chat()
    assert tenant.attach(chat, CategoryCode="9").status_code == 400
    assert tenant.attach(chat).status_code == 201


@pytest.mark.parametrize(("dialect", "status"), [({}, 503), ({"parallel_status": 429}, 429)])
def test_one_request_too_many_at_once_is_rejected_and_the_next_one_is_not(
    make_tenant: MakeTenant, dialect: dict[str, Any], status: int
) -> None:
    tenant = make_tenant(parallel_limit=1, **dialect)
    chat = tenant.chat()
    first, second = during_upload(tenant, chat, lambda: tenant.get(tenant.path(chat)))
    assert (first.status_code, second.status_code, second.mimetype) == (201, status, "text/html")
    assert [tenant.get(tenant.path(chat)).status_code for _ in range(3)] == [200] * 3


def test_one_request_too_many_is_answered_with_the_time_to_wait(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(parallel_limit=1, retry_after="seconds", retry_after_s=9)
    chat = tenant.chat()
    _, second = during_upload(tenant, chat, lambda: tenant.get(tenant.path(chat)))
    assert (second.status_code, second.headers["Retry-After"]) == (503, "9")


def test_requests_in_a_row_never_reach_the_limit(make_tenant: MakeTenant) -> None:
    tenant = make_tenant(parallel_limit=1)
    chat = tenant.chat()
    tenant.attach(chat)
    requests = [("HEAD", tenant.path(chat)), ("GET", "/nothing/"), ("GET", f"{tenant.file_path()}/Binary/$value")]
    requests += [("PATCH", tenant.path(chat)), ("DELETE", tenant.file_path()), ("FOO", tenant.path(chat))]
    answers = [tenant.call(verb, path, json={} if verb == "PATCH" else None).status_code for verb, path in requests]
    assert answers == [200, 404, 200, 204, 204, 405]


def test_no_number_of_requests_at_once_is_refused_unless_the_dialect_sets_a_limit(make_tenant: MakeTenant) -> None:
    tenant = make_tenant()
    chat = tenant.chat()
    leave = [tenant.state.threads.enter(0, status=503) for _ in range(50)]
    _, second = during_upload(tenant, chat, lambda: tenant.get(tenant.path(chat)))
    assert second.status_code == 200
    tenant.dialect(parallel_limit=50)
    assert tenant.get(tenant.path(chat)).status_code == 503
    for each in leave:
        each()
    assert tenant.get(tenant.path(chat)).status_code == 200


@pytest.mark.off_contract(reason="a refusal that is a status alone, on purpose")
@pytest.mark.parametrize("status", [400, 409, 423, 500])
def test_a_lock_can_be_a_status_without_a_body(make_tenant: MakeTenant, status: int) -> None:
    tenant = make_tenant(lock_status=status, lock_has_body=False)
    chat = tenant.chat()
    tenant.control("locks", {"refusals": 1})
    answer = tenant.attach(chat)
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (status, b"", "0")
    assert "Content-Type" not in answer.headers
    assert tenant.attach(chat).status_code == 201


def test_a_person_locks_a_chat_for_so_many_writers(tenant: TenantClient) -> None:
    chat, other = tenant.chat("A"), tenant.chat("B")
    lock = tenant.control("locks", {"user": "mary", "external_reference_id": "A", "refusals": 2})
    assert (lock.status_code, lock.get_json()["object_id"]) == (201, chat)
    refused = [tenant.attach(chat) for _ in range(2)]
    assert [r.status_code for r in refused] == [400, 400]
    assert "record locked by user MARY" in refused[0].get_json()["error"]["message"]["value"]
    assert [tenant.attach(c).status_code for c in (chat, other)] == [201, 201]
    assert [lock["refused"] for lock in tenant.control("locks", method="GET").get_json()["persons"]] == [2]


def test_a_person_locks_a_chat_for_a_time_of_the_tenants_clock(tenant: TenantClient) -> None:
    chat = tenant.chat()
    tenant.control("locks", {"object_id": chat, "for_s": 60})
    assert tenant.attach(chat).status_code == 400
    assert tenant.get(tenant.path(chat)).status_code == 200
    tenant.control("clock", {"advance_s": 61})
    assert tenant.attach(chat).status_code == 201


@pytest.mark.parametrize("how", ["delete", "reset"])
def test_a_persons_lock_can_be_released(tenant: TenantClient, how: str) -> None:
    tenant.control("locks", {})
    assert tenant.attach(tenant.chat()).status_code == 400
    tenant.control("reset") if how == "reset" else tenant.control("locks", method="DELETE")
    assert tenant.attach(tenant.chat()).status_code == 201
    assert tenant.control("locks", method="GET").get_json() == {"persons": [], "writers": []}


def test_a_persons_lock_does_not_block_the_same_user(tenant: TenantClient) -> None:
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
def test_an_invalid_persons_lock_is_refused(tenant: TenantClient, body: dict[str, Any], field: str) -> None:
    answer = tenant.control("locks", body)
    assert answer.status_code == 400
    assert [(e["field"], bool(e["expected"] and e["remedy"])) for e in answer.get_json()["errors"]] == [(field, True)]


def sending(served: ServedTenant, length: int, start: bytes) -> socket.socket:
    """A connection on which an upload to the only chat has begun; ``length`` of its body is declared."""
    chats = served.control("odata/chatactivity/ChatActivityCollection?$format=json")["d"]["results"]
    path = f"{ROOT}{chat_path(chats[0]['ObjectID'])}/ChatActivityAttachment"
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: {basic()}\r\nAccept: application/json\r\n"
    connection = socket.create_connection(("127.0.0.1", urlsplit(served.mock.url).port or 0), timeout=60)
    connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode() + start)
    return connection


def status_of(connection: socket.socket) -> int:
    """The status of the answer on the connection."""
    with connection, connection.makefile("rb") as answer:
        return int(answer.readline().split()[1])


def wait_for(condition: Callable[[], object]) -> None:
    """Poll the mock until ``condition()`` is true; fails after a minute."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came true"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedTenant]:
    """The mock as a process with one chat."""
    with running_mock("c4c_mock", tmp_path) as mock:
        tenant = ServedTenant(mock, tenant_order(["chatactivity"]))
        tenant.chat()
        yield tenant


WHOLE = b'{"Name":"a","TypeCode":"10001","CategoryCode":"2","MimeType":"text/plain","Binary":"QUJD"}'


@pytest.mark.off_contract(reason="uploads that break off in the middle")
@pytest.mark.parametrize("way", ["close", "reset"])
def test_a_client_that_disconnects_in_the_middle_leaves_no_lock_behind(served: ServedTenant, way: str) -> None:
    first = sending(served, 1_000_000, b"{" + PREFIX + b"QUJD" * 50_000)
    wait_for(lambda: served.control("locks")["writers"])
    assert status_of(sending(served, len(WHOLE), WHOLE)) == 400
    if way == "reset":
        first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    first.close()
    wait_for(lambda: not served.control("locks")["writers"])
    assert status_of(sending(served, len(WHOLE), WHOLE)) == 201


@pytest.mark.off_contract(reason="a client that does not wait for its answer")
def test_a_client_that_does_not_read_its_answer_leaves_no_lock_behind(served: ServedTenant) -> None:
    file = b"QUJD" * 2_000_000  # the answer repeats the file: more than fits into the sockets' buffers
    body = b"{" + PREFIX + file + b'"}'
    first = sending(served, len(body), body)
    wait_for(lambda: served.stored() and not served.control("locks")["writers"])
    assert status_of(sending(served, len(WHOLE), WHOLE)) == 201
    first.close()
    assert status_of(sending(served, len(WHOLE), WHOLE)) == 201
