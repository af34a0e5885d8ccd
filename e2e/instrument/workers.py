"""A stack whose workers die: one worker on SQLite, two on PostgreSQL, each restarted when it is killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from attachment_lab.errors import LabFailed
from attachment_lab.stack.ports import Ports
from attachment_lab.stack.processes import kill_listener
from attachment_lab.stack.running import StackOptions, open_stack
from attachment_lab.testing.lab import Lab
from attachment_lab.testing.postgres import NoPostgres, Server, running_server

#: Short deadlines, so that a dead worker's uploads are looked for soon. Wall seconds.
DEADLINES = {
    "ATTACHMENT_TRANSFER_UPLOAD_TIMEOUT_S": "3",
    "ATTACHMENT_TRANSFER_READ_TIMEOUT_S": "3",
    "ATTACHMENT_TRANSFER_SETTLE_S": "3",
    "ATTACHMENT_TRANSFER_LEASE_TTL_S": "2",
}


class Workers:
    """The worker processes of one stack, by their health ports."""

    def __init__(self, lab: Lab, ports: list[int]) -> None:
        self.lab = lab
        self.ports = ports
        self.killed = 0

    def kill_one(self, chance: random.Random) -> None:
        """kill -9 one that listens; its supervisor starts another."""
        try:
            kill_listener(chance.choice(self.ports))
            self.killed += 1
        except LabFailed:
            pass  # it is just being restarted


@contextmanager
def embedded() -> Iterator[Workers]:
    """SQLite: one worker under the service's own supervisor."""
    with open_stack(StackOptions(service_environment=DEADLINES)) as stack:
        yield Workers(Lab(stack, is_own=True), [stack.ports.service + 1])


@contextmanager
def distributed() -> Iterator[Workers]:
    """PostgreSQL: the embedded pair and a second worker beside it."""
    with postgres_or_skip() as server:
        environment = {**DEADLINES, "DATABASE_URL": server.database("transfer")}
        with open_stack(StackOptions(service_environment=environment)) as stack:
            port = Ports.free().console
            with second_worker({**os.environ, **stack.service_settings, "ATTACHMENT_TRANSFER_WORKER_PORT": str(port)}):
                yield Workers(Lab(stack, is_own=True), [stack.ports.service + 1, port])


@contextmanager
def postgres_or_skip() -> Iterator[Server]:
    """A server of our own; a skip with one clear line where there is none, a failure where it is required."""
    try:
        with running_server() as server:
            yield server
    except NoPostgres as exc:
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            raise
        pytest.skip(str(exc))


@contextmanager
def second_worker(environment: dict[str, str]) -> Iterator[None]:
    """A second worker process, restarted whenever it dies."""
    stop = threading.Event()
    command = [sys.executable, "-m", "attachment_transfer", "work"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    def supervise() -> None:
        nonlocal process
        while not stop.wait(0.1):
            if process.poll() is not None:
                process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    thread = threading.Thread(target=supervise)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        process.terminate()
        process.wait(timeout=60)
