"""How soon a round begins after its event was accepted: the embedded pair with its wake-up pipe against polling alone.

The same program both times: `run` makes a wake-up pipe, `serve` and `work` side by side have none. SQLite, idle worker,
one event at a time; the times are the service's own records. Also what the worker uses while nothing happens.
"""

from __future__ import annotations

import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa
from measure import BODY, SECRET_HEADERS
from measuring import Issuer, cpu_s, program, until_ready

from attachment_lab.stack.ports import Ports
from attachment_lab.stack.processes import listeners
from attachment_lab.tenant.credentials import sealing_key
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.database import open_database

EVENTS, IDLE_S, PATIENCE_S = 20, 15.0, 30.0


@contextmanager
def pair(env: dict[str, str], *, bell: bool) -> Iterator[None]:
    with ExitStack() as stack:
        for arguments in [["run"]] if bell else [["serve"], ["work"]]:
            stack.enter_context(program(env, *arguments))
        for port in ("ATTACHMENT_TRANSFER_PORT", "ATTACHMENT_TRANSFER_WORKER_PORT"):
            until_ready(int(env[port]))
        yield


def began_after_s(database: sa.Engine, transfer_id: str) -> float | None:
    """From the event's record to the round's first, in seconds; None before it begins."""
    begun = sa.select(tables.audit.c.at_s).where(
        tables.audit.c.transfer_id == transfer_id, tables.audit.c.action == "round begun"
    )
    received = sa.select(tables.event.c.received_at_s).where(tables.event.c.transfer_id == transfer_id)
    with database.connect() as connection:
        at_s = connection.execute(begun).scalar()
        return None if at_s is None else float(at_s) - float(connection.execute(received).scalar_one())


def measured(folder: Path, *, bell: bool) -> tuple[float, float]:
    """(median wait in seconds, worker's processor share while idle)."""
    issuer, ports = Issuer(), Ports.free()
    url = f"sqlite:///{folder}/{bell}.db"
    env = {
        **issuer.settings(),
        "DATABASE_URL": url,
        "ATTACHMENT_TRANSFER_SEALING_KEYS": sealing_key(),
        "ATTACHMENT_TRANSFER_PORT": str(ports.service),
        "ATTACHMENT_TRANSFER_WORKER_PORT": str(ports.service + 1),
    }
    with program(env, "migrate") as migration:
        migration.wait(60)
    headers = {"Authorization": f"Bearer {issuer.token()}", "Content-Type": "application/json", **SECRET_HEADERS}
    database, pause, waits = open_database(url), threading.Event(), []
    with pair(env, bell=bell):
        worker = listeners(ports.service + 1)[0]
        pause.wait(3)
        before_s, began_s = cpu_s(worker), time.monotonic()
        pause.wait(IDLE_S)
        idle = (cpu_s(worker) - before_s) / (time.monotonic() - began_s)
        for _ in range(EVENTS):
            connection = http.client.HTTPConnection("127.0.0.1", ports.service, timeout=30)
            body = json.dumps({**BODY, "contact_id": uuid.uuid4().hex.upper()})
            connection.request("POST", "/prod/chat-attachments", body=body, headers=headers)
            transfer_id = json.loads(connection.getresponse().read())["transfer_id"]
            end_s = time.monotonic() + PATIENCE_S
            while (wait_s := began_after_s(database, transfer_id)) is None and time.monotonic() < end_s:
                pause.wait(0.02)
            assert wait_s is not None, "the round never began"
            waits.append(wait_s)
            pause.wait(1.5)  # idle again
    database.dispose()
    return statistics.median(waits), idle


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        polled_s, polled_idle = measured(Path(name), bell=False)
        rung_s, rung_idle = measured(Path(name), bell=True)
    print(f"accepted to begun, median of {EVENTS}: polled {polled_s * 1000:.0f} ms, rung {rung_s * 1000:.0f} ms")
    print(f"rung against polled: {polled_s / rung_s:.1f} x as soon")
    print(f"idle worker: polled {polled_idle * 100:.1f} % of a core, rung {rung_idle * 100:.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
