"""One supervisor, its children, and how they end together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from attachment_transfer.runtime import supervisor
from attachment_transfer.runtime.supervisor import SUPERVISOR_VARIABLE, SupervisedProcess, supervise

SLEEPER = (sys.executable, "-c", "import signal; signal.pause()")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, sys; signal.signal(15, signal.SIG_IGN); print('up', flush=True); signal.pause()",
)


class Other(SupervisedProcess):
    """A child with a program of its own. ``starts`` counts; ``on_start`` is called after each."""

    def __init__(self, name: str, program: Sequence[str], on_start: object = None) -> None:
        super().__init__(name, program)
        self.starts = 0
        self._on_start = on_start

    def start(self) -> None:
        self.starts += 1
        if self.report is not None:
            self.report.unlink(missing_ok=True)
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.PIPE)
        if callable(self._on_start):
            self._on_start()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_POLL_S", 0.01)
    monkeypatch.setattr(supervisor, "_GRACE_S", 0.2)
    monkeypatch.setattr(supervisor, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setenv("ATTACHMENT_TRANSFER_DRAIN_S", "0.1")


def test_told_to_stop_it_ends_all_its_children_and_itself_well() -> None:
    stop = threading.Event()
    one, two = Other("one", SLEEPER), Other("two", SLEEPER, stop.set)
    assert supervise([one, two], stop) == 0
    assert [child.process.returncode for child in (one, two) if child.process] == [-signal.SIGTERM] * 2


def test_a_child_that_dies_is_started_again() -> None:
    stop = threading.Event()
    mortal = Other("mortal", SLEEPER)

    def kill_the_first() -> None:
        assert mortal.process is not None
        if mortal.starts == 1:
            mortal.process.kill()
        else:
            stop.set()

    mortal._on_start = kill_the_first
    assert supervise([mortal], stop) == 0
    assert mortal.starts == 2


def ready(child: Other) -> None:
    """What the child's own program does once it works."""
    assert child.report is not None
    child.report.write_text("ready", encoding="utf-8")


def test_a_child_that_is_ready_and_always_dies_is_given_up_and_takes_the_others_along() -> None:
    dying, healthy = Other("dying", ("true",)), Other("healthy", SLEEPER)
    dying._on_start = lambda: ready(dying)
    assert supervise([dying, healthy], threading.Event()) == 1
    assert dying.starts == 21
    assert healthy.process is not None
    assert healthy.process.returncode == -signal.SIGTERM


def test_a_child_that_is_never_ready_uses_up_its_chances_and_the_log_names_the_cause() -> None:
    dying, healthy = Other("dying", ("false",)), Other("healthy", SLEEPER)

    def tell_why() -> None:
        assert dying.report is not None
        dying.report.write_text("the port is taken: set another", encoding="utf-8")

    dying._on_start = tell_why
    with capture_logs() as logs:
        assert supervise([dying, healthy], threading.Event()) == 1
    assert dying.starts == supervisor._CHANCES
    assert [log["next_in_s"] for log in logs if "next_in_s" in log] == [0.01, 0.02, 0.04, 0.08]
    assert logs[-1]["event"] == "never ready, giving up"
    assert (logs[-1]["child"], logs[-1]["cause"]) == ("dying", "the port is taken: set another")
    assert healthy.process is not None
    assert healthy.process.returncode == -signal.SIGTERM


def test_a_child_that_was_ready_has_all_its_chances_again() -> None:
    stop, child = threading.Event(), Other("child", ("false",))

    def ready_at_the_fourth_start() -> None:
        if child.starts == 4:
            ready(child)
        if child.starts == 4 + supervisor._CHANCES:
            stop.set()

    child._on_start = ready_at_the_fourth_start
    assert supervise([child], stop) == 0


def test_ready_once_stays_ready_whatever_a_child_says_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = SupervisedProcess("worker", (), report=tmp_path / "worker")
    monkeypatch.setenv(supervisor.REPORT_VARIABLE, str(child.report))
    supervisor.report_ready()
    supervisor.report_failure("the database is gone")
    assert child.last_report() == "ready"


def test_a_child_that_does_not_end_in_time_is_killed() -> None:
    stop = threading.Event()
    stubborn = Other("stubborn", STUBBORN)

    def once_it_is_up() -> None:
        assert stubborn.process is not None
        assert stubborn.process.stdout is not None
        stubborn.process.stdout.readline()
        stop.set()

    stubborn._on_start = once_it_is_up
    assert supervise([stubborn], stop) == 0
    assert stubborn.process is not None
    assert stubborn.process.returncode == -signal.SIGKILL


def test_restarts_are_forgotten_after_a_minute() -> None:
    child = SupervisedProcess("x", (), restarts=[float(second) for second in range(20)])
    assert child.too_often(19.0)
    assert not child.too_often(60.5)


def test_an_orphan_ends_itself() -> None:
    """Its supervisor's number is told in the environment; ours is not that one, so it is an orphan from the start."""
    program = (
        "from attachment_transfer.runtime.supervisor import *; import signal; end_with_supervisor(); signal.pause()"
    )
    env = {**os.environ, SUPERVISOR_VARIABLE: "0"}
    orphan = subprocess.run([sys.executable, "-c", program], env=env, timeout=60, check=False)
    assert orphan.returncode == -signal.SIGTERM


def test_a_child_with_its_supervisor_lives_on() -> None:
    program = (
        "from attachment_transfer.runtime.supervisor import *; import sys\n"
        "end_with_supervisor(); print('up', flush=True); sys.stdin.read(); print('well')"
    )
    env = {**os.environ, SUPERVISOR_VARIABLE: str(os.getpid())}
    child = subprocess.run(
        [sys.executable, "-c", program], env=env, input="", capture_output=True, text=True, timeout=60, check=False
    )
    assert (child.returncode, child.stdout) == (0, "up\nwell\n")
