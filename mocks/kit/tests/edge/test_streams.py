"""Bodies pass as streams, and whatever breaks on one side breaks in the same way on the other."""

from __future__ import annotations

import hashlib
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import pytest
from edge_kit import Connection, Edge, ends_with_a_reset, eventually, ok, reply_of, says

from mock_kit.edge.registry import Target
from mock_kit.testing import MockProcess

PIECE = bytes(range(256)) * 256
PIECES = 800  # 52 MB
HOST = b"Host: one.example\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"


@pytest.fixture(params=["plain", "tls"])
def connect(request: pytest.FixtureRequest, edge: Edge) -> Callable[[], socket.socket]:
    return edge.connect if request.param == "plain" else partial(edge.connect_tls, "one.example")


def drained(connection: Connection, size_bytes: int) -> str:
    digest, left = hashlib.sha256(), size_bytes
    while left and (piece := connection.body(min(left, 65536))):
        digest.update(piece)
        left -= len(piece)
    return digest.hexdigest()


def test_a_large_body_passes_both_ways_in_bounded_memory(edge: Edge, connect: Callable[[], socket.socket]) -> None:
    size_bytes = len(PIECE) * PIECES
    seen: list[str] = []

    def script(connection: Connection) -> None:
        connection.head()
        seen.append(drained(connection, size_bytes))
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size_bytes)
        for _ in range(PIECES):
            connection.send(PIECE)

    edge.route("one.example", script)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with connect() as sock:
        sock.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size_bytes)
        for _ in range(PIECES):
            sock.sendall(PIECE)
        connection = Connection(sock)
        assert connection.head().startswith(b"HTTP/1.1 200 ")
        assert drained(connection, size_bytes) == hashlib.sha256(PIECE * PIECES).hexdigest() == seen[0]
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    assert grown_kb < (size_bytes + 40_000_000) // 1024, "the test itself makes the whole body once, to hash it"


def test_chunks_pass_as_they_came_with_extensions_and_trailers(edge: Edge) -> None:
    chunks = b"3;name=value\r\nabc\r\n0004\r\ndefg\r\n0\r\nX-Trailer: t\r\n\r\n"
    seen: list[bytes] = []

    def script(connection: Connection) -> None:
        connection.head()
        seen.append(connection.until(b"X-Trailer: t\r\n\r\n"))
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)

    edge.route("one.example", script)
    with edge.connect() as sock:
        for _ in range(2):
            sock.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
            connection = Connection(sock)
            connection.head()
            assert connection.until(b"X-Trailer: t\r\n\r\n") == chunks
    assert seen == [chunks, chunks]


def test_a_piece_is_passed_on_before_the_next_one_is_there(edge: Edge, connect: Callable[[], socket.socket]) -> None:
    go_on = threading.Semaphore(0)

    def script(connection: Connection) -> None:
        connection.head()
        for piece in (b"HTTP/1.1 200 OK\r\n", b"Content-Length: 2\r\n\r\n", b"a", b"b"):
            connection.send(piece)
            assert go_on.acquire(timeout=60)

    edge.route("one.example", script)
    with connect() as sock:
        sock.sendall(GET)
        for piece in (b"HTTP/1.1 200 OK\r\n", b"Content-Length: 2\r\n\r\n", b"a", b"b"):
            assert sock.recv(1000) == piece
            go_on.release()


def test_a_request_waits_for_100_continue_of_its_target(edge: Edge) -> None:
    def script(connection: Connection) -> None:
        connection.head()
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.send(ok(connection.body(3).decode()))

    edge.route("one.example", script)
    with edge.connect() as sock:
        sock.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        connection = Connection(sock)
        assert connection.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"abc")
        assert connection.head().startswith(b"HTTP/1.1 200 ")
        assert connection.body(3) == b"abc"


