"""A real durable engine in a process of its own, because DBOS is one per process. Prints what happened as JSON.

    engine_driver.py SCENARIO DATABASE_FILE

The runner stands in for the worker: what a round does is written in the transfer's id, before the first dash.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from attachment_transfer.engine import schema as durable
from attachment_transfer.engine.engine_clock import use_clock
from attachment_transfer.engine.queue import RoundQueue
from attachment_transfer.engine.worker import EngineWorker, QueueLimits
from attachment_transfer.ledger.database import open_database, writing
from attachment_transfer.ledger.schema import migrate
from attachment_transfer.runtime import logs

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
PLANTED = "planted-Word-of-C4C-1618"
WAIT_S = 60.0


class Runner:
    """Notes every call; a call of ``settle`` or ``failed`` ends a round."""

    def __init__(self) -> None:
        self.calls: list[list[object]] = []
        self._ended = threading.Condition()

    def discover(self, transfer_id: str, round_no: int) -> tuple[bool, list[str]]:
        self._note("discover", transfer_id, round_no)
        if transfer_id.startswith("raise"):
            raise RuntimeError(PLANTED)
        if transfer_id.startswith("stale"):
            self._note("settle", transfer_id, 0)
            return False, []
        return True, [f"attachment-{number}-{PLANTED}" for number in range(5)]

    def carry_one(self, transfer_id: str, round_no: int, attachment_id: str) -> tuple[str | None, bool]:
        self._note("carry_one", transfer_id, attachment_id.split("-")[1])
        if transfer_id.startswith("die") and "2" in attachment_id.split("-")[1]:
            os._exit(9)
        if transfer_id.startswith("away") and self._count("carry_one", transfer_id) == 1:
            raise sa.exc.OperationalError("SELECT 1", {}, Exception("the database is away"))
        return ("busy" if transfer_id.startswith("fail") else None), transfer_id.startswith("stop")

    def settle(self, transfer_id: str, round_no: int) -> None:
        self._note("settle", transfer_id, round_no)

    def failed(self, transfer_id: str, round_no: int, error_type: str) -> None:
        self._note("failed", transfer_id, error_type)

    def _note(self, step: str, transfer_id: str, detail: object) -> None:
        with self._ended:
            self.calls.append([step, transfer_id, detail])
            self._ended.notify_all()

    def _count(self, step: str, transfer_id: str) -> int:
        return sum(1 for call in self.calls if call[:2] == [step, transfer_id])

    def wait_for(self, *transfer_ids: str) -> bool:
        """True once each of these rounds has ended."""

        def ended() -> bool:
            return set(transfer_ids) <= {str(call[1]) for call in self.calls if call[0] in {"settle", "failed"}}

        with self._ended:
            return self._ended.wait_for(ended, WAIT_S)


def until(happened: Callable[[], bool]) -> None:
    """Wait for something that tells nobody."""
    tick = threading.Event()
    for _ in range(int(WAIT_S / 0.05)):
        if happened():
            return
        tick.wait(0.05)


def worker(
    url: str, database: sa.Engine, runner: Runner, key: bytes, *, executor_id: str = "embedded", **limits: float
) -> EngineWorker:
    return EngineWorker(
        url=url,
        engine=database,
        master_keys=[key],
        runner=runner,
        limits=QueueLimits(per_worker=4, per_tenant=4, **{"poll_s": 0.05, **limits}),  # type: ignore[arg-type]
        executor_id=executor_id,
    )


def main(scenario: str, file: Path) -> None:
    logs.configure("json")
    url = f"sqlite:///{file}"
    database = open_database(url)
    migrate(database)
    durable.migrate(url, database)
    queue = RoundQueue(database, [KEY])
    runner = Runner()
    told: dict[str, object] = {}

    def enqueue(transfer_id: str, delay_s: float = 0.0) -> None:
        with writing(database) as connection:
            queue.enqueue(connection, transfer_id=transfer_id, round_no=1, tenant="my1", delay_s=delay_s)

    def rolled_back() -> None:
        with writing(database) as connection:
            queue.enqueue(connection, transfer_id="rolled-back", round_no=1, tenant="my1", delay_s=0.0)
            raise LookupError

    if scenario == "all":
        try:
            rolled_back()
        except LookupError:
            told["rolled_back"] = True
        for transfer_id in ("twice-1", "twice-1", "raise-1", "fail-1", "stop-1", "stale-1", "away-1", "good-1"):
            enqueue(transfer_id)
        enqueue("late-1", delay_s=3_600.0)
        running = worker(url, database, runner, KEY)
        running.launch()
        told["ended"] = runner.wait_for("twice-1", "raise-1", "fail-1", "stop-1", "stale-1", "away-1", "good-1")
        told["late_before"] = any(call[1] == "late-1" for call in runner.calls)
        told["pulled"] = queue.pull_forward(3_600.0)
        told["late_after"] = runner.wait_for("late-1")
        running.drain(5)
    elif scenario == "wake":
        # Nobody looks by himself within the test's life.
        running = worker(url, database, runner, KEY, poll_s=3_600.0)
        running.launch()
        for number in range(3):
            enqueue(f"good-{number}")
            running.wake()
            told[f"ended_{number}"] = runner.wait_for(f"good-{number}")
        running.drain(5)
    elif scenario == "idle":
        running = worker(url, database, runner, KEY, poll_s=0.05, idle_poll_s=3_600.0)
        running.launch()
        until(lambda: running._pauses._length_s(0.05) > 1.0)
        settle = runner.settle

        def settle_and_go_on(transfer_id: str, round_no: int) -> None:
            # Still awake: what comes while a round runs needs no ring.
            if transfer_id == "good-1":
                enqueue("good-2")
            settle(transfer_id, round_no)

        runner.settle = settle_and_go_on  # type: ignore[method-assign]
        enqueue("good-1")
        running.wake()
        told["rung"] = runner.wait_for("good-1")
        told["busy"] = runner.wait_for("good-2")
        running.drain(5)
    elif scenario == "time":
        hand_s = [1_000_000.0]
        use_clock(lambda: hand_s[0])
        enqueue("late-1", delay_s=60.0)
        running = worker(url, database, runner, KEY)
        running.launch()
        for transfer_id in ("good-1", "good-2"):
            enqueue(transfer_id)
            runner.wait_for(transfer_id)
        told["before"] = any(call[1] == "late-1" for call in runner.calls)
        hand_s[0] += 61.0
        told["after"] = runner.wait_for("late-1")
        running.drain(5)
    elif scenario == "die":
        enqueue("die-1")
        worker(url, database, runner, KEY).launch()
        runner.wait_for("die-1")
    elif scenario == "recover":
        runner.carry_one = lambda *call: runner._note("carry_one", call[0], call[2].split("-")[1]) or (None, False)  # type: ignore[method-assign, func-returns-value]
        told["left"] = queue.left_by("embedded")
        running = worker(url, database, runner, KEY)
        running.launch()
        told["ended"] = runner.wait_for("die-1")
        running.drain(5)
    elif scenario == "takeover":
        # Another executor than the one that died: the launch takes nothing over by itself.
        runner.carry_one = lambda *call: runner._note("carry_one", call[0], call[2].split("-")[1]) or (None, False)  # type: ignore[method-assign, func-returns-value]
        running = worker(url, database, runner, KEY, executor_id="another")
        running.launch()
        told["owners"] = sorted(running.owners())
        told["calls_before"] = len(runner.calls)
        told["taken"] = running.take_over(["embedded"])
        told["taken_again"] = running.take_over(["embedded"])
        told["ended"] = runner.wait_for("die-1")
        running.drain(5)
    elif scenario == "keyless":
        enqueue("keyless-1")
        running = worker(url, database, runner, OTHER_KEY)
        enqueue("later-1", delay_s=3_600.0)
        rounds = [("keyless-1", 1), ("later-1", 1), ("unheard-of", 1)]
        told["before"] = queue.dropped(rounds)
        running.launch()
        until(lambda: len(queue.dropped(rounds)) > 1)
        told["after"] = queue.dropped(rounds)
    print(json.dumps({**told, "calls": runner.calls}))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
