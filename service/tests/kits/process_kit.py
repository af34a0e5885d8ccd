"""The program as processes of one test, each with its port and its log, over one migrated database; and an issuer."""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fakes import MachineClock
from ingress_kit import SECRET_HEADERS, Issuer

KEY = "k1:" + base64.urlsafe_b64encode(bytes(range(32))).decode()
WAIT_S = 60.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Program:
    """One process of ours. Its log goes to a file, because a pipe would not be read."""

    def __init__(self, folder: Path, name: str, *arguments: str, **env: str) -> None:
        self.log = folder / f"{name}.log"
        self.port = free_port()
        settings = {
            **os.environ,
            "ATTACHMENT_TRANSFER_SEALING_KEYS": KEY,
            "DATABASE_URL": f"sqlite:///{folder}/ledger.db",
            "ATTACHMENT_TRANSFER_PORT": str(self.port),
            "ATTACHMENT_TRANSFER_WORKER_PORT": str(self.port),
            "ATTACHMENT_TRANSFER_DRAIN_S": "2",
            **{f"ATTACHMENT_TRANSFER_{variable}": value for variable, value in env.items()},
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "attachment_transfer", *arguments], env=settings, stdout=log, stderr=log
            )

    def ask(
        self, method: str, path: str, *, port: int | None = None, chunked: bool = False, **more: Any
    ) -> tuple[int, Any]:
        """One request, to its own port if no other is given; status 0 without an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=30)
        try:
            connection.request(method, path, encode_chunked=chunked, **more)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (ConnectionError, http.client.HTTPException, TimeoutError):
            return 0, None
        finally:
            connection.close()

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
        return self.ask("GET", "/readyz")[0] == 200

    def end(self) -> int:
        """SIGTERM, and its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S)


def until(happened: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(int(WAIT_S / 0.1)):
        if happened():
            return
        tick.wait(0.1)
    raise AssertionError("it did not happen")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that the program's own ``migrate`` has made, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    assert Program(folder, "migrate", "migrate").process.wait(WAIT_S) == 0
    return folder / "ledger.db"


@pytest.fixture
def start(tmp_path: Path, migrated: Path) -> Iterator[Callable[..., Program]]:
    """Starts programs over one migrated database, and leaves none behind."""
    programs: list[Program] = []
    shutil.copy(migrated, tmp_path / "ledger.db")

    def start_one(name: str, *arguments: str, **env: str) -> Program:
        programs.append(Program(tmp_path, name, *arguments, **env))
        return programs[-1]

    yield start_one
    for program in programs:
        program.process.kill()
        program.process.wait(WAIT_S)


class KeySet(BaseHTTPRequestHandler):
    """An issuer's ``jwks.json``."""

    issuer: Issuer

    def do_GET(self) -> None:
        """The host is the issuer's own, whatever address it was reached by."""
        body = json.dumps(self.issuer.fetch(self.headers["Host"] + self.path)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Silence."""


def trusting(issuer_port: int) -> dict[str, str]:
    """Settings of a program that trusts the published issuer."""
    return {
        "LAB_MODE": "1",
        "EGRESS_MAP": f"login-*.cc.sinch.com=http://127.0.0.1:{issuer_port}",
        "TOKEN_ISSUERS": "https://login-*.cc.sinch.com/*",
    }


def signed_headers(signer: Issuer) -> dict[str, str]:
    """Headers of a good request to the endpoint."""
    return {"Authorization": f"Bearer {signer.token()}", "Content-Type": "application/json", **SECRET_HEADERS}


@contextmanager
def published_issuer() -> Iterator[tuple[Issuer, int]]:
    """An issuer whose keys are on loopback, and the port. A token is good for a day, however slow the machine is.

    Its clock is the machine's, as the program's is.
    """
    signer = Issuer(MachineClock(), lifetime_s=86_400)

    class Published(KeySet):
        issuer = signer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Published)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield signer, server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def issuer() -> Iterator[tuple[Issuer, int]]:
    """An issuer on loopback, and its port."""
    with published_issuer() as found:
        yield found
