"""The newer faults in a real process: what really stands on the wire, at the mock's port and at its fault proxy."""

from __future__ import annotations

import gzip
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from mock_kit.testing import MockProcess, running_mock

HERE = Path(__file__).parent
HOST = {"Host": "depot.example"}
FILE = bytes(range(256)) * 600


@pytest.fixture
def served(served_once: MockProcess) -> MockProcess:
    httpx.post(f"{served_once.url}/_mock/reset").raise_for_status()
    httpx.post(f"{served_once.url}/parcels", content=FILE, headers=HOST).raise_for_status()
    return served_once


def plan(mock: MockProcess, kind: str, *, times: int | None = 1, **params: Any) -> dict[str, Any]:
    response = httpx.post(f"{mock.url}/_mock/faults", json={"kind": kind, "times": times, "params": params})
    assert response.status_code == 201, response.text
    return dict(response.json())


def raw(url: str, path: str = "/parcels/1", *, keep: str = "close") -> tuple[bytes, bytes]:
    """Head and body as they stand on the wire until the connection ends."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: depot.example\r\nConnection: {keep}\r\n\r\n".encode())
        whole = b"".join(iter(lambda: sock.recv(65536), b""))
    head, _, body = whole.partition(b"\r\n\r\n")
    return head.lower(), body


@pytest.mark.parametrize(("path", "content"), [("/parcels/1", FILE), ("/stream?pieces=2", b"0000000000000001")])
def test_a_close_delimited_reply_has_neither_length_nor_chunks(served: MockProcess, path: str, content: bytes) -> None:
    plan(served, "close_delimited")
    head, body = raw(served.fault_proxy_url, path, keep="keep-alive")
    assert head.startswith(b"http/1.1 200 ")
    assert b"content-length" not in head
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head
    assert body == content


@pytest.mark.parametrize("path", ["/parcels/1", "/stream?pieces=2"])
def test_a_close_delimited_reply_can_end_early_in_order(served: MockProcess, path: str) -> None:
    plan(served, "close_delimited", end="early", keep_bytes=11)
    got = httpx.get(served.fault_proxy_url + path, headers=HOST)
    assert len(got.content) == 11, "an early close looks like a whole body"


@pytest.mark.parametrize(("part", "slow"), [("head", "head"), ("body", "body"), ("both", "head")])
def test_the_head_drips_as_well_where_that_is_planned(served: MockProcess, part: str, slow: str) -> None:
    """Seen by what has arrived while the next piece is delayed for an hour."""
    fault = plan(served, "drip", bytes_per_s=1, part=part)
    address = urlsplit(served.fault_proxy_url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as sock:
        sock.sendall(b"GET /parcels HTTP/1.1\r\nHost: depot.example\r\nConnection: close\r\n\r\n")
        seen = sock.recv(1)
        while slow == "body" and b"\r\n\r\n" not in seen:
            seen += sock.recv(65536)
        httpx.delete(f"{served.url}/_mock/faults/{fault['id']}").raise_for_status()
        rest = b"".join(iter(lambda: sock.recv(65536), b""))
    assert len(seen) == 1 if slow == "head" else len(seen.partition(b"\r\n\r\n")[2]) <= 1
    assert (seen + rest).endswith(b'{"count":1}\n')


def test_a_packed_and_cut_body_ends_cleanly_on_the_wire(served: MockProcess) -> None:
    plan(served, "packed", coding="gzip", damage="cut", keep_bytes=88)
    head, body = raw(served.url)
    assert b"content-length: 88" in head
    assert len(body) == 88
    with pytest.raises(EOFError):
        gzip.decompress(body)


@pytest.mark.parametrize("kind", ["extend_body", "sign_in_page"])
def test_a_body_of_another_length_ends_cleanly_on_the_wire(served: MockProcess, kind: str) -> None:
    plan(served, kind, **({"extra_bytes": 70_000} if kind == "extend_body" else {"size": "real"}))
    head, body = raw(served.url)
    wanted = len(FILE) + 70_000 if kind == "extend_body" else len(FILE)
    assert f"content-length: {wanted}".encode() in head
    assert len(body) == wanted


@pytest.mark.parametrize("status", [202, 204, 206])
def test_a_status_without_a_body_leaves_the_connection_usable(served: MockProcess, status: int) -> None:
    plan(served, "other_status", status=status, body="dropped")
    with httpx.Client(base_url=served.url, headers=HOST) as client:
        response = client.get("/parcels/1")
        assert (response.status_code, response.content) == (status, b"")
        assert client.get("/parcels").json() == {"count": 1}


def test_retry_after_as_a_date_comes_with_one_date_of_the_same_clock(served: MockProcess) -> None:
    httpx.post(f"{served.url}/_mock/clock", json={"advance_s": 500_000}).raise_for_status()
    plan(served, "status", status=429, retry_after_s=600, retry_after_form="date")
    response = httpx.get(f"{served.url}/parcels", headers=HOST)
    (date,) = response.headers.get_list("Date")
    gap = parsedate_to_datetime(response.headers["Retry-After"]) - parsedate_to_datetime(date)
    assert gap == timedelta(seconds=600)


def test_a_caller_who_leaves_an_endless_body_gives_its_slot_back(served: MockProcess) -> None:
    plan(served, "endless", bytes_per_s=1_000_000)
    with httpx.stream("GET", f"{served.url}/parcels", headers=HOST) as response:
        assert next(response.iter_raw()).startswith(b'{"count"')
    pause = threading.Event()
    for _ in range(1000):
        if not httpx.get(f"{served.url}/_mock/health").json()["busy"]:
            return
        pause.wait(0.01)
    raise AssertionError("the slot is still taken")


def test_of_24_callers_at_once_exactly_as_many_are_struck_as_planned(served: MockProcess) -> None:
    fault = plan(served, "status", times=7, status=503)
    together = threading.Barrier(24)

    def call(_: int) -> int:
        with httpx.Client(headers=HOST, timeout=60) as client:
            together.wait(30)
            return client.get(f"{served.url}/parcels").status_code

    with ThreadPoolExecutor(24) as pool:
        assert Counter(pool.map(call, range(24))) == {503: 7, 200: 17}
    (listed_fault,) = httpx.get(f"{served.url}/_mock/faults").json()["faults"]
    assert (listed_fault["id"], listed_fault["applied"], listed_fault["remaining"]) == (fault["id"], 7, 0)


@pytest.fixture(scope="module")
def bypassed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockProcess]:
    why = ("--fault-proxy-bypassed", "callers go straight to the mock")
    with running_mock("parcel_mock", tmp_path_factory.mktemp("bypassed"), *why, python_path=[HERE]) as mock:
        yield mock


def listed(mock: MockProcess) -> list[dict[str, Any]]:
    return list(httpx.get(f"{mock.url}/_mock/faults").json()["faults"])


def test_a_wire_fault_says_that_it_cannot_strike_where_callers_bypass_the_proxy(bypassed: MockProcess) -> None:
    planned = plan(bypassed, "cut", after_bytes=1)
    assert planned["warning"] == "cut cannot strike: callers go straight to the mock"
    assert listed(bypassed)[-1]["warning"] == planned["warning"]
    assert "warning" not in plan(bypassed, "status", status=503)


@pytest.mark.parametrize("kind", ["lost_answer", "garbage"])
def test_a_wire_fault_warns_of_nothing_where_the_proxy_may_be_in_the_way(served: MockProcess, kind: str) -> None:
    planned = plan(served, kind)
    assert "warning" not in planned
    assert planned["fault_proxy"]["port"]
