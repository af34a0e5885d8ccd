"""Plan crash points of a stack's service, and see that they strike."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from attachment_lab.errors import LabFailed
from attachment_lab.matrix.hops import HOP
from attachment_lab.shared_files import replace_json
from attachment_lab.stack.process_cleanup import members
from attachment_lab.stack.running import Stack

POLL_S = 0.05
PATIENCE_S = 60.0
#: Effects that are a transaction of the service's ledger, not a request.
LEDGER_EFFECTS = {"accept": "ledger accept", "settle": "ledger finish"}


def effect_of(hop: str) -> str:
    """The effect of a hop as the service's crash points name it, a glob."""
    return LEDGER_EFFECTS.get(hop) or f"{HOP[hop].method} {HOP[hop].path}"


def plan_crash(stack: Stack, *, when: str, hop: str, do: str) -> None:
    """The next process that reaches this effect kills (``kill``) or stops (``stop``) itself."""
    replace_json(stack.crash_file, {"when": when, "effect": effect_of(hop), "do": do})


def has_struck(stack: Stack) -> bool:
    """Whether the planned crash point was reached."""
    return not stack.crash_file.exists()


def withdraw(stack: Stack) -> None:
    """Nothing is planned any more."""
    stack.crash_file.unlink(missing_ok=True)


def wait_until_struck(stack: Stack) -> None:
    """Raises LabFailed when the effect is not reached in time."""
    deadline = time.monotonic() + PATIENCE_S
    while not has_struck(stack):
        if time.monotonic() > deadline:
            withdraw(stack)
            raise LabFailed(f"no process reached the crash point within {PATIENCE_S:g} s")
        time.sleep(POLL_S)


@contextmanager
def stopped(stack: Stack) -> Iterator[int]:
    """A process of the service has stopped itself before the effect; inside the block it stands still. Its pid."""
    wait_until_struck(stack)
    pid = _stopped_process(stack)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)


def _stopped_process(stack: Stack) -> int:
    deadline = time.monotonic() + PATIENCE_S
    leaders = [each.pid for each in stack.processes.all if each.name == "service" and each.exit_code is None]
    while time.monotonic() < deadline:
        for process in (each for leader in leaders for each in members(leader)):
            try:
                if process.status() == psutil.STATUS_STOPPED:
                    return process.pid
            except psutil.Error:
                continue
        time.sleep(POLL_S)
    raise LabFailed("the crash point was reached, and no process of the service stands still")
