"""``run``: the embedded mode. One API process and one worker process, restarted if they die, stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from attachment_transfer.doorbell import DOORBELL_VARIABLE

_log = structlog.get_logger(__name__)
_POLL_S = 0.1
_GRACE_S = 10.0
_MOST_RESTARTS_PER_MINUTE = 20


@dataclass
class Child:
    """One supervised process. ``restarts`` holds the times of its restarts (monotonic seconds).

    Attributes:
        doorbell: the pipe by which these processes wake each other, if there is one.
    """

    name: str
    arguments: Sequence[str]
    doorbell: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    restarts: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it, telling it who its supervisor is: it ends itself when that one is gone."""
        env = {**os.environ, SUPERVISOR_VARIABLE: str(os.getpid())}
        env.pop(DOORBELL_VARIABLE, None)
        if self.doorbell is not None:
            env[DOORBELL_VARIABLE] = str(self.doorbell)
        self.process = subprocess.Popen([sys.executable, "-m", "attachment_transfer", *self.arguments], env=env)

    def died(self) -> int | None:
        """The exit code if it is not running."""
        return self.process.poll() if self.process else None

    def too_often(self, now_s: float) -> bool:
        """True if it was restarted too often within a minute: then something is wrong that a restart won't mend."""
        self.restarts = [at for at in self.restarts if now_s - at < 60.0]
        return len(self.restarts) >= _MOST_RESTARTS_PER_MINUTE


SUPERVISOR_VARIABLE = "ATTACHMENT_TRANSFER_SUPERVISOR_PID"


def supervise(children: list[Child], stop: threading.Event) -> int:
    """Run ``children`` until ``stop``; return the exit code."""
    for child in children:
        child.start()
    code = 0
    while not stop.wait(_POLL_S) and code == 0:
        code = sum(_restarted(child) for child in children)
    _end(children, drain_s=float(os.environ.get("ATTACHMENT_TRANSFER_DRAIN_S", "30")) + _GRACE_S)
    return min(code, 1)


def _restarted(child: Child) -> int:
    exit_code = child.died()
    if exit_code is None:
        return 0
    now_s = time.monotonic()
    if child.too_often(now_s):
        _log.error("restarted too often, giving up", child=child.name, exit_code=exit_code)
        return 1
    _log.warning("restarting", child=child.name, exit_code=exit_code)
    child.restarts.append(now_s)
    child.start()
    return 0


def _end(children: list[Child], *, drain_s: float) -> None:
    running = [child.process for child in children if child.process and child.died() is None]
    for process in running:
        process.send_signal(signal.SIGTERM)
    end_s = time.monotonic() + drain_s
    for process in running:
        try:
            process.wait(timeout=max(0.1, end_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_with_supervisor() -> None:
    """In a child: end this process when the supervisor is gone (kill -9 leaves it no chance to tell us)."""
    supervisor = os.environ.get(SUPERVISOR_VARIABLE)
    if supervisor:
        threading.Thread(target=_watch_parent, args=(int(supervisor),), name="supervisor-watch", daemon=True).start()


def end_with_parent() -> None:
    """In the API server's own child: end when the server is gone. After its kill -9 the port would stay taken."""
    threading.Thread(target=_watch_parent, args=(os.getppid(),), name="parent-watch", daemon=True).start()


def _watch_parent(supervisor_pid: int) -> None:
    while os.getppid() == supervisor_pid:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
