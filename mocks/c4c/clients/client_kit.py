"""A client's program in Node, and the C4C mock that it calls under the tenant's own name with TLS."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from c4c_caller import HOST, PASSWORD, ROOT, SERVICES, USER, ServedTenant, tenant_order

from mock_kit.testing import free_port, running_mock

HERE = Path(__file__).parent
#: Rows of one page of the mock, without and with $expand, so that a few chats are several pages.
PAGE_ROWS = 3
EXPAND_PAGE_ROWS = 2
BUSINESS_USER = ("ada", "Secret-1")
#: The first call loads the library: several seconds on a busy machine.
PATIENCE_S = 120.0


class Refused(Exception):
    """A client reports that C4C refused a request.

    Attributes:
        status: HTTP status, None where the library does not tell it.
    """

    def __init__(self, status: int | None, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


@dataclass(frozen=True, kw_only=True)
class JournaledRequest:
    """A request as the mock's journal has it; names of headers in small letters."""

    number: int
    status: int
    line: str
    headers: Mapping[str, str]
    body_head: str

    @classmethod
    def of(cls, exchange: Mapping[str, Any]) -> JournaledRequest:
        """From the journal's JSON."""
        return cls(
            number=exchange["id"],
            status=exchange["status"],
            line=f"{exchange['method']} {exchange['url']}",
            headers={name.lower(): value for name, value in exchange["request_headers"].items()},
            body_head=exchange["request"]["head"],
        )

    @property
    def names_an_etag(self) -> bool:
        """If-Match with an ETag, here or in a part of a batch."""
        return self.headers.get("if-match", "").startswith("W/") or "\nif-match: w/" in self.body_head.lower()


@dataclass(frozen=True, kw_only=True)
class ClientTenant:
    """A tenant of a running C4C mock with two kinds of users, and how to reach it with TLS.

    Attributes:
        port: of the TLS listener on 127.0.0.1; its certificate is for the tenant's host.
        authority: PEM file of the authority that issued it.
    """

    served: ServedTenant
    port: int
    authority: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a client's program reads; nothing of the caller's environment that could send it elsewhere."""
        return {
            "PATH": os.environ["PATH"],
            "NODE_EXTRA_CA_CERTS": str(self.authority),
            "C4C_HOST": HOST,
            "C4C_PORT": str(self.port),
            "C4C_USERS": json.dumps({"technical": (USER, PASSWORD), "business": BUSINESS_USER}),
        }

    def metadata(self) -> str:
        """``$metadata`` of the chat service."""
        url = f"{self.served.root}/chatactivity/$metadata"
        return httpx.get(url, auth=(USER, PASSWORD), headers={"Host": HOST}, timeout=60).raise_for_status().text

    def chats(self, subject: str, count: int) -> list[str]:
        """ObjectIDs of so many new chats with that subject, in their order."""
        rows = [{"set": "ChatActivityCollection", "values": {"SubjectName": subject}}] * count
        return sorted(str(row["object_id"]) for row in self.served.control("seed", {"rows": rows})["rows"])

    def subject(self, chat: str) -> str:
        """The subject that the mock holds for a chat."""
        url = f"{self.served.mock.url}/_mock/odata/chatactivity/ChatActivityCollection('{chat}')"
        answer = httpx.get(url, headers={"Accept": "application/json"}, timeout=60).raise_for_status()
        return str(answer.json()["d"]["results"]["SubjectName"])

    def rename(self, chat: str, subject: str) -> None:
        """Somebody else changes a chat's subject."""
        url = f"{self.served.mock.url}{ROOT}/chatactivity/ChatActivityCollection('{chat}')"
        httpx.patch(
            url, json={"SubjectName": subject}, auth=(USER, PASSWORD), headers={"Host": HOST}, timeout=60
        ).raise_for_status()

    def requests(self, since: int = 0) -> list[JournaledRequest]:
        """The journal's requests after that number, oldest first."""
        found = self.served.control(f"journal?since={since}")["exchanges"]
        return [JournaledRequest.of(each) for each in found]

    def requests_about(self, chat: str, wanted: Callable[[JournaledRequest], bool]) -> list[JournaledRequest]:
        """All that name a chat, once a wanted one is among them: the mock writes its journal on its own time.

        Without what is answered 401: a browser sends a request once more with its credentials.
        """
        deadline, pause = time.monotonic() + PATIENCE_S, threading.Event()
        while time.monotonic() < deadline:
            found = [each for each in self.requests() if each.status != 401 and chat in each.line + each.body_head]
            if any(wanted(each) for each in found):
                return found
            pause.wait(0.02)
        raise AssertionError(f"no such request about {chat} came")

    def last_request(self) -> int:
        """Number of the newest request."""
        return max((each.number for each in self.requests()), default=0)

    def writers(self, reference: str) -> set[str]:
        """Users who stored a chat's files."""
        return {str(each["created_by"]) for each in self.served.stored(reference)}

    def files(self, reference: str) -> dict[str, str]:
        """Name and sha256 of every file of a chat."""
        return {each["name"]: each["sha256"] for each in self.served.stored(reference)}


