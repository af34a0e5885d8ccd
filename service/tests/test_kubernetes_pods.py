"""The pods' programs, started as their manifests say, over a PostgreSQL server: in any order, and ended in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kubernetes_kit import base, container, environment, pod, workloads
from test_processes import free_port

from attachment_lab.testing.postgres import NoPostgres, running_server
from attachment_transfer.ledger.sealing import new_master_key

PATIENCE_S = 60.0

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("postgresql-pods")]


@pytest.fixture
def database_url() -> Iterator[str]:
    try:
        with running_server() as server:
            yield server.database("pods")
    except NoPostgres as exc:
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            raise
        pytest.skip(str(exc))


class Pod:
    """One container of ours without the container: its arguments, its environment, its probes."""

    def __init__(self, component: str, folder: Path, database_url: str) -> None:
        workload = workloads(base())[component]
        self.container, self.grace_s = container(workload), pod(workload).get("terminationGracePeriodSeconds", 30)
        self.port = free_port()
        secrets = {"database-url": database_url, "sealing-keys": f"k1:{KEY}"}
        env = environment(base(), component, secrets=secrets, mount=folder)
        # Ports are the machine's here, not the pod's own; all else is as it would be.
        env |= {
            "ATTACHMENT_TRANSFER_HOST": "127.0.0.1",
            "ATTACHMENT_TRANSFER_PORT": str(self.port),
            "ATTACHMENT_TRANSFER_WORKER_PORT": str(self.port),
        }
        command = [sys.executable, "-m", "attachment_transfer", *self.container["args"]]
        self.log = folder / f"{component}-{self.port}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env={"PATH": os.environ["PATH"], **env}, cwd=folder, stdout=log, stderr=log
            )

    def probe(self, name: str) -> int:
        """The status that a probe is answered; 0 if nobody answers in the time that the manifest gives."""
        probe = self.container[f"{name}Probe"]
        url = f"http://127.0.0.1:{self.port}{probe['httpGet']['path']}"
        try:
            with urllib.request.urlopen(url, timeout=probe["timeoutSeconds"]) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            return answer.code
        except OSError:
            return 0

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(self.grace_s)


KEY = new_master_key()


@pytest.fixture
def start(tmp_path: Path, database_url: str) -> Iterator[Callable[[str], Pod]]:
    started: list[Pod] = []

    def start_one(component: str) -> Pod:
        started.append(Pod(component, tmp_path, database_url))
        return started[-1]

    yield start_one
    for one in started:
        one.process.kill()
        one.process.wait(PATIENCE_S)


def until(happened: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(int(PATIENCE_S / 0.1)):
        if happened():
            return
        tick.wait(0.1)
    raise AssertionError("it did not happen")


def test_pods_that_start_before_the_migration_wait_for_it_and_all_end_in_their_grace_period(
    start: Callable[[str], Pod], tmp_path: Path
) -> None:
    api, early = start("api"), start("worker")
    until(lambda: api.probe("startup") == 200)
    assert (api.probe("liveness"), api.probe("readiness")) == (200, 503)
    assert early.process.wait(PATIENCE_S) == 1
    assert "run `attachment-transfer migrate`" in early.log.read_text(encoding="utf-8")

    assert [start("migrate").process.wait(PATIENCE_S) for _ in range(2)] == [0, 0]
    until(lambda: api.probe("readiness") == 200)
    workers = [start("worker"), start("worker")]
    for worker in workers:
        until(lambda worker=worker: worker.probe("readiness") == 200)
        assert worker.probe("liveness") == 200

    assert [one.end() for one in (*workers, api)] == [0, 0, 0]
    assert not list(tmp_path.rglob("*.db")), "some pod worked on SQLite"
