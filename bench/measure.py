"""Measures what the arithmetic of `bench/sizing.py` needs, on this machine. `make sizing`; about five minutes.

    python bench/measure.py [--write bench/figures.json]

Everything is real: PostgreSQL that flushes, the API over HTTP, a worker between the lab's CMI and C4C. Processor times
are the process's own, so that a busy neighbour changes them little; counts (statements, WAL) do not depend on it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from measuring import Counts, Database, Issuer, cpu_s, peak_mb, postgresql, program, until_ready

from attachment_lab.stack.ports import Ports
from attachment_lab.stack.processes import listeners
from attachment_lab.stack.running import StackOptions, open_stack
from attachment_lab.tenant.credentials import sealing_key
from attachment_lab.testing.lab import Lab, LabTenant
from attachment_lab.testing.postgres import Server

REQUESTS, CLIENTS = int(os.environ.get("BENCH_REQUESTS", "800")), 8
CHATS = int(os.environ.get("BENCH_CHATS", "40"))
QUIET_S = 10.0
POLL_S = 1.0
SMALL_BYTES, LARGE_MB = 10_000, 8
BODY = {
    "cmi_url": "https://bench.execute-api.eu-central-1.amazonaws.com/bench/cmi",
    "cmi_user": "bench",
    "sap_v1": {"url": "https://my1000001.de1.crm.cloud.sap", "user": "bench"},
}
SECRET_HEADERS = {"x-cmi-api-key": "k", "x-cmi-password": "p", "x-sap-v1-password": "p"}


def say(text: str) -> None:
    print(f"sizing: {text}", file=sys.stderr, flush=True)


def quiet(database: Database, seconds: float = QUIET_S) -> Counts:
    """What happens by itself, per second."""
    before, began_s = database.counts(), time.monotonic()
    threading.Event().wait(seconds)
    return (database.counts() - before).over(time.monotonic() - began_s)


def accept_figures(server: Server) -> dict[str, float]:
    """Events of new contacts to one API process, without a worker."""
    database, issuer, port = Database(server, "accept"), Issuer(), Ports.free().service
    env = {
        **issuer.settings(),
        "DATABASE_URL": database.url,
        "ATTACHMENT_TRANSFER_SEALING_KEYS": sealing_key(),
        "ATTACHMENT_TRANSFER_PORT": str(port),
    }
    with program(env, "migrate") as migration:
        migration.wait(60)
    headers = {"Authorization": f"Bearer {issuer.token()}", "Content-Type": "application/json", **SECRET_HEADERS}

    def post_many(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(number):
            body = json.dumps({**BODY, "contact_id": uuid.uuid4().hex.upper()})
            connection.request("POST", "/prod/chat-attachments", body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 202, answer.status

    with program(env, "serve") as api, ThreadPoolExecutor(CLIENTS) as pool:
        until_ready(port)
        post_many(20)
        before, cpu_before_s, began_s = database.counts(), cpu_s(api.pid), time.monotonic()
        list(pool.map(post_many, [REQUESTS // CLIENTS] * CLIENTS))
        took_s = time.monotonic() - began_s
        each = (database.counts() - before).over(REQUESTS)
        return {
            "accepts_per_s": REQUESTS / took_s,
            "accept_cpu_s": (cpu_s(api.pid) - cpu_before_s) / REQUESTS,
            "accept_statements": each.statements,
            "accept_commits": each.commits,
            "accept_wal_bytes": each.wal_bytes,
            "accept_disk_bytes": each.database_bytes,
            "api_connections": database.connections(),
        }


class Carried:
    """What chats cost the worker and the database, the accepting included, what happens by itself left out."""

    def __init__(self, tenant: LabTenant, database: Database, worker: int) -> None:
        self._tenant, self._database, self._worker = tenant, database, worker
        self._idle = quiet(database)
        before_s, began_s = cpu_s(worker), time.monotonic()
        threading.Event().wait(QUIET_S)
        self._idle_cpu = (cpu_s(worker) - before_s) / (time.monotonic() - began_s)

    @property
    def idle(self) -> dict[str, float]:
        return {
            "idle_statements_per_s": self._idle.statements,
            "idle_cpu": self._idle_cpu,
            "poll_interval_s": POLL_S,
        }

    def __call__(self, chats: int, files: int, size_bytes: int) -> dict[str, float]:
        content = os.urandom(size_bytes)
        made = [
            self._tenant.chat(files=[(f"{uuid.uuid4().hex}.bin", content) for _ in range(files)]) for _ in range(chats)
        ]
        before, cpu_before_s, began_s = self._database.counts(), cpu_s(self._worker), time.monotonic()
        for chat in made:
            chat.end()
        ended = self._tenant.wait_until_settled(timeout_s=600)
        took_s = time.monotonic() - began_s
        assert {transfer.outcome for transfer in ended} == {"stored"}
        each = (self._database.counts() - before).less(self._idle, took_s).over(chats)
        return {
            "statements": each.statements,
            "commits": each.commits,
            "wal_bytes": each.wal_bytes,
            "disk_bytes": each.database_bytes,
            "cpu_s": (cpu_s(self._worker) - cpu_before_s - self._idle_cpu * took_s) / chats,
        }


def carry_figures(server: Server) -> dict[str, float]:
    """One worker, one tenant; chats of one file, of five files, of one large file: their differences show the parts."""
    database = Database(server, "carry")
    environment = {"DATABASE_URL": database.url, "ATTACHMENT_TRANSFER_POLL_INTERVAL_S": str(POLL_S)}
    with open_stack(StackOptions(service_environment=environment)) as stack:
        worker = listeners(stack.ports.service + 1)[0]
        with Lab(stack, is_own=True).tenant() as tenant:
            carried = Carried(tenant, database, worker)
            carried(4, 2, SMALL_BYTES)  # what is loaded once
            one, five = carried(CHATS, 1, SMALL_BYTES), carried(CHATS, 5, SMALL_BYTES)
            large = carried(max(4, CHATS // 4), 1, LARGE_MB * 1_000_000)
            connections, memory_mb = database.connections(), peak_mb(worker)
    file = {name: (five[name] - one[name]) / 4 for name in one}
    return {
        **carried.idle,
        **{f"file_{name}": value for name, value in file.items()},
        # Accepting is in here, save for its processor time, which is another process's.
        **{f"chat_{name}": one[name] - file[name] for name in one},
        "mb_cpu_s": (large["cpu_s"] - one["cpu_s"]) / LARGE_MB,
        "run_connections": connections,
        "worker_peak_mb": memory_mb,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, help="also write the figures into this file")
    arguments = parser.parse_args()
    figures: dict[str, Any] = {
        "measured_at": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} noisy cores, {platform.machine()}, Python {platform.python_version()}",
    }
    phases: list[tuple[str, Callable[[Server], dict[str, float]]]] = [
        ("accepting", accept_figures),
        ("carrying", carry_figures),
    ]
    with postgresql() as server:
        figures["postgresql"] = psycopg.connect(server.database("version")).execute("SHOW server_version").fetchone()[0]  # type: ignore[index]
        for name, measure in phases:
            say(f"{name} …")
            figures |= {key: float(f"{value:.4g}") for key, value in measure(server).items()}
    text = json.dumps(figures, indent=2) + "\n"
    if arguments.write:
        arguments.write.write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
