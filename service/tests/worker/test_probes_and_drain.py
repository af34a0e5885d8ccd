"""Alive, ready, draining: what the probes say, and that nothing in flight is lost when a process is asked to end."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ingress_kit import Endpoint

from attachment_transfer.ledger.sealing import new_master_key
from attachment_transfer.worker.health import HealthServer
from attachment_transfer.worker.process import work

PATIENCE_S = 60.0


@pytest.fixture
def obstacles() -> list[str]:
    return []


@pytest.fixture
def health(clock: HandClock, obstacles: list[str]) -> Iterator[HealthServer]:
    server = HealthServer(
        "127.0.0.1",
        0,
        metrics=lambda: b"up 1\n",
        obstacle=lambda: obstacles[0] if obstacles else None,
        monotonic_s=clock.now_s,
    )
    yield server
    server._server.server_close()


def asked(health: HealthServer, path: str) -> tuple[int, Any]:
    answer = health.app.test_client().get(path)
    return answer.status_code, answer.get_json()


def test_a_worker_that_starts_is_alive_and_not_ready(health: HealthServer) -> None:
    assert asked(health, "/healthz")[0] == 200
    status, told = asked(health, "/readyz")
    assert (status, told["reason"]) == (503, "starting")


def test_a_worker_that_claims_rounds_is_ready(health: HealthServer) -> None:
    health.ready()
    assert asked(health, "/readyz")[0] == 200


def test_a_worker_without_its_database_is_alive_and_says_why_it_is_not_ready(
    health: HealthServer, obstacles: list[str]
) -> None:
    health.ready()
    obstacles.append("the database cannot be read")
    status, told = asked(health, "/readyz")
    assert (status, told["reason"]) == (503, "the database cannot be read")
    assert asked(health, "/healthz")[0] == 200


def test_a_worker_that_drains_is_alive_however_long_it_takes_and_not_ready(
    health: HealthServer, clock: HandClock
) -> None:
    health.ready()
    health.draining()
    clock.advance(3600)
    assert asked(health, "/readyz")[1]["reason"] == "draining"
    assert asked(health, "/healthz") == (200, {"status": "ok", "phase": "draining", "pid": os.getpid()})


def test_a_worker_whose_main_loop_hangs_is_not_alive(health: HealthServer, clock: HandClock) -> None:
    health.ready()
    clock.advance(60)
    assert asked(health, "/healthz")[0] == 200
    clock.advance(1)
    status, told = asked(health, "/healthz")
    assert (status, told["status"]) == (503, "the main loop has been silent for 61 s")
    health.beat()
    assert asked(health, "/healthz")[0] == 200


class Scripted:
    """A durable worker that notes what happens to it, and what the probes said then."""

    def __init__(self, health: HealthServer) -> None:
        self._health = health
        self.seen: list[tuple[str, int]] = []

    def launch(self) -> None:
        self.seen.append(("launch", asked(self._health, "/readyz")[0]))

    def drain(self, timeout_s: int) -> None:
        self.seen.append((f"drain {timeout_s}", asked(self._health, "/readyz")[0]))


def test_the_worker_is_ready_only_between_launch_and_drain(health: HealthServer) -> None:
    stop = threading.Event()
    stop.set()
    worker = Scripted(health)

    def after_launch() -> None:
        worker.seen.append(("after launch", asked(health, "/readyz")[0]))

    work(
        worker,
        health,
        stop=stop,
        drain_s=7,
        after_launch=after_launch,
        housekeeping=lambda: None,
        lab_offset_s=None,
        pull_forward=lambda _: 0,
    )
    assert worker.seen == [("launch", 503), ("after launch", 503), ("drain 7", 503)]


def test_the_api_is_alive_without_its_database_and_not_ready(endpoint: Endpoint) -> None:
    with endpoint.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE ledger_schema")
    assert endpoint.http.get("/healthz").status_code == 200
    answer = endpoint.http.get("/readyz")
    assert answer.status_code == 503
    assert "attachment-transfer migrate" in answer.get_json()["detail"]


def test_a_schema_of_another_version_is_not_ready(endpoint: Endpoint) -> None:
    with endpoint.engine.begin() as connection:
        connection.execute(sa.text("UPDATE ledger_schema SET version = 99"))
    assert "ledger schema is 99" in endpoint.http.get("/readyz").get_json()["detail"]


class SlowIssuer:
    """Publishes its keys only when the test lets it: whoever sends a token waits at the endpoint until then."""

    def __init__(self) -> None:
        self.asked, self.answer = threading.Event(), threading.Event()
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.set()
                issuer.answer.wait(PATIENCE_S)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"keys": []}')

            def log_message(self, *_arguments: object) -> None:
                """Quiet."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.answer.set()
        self._server.shutdown()
        self._server.server_close()


def a_token() -> str:
    def part(document: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")

    return f"{part({'alg': 'ES256'})}.{part({'iss': 'https://login.example.com/acme'})}.c2lnbmF0dXJl"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def until(true: Any) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.05)):
        if true():
            return
        pause.wait(0.05)
    raise AssertionError("it never happened")


def test_a_request_in_flight_is_answered_before_the_api_ends(tmp_path: Path) -> None:
    issuer, port, answered = SlowIssuer(), free_port(), []
    env = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path}/service.db",
        "ATTACHMENT_TRANSFER_SEALING_KEYS": f"k1:{new_master_key()}",
        "ATTACHMENT_TRANSFER_PORT": str(port),
        "ATTACHMENT_TRANSFER_TOKEN_ISSUERS": "https://login.example.com/*",
        "ATTACHMENT_TRANSFER_LAB_MODE": "1",
        "ATTACHMENT_TRANSFER_EGRESS_MAP": f"login.example.com=http://127.0.0.1:{issuer.port}",
        "ATTACHMENT_TRANSFER_DRAIN_S": "30",
    }
    command = [sys.executable, "-m", "attachment_transfer"]
    subprocess.run([*command, "migrate"], env=env, check=True, capture_output=True)
    api = subprocess.Popen([*command, "serve"], env=env, stderr=subprocess.DEVNULL)
    try:
        until(lambda: answers(port))

        def ask() -> None:
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/transfers", headers={"Authorization": f"Bearer {a_token()}"}
            )
            try:
                urllib.request.urlopen(request, timeout=PATIENCE_S)
            except urllib.error.HTTPError as answer:
                answered.append((answer.code, json.load(answer)["title"]))

        client = threading.Thread(target=ask)
        client.start()
        assert issuer.asked.wait(PATIENCE_S)
        api.send_signal(signal.SIGTERM)
        until(lambda: not answers(port))
        assert answered == []
        issuer.answer.set()
        client.join(PATIENCE_S)
        assert answered == [(503, "The token cannot be checked")]
        assert api.wait(PATIENCE_S) == 0
    finally:
        api.kill()
        api.wait()
        issuer.close()
