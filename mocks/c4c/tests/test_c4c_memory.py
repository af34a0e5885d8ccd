"""A large file goes through the process without ever being in its memory. UPLOAD_MIB=500 for the long run."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from c4c_caller import HOST, ROOT, ServedTenant, basic, tenant_order

from mock_kit.testing import running_mock

UPLOAD_MIB = int(os.environ.get("UPLOAD_MIB", "64"))
GROWTH_MAX_MIB = 64 if UPLOAD_MIB > 64 else 32
#: A megabyte that is no multiple of three, so that Base64 never lines up with pieces.
BLOCK = bytes(range(251)) * 4178 + b"x"
SPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"'
    ' xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
)


def content() -> Iterator[bytes]:
    """The file, a block at a time."""
    for _ in range(UPLOAD_MIB):
        yield BLOCK


def packed() -> Iterator[bytes]:
    """The file as Base64, a piece at a time."""
    carry = b""
    for block in content():
        raw = carry + block
        cut = len(raw) // 3 * 3
        carry = raw[cut:]
        yield base64.b64encode(raw[:cut])
    yield base64.b64encode(carry)


SIZE_BYTES = UPLOAD_MIB * len(BLOCK)
PACKED_BYTES = (SIZE_BYTES + 2) // 3 * 4
CODES = "<d:TypeCode>10001</d:TypeCode><d:CategoryCode>2</d:CategoryCode>"
MEMBERS = {"Name": "big", "TypeCode": "10001", "CategoryCode": "2", "MimeType": "application/octet-stream"}


class LargeFiles(ServedTenant):
    """A running mock with one chat, and the memory of its worker."""

    def memory_kib(self, field: str, *, reset: bool = False) -> int:
        """A figure of the worker's memory; ``reset`` clears the peak."""
        worker = self.control("health")["pid"]
        if reset:
            Path(f"/proc/{worker}/clear_refs").write_text("5")
        status = Path(f"/proc/{worker}/status").read_text()
        return int(status.partition(f"{field}:")[2].split()[0])

    def send(
        self, method: str, path: str, pieces: Iterable[bytes] | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str, bytes]:
        """Send a streamed body; status, digest and tail of the reply, which is read a piece at a time."""
        connection = http.client.HTTPConnection(urlsplit(self.mock.url).netloc, timeout=600)
        login = {"Host": HOST, "Authorization": basic(), "Accept": "application/json"}
        connection.request(method, f"{ROOT}/chatactivity{path}", pieces, {**login, **(headers or {})})
        answer, digest, tail = connection.getresponse(), hashlib.sha256(), b""
        while piece := answer.read(1024 * 1024):
            digest.update(piece)
            tail = piece[-2000:]
        return answer.status, digest.hexdigest(), tail


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LargeFiles]:
    """One process for the module; what the process loads once is loaded now."""
    with running_mock("c4c_mock", tmp_path_factory.mktemp("c4c")) as mock:
        tenant = LargeFiles(mock, tenant_order(["chatactivity"]))
        tenant.send("GET", "/ChatActivityCollection/$count")
        yield tenant


def framed(before: bytes, after: bytes, kind: str) -> tuple[Iterator[bytes], dict[str, str]]:
    """Pieces and headers of a body around the file."""

    def pieces() -> Iterator[bytes]:
        yield before
        yield from packed()
        yield after

    length = len(before) + PACKED_BYTES + len(after)
    return pieces(), {"Content-Type": kind, "Content-Length": str(length)}


def upload(chat: str, form: str) -> tuple[str, Iterator[bytes], dict[str, str]]:
    """Path, pieces and headers of an upload in one of the three forms."""
    if form == "atom":
        before = f"<entry {SPACES}><content><m:properties><d:Name>big</d:Name>{CODES}<d:Binary>"
        after = b"</d:Binary></m:properties></content></entry>"
        path = f"/ChatActivityCollection('{chat}')/ChatActivityAttachment"
        return path, *framed(before.encode(), after, "application/atom+xml")
    document = json.dumps({"ParentObjectID": chat, **MEMBERS, "Binary": "|"}).encode()
    start, _, end = document.partition(b"|")
    if form == "json":
        return "/ChatActivityAttachmentCollection", *framed(start, end, "application/json")
    part = b"POST ChatActivityAttachmentCollection HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
    change = b"--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n" + part
    start = b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" + change + start
    return "/$batch", *framed(start, end + b"\r\n--c--\r\n--b--\r\n", "multipart/mixed; boundary=b")


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("form", ["json", "atom", "batch"])
def test_a_large_file_is_stored_and_given_back_in_little_memory(served: LargeFiles, form: str) -> None:
    path, pieces, headers = upload(served.chat(), form)
    served.memory_kib("VmHWM", reset=True)
    before = served.memory_kib("VmRSS")
    status, _, echo = served.send("POST", path, pieces, headers)
    assert status == (202 if form == "batch" else 201), echo
    stored = served.stored()[-1]
    wanted = hashlib.sha256()
    for block in content():
        wanted.update(block)
    assert (stored["size_bytes"], stored["sha256"]) == (SIZE_BYTES, wanted.hexdigest())
    value = f"/ChatActivityAttachmentCollection('{stored['object_id']}')/Binary/$value"
    status, digest, _ = served.send("GET", value)
    assert (status, digest) == (200, wanted.hexdigest())
    growth_mib = (served.memory_kib("VmHWM") - before) / 1024
    print(f"{form}: {UPLOAD_MIB} MiB stored, echoed and read; the process grew by {growth_mib:.1f} MiB")
    assert growth_mib < GROWTH_MAX_MIB
