"""A mock as a real process: the server, the fault proxy, and how they end."""

from __future__ import annotations

import hashlib
import os
import select
import signal
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from http.client import BadStatusLine, HTTPResponse, RemoteDisconnected
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from mock_kit.server import main
from mock_kit.testing import MockProcess, free_port, running_mock

HERE = Path(__file__).parent
HOST = {"Host": "depot.example"}
BIG = bytes(i % 251 for i in range(3_000_000))


@pytest.fixture
def served(served_once: MockProcess) -> MockProcess:
    httpx.post(f"{served_once.url}/_mock/reset").raise_for_status()
    return served_once


@pytest.fixture
def fault_proxy(served: MockProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.fault_proxy_url, headers=HOST, trust_env=False, timeout=20) as client:
        yield client


def plan(mock: MockProcess, **fault: Any) -> str:
    response = httpx.post(f"{mock.url}/_mock/faults", json=fault)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def journal(mock: MockProcess) -> list[dict[str, Any]]:
    return list(httpx.get(f"{mock.url}/_mock/journal?since=0").json()["exchanges"])


def count(mock: MockProcess) -> int:
    return int(httpx.get(f"{mock.url}/parcels", headers=HOST).json()["count"])


def pieces() -> Iterator[bytes]:
    for start in range(0, len(BIG), 50_000):
        yield BIG[start : start + 50_000]


def in_pieces() -> dict[str, Any]:
    return {"content": pieces()}


def connected(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=20)


def proxy_socket(mock: MockProcess) -> socket.socket:
    return connected(mock.fault_proxy_url)


def eventually(true: Callable[[], object]) -> None:
    """Ask again and again until it is true; the processes under test give no signal of their own."""
    pause = threading.Event()
    for _ in range(1000):
        if true():
            return
        pause.wait(0.01)
    raise AssertionError("it never came true")


def journal_holds(mock: MockProcess, exchanges: int) -> bool:
    return len(journal(mock)) == exchanges


def struck(mock: MockProcess) -> bool:
    """Whether the only planned fault has struck."""
    return bool(httpx.get(f"{mock.url}/_mock/faults").json()["faults"][0]["applied"])


def in_one() -> dict[str, Any]:
    return {"content": BIG}


@pytest.mark.parametrize("url", ["url", "fault_proxy_url"])
@pytest.mark.parametrize("body", [in_one, in_pieces])
def test_a_large_body_arrives_and_comes_back_intact(served: MockProcess, url: str, body: Any) -> None:
    with httpx.Client(base_url=getattr(served, url), headers=HOST) as client:
        sent = client.post("/parcels", **body())
        back = client.get("/parcels/1")
    assert sent.json()["sha256"] == hashlib.sha256(BIG).hexdigest()
    assert back.content == BIG
    upload, download = journal(served)
    assert upload["request"]["sha256"] == download["response"]["sha256"] == hashlib.sha256(BIG).hexdigest()


def test_the_fault_proxy_keeps_a_connection_open_between_requests(served: MockProcess) -> None:
    request = b"GET /stream?pieces=2 HTTP/1.1\r\nHost: depot.example\r\n\r\n"
    with proxy_socket(served) as sock, sock.makefile("rb") as reader:
        for _ in range(2):
            sock.sendall(request)
            reply = b"".join(iter(reader.readline, b"0\r\n")) + reader.readline()
            assert reply.startswith(b"HTTP/1.1 200 ")
            assert b"00000001" in reply


def test_the_fault_proxy_passes_pipelined_requests_on_one_by_one(served: MockProcess) -> None:
    first = b"POST /parcels HTTP/1.1\r\nHost: depot.example\r\nContent-Length: 3\r\n\r\nabc"
    second = b"GET /parcels HTTP/1.1\r\nHost: depot.example\r\nConnection: close\r\n\r\n"
    with proxy_socket(served) as sock, sock.makefile("rb") as reader:
        sock.sendall(first + second)
        replies = reader.read()
    assert replies.count(b"HTTP/1.1 20") == 2
    assert b'{"count":1}' in replies


def test_an_early_refusal_reaches_a_caller_who_is_still_sending(fault_proxy: httpx.Client) -> None:
    assert fault_proxy.post("/refuse", content=BIG * 3).status_code == 403


