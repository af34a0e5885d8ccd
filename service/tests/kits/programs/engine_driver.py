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
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from attachment_transfer.engine import schema as durable
from attachment_transfer.engine.engine_clock import use_clock
from attachment_transfer.engine.queue import RoundQueue
from attachment_transfer.engine.worker import EngineWorker, QueueLimits
from attachment_transfer.engine.workflow import CarriedOne, Discovered
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

    def discover(self, transfer_id: str, round_no: int) -> Discovered:
        self.note("discover", transfer_id, round_no)
        if transfer_id.startswith("raise"):
            raise RuntimeError(PLANTED)
        if transfer_id.startswith("stale"):
            self.note("settle", transfer_id, 0)
            return Discovered(go_on=False, attachment_ids=[])
        return Discovered(go_on=True, attachment_ids=[f"attachment-{number}-{PLANTED}" for number in range(5)])

    def carry_one(self, transfer_id: str, round_no: int, attachment_id: str) -> CarriedOne:
        self.note("carry_one", transfer_id, attachment_id.split("-")[1])
        if transfer_id.startswith("die") and "2" in attachment_id.split("-")[1]:
            os._exit(9)
        if transfer_id.startswith("away") and self._count("carry_one", transfer_id) == 1:
            raise sa.exc.OperationalError("SELECT 1", {}, Exception("the database is away"))
        error = "busy" if transfer_id.startswith("fail") else None
        return CarriedOne(error=error, stop_round=transfer_id.startswith("stop"))

    def settle(self, transfer_id: str, round_no: int) -> None:
        self.note("settle", transfer_id, round_no)

    def failed(self, transfer_id: str, round_no: int, error_type: str) -> None:
        self.note("failed", transfer_id, error_type)

    def note(self, step: str, transfer_id: str, detail: object) -> None:
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


class Survivor(Runner):
    """Another life of the runner: no attachment ends its process."""

    def carry_one(self, transfer_id: str, round_no: int, attachment_id: str) -> CarriedOne:
        self.note("carry_one", transfer_id, attachment_id.split("-")[1])
        return CarriedOne(error=None, stop_round=False)


class Successor(Runner):
    """Enqueues another round when the first one settles. ``enqueue`` is set before it is used."""

    enqueue: Callable[[str], None]

    def settle(self, transfer_id: str, round_no: int) -> None:
        # Still awake: what comes while a round runs needs no wake-up.
        if transfer_id == "good-1":
            self.enqueue("good-2")
        super().settle(transfer_id, round_no)


def until(happened: Callable[[], bool]) -> None:
    """Poll for something that sends no signal."""
    tick = threading.Event()
    for _ in range(int(WAIT_S / 0.05)):
        if happened():
            return
        tick.wait(0.05)


Printed = dict[str, object]


class Scene:
    """One database with its queue, the runner, and workers over them."""

    def __init__(self, file: Path, runner: Runner) -> None:
        self.url = f"sqlite:///{file}"
        self.database = open_database(self.url)
        migrate(self.database)
        durable.migrate(self.url, self.database)
        self.queue = RoundQueue(self.database, [KEY])
        self.runner = runner

    def enqueue(self, transfer_id: str, delay_s: float = 0.0) -> None:
        with writing(self.database) as connection:
            self.queue.enqueue(connection, transfer_id=transfer_id, round_no=1, tenant="my1", delay_s=delay_s)

    def enqueue_and_roll_back(self, transfer_id: str) -> None:
        with suppress(LookupError), writing(self.database) as connection:
            self.queue.enqueue(connection, transfer_id=transfer_id, round_no=1, tenant="my1", delay_s=0.0)
            raise LookupError

    def worker(self, *, key: bytes = KEY, executor_id: str = "embedded", **limits: Any) -> EngineWorker:
        return EngineWorker(
            url=self.url,
            engine=self.database,
            master_keys=[key],
            runner=self.runner,
            limits=QueueLimits(per_worker=4, per_tenant=4, **{"poll_s": 0.05, **limits}),
            executor_id=executor_id,
        )

    def launched(self, **options: Any) -> EngineWorker:
        running = self.worker(**options)
        running.launch()
        return running

    def has_run(self, transfer_id: str) -> bool:
        return any(call[1] == transfer_id for call in self.runner.calls)