@pytest.mark.parametrize(
    ("method", "reply"),
    [
        (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"),
        (b"GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        (b"GET", b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'),
        (b"GET", b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ],
)
def test_a_reply_without_a_body_keeps_the_connection_open(edge: Edge, method: bytes, reply: bytes) -> None:
    def script(connection: Connection) -> None:
        connection.head()
        connection.send(reply)
        connection.sock.recv(1)

    edge.route("one.example", script)
    with edge.connect() as sock:
        for _ in range(2):
            sock.sendall(method + b" / HTTP/1.1\r\n" + HOST + b"\r\n")
            assert Connection(sock).body(len(reply)) == reply


def replying(reply: bytes, end: Callable[[Connection], None]) -> Callable[[Connection], None]:
    def script(connection: Connection) -> None:
        connection.head()
        connection.send(reply)
        end(connection)

    return script


BROKEN_REPLIES = [
    b"",
    b"HTTP/1.1 200",
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    b"\x00\xff\xfe\x15 this is not HTTP \x9d\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
]
WITH_MORE = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc and more"


@pytest.mark.parametrize("reply", BROKEN_REPLIES)
def test_a_reset_of_the_target_is_a_reset_behind_all_that_came_before(
    edge: Edge, connect: Callable[[], socket.socket], reply: bytes
) -> None:
    arrived = threading.Event()

    def end(connection: Connection) -> None:
        assert arrived.wait(60) or not reply
        connection.reset()

    if not reply:
        arrived.set()
    edge.route("one.example", replying(reply, end))
    with connect() as sock:
        sock.sendall(GET)
        assert Connection(sock).body(len(reply)) == reply
        arrived.set()
        assert ends_with_a_reset(sock)


@pytest.mark.parametrize("reply", [*BROKEN_REPLIES, WITH_MORE])
def test_an_end_of_the_target_is_an_end(edge: Edge, connect: Callable[[], socket.socket], reply: bytes) -> None:
    edge.route("one.example", replying(reply, lambda connection: None))
    with connect() as sock:
        sock.sendall(GET)
        assert Connection(sock).body(1000) == reply
        assert not ends_with_a_reset(sock)


def test_a_body_without_length_ends_with_its_connection(edge: Edge) -> None:
    reply = b"HTTP/1.1 200 OK\r\n\r\nabc"
    edge.route("one.example", replying(reply, lambda connection: None))
    with edge.connect() as sock:
        sock.sendall(GET)
        assert Connection(sock).body(1000) == reply


def test_a_target_that_does_not_listen_is_a_reset_and_no_answer(edge: Edge) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    edge.route_to(Target(name="gone", host="127.0.0.1", port=port), "one.example")
    with edge.connect() as sock:
        sock.sendall(GET)
        with pytest.raises(ConnectionResetError):
            sock.recv(1)


def test_a_reply_before_the_bodys_end_reaches_the_client_and_ends_the_connection(edge: Edge) -> None:
    edge.route("one.example", replying(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", lambda _: None))
    with edge.connect() as sock:
        sock.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\nabc")
        assert Connection(sock).body(1000) == b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("request_head", [GET, b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\nabc"])
def test_the_target_notices_a_client_that_resets(edge: Edge, request_head: bytes) -> None:
    notices: list[str] = []
    begun = threading.Event()

    def script(connection: Connection) -> None:
        connection.head()
        begun.set()
        try:
            while connection.sock.recv(1000):
                pass
            notices.append("end")
        except ConnectionResetError:
            notices.append("reset")

    edge.route("one.example", script)
    with edge.connect() as sock:
        sock.sendall(request_head)
        assert begun.wait(60)
        Connection(sock).reset()
    eventually(lambda: notices)
    assert notices == ["reset"]


def test_a_client_that_has_ended_its_side_still_gets_its_reply(edge: Edge) -> None:
    def script(connection: Connection) -> None:
        connection.head()
        assert connection.sock.recv(1) == b"", "the target sees the client's end"
        connection.send(ok("late"))

    edge.route("one.example", script)
    with edge.connect() as sock:
        sock.sendall(GET)
        sock.shutdown(socket.SHUT_WR)
        assert reply_of(sock)[1] == b"late"


def test_a_client_that_leaves_within_a_reply_frees_its_target(edge: Edge) -> None:
    ended = threading.Event()

    def script(connection: Connection) -> None:
        connection.head()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        try:
            while True:
                connection.send(PIECE)
        except OSError:
            ended.set()

    edge.route("one.example", script)
    with edge.connect() as sock:
        sock.sendall(GET)
        sock.recv(1000)
    assert ended.wait(60)


def test_many_connections_are_served_at_once(edge: Edge) -> None:
    together = threading.Barrier(60)

    def script(connection: Connection) -> None:
        head = connection.head()
        together.wait(60)
        connection.send(ok(head.split()[1].decode()))

    edge.route("one.example", script)

    def ask(number: int) -> bytes:
        with edge.connect() as sock:
            sock.sendall(f"GET /{number} HTTP/1.1\r\nHost: one.example\r\n\r\n".encode())
            return reply_of(sock)[1]

    with ThreadPoolExecutor(60) as pool:
        assert list(pool.map(ask, range(60))) == [f"/{number}".encode() for number in range(60)]


# Faults of a mock's fault proxy, through the edge.


@pytest.fixture
def depot(edge: Edge, served_once: MockProcess) -> Iterator[str]:
    """The toy mock behind its fault proxy, reached through the edge under its own name."""
    httpx.post(f"{served_once.url}/_mock/reset").raise_for_status()
    port = int(served_once.fault_proxy_url.rpartition(":")[2])
    edge.route_to(Target(name="depot", host="127.0.0.1", port=port), "depot.example")
    yield "depot.example"
    httpx.post(f"{served_once.url}/_mock/reset").raise_for_status()


def plan(mock: MockProcess, **fault: Any) -> None:
    httpx.post(f"{mock.url}/_mock/faults", json=fault).raise_for_status()


def test_a_mock_answers_through_the_edge_on_one_connection(edge: Edge, depot: str) -> None:
    url = f"https://{depot}/parcels"
    with httpx.Client(proxy=edge.url, verify=edge.trust(), trust_env=False, timeout=60) as client:
        sent = client.post(url, content=PIECE)
        assert sent.json()["sha256"] == hashlib.sha256(PIECE).hexdigest()
        assert client.get(f"{url}/1").content == PIECE
        assert client.get(url).json() == {"count": 1}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "reset", "phase": "before"}, httpx.ReadError),
        ({"kind": "lost_answer"}, httpx.ReadError),
        ({"kind": "garbage"}, httpx.RemoteProtocolError),
        ({"kind": "cut", "params": {"after_bytes": 5}}, httpx.RemoteProtocolError),
        ({"kind": "no_answer", "params": {"hold_s": 0.01}}, httpx.RemoteProtocolError),
        ({"kind": "close_delimited", "params": {"end": "early", "keep_bytes": 5}}, None),
        ({"kind": "drip", "params": {"bytes_per_s": 200}}, None),
    ],
)
def test_a_planned_fault_strikes_through_the_edge_as_without_it(
    edge: Edge, depot: str, served_once: MockProcess, fault: dict[str, Any], error: type[Exception] | None
) -> None:
    plan(served_once, **fault)
    with httpx.Client(base_url=edge.url, headers={"Host": depot}, trust_env=False, timeout=60) as client:
        if error is None:
            assert b'{"count":0}\n'.startswith(client.get("/parcels").content)
        else:
            with pytest.raises(error):
                client.get("/parcels")
        assert client.get("/parcels").json() == {"count": 0}


def test_the_ports_of_a_host_are_not_mixed_up(edge: Edge) -> None:
    edge.route("one.example", says("one"))
    edge.route("one.example", says("other port"), port=8443)
    with httpx.Client(base_url=edge.url, trust_env=False) as client:
        texts = [client.get("/", headers={"Host": host}).text for host in ("one.example", "one.example:8443")]
    assert [text.partition("|")[0] for text in texts] == ["one", "other port"]
