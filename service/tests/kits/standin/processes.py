"""The real service and the real C4C mock as processes, the stand-in between them, and a clock that tests move."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from ingress_kit import AUDIENCE, ISSUER, ISSUERS, SECRET_HEADERS, Issuer, a_body

from standin.answers import answer
from standin.wire import Server

Resource = dict[str, Any]

WAIT_S = 120.0
C4C_LOGIN = ("v1user", SECRET_HEADERS["x-sap-v1-password"])
C4C_ROOT = "/sap/c4c/odata/v1"
_SEALING_KEY = "k1:" + base64.urlsafe_b64encode(bytes(range(32))).decode()
_POLL_S = 0.05
_SERVICES = ["activity", "chatactivity", "call_list", "socialmediaactivity"]
_ALLOWED_HOSTS = "*.cmi.example.org,*.store.example.org,*.crm.cloud.sap"
#: Of the real C4C mock; hosts under ``front.crm.cloud.sap`` pass through the stand-in first.
FRONT = "front.crm.cloud.sap"


class MovedClock:
    """The service's clock: the wall's time and the offset in the file that the service reads."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._offset_s = 0.0

    def now_s(self) -> float:
        return time.time() + self._offset_s

    def advance(self, seconds: float) -> None:
        """Move it forward. Rounds that wait come due earlier by as much."""
        self._offset_s += seconds
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps({"offset_s": self._offset_s}), encoding="utf-8")
        fresh.replace(self.file)


@dataclass
class StandinStack:
    """What a test speaks to. ``server`` plays CMI, stores of files and, where asked to, C4C.

    Attributes:
        url, c4c_url: the service's and the C4C mock's own addresses.
    """

    server: Server
    clock: MovedClock
    issuer: Issuer
    url: str
    c4c_url: str
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60.0, trust_env=False))
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def number(self) -> int:
        """A number that no other chat of this standin has."""
        return next(self._numbers)

    def post_event(self, *, contact_id: str, cmi_url: str, c4c_url: str) -> str:
        """An accepted "this chat has ended"; returns the transfer's id."""
        body = a_body(contact_id=contact_id, cmi_url=cmi_url, sap_v1={"url": c4c_url, "user": C4C_LOGIN[0]})
        headers = {**self._bearer(), **SECRET_HEADERS}
        accepted = self.http.post(f"{self.url}/prod/chat-attachments", json=body, headers=headers)
        assert accepted.status_code == 202, accepted.text
        return str(accepted.json()["transfer_id"])

    def transfer(self, transfer_id: str) -> Resource:
        """The transfer as GET /transfers/{id} shows it."""
        shown = self.http.get(f"{self.url}/transfers/{transfer_id}", headers=self._bearer())
        assert shown.status_code == 200, shown.text
        return dict(shown.json())

    def until(self, transfer_id: str, holds: Callable[[Resource], bool], *, wait_s: float = WAIT_S) -> Resource:
        """Poll without moving the clock until ``holds``; returns the transfer."""
        end_s = time.monotonic() + wait_s
        while not holds(shown := self.transfer(transfer_id)):
            assert time.monotonic() < end_s, f"it did not happen within {wait_s} s: {shown}"
            time.sleep(_POLL_S)
        return shown

    def until_waiting(self, transfer_id: str) -> Resource:
        """Poll until the transfer waits for a later round, or has ended."""
        return self.until(transfer_id, lambda shown: shown["state"] == "waiting" or shown["terminal"])

    def settle(self, transfer_ids: Iterable[str], *, wait_s: float = WAIT_S) -> dict[str, Resource]:
        """Move the clock over every wait until all transfers have ended; returns them by id.

        The clock moves only while each of them waits: a round that runs keeps its deadlines.
        """
        wanted, ended = set(transfer_ids), set[str]()
        end_s = time.monotonic() + wait_s
        while wanted - ended:
            shown = {one: self.transfer(one) for one in wanted - ended}
            ended |= {one for one, resource in shown.items() if resource["terminal"]}
            waits = [resource for one, resource in shown.items() if one not in ended]
            assert time.monotonic() < end_s, f"not at an end within {wait_s} s: {waits}"
            if waits and all(resource["state"] == "waiting" for resource in waits):
                self._advance_to(max(_epoch_s(resource["next_round_at"]) for resource in waits))
            time.sleep(_POLL_S)
        return {one: self.transfer(one) for one in wanted}

    def c4c(self, method: str, path: str, *, host: str, **more: Any) -> httpx.Response:
        """One request to the C4C mock itself, with the technical user's login."""
        headers = {"Host": host, "Accept": "application/json", **more.pop("headers", {})}
        response = self.http.request(method, self.c4c_url + path, headers=headers, auth=C4C_LOGIN, **more)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text[:500]}"
        return response

    def open_tenant(self, host: str, contact_id: str) -> str:
        """A C4C tenant of its own with one chat; returns the chat's ObjectID."""
        arrangement = {"user": C4C_LOGIN[0], "password": C4C_LOGIN[1], "services": _SERVICES}
        system = {"id": "SINCH_CONTACT_PRO"}
        name = host.partition(".")[0]
        tenant = {"name": name, "host": host, "communication_system": system, "arrangement": arrangement}
        made = self.http.post(f"{self.c4c_url}/_mock/tenants", json=tenant)
        assert made.status_code == 201, made.text
        chat = {"Type": "CHAT", "Action": "ACCEPT", "ExternalReferenceID": contact_id, "Email": "ada@example.com"}
        rung = self.http.post(f"{self.c4c_url}/_mock/cti?tenant={name}", json=chat)
        assert rung.is_success, rung.text
        return str(rung.json()["activity"]["object_id"])

    def _advance_to(self, epoch_s: float) -> None:
        if (ahead_s := epoch_s - self.clock.now_s()) > 0:
            self.clock.advance(ahead_s + 0.1)

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.issuer.token()}"}