def sha256(text: str) -> str:
    """Of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


@contextlib.contextmanager
def running_tenant(folder: Path) -> Iterator[ClientTenant]:
    """A mock as a process, with a certificate for the tenant's host from an authority of its own."""
    authority, port = trustme.CA(), free_port()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    authority.issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path(folder / "tls.pem")
    tls = ("--tls-port", str(port), "--tls-certificate", str(folder / "tls.pem"))
    with running_mock("c4c_mock", folder / "data", *tls) as mock:
        served = ServedTenant(mock, tenant_order(SERVICES, page_size=PAGE_ROWS, expand_page_size=EXPAND_PAGE_ROWS))
        served.control("users", dict(zip(("user", "password"), BUSINESS_USER, strict=True)))
        yield ClientTenant(served=served, port=port, authority=folder / "authority.pem")


class NodeClient:
    """The program ``<folder>/client.js``: operations go to its standard input, answers come through a pipe."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        answers, theirs = os.pipe()
        self._answers = os.fdopen(answers, encoding="utf-8")
        self.process = subprocess.Popen(
            ["node", str(folder / "client.js")],
            cwd=folder,
            env={**environment, "C4C_ANSWERS": str(theirs)},
            stdin=subprocess.PIPE,
            pass_fds=(theirs,),
            text=True,
        )
        os.close(theirs)

    def ask(self, operation: str, **given: Any) -> Any:
        """What the operation returns. Raises Refused with C4C's status and text."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"operation": operation, "arguments": given}) + "\n")
        self.process.stdin.flush()
        line = self._answers.readline()
        if not line:
            raise RuntimeError(f"the client ended with exit code {self.process.wait()}; its output is above")
        return result_of(json.loads(line))

    def close(self) -> None:
        """End the program: its standard input ends."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._answers.close()


def result_of(answer: Mapping[str, Any]) -> Any:
    """The result in a client's answer. Raises Refused for an error."""
    if "error" in answer:
        error = answer["error"]
        print(error.get("stack", ""))
        raise Refused(error["status"], error["message"])
    return answer["result"]


def require_client(folder: Path) -> None:
    """Skip where the client is not installed; fail where Node is required (``REQUIRE_NODE=1``)."""
    missing = "Node" if shutil.which("node") is None else f"{folder.name}/node_modules"
    if shutil.which("node") and (folder / "node_modules" / ".installed").exists():
        return
    reason = f"there is no {missing}; `make clients` installs it"
    if os.environ.get("REQUIRE_NODE"):
        pytest.fail(reason)
    pytest.skip(reason)


def generate(folder: Path, metadata: str) -> None:
    """Run ``<folder>/generate.sh`` on the metadata, unless ``generated/`` is of the same metadata and lock file."""
    source = metadata + (folder / "package-lock.json").read_text() + (folder / "generate.sh").read_text()
    stamp, wanted = folder / "generated" / ".source", sha256(source)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(folder / "generated", ignore_errors=True)
    (folder / "generated").mkdir()
    (folder / "generated" / "chatactivity.edmx").write_text(metadata)
    done = subprocess.run(
        ["sh", "generate.sh"], cwd=folder, check=False, capture_output=True, text=True, timeout=PATIENCE_S * 2
    )
    assert done.returncode == 0, done.stdout + done.stderr
    stamp.write_text(wanted)
