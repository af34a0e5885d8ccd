"""Start, watch and end the processes of the stack; each in a process group of its own, with a log file.

``kill_listener`` finds the process behind a port, to kill it on purpose.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from attachment_lab.errors import LabFailed, StackFailed
from attachment_lab.stack import process_cleanup
from attachment_lab.stack.process_cleanup import members
from attachment_lab.stack.progress import STALLED_S, StartProgress

TAIL_LINES = 15
POLL_S, LONGEST_POLL_S = 0.05, 0.5
#: After SIGTERM, how long a process may take to finish before SIGKILL.
GRACE_S = 5.0
#: Wall seconds after which a process that is busy and never ready is given up all the same.
LONGEST_S = 600.0


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to start: ``sys.executable -m module arguments`` with these extra environment variables.

    Attributes:
        program: another program with its arguments, in the place of the module.
        folder: where it runs; None = in the run directory.
    """

    name: str
    module: str = ""
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] | None = None
    program: Sequence[str] = ()
    folder: Path | None = None

    @property
    def line(self) -> list[str]:
        """Program and arguments."""
        return [*(self.program or (sys.executable, "-m", self.module)), *self.arguments]


class StackProcess:
    """One running process of the stack."""

    def __init__(self, command: Command, run_dir: Path) -> None:
        self.name = command.name
        self.log = run_dir / f"{command.name}.log"
        with self.log.open("ab") as sink:
            self._process = subprocess.Popen(
                command.line,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=clean_environment(os.environ) | dict(command.environment or {}),
                cwd=command.folder or run_dir,
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative = killed by that signal."""
        return self._process.poll()

    @property
    def log_bytes(self) -> int:
        """Size of its log so far."""
        return self.log.stat().st_size

    @property
    def cpu_s(self) -> float:
        """CPU seconds that its session's living processes have used, with the children that they have reaped."""
        used = 0.0
        for process in process_cleanup.members(self.pid):
            with contextlib.suppress(psutil.Error):
                used += sum(process.cpu_times()[:4])
        return used

    def terminate(self) -> None:
        """SIGTERM to the whole group; a group that is gone is no error."""
        process_cleanup.signal_group(self.pid, signal.SIGTERM)

    def end(self, deadline: float) -> None:
        """Wait until the session has ended, at most until the (monotonic) deadline; then SIGKILL what is left."""
        self.wait(max(0.0, deadline - time.monotonic()))
        psutil.wait_procs(process_cleanup.members(self.pid), timeout=max(0.0, deadline - time.monotonic()))
        process_cleanup.kill_session(self.pid)
        self.wait(GRACE_S)

    def wait(self, seconds: float) -> bool:
        """True when the leader ended in time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def died(self) -> StackFailed:
        """The error for a process that ended by itself."""
        return StackFailed(f"{self.name} ended {exit_words(self.exit_code)}.\n{tail(self.log)}")


class ProcessCleanup:
    """Tells the process ``process_cleanup`` which process groups to end when this process has gone."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", process_cleanup.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def watch(self, process: StackProcess) -> None:
        """From now on the process group is ended when this process is gone."""
        self._write(f"+{process.pid}")

    def forget(self, process: StackProcess) -> None:
        """The process has ended; its number may be given to another one."""
        self._write(f"-{process.pid}")

    def close(self) -> None:
        """End it: nothing is left to look after."""
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin:
                self._process.stdin.close()
        self._process.wait()

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()


class StackProcesses:
    """All processes of one stack, ended in the opposite order of their start."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._cleanup = ProcessCleanup()
        self.all: list[StackProcess] = []

    def start(self, command: Command) -> StackProcess:
        """Start one; its log is ``<run dir>/<name>.log``."""
        process = StackProcess(command, self._run_dir)
        self._cleanup.watch(process)
        self.all.append(process)
        return process

    def find_dead(self) -> StackProcess | None:
        """The first process that ended by itself."""
        return next((process for process in self.all if process.exit_code is not None), None)

    def wait_until(
        self,
        ready: Callable[[], bool],
        *,
        process: StackProcess,
        status: Callable[[], str],
        stalled_s: float = STALLED_S,
    ) -> None:
        """Poll until ``ready``, as long as every process lives and this one makes progress.

        Args:
            status: what ``process`` answers instead of being ready, in words; a change of it is progress.
            stalled_s: wall seconds without progress after which it is given up.

        Raises StackFailed with the end of the log of the process that died or stalled.
        """
        progress = StartProgress(process, status)
        while not ready():
            dead = self.find_dead()
            if dead is not None:
                raise dead.died()
            took_s, without_s = progress.took_s(), progress.stalled_for_s()
            if without_s > stalled_s or took_s > LONGEST_S:
                reason = f"{process.name} is not ready after {took_s:.0f} s, {without_s:.0f} s of them without progress"
                raise StackFailed(f"{reason}: {status()}.\n{tail(process.log)}")
            # Answering the poll must not be what keeps the process busy.
            time.sleep(min(LONGEST_POLL_S, POLL_S + took_s / 20))

    def stop_one(self, process: StackProcess) -> None:
        """End one process group, SIGTERM first."""
        process.terminate()
        process.end(time.monotonic() + GRACE_S)
        self._cleanup.forget(process)
        self.all.remove(process)

    def kill_one(self, process: StackProcess) -> None:
        """SIGKILL one session at once; it ends without a word."""
        process.end(time.monotonic())
        self._cleanup.forget(process)
        self.all.remove(process)

    def stop(self) -> None:
        """SIGTERM to every group at once, a common grace period, then SIGKILL to what is left."""
        for process in reversed(self.all):
            process.terminate()
        deadline = time.monotonic() + GRACE_S
        for process in self.all:
            process.end(deadline)
            self._cleanup.forget(process)
        self.all.clear()
        self._cleanup.close()


def clean_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process of the stack: no proxies, and no service settings of the user's shell."""

    def foreign(name: str) -> bool:
        service = name.startswith("ATTACHMENT_TRANSFER_") or name == "DATABASE_URL"
        return service or name.lower().endswith("_proxy")

    return {name: value for name, value in ours.items() if not foreign(name)} | {"PYTHONUNBUFFERED": "1"}


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The end of a log below its path, ready to be shown to a person."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return f"(no log at {log})"
    last = text.splitlines()[-lines:]
    return "\n".join([f"Last lines of {log}:", *(f"  | {line}" for line in last or ["(empty)"])])


def exit_words(code: int | None) -> str:
    """An exit code in words."""
    if code is not None and code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"with exit code {code}"


def kill_listener(port: int) -> int:
    """SIGKILL the process that listens on a loopback port; returns its pid. Raises LabFailed."""
    pids = listeners(port)
    if not pids:
        raise LabFailed(f"no process of this user listens on port {port}: nothing to kill")
    psutil.Process(pids[0]).kill()
    return pids[0]


def listeners(port: int) -> list[int]:
    """Processes with a listening socket on that port, youngest first (a forked child shares its parent's)."""
    # psutil names one process for each socket; those that share it are in the same session.
    named = next((each.pid for each in psutil.net_connections("tcp") if _listens(each, port) and each.pid), None)
    if named is None:
        return []
    found = []
    for process in members(os.getsid(named)):
        with suppress(psutil.Error):
            if any(_listens(each, port) for each in process.net_connections("tcp")):
                found.append(process.pid)
    return sorted(found, reverse=True)


def _listens(connection: Any, port: int) -> bool:
    return bool(connection.status == psutil.CONN_LISTEN and connection.laddr.port == port)
