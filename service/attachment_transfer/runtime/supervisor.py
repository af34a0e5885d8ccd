"""``run``: the embedded mode. One API process and one worker process, restarted if they die, stopped together.

A child that dies before it was ready is started a few times more, each time after a longer pause: restarts do not
repair a port in use or a wrong setting, so ``run`` then ends with the child's last report. A child that was ready and
dies is restarted at once, unless it dies too often within a minute.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from attachment_transfer.engine.wake_up import WAKE_UP_VARIABLE

_log = structlog.get_logger(__name__)
_POLL_S = 0.1
_GRACE_S = 10.0
_MOST_RESTARTS_PER_MINUTE = 20
#: Starts in a row that may end before the child was ready, and the pause after the first; each further one is doubled.
_CHANCES = 5
_FIRST_PAUSE_S = 0.5
#: Names the file in which a child reports; in the environment of a supervised process.
REPORT_VARIABLE = "ATTACHMENT_TRANSFER_REPORT"
_READY = "ready"
_LONGEST_REPORT = 2_000


@dataclass
class SupervisedProcess:
    """One supervised process. ``restarts``: when it was restarted (monotonic seconds).

    Attributes:
        wake_up_pipe: the pipe by which these processes wake each other, if there is one.
        report: the file in which the child says that it is ready, or why it ends.
        failed_starts: starts in a row that ended before the child was ready.
        paused_until_s: not started again before (monotonic seconds).
    """

    name: str
    arguments: Sequence[str]
    wake_up_pipe: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    restarts: list[float] = field(default_factory=list)
    report: Path | None = None
    failed_starts: int = 0
    paused_until_s: float | None = None

    def start(self) -> None:
        """Start it with this process's id in its environment: it ends itself when this process is gone."""
        env = {**os.environ, SUPERVISOR_VARIABLE: str(os.getpid())}
        env.pop(WAKE_UP_VARIABLE, None)
        if self.wake_up_pipe is not None:
            env[WAKE_UP_VARIABLE] = str(self.wake_up_pipe)
        if self.report is not None:
            self.report.unlink(missing_ok=True)
            env[REPORT_VARIABLE] = str(self.report)
        self.process = subprocess.Popen([sys.executable, "-m", "attachment_transfer", *self.arguments], env=env)

    def died(self) -> int | None:
        """The exit code if it is not running."""
        return self.process.poll() if self.process else None

    def last_report(self) -> str:
        """What the child reported last: :data:`_READY`, why it ended, or an empty string."""
        try:
            return self.report.read_text(encoding="utf-8") if self.report else ""
        except OSError:
            return ""

    def too_often(self, now_s: float) -> bool:
        """True if it was restarted too often within a minute: another restart would not help."""
        self.restarts = [at for at in self.restarts if now_s - at < 60.0]
        return len(self.restarts) >= _MOST_RESTARTS_PER_MINUTE


SUPERVISOR_VARIABLE = "ATTACHMENT_TRANSFER_SUPERVISOR_PID"


def supervise(children: list[SupervisedProcess], stop: threading.Event) -> int:
    """Run ``children`` until ``stop``; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="attachment-transfer-") as folder:
        for child in children:
            child.report = Path(folder) / child.name
            child.start()
        code = 0
        while not stop.wait(_POLL_S) and code == 0:
            code = sum(_kept_up(child) for child in children)
        _end(children, drain_s=float(os.environ.get("ATTACHMENT_TRANSFER_DRAIN_S", "30")) + _GRACE_S)
    return min(code, 1)


def _kept_up(child: SupervisedProcess) -> int:
    """Start the child again if it died, unless it dies too often: then return 1."""
    exit_code = child.died()
    if exit_code is None:
        return 0
    now_s = time.monotonic()
    if child.paused_until_s is not None:
        if now_s >= child.paused_until_s:
            child.paused_until_s = None
            child.start()
        return 0
    return (
        _restarted(child, exit_code, now_s) if child.last_report() == _READY else _tried_again(child, exit_code, now_s)
    )


def _restarted(child: SupervisedProcess, exit_code: int, now_s: float) -> int:
    child.failed_starts = 0
    if child.too_often(now_s):
        _log.error("restarted too often, giving up", child=child.name, exit_code=exit_code)
        return 1
    _log.warning("restarting", child=child.name, exit_code=exit_code)
    child.restarts.append(now_s)
    child.start()
    return 0


def _tried_again(child: SupervisedProcess, exit_code: int, now_s: float) -> int:
    child.failed_starts += 1
    cause = child.last_report() or "it gave no reason; its log, above, may"
    if child.failed_starts >= _CHANCES:
        _log.error(
            "never ready, giving up", child=child.name, starts=child.failed_starts, exit_code=exit_code, cause=cause
        )
        return 1
    pause_s = _FIRST_PAUSE_S * 2 ** (child.failed_starts - 1)
    _log.warning("ended before it was ready", child=child.name, exit_code=exit_code, cause=cause, next_in_s=pause_s)
    child.paused_until_s = now_s + pause_s
    return 0


def report_ready() -> None:
    """In a child: report to the supervisor, if there is one, that this process is ready."""
    _report(_READY)


def report_failure(message: str) -> None:
    """In a child: report to the supervisor, if there is one, why this process ends. One sentence with its remedy."""
    _report(message[:_LONGEST_REPORT])


def _report(text: str) -> None:
    named = os.environ.get(REPORT_VARIABLE)
    if not named:
        return
    # OSError: the supervisor and its folder are gone; this process ends by itself. The first report counts.
    with contextlib.suppress(OSError), Path(named).open("x", encoding="utf-8") as report:
        report.write(text)


def is_supervised() -> bool:
    """True in a child of ``run``."""
    return SUPERVISOR_VARIABLE in os.environ


def _end(children: list[SupervisedProcess], *, drain_s: float) -> None:
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
    """In a child: end this process when the supervisor is gone (after kill -9 it cannot send a signal)."""
    supervisor = os.environ.get(SUPERVISOR_VARIABLE)
    if supervisor:
        threading.Thread(target=_watch_parent, args=(int(supervisor),), name="supervisor-watch", daemon=True).start()


def end_with_parent() -> None:
    """In the API server's own child: end when the server is gone. Otherwise the port stays in use after its kill -9."""
    threading.Thread(target=_watch_parent, args=(os.getppid(),), name="parent-watch", daemon=True).start()


def _watch_parent(supervisor_pid: int) -> None:
    while os.getppid() == supervisor_pid:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