def test_a_100_continue_is_requested_and_given_through_the_fault_proxy(served: MockProcess) -> None:
    head = b"POST /parcels HTTP/1.1\r\nHost: depot.example\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"
    with proxy_socket(served) as sock, sock.makefile("rb") as reader:
        sock.sendall(head + b"Connection: close\r\n\r\n")
        assert reader.readline().startswith(b"HTTP/1.1 100 ")
        sock.sendall(b"abc")
        assert b"HTTP/1.1 201 " in reader.read()


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01 hello\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"]
)
def test_the_fault_proxy_answers_400_to_what_is_no_request(served: MockProcess, garbage: bytes) -> None:
    with proxy_socket(served) as sock, sock.makefile("rb") as reader:
        sock.sendall(garbage)
        assert reader.read().startswith(b"HTTP/1.1 400 ")


def test_a_lost_answer_is_lost_after_the_work(served: MockProcess, fault_proxy: httpx.Client) -> None:
    fault = plan(served, kind="lost_answer", match={"method": "POST"})
    with pytest.raises(httpx.ReadError):
        fault_proxy.post("/parcels", content=b"x")
    seen = journal(served)[-1]
    assert (seen["fault"], seen["status"], count(served)) == (fault, 201, 1)


BREAKS: list[tuple[str, dict[str, Any], type[Exception]]] = [
    ("reset", {}, ConnectionResetError),
    ("garbage", {}, BadStatusLine),
    ("no_answer", {"hold_s": 0}, RemoteDisconnected),
]


@pytest.mark.parametrize("how", BREAKS, ids=lambda how: how[0])
@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_broken_wire_breaks_before_or_after_the_work(served: MockProcess, how: Any, phase: str) -> None:
    kind, params, error = how
    fault = plan(served, kind=kind, params=params, phase=phase)
    with proxy_socket(served) as sock, closing(HTTPResponse(sock)) as reply:
        sock.sendall(b"POST /parcels HTTP/1.1\r\nHost: depot.example\r\nContent-Length: 1\r\n\r\nx")
        with pytest.raises(error):
            reply.begin()
    seen = journal(served)[-1]
    assert (seen["fault"], seen["status"]) == (fault, 0 if phase == "before" else 201)
    assert count(served) == (0 if phase == "before" else 1)


def test_a_reset_may_strike_in_the_middle_of_an_upload(served: MockProcess) -> None:
    plan(served, kind="reset", params={"after_bytes": 100_000})
    head = b"POST /parcels HTTP/1.1\r\nHost: depot.example\r\nContent-Length: 200000\r\n\r\n"
    with proxy_socket(served) as sock:
        sock.sendall(head + BIG[:100_000])
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    assert count(served) == 0


def received(client: httpx.Client, path: str, into: bytearray) -> None:
    """Collect what comes of a reply until it ends or breaks."""
    with client.stream("GET", path) as reply:
        assert reply.headers["Content-Length"] == str(len(BIG))
        for piece in reply.iter_raw():
            into += piece


def test_a_reset_may_strike_in_the_middle_of_a_reply(served: MockProcess, fault_proxy: httpx.Client) -> None:
    fault_proxy.post("/parcels", content=BIG)
    plan(served, kind="reset", phase="after", params={"after_bytes": 1000})
    got = bytearray()
    with pytest.raises(httpx.ReadError):
        received(fault_proxy, "/parcels/1", got)
    assert 0 < len(got) < 1000
    assert BIG.startswith(got)


def test_a_cut_reply_keeps_its_head_and_lacks_its_end(served: MockProcess, fault_proxy: httpx.Client) -> None:
    fault_proxy.post("/parcels", content=BIG)
    plan(served, kind="cut", params={"after_bytes": 1234})
    got = bytearray()
    with pytest.raises(httpx.RemoteProtocolError, match="received 1234 bytes"):
        received(fault_proxy, "/parcels/1", got)
    assert got == BIG[:1234]


@pytest.mark.parametrize(("kind", "params", "left"), [("cut", {"after_bytes": 1234}, 1234), ("lost_answer", {}, 0)])
def test_the_journal_keeps_the_digest_of_what_a_wire_fault_left(
    served: MockProcess, fault_proxy: httpx.Client, kind: str, params: dict[str, int], left: int
) -> None:
    fault_proxy.post("/parcels", content=BIG)
    plan(served, kind=kind, params=params)
    with pytest.raises(httpx.TransportError):
        received(fault_proxy, "/parcels/1", bytearray())
    eventually(lambda: len(journal(served)) == 2 and journal(served)[1]["wire"] is not None)
    whole, last = journal(served)
    assert last["wire"] == {"size_bytes": left, "sha256": hashlib.sha256(BIG[:left]).hexdigest()}
    assert whole["wire"] is None


