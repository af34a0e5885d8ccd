"""Start, watch and end the processes of the stack; each in a process group of its own, with a log file."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from attachment_lab.errors import StackFailed
from attachment_lab.stack import process_cleanup

TAIL_LINES = 15
POLL_S = 0.05
#: After SIGTERM, how long a process may take to finish before SIGKILL.
GRACE_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to start: ``sys.executable -m module arguments`` with these extra environment variables."""

    name: str
    module: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] | None = None


class StackProcess:
    """One running process of the stack."""

    def __init__(self, command: Command, run_dir: Path) -> None:
        self.name = command.name
        self.log = run_dir / f"{command.name}.log"
        with self.log.open("ab") as sink:
            self._process = subprocess.Popen(
                [sys.executable, "-m", command.module, *command.arguments],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=clean_environment(os.environ) | dict(command.environment or {}),
                cwd=run_dir,
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative = killed by that signal."""
        return self._process.poll()

    def ask_to_end(self) -> None:
        """SIGTERM to the whole group; a group that is gone is fine."""
        process_cleanup.signal_group(self.pid, signal.SIGTERM)

    def end(self, deadline: float) -> None:
        """Wait for the session to empty itself until the (monotonic) deadline, then SIGKILL what is left."""
        self.wait(max(0.0, deadline - time.monotonic()))
        while process_cleanup.members(self.pid) and time.monotonic() < deadline:
            time.sleep(POLL_S)
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
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("process_cleanup.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def watch(self, child: StackProcess) -> None:
        """From now on the child's group goes when we go."""
        self._say(f"+{child.pid}")

    def forget(self, child: StackProcess) -> None:
        """The child has ended; its number may be given to a stranger."""
        self._say(f"-{child.pid}")

    def dismiss(self) -> None:
        """Nothing left to look after."""
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin:
                self._process.stdin.close()
        self._process.wait()

    def _say(self, line: str) -> None:
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
        child = StackProcess(command, self._run_dir)
        self._cleanup.watch(child)
        self.all.append(child)
        return child

    def find_dead(self) -> StackProcess | None:
        """The first process that ended although nobody asked it to."""
        return next((child for child in self.all if child.exit_code is not None), None)

    def wait_until(
        self, ready: Callable[[], bool], *, who: StackProcess, what: Callable[[], str], deadline: float
    ) -> None:
        """Poll until ready. Raises StackFailed at once when a process dies, or at the monotonic deadline."""
        while not ready():
            dead = self.find_dead()
            if dead is not None:
                raise dead.died()
            if time.monotonic() > deadline:
                raise StackFailed(f"{who.name} is not ready: {what()}.\n{tail(who.log)}")
            time.sleep(POLL_S)

    def stop_one(self, child: StackProcess) -> None:
        """End one process group, gently first."""
        child.ask_to_end()
        child.end(time.monotonic() + GRACE_S)
        self._cleanup.forget(child)
        self.all.remove(child)

    def stop(self) -> None:
        """SIGTERM to every group at once, a common grace, then SIGKILL to whatever is left."""
        for child in reversed(self.all):
            child.ask_to_end()
        deadline = time.monotonic() + GRACE_S
        for child in self.all:
            child.end(deadline)
            self._cleanup.forget(child)
        self.all.clear()
        self._cleanup.dismiss()


def clean_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child: no proxies, and no service settings left over from the user's shell."""

    def foreign(name: str) -> bool:
        service = name.startswith("ATTACHMENT_TRANSFER_") or name == "DATABASE_URL"
        return service or name.lower().endswith("_proxy")

    return {name: value for name, value in ours.items() if not foreign(name)} | {"PYTHONUNBUFFERED": "1"}


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The end of a log, headed by its path, ready to be shown to a person."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return f"(no log at {log})"
    last = text.splitlines()[-lines:]
    return "\n".join([f"Last lines of {log}:", *(f"  | {line}" for line in last or ["(empty)"])])


def exit_words(code: int | None) -> str:
    """An exit code as a person says it."""
    if code is not None and code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"with exit code {code}"
