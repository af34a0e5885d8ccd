"""kill -9 at random points, over and over: nothing lost, nothing doubled, nothing stuck. Figures are printed.

A short version runs with every `make test`; `make faults` runs it long (CRASH_KILLS=20).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from attachment_lab.errors import LabFailed
from attachment_lab.stack.kill import kill_listener
from attachment_lab.stack.ports import Ports
from attachment_lab.stack.running import StackOptions, open_stack
from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.testing.lab import Lab, LabTenant
from attachment_lab.testing.postgres import NoPostgres, Server, running_server

KILLS = int(os.environ.get("CRASH_KILLS", "4"))
CHATS = max(8, 2 * KILLS)
FILES_PER_CHAT = 3
#: Short deadlines, so that a dead worker's uploads are looked for soon. Wall seconds.
DEADLINES = {
    "ATTACHMENT_TRANSFER_UPLOAD_TIMEOUT_S": "3",
    "ATTACHMENT_TRANSFER_READ_TIMEOUT_S": "3",
    "ATTACHMENT_TRANSFER_SETTLE_S": "3",
    "ATTACHMENT_TRANSFER_LEASE_TTL_S": "2",
}
#: C4C commits one second after the upload has ended: slower than the restart of a worker.
SLOW_COMMIT = TenantOptions(dialects={"c4c": {"commit_delay_s": 1.0}})

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(1500)]


def pause(seconds: float) -> None:
    """Let the stack work for a moment, so that the next kill hits it elsewhere."""
    threading.Event().wait(seconds)


class Workers:
    """The worker processes of one stack, by their health ports."""

    def __init__(self, lab: Lab, ports: list[int]) -> None:
        self.lab = lab
        self.ports = ports
        self.killed = 0

    def kill_one(self, chance: random.Random) -> None:
        """kill -9 one that listens; whoever supervises it starts another."""
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


def play(tenant: LabTenant, number: int) -> None:
    files = [
        (f"chat-{number}-file-{index}.txt", f"{number}/{index} ".encode() * 2000) for index in range(FILES_PER_CHAT)
    ]
    tenant.chat(files=files).end()


@pytest.mark.parametrize(
    "mode", [pytest.param(embedded, id="sqlite", marks=pytest.mark.sample), pytest.param(distributed, id="postgresql")]
)
def test_workers_killed_at_random_lose_double_and_strand_nothing(
    mode: Callable[[], Iterator[Workers]], capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(20261122)
    with mode() as workers, workers.lab.tenant(SLOW_COMMIT) as tenant:  # type: ignore[attr-defined]
        for number in range(CHATS):
            play(tenant, number)
        while workers.killed < KILLS:
            pause(chance.uniform(0.3, 2.0))
            workers.kill_one(chance)
        transfers = tenant.wait_until_settled(timeout_s=900)
        verdict = tenant.verdict()
        stored = tenant.stored()
    attempts = sum(attachment.attempts for transfer in transfers for attachment in transfer.attachments)
    files = CHATS * FILES_PER_CHAT
    with capsys.disabled():
        print(
            f"\n{mode.__name__}: {workers.killed} x kill -9, {len(transfers)} transfers, {files} files, "
            f"{len(stored)} stored, {attempts - files} begun again, {len(verdict.violations)} violations"
        )
    assert verdict.ok, [str(violation) for violation in verdict.violations]
    assert [transfer.outcome for transfer in transfers] == ["stored"] * CHATS
    assert len({(item.name, item.sha256) for item in stored}) == len(stored) == files
