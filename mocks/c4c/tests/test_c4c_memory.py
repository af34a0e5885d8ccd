"""A large file goes through the process without ever being in its memory. UPLOAD_MIB=500 for the long run."""

import base64
import hashlib
import http.client
import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from mock_kit.testing import running_mock

UPLOAD_MIB = int(os.environ.get("UPLOAD_MIB", "64"))
GROWTH_MAX_MIB = 64 if UPLOAD_MIB > 64 else 32
HOST = "my2554607.de1.crm.cloud.sap"
ROOT = "/sap/c4c/odata/v1/chatactivity"
LOGIN = ("v1user", "Welcome-1")
#: A megabyte that is no multiple of three, so that Base64 never lines up with pieces.
BLOCK = bytes(range(251)) * 4178 + b"x"
SPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"'
    ' xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
)


def content():
    """The file, a block at a time."""
    for _ in range(UPLOAD_MIB):
        yield BLOCK


def packed():
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
MEMBERS = {"Name": "big", "CategoryCode": "2", "MimeType": "application/octet-stream"}


class Stack:
    """A running mock with one chat."""

    def __init__(self, mock):
        self.mock = mock
        arrangement = {"user": LOGIN[0], "password": LOGIN[1], "services": ["chatactivity"]}
        self.control("tenants", {"name": "default", "host": HOST, "arrangement": arrangement})
        self.chat = self.control("cti", {"Type": "CHAT", "Action": "ACCEPT"})["activity"]["object_id"]
        self.upload("/ChatActivityCollection/$count", "GET", [], {})  # what is loaded once is loaded now

    def control(self, path, body):
        """POST to the control API."""
        return requests.post(f"{self.mock.url}/_mock/{path}", json=body, timeout=60).json()

    def memory_kib(self, field, *, reset=False):
        """A figure of the worker's memory; ``reset`` forgets the peak."""
        worker = requests.get(f"{self.mock.url}/_mock/health", timeout=60).json()["pid"]
        if reset:
            Path(f"/proc/{worker}/clear_refs").write_text("5")
        status = Path(f"/proc/{worker}/status").read_text()
        return int(status.partition(f"{field}:")[2].split()[0])

    def upload(self, path, method, pieces, headers):
        """Send a streamed body; status and digest of the reply, which is read a piece at a time."""
        connection = http.client.HTTPConnection(urlsplit(self.mock.url).netloc, timeout=600)
        credentials = base64.b64encode(":".join(LOGIN).encode()).decode()
        login = {"Host": HOST, "Authorization": f"Basic {credentials}", "Accept": "application/json"}
        connection.request(method, ROOT + path, iter(pieces) if pieces else None, {**login, **headers})
        answer, digest, tail = connection.getresponse(), hashlib.sha256(), b""
        while piece := answer.read(1024 * 1024):
            digest.update(piece)
            tail = piece[-2000:]
        return answer.status, digest.hexdigest(), tail


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """One process for the module."""
    with running_mock("c4c_mock", tmp_path_factory.mktemp("c4c")) as mock:
        yield Stack(mock)


def framed(before, after, kind):
    """Pieces and headers of a body around the file."""
    head = {"Content-Type": kind, "Content-Length": str(len(before) + PACKED_BYTES + len(after))}
    return [before, *[packed], after], head


def bodies(stack, form):
    """Path, pieces and headers of an upload in one of the three forms."""
    if form == "atom":
        before = (
            f"<entry {SPACES}><content><m:properties><d:Name>big</d:Name><d:CategoryCode>2</d:CategoryCode><d:Binary>"
        )
        frame = (before.encode(), b"</d:Binary></m:properties></content></entry>", "application/atom+xml")
        return f"/ChatActivityCollection('{stack.chat}')/ChatActivityAttachment", *framed(*frame)
    document = json.dumps({"ParentObjectID": stack.chat, **MEMBERS, "Binary": "|"}).encode()
    before, _, after = document.partition(b"|")
    if form == "json":
        return "/ChatActivityAttachmentCollection", *framed(before, after, "application/json")
    part = b"POST ChatActivityAttachmentCollection HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
    change = b"--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n" + part
    before = b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" + change + before
    return "/$batch", *framed(before, after + b"\r\n--c--\r\n--b--\r\n", "multipart/mixed; boundary=b")


def flat(pieces):
    """Pieces, generators among them, as one stream."""
    for piece in pieces:
        yield from piece() if callable(piece) else (piece,)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("form", ["json", "atom", "batch"])
def test_a_large_file_is_stored_and_given_back_in_little_memory(stack, form):
    path, pieces, headers = bodies(stack, form)
    stack.memory_kib("VmHWM", reset=True)
    before = stack.memory_kib("VmRSS")
    status, _, echo = stack.upload(path, "POST", flat(pieces), headers)
    assert status == (202 if form == "batch" else 201), echo
    stored = requests.get(f"{stack.mock.url}/_mock/attachments", timeout=60).json()[-1]
    wanted = hashlib.sha256()
    for block in content():
        wanted.update(block)
    assert (stored["size_bytes"], stored["sha256"]) == (SIZE_BYTES, wanted.hexdigest())
    value = f"/ChatActivityAttachmentCollection('{stored['object_id']}')/Binary/$value"
    status, digest, _ = stack.upload(value, "GET", [], {})
    assert (status, digest) == (200, wanted.hexdigest())
    growth_mib = (stack.memory_kib("VmHWM") - before) / 1024
    print(f"{form}: {UPLOAD_MIB} MiB stored, echoed and read; the process grew by {growth_mib:.1f} MiB")
    assert growth_mib < GROWTH_MAX_MIB
