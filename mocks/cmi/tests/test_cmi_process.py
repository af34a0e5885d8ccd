"""The mock as a real process: what only a wire can show."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from cmi_caller import HOST, KEY, PASSWORD, USER

from mock_kit.testing import MockProcess, running_mock

pytestmark = pytest.mark.stack
CONTENT = bytes(range(256)) * 24 * 1024  # 6 MiB
ORDER = {"host": HOST, "tenant_path": "acme", "api_key": KEY, "user": USER, "password": PASSWORD}


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockProcess]:
    with running_mock("cmi_mock", tmp_path_factory.mktemp("cmi")) as process:
        httpx.post(f"{process.url}/_mock/tenants", json={"name": "default", **ORDER}).raise_for_status()
        yield process


@pytest.fixture
def path(mock: MockProcess) -> str:
    """Where a fresh chat's 6 MiB attachment is downloaded."""
    httpx.post(f"{mock.url}/_mock/reset").raise_for_status()
    httpx.post(f"{mock.url}/_mock/dialect", json={"length_known": True}).raise_for_status()
    guid = httpx.post(f"{mock.url}/_mock/chats", json={}).json()["guid"]
    upload = f"{mock.url}/_mock/chats/{guid}/attachments?name=a.bin"
    pieces = (CONTENT[start : start + 65_536] for start in range(0, len(CONTENT), 65_536))
    sent = httpx.post(upload, content=pieces, headers={"Content-Type": "application/octet-stream"}).json()
    assert sent["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    httpx.post(f"{mock.url}/_mock/chats/{guid}/end").raise_for_status()
    return f"/acme/cmi/chats/{guid}/attachments/{sent['id']}"


def download(base: str, path: str) -> httpx.Response:
    headers: dict[str, Any] = {"Host": HOST, "x-api-key": KEY}
    return httpx.get(base + path, headers=headers, auth=httpx.BasicAuth(USER, PASSWORD))


def test_the_bytes_arrive_whole_directly_and_through_the_fault_proxy(mock: MockProcess, path: str) -> None:
    for base in (mock.url, mock.fault_proxy_url):
        response = download(base, path)
        assert response.headers["content-length"] == str(len(CONTENT))
        assert response.content == CONTENT


def test_without_length_the_wire_is_chunked(mock: MockProcess, path: str) -> None:
    httpx.post(f"{mock.url}/_mock/dialect", json={"length_known": False}).raise_for_status()
    response = download(mock.url, path)
    assert response.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in response.headers
    assert response.content == CONTENT


def test_a_download_cut_on_the_wire_breaks_and_the_next_one_heals(mock: MockProcess, path: str) -> None:
    fault = {"kind": "cut", "match": {"path": "*/attachments/*"}, "params": {"after_bytes": 100_000}}
    httpx.post(f"{mock.url}/_mock/faults", json=fault).raise_for_status()
    with pytest.raises(httpx.RemoteProtocolError):
        download(mock.fault_proxy_url, path)
    assert download(mock.fault_proxy_url, path).content == CONTENT


def test_an_upload_that_breaks_off_on_the_wire_is_no_attachment(mock: MockProcess) -> None:
    guid = httpx.post(f"{mock.url}/_mock/chats", json={}).json()["guid"]
    head = (
        f"POST /_mock/chats/{guid}/attachments?name=a HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/octet-stream\r\nContent-Length: 80000\r\n\r\n"
    )
    url = httpx.URL(mock.url)
    with socket.create_connection((url.host, url.port or 80)) as wire:
        wire.sendall(head.encode() + b"x" * 50_000)
        wire.shutdown(socket.SHUT_WR)
        assert wire.recv(12) == b"HTTP/1.1 400"
    assert httpx.get(f"{mock.url}/_mock/chats/{guid}").json()["messages"] == []


def test_a_scripted_chat_takes_its_result_over_a_real_wire(mock: MockProcess) -> None:
    httpx.post(f"{mock.url}/_mock/reset").raise_for_status()
    listed = {"extra_data_in_statistics": ["attachments_stored"]}
    httpx.post(f"{mock.url}/_mock/dialect", json=listed).raise_for_status()
    played = httpx.post(f"{mock.url}/_mock/scripts/dishwasher-with-photos").json()
    headers, auth = {"Host": HOST, "x-api-key": KEY}, httpx.BasicAuth(USER, PASSWORD)
    with httpx.Client(base_url=f"{mock.fault_proxy_url}/acme/cmi", headers=headers, auth=auth) as client:
        result = {"contact_id": played["guid"], "data": {"attachments_stored": 4}}
        written = client.post("/contactData", json=result, headers={"Accept": "text/html"})
        assert (written.status_code, written.text) == (201, written.headers["location"][-32:])
        xml = client.get(f"/contactData/{written.text}", headers={"Accept": "application/xml"})
        assert "<attachments_stored>4</attachments_stored>" in xml.text
        left = client.post("/messages", json={"queue": {"id": "A" * 32}, "message": "Hi"})
        removed = client.delete(f"/messages/{left.text}")
        assert (removed.status_code, removed.content) == (204, b"")


def live(web: httpx.Client, process: MockProcess, number: int) -> tuple[int, list[object]]:
    """A tenant with a reset if odd, a moved clock if a multiple of three; its clock, and what three calls gave."""
    name, order = f"w{number}", {**ORDER, "tenant_path": f"t{number}", "api_key": f"key-{number}"}
    control, query = f"{process.url}/_mock", {"tenant": name}
    web.post(f"{control}/tenants", json={"name": name, **order}).raise_for_status()
    if number % 2:
        fault = {"kind": "reset", "params": {"after_bytes": 0}}
        web.post(f"{control}/faults", json=fault, params=query).raise_for_status()
    if number % 3 == 0:
        web.post(f"{control}/clock", json={"advance_s": number}, params=query).raise_for_status()
    seen: list[object] = []
    for _ in range(3):
        headers = {"Host": HOST, "x-api-key": f"key-{number}"}
        try:
            response = web.get(f"{process.fault_proxy_url}/t{number}/cmi/chats", headers=headers)
            seen.append(response.status_code)
        except httpx.TransportError:
            seen.append("broken")
    return int(web.get(f"{control}/clock", params=query).json()["offset_s"]), seen


def test_thirty_two_tenants_share_one_process_and_not_their_wire_faults(mock: MockProcess) -> None:
    with httpx.Client(auth=httpx.BasicAuth(USER, PASSWORD), timeout=60) as web, ThreadPoolExecutor(32) as pool:
        lived = list(pool.map(lambda number: live(web, mock, number), range(32)))
    for number, (offset_s, seen) in enumerate(lived):
        assert offset_s == (number if number % 3 == 0 else 0)
        assert seen == (["broken", 200, 200] if number % 2 else [200, 200, 200])


def test_the_process_ends_cleanly_and_prints_no_secret(tmp_path: Path) -> None:
    with running_mock("cmi_mock", tmp_path) as process:
        httpx.post(f"{process.url}/_mock/tenants", json={"name": "default", **ORDER}).raise_for_status()
        download(process.url, "/acme/cmi/chats/1")
        code, output = process.stop()
    assert code == 0
    assert KEY not in output
    assert PASSWORD not in output