def _epoch_s(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


@contextmanager
def running_standin(folder: Path, **settings: str) -> Iterator[StandinStack]:
    """Start everything; ``settings`` are ATTACHMENT_TRANSFER_… variables of the service, without the prefix."""
    with Server() as server, ExitStack() as started:
        clock = MovedClock(folder / "clock.json")
        clock.advance(0.0)
        issuer = _published_issuer(server, clock)
        c4c_port, port = _free_port(), _free_port()
        arguments = ["c4c_mock", "--port", str(c4c_port), "--data", str(folder / "c4c")]
        mock = started.enter_context(_process(folder, "c4c", arguments, {}))
        env = _service_env(folder, port, server.port, c4c_port) | {
            f"ATTACHMENT_TRANSFER_{name}": value for name, value in settings.items()
        }
        service = started.enter_context(_process(folder, "service", ["attachment_transfer", "run"], env))
        standin = StandinStack(server, clock, issuer, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{c4c_port}")
        _until_ready(mock, f"{standin.c4c_url}/_mock/health")
        _until_ready(service, f"{standin.url}/readyz")
        _until_ready(service, f"http://127.0.0.1:{env['ATTACHMENT_TRANSFER_WORKER_PORT']}/readyz")
        with standin.http:
            yield standin


def _published_issuer(server: Server, clock: MovedClock) -> Issuer:
    issuer = Issuer(clock)  # type: ignore[arg-type]  # it asks its clock for the time alone
    keys = json.dumps(issuer.fetch(ISSUER)).encode()
    host, _, path = ISSUER.removeprefix("https://").partition("/")
    server.site(host).plan(f"/{path}/.well-known/jwks.json", answer(200, keys, content_type="application/json"))
    return issuer


def _service_env(folder: Path, port: int, standin_port: int, c4c_port: int) -> dict[str, str]:
    standin = f"http://127.0.0.1:{standin_port}"
    egress = {
        f"*.{FRONT}": standin,
        "*.crm.cloud.sap": f"http://127.0.0.1:{c4c_port}",
        "login-*.cc.sinch.com": standin,
        "*.example.org": standin,
        # Not an allowed host: a request that goes there all the same is seen.
        "*.example.net": standin,
    }
    values = {
        "SEALING_KEYS": _SEALING_KEY,
        "LAB_MODE": "1",
        "LAB_CLOCK_FILE": str(folder / "clock.json"),
        "EGRESS_MAP": ",".join(f"{pattern}={target}" for pattern, target in egress.items()),
        "ALLOWED_HOSTS": _ALLOWED_HOSTS,
        "TOKEN_ISSUERS": ",".join(ISSUERS),
        "TOKEN_AUDIENCE": AUDIENCE,
        "PORT": str(port),
        "WORKER_PORT": str(_free_port()),
        "DRAIN_S": "0",
        "RETENTION_S": "0",
        "CALLS_PER_S": "100000",
        "LOG_FORMAT": "text",
    }
    named = {f"ATTACHMENT_TRANSFER_{name}": value for name, value in values.items()}
    return {"DATABASE_URL": f"sqlite:///{folder}/ledger.db", **named}


@contextmanager
def _process(folder: Path, name: str, arguments: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """One ``python -m …``, logging into ``folder``; ended when the block ends."""
    with (folder / f"{name}.log").open("wb") as log:
        command = [sys.executable, "-m", *arguments]
        process = subprocess.Popen(command, env={**os.environ, **env}, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    tick, end_s = threading.Event(), time.monotonic() + WAIT_S
    while time.monotonic() < end_s:
        assert process.poll() is None, f"{url}: the process ended with {process.returncode}; see its log"
        try:
            if httpx.get(url, timeout=5.0, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        tick.wait(0.05)
    raise AssertionError(f"{url} was not ready within {WAIT_S} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
