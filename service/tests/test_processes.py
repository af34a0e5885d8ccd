"""The program as it is started: an API process that takes requests from the wire, and one worker at a time."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fakes import HandClock
from ingress_kit import ENDPOINT, SECRET_HEADERS, Issuer, a_body
from ledger_kit import SECRET_TEXTS, bytes_on_disk

KEY = "k1:" + base64.urlsafe_b64encode(bytes(range(32))).decode()
WAIT_S = 60.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Program:
    """One process of ours. Its log goes to a file, because nobody reads a pipe."""

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
        """One request, to its own port if no other is given; status 0 if nobody answers."""
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


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts programs over one migrated database, and leaves none behind."""
    programs: list[Program] = []

    def start_one(name: str, *arguments: str, **env: str) -> Program:
        programs.append(Program(tmp_path, name, *arguments, **env))
        return programs[-1]

    migration = start_one("migrate", "migrate")
    assert migration.process.wait(WAIT_S) == 0
    yield start_one
    for program in programs:
        program.process.kill()
        program.process.wait(WAIT_S)


def test_one_worker_works_a_second_is_refused_and_a_standby_takes_over(start: Callable[..., Program]) -> None:
    first = start("first", "work")
    until(first.is_ready)
    second = start("second", "work")
    assert second.process.wait(WAIT_S) == 1
    assert "another worker has the lock" in second.log.read_text(encoding="utf-8")
    standby = start("standby", "work", "--standby")
    assert first.is_ready()
    first.process.kill()
    until(standby.is_ready)
    assert standby.end() == 0
    assert "draining" in standby.log.read_text(encoding="utf-8")


def test_an_api_that_was_killed_leaves_no_child_at_its_port(start: Callable[..., Program]) -> None:
    api = start("api", "serve")
    until(api.is_ready)
    api.process.kill()
    assert api.process.wait(WAIT_S) == -signal.SIGKILL
    until(lambda: api.ask("GET", "/healthz")[0] == 0)


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


@pytest.fixture
def issuer() -> Iterator[tuple[Issuer, int]]:
    """An issuer on loopback, and its port. Its clock is the real one: so is the program's."""
    clock = HandClock(float(int(time.time())))
    KeySet.issuer = Issuer(clock)
    server = ThreadingHTTPServer(("127.0.0.1", 0), KeySet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield KeySet.issuer, server.server_port
    server.shutdown()
    server.server_close()


def test_the_api_takes_requests_from_the_wire(
    start: Callable[..., Program], issuer: tuple[Issuer, int], tmp_path: Path
) -> None:
    signer, port = issuer
    api = start(
        "api",
        "serve",
        LAB_MODE="1",
        EGRESS_MAP=f"login-*.cc.sinch.com=http://127.0.0.1:{port}",
        TOKEN_ISSUERS="https://login-*.cc.sinch.com/*",
    )
    until(api.is_ready)
    headers = {
        "Authorization": f"Bearer {signer.token()}",
        "Content-Type": "application/json",
        **SECRET_HEADERS,
    }

    status, accepted = api.ask("POST", ENDPOINT, body=json.dumps(a_body()), headers=headers)
    assert status == 202
    assert signer.asked == ["login-eu-c1.cc.sinch.com/acme/.well-known/jwks.json"]
    status, shown = api.ask("GET", f"/transfers/{accepted['transfer_id']}", headers=headers)
    assert (status, shown["state"]) == (200, "queued")

    large = json.dumps(a_body(padding="x" * 2_000_000)).encode()
    assert api.ask("POST", ENDPOINT, body=large, headers=headers)[0] in {413, 0}
    pieces = (large[start_at : start_at + 65_536] for start_at in range(0, len(large), 65_536))
    chunked = {**headers, "Transfer-Encoding": "chunked"}
    assert api.ask("POST", ENDPOINT, chunked=True, body=pieces, headers=chunked)[0] in {413, 0}
    small = {**headers, "Transfer-Encoding": "chunked"}
    again = iter([json.dumps(a_body()).encode()])
    status, repeated = api.ask("POST", ENDPOINT, chunked=True, body=again, headers=small)
    assert (status, repeated["transfer_id"]) == (202, accepted["transfer_id"])
    assert len(api.ask("GET", "/transfers", headers=headers)[1]["transfers"]) == 1

    assert api.end() == 0
    log = api.log.read_bytes()
    assert accepted["transfer_id"].encode() in log
    for text in (*SECRET_TEXTS, signer.token(), headers["Authorization"]):
        assert text.encode() not in log
        assert text.encode() not in bytes_on_disk(tmp_path / "ledger.db")