def test_a_dripping_reply_is_whole_in_the_end(served: MockProcess, fault_proxy: httpx.Client) -> None:
    plan(served, kind="drip", params={"bytes_per_s": 200})
    assert fault_proxy.get("/parcels").json() == {"count": 0}
    assert fault_proxy.get("/parcels").json() == {"count": 0}


@pytest.mark.parametrize("kind", ["no_answer", "drip"])
def test_a_removed_fault_releases_the_connection(served: MockProcess, fault_proxy: httpx.Client, kind: str) -> None:
    params = {"hold_s": 3600} if kind == "no_answer" else {"bytes_per_s": 1}
    fault = plan(served, kind=kind, params=params)
    with proxy_socket(served) as sock, sock.makefile("rb") as reader:
        sock.sendall(b"GET /parcels HTTP/1.1\r\nHost: depot.example\r\nConnection: close\r\n\r\n")
        eventually(lambda: struck(served))
        httpx.delete(f"{served.url}/_mock/faults/{fault}").raise_for_status()
        assert reader.read().endswith(b"" if kind == "no_answer" else b'{"count":0}\n')


def test_a_truncated_reply_breaks_off_on_the_wire(served: MockProcess) -> None:
    plan(served, kind="truncate_body", params={"keep_bytes": 3})
    with pytest.raises(httpx.RemoteProtocolError, match="received 3 bytes"):
        httpx.get(f"{served.url}/parcels", headers=HOST)


def test_control_through_the_fault_proxy_is_never_broken(served: MockProcess, fault_proxy: httpx.Client) -> None:
    plan(served, kind="reset", times=None)
    assert fault_proxy.get("/_mock/health", headers={"Host": "127.0.0.1"}).status_code == 200


def test_a_caller_who_resets_during_an_upload_leaves_no_parcel(served: MockProcess) -> None:
    head = b"POST /parcels HTTP/1.1\r\nHost: depot.example\r\nContent-Length: 99999\r\n\r\n"
    for number, url in enumerate((served.url, served.fault_proxy_url), 1):
        with connected(url) as sock:
            sock.sendall(head + b"abc")
            eventually(lambda: httpx.get(f"{served.url}/_mock/health").json()["busy"])
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        eventually(partial(journal_holds, served, number))
    assert [one["request"]["complete"] for one in journal(served)] == [False, False]
    assert count(served) == 0


def test_control_answers_while_more_requests_hang_than_there_are_threads(served: MockProcess) -> None:
    plan(served, kind="latency", times=None, params={"delay_s": 3600})
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(connected(served.url)) for _ in range(140)]
        for sock in sockets:
            sock.sendall(b"GET /parcels HTTP/1.1\r\nHost: depot.example\r\nConnection: close\r\n\r\n")
        eventually(lambda: httpx.get(f"{served.url}/_mock/health").json()["busy"] == 112)
        httpx.delete(f"{served.url}/_mock/faults").raise_for_status()
        first_lines = Counter(sock.makefile("rb").readline()[9:12] for sock in sockets)
    assert first_lines == {b"200": 112, b"503": 28}


def wait_for_end(pid: int) -> bool:
    """Whether the process ends within 10 s."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 10)[0])
    finally:
        os.close(handle)


def worker_of(mock: MockProcess) -> int:
    return int(httpx.get(f"{mock.url}/_mock/health").json()["pid"])


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_mock_ends_silently_even_while_a_request_hangs(tmp_path: Path, how: signal.Signals) -> None:
    with running_mock("parcel_mock", tmp_path, python_path=[HERE]) as mock:
        worker = worker_of(mock)
        plan(mock, kind="latency", params={"delay_s": 3600})
        with connected(mock.url) as sock:
            sock.sendall(b"GET /parcels HTTP/1.1\r\nHost: depot.example\r\n\r\n")
            eventually(lambda: struck(mock))
            mock.process.send_signal(how)
            assert mock.outcome() == (0, "")
        assert wait_for_end(worker)


def test_a_worker_whose_supervisor_was_killed_ends_as_well(tmp_path: Path) -> None:
    with running_mock("parcel_mock", tmp_path, python_path=[HERE]) as mock:
        worker = worker_of(mock)
        mock.process.kill()
        assert wait_for_end(worker)


def test_a_port_in_use_is_named_and_not_shared(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        arguments = ["--port", str(port), "--data", str(tmp_path)]
        with pytest.raises(SystemExit) as ended:
            main("parcel_mock:create_app", prog="parcel_mock", argv=arguments)
    assert f"127.0.0.1:{port}" in str(ended.value)


def test_two_free_ports_differ_from_one_in_use() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as holder:
        assert free_port() != holder.getsockname()[1]