def all_kinds(scene: Scene) -> Printed:
    """One worker's life with a round of every kind."""
    scene.enqueue_and_roll_back("rolled-back")
    for transfer_id in ("twice-1", "twice-1", "raise-1", "fail-1", "stop-1", "stale-1", "away-1", "good-1"):
        scene.enqueue(transfer_id)
    scene.enqueue("late-1", delay_s=3_600.0)
    running, wait_for = scene.launched(), scene.runner.wait_for
    printed: Printed = {
        "ended": wait_for("twice-1", "raise-1", "fail-1", "stop-1", "stale-1", "away-1", "good-1"),
        "late_before": scene.has_run("late-1"),
        "pulled": scene.queue.pull_forward(3_600.0),
        "late_after": wait_for("late-1"),
    }
    running.drain(5)
    return printed


def wake(scene: Scene) -> Printed:
    """The queue is not polled within the test's life."""
    running = scene.launched(poll_s=3_600.0)
    printed: Printed = {}
    for number in range(3):
        scene.enqueue(f"good-{number}")
        running.wake()
        printed[f"ended_{number}"] = scene.runner.wait_for(f"good-{number}")
    running.drain(5)
    return printed


def idle(scene: Scene) -> Printed:
    """A worker in its long pause is woken, and stays awake for what comes while a round runs."""
    assert isinstance(scene.runner, Successor)
    scene.runner.enqueue = scene.enqueue
    running = scene.launched(poll_s=0.05, idle_poll_s=3_600.0)
    until(lambda: running.pauses.length_s(0.05) > 1.0)
    scene.enqueue("good-1")
    running.wake()
    printed: Printed = {"woken": scene.runner.wait_for("good-1"), "busy": scene.runner.wait_for("good-2")}
    running.drain(5)
    return printed


def time(scene: Scene) -> Printed:
    """A delayed round comes due by the clock that the engine was given."""
    hand_s = [1_000_000.0]
    use_clock(lambda: hand_s[0])
    scene.enqueue("late-1", delay_s=60.0)
    running = scene.launched()
    for transfer_id in ("good-1", "good-2"):
        scene.enqueue(transfer_id)
        scene.runner.wait_for(transfer_id)
    before = scene.has_run("late-1")
    hand_s[0] += 61.0
    printed: Printed = {"before": before, "after": scene.runner.wait_for("late-1")}
    running.drain(5)
    return printed


def die(scene: Scene) -> Printed:
    """The process ends in the middle of a round."""
    scene.enqueue("die-1")
    scene.launched()
    scene.runner.wait_for("die-1")
    return {}


def recover(scene: Scene) -> Printed:
    """The same executor starts again."""
    left = scene.queue.left_by("embedded")
    running = scene.launched()
    printed: Printed = {"left": left, "ended": scene.runner.wait_for("die-1")}
    running.drain(5)
    return printed


def takeover(scene: Scene) -> Printed:
    """Another executor than the one that died: the launch takes nothing over by itself."""
    running = scene.launched(executor_id="another")
    printed: Printed = {
        "owners": sorted(running.owners()),
        "calls_before": len(scene.runner.calls),
        "taken": running.take_over(["embedded"]),
        "taken_again": running.take_over(["embedded"]),
        "ended": scene.runner.wait_for("die-1"),
    }
    running.drain(5)
    return printed


def keyless(scene: Scene) -> Printed:
    """The worker has another key than the one that the round was enqueued with."""
    scene.enqueue("keyless-1")
    running = scene.worker(key=OTHER_KEY)
    scene.enqueue("later-1", delay_s=3_600.0)
    rounds = [("keyless-1", 1), ("later-1", 1), ("unheard-of", 1)]
    before = scene.queue.dropped(rounds)
    running.launch()
    until(lambda: len(scene.queue.dropped(rounds)) > 1)
    return {"before": before, "after": scene.queue.dropped(rounds)}


SCENARIOS: dict[str, tuple[Callable[[Scene], Printed], type[Runner]]] = {
    "all": (all_kinds, Runner),
    "wake": (wake, Runner),
    "idle": (idle, Successor),
    "time": (time, Runner),
    "die": (die, Runner),
    "recover": (recover, Survivor),
    "takeover": (takeover, Survivor),
    "keyless": (keyless, Runner),
}


def main(name: str, file: Path) -> None:
    logs.configure("json")
    play, runner = SCENARIOS[name]
    scene = Scene(file, runner())
    printed = play(scene)
    print(json.dumps({**printed, "calls": scene.runner.calls}))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
