"""A starting process is waited for as long as it makes progress."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from attachment_lab.stack.progress import STALLED_CPU_S, StartProgress


@dataclass
class Starting:
    """A process as it is observed, and the clock."""

    log_bytes: int = 0
    cpu_s: float = 0.0
    status: str = "no answer yet"
    now_s: float = 0.0

    def progress(self) -> StartProgress:
        return StartProgress(self, lambda: self.status, now_s=lambda: self.now_s)


def stalled_after(changes: dict[str, object], seconds: float = 30.0) -> float:
    """How long the process counts as stalled when these changes come after ``seconds``, ten seconds later."""
    process = Starting()
    progress = process.progress()
    process.now_s = seconds
    assert progress.stalled_for_s() == seconds
    for name, value in changes.items():
        setattr(process, name, value)
    process.now_s = seconds + 1
    progress.stalled_for_s()
    process.now_s = seconds + 11
    return progress.stalled_for_s()


@pytest.mark.parametrize(
    "changes",
    [{"log_bytes": 12}, {"status": "503 the worker starts"}, {"cpu_s": STALLED_CPU_S}],
    ids=["it logs", "it answers differently", "it uses CPU time"],
)
def test_progress_starts_the_wait_again(changes: dict[str, object]) -> None:
    assert stalled_after(changes) == pytest.approx(10)


def test_a_little_cpu_time_as_a_polling_loop_uses_is_no_progress() -> None:
    assert stalled_after({"cpu_s": 0.6 * STALLED_CPU_S}) == pytest.approx(41)


def test_a_process_that_does_nothing_is_stalled_from_its_start() -> None:
    assert stalled_after({}) == pytest.approx(41)


def test_cpu_time_adds_up_over_the_whole_wait() -> None:
    """At a load of 20 a process gets little CPU time in any one second."""
    process = Starting()
    progress = process.progress()
    longest_s = 0.0
    for _ in range(600):
        process.now_s += 1
        process.cpu_s += 0.05
        longest_s = max(longest_s, progress.stalled_for_s())
    assert longest_s <= STALLED_CPU_S / 0.05
    assert progress.took_s() == pytest.approx(600)
