"""The lab's clock: an offset in a file, and rounds that come due earlier when it grows."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from attachment_transfer.runtime.clock import LabClock, SystemClock
from attachment_transfer.worker.process import _follow_clock


def put(file: Path, text: str) -> None:
    """Replace the file as the lab does: at once."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clock.json"


def test_without_a_file_the_labs_clock_is_the_systems(file: Path) -> None:
    assert LabClock(file).offset_s() == 0.0
    assert SystemClock().offset_s() == 0.0


def test_the_offset_is_read_anew_when_the_file_changes(file: Path) -> None:
    clock = LabClock(file)
    put(file, '{"offset_s": 60}')
    assert clock.offset_s() == 60.0
    put(file, '{"offset_s": 3660.5}')
    assert clock.offset_s() == 3660.5
    assert clock.now_s() - SystemClock().now_s() > 3600


@pytest.mark.parametrize("garbage", ["", "{", "[]", "{}", '{"offset_s": "soon"}', '{"offset_s": null}', "\xff"])
def test_a_file_that_cannot_be_read_leaves_the_last_offset(file: Path, garbage: str) -> None:
    clock = LabClock(file)
    put(file, '{"offset_s": 60}')
    assert clock.offset_s() == 60.0
    put(file, garbage)
    assert clock.offset_s() == 60.0
    file.unlink()
    assert clock.offset_s() == 60.0


class Follower:
    """Runs the watch over given offsets; stops after the last one."""

    def __init__(self, *offsets_s: float) -> None:
        self.offsets_s = list(offsets_s)
        self.stop = threading.Event()
        self.pulled: list[float] = []

    def offset_s(self) -> float:
        if len(self.offsets_s) == 1:
            self.stop.set()
        return self.offsets_s.pop(0) if len(self.offsets_s) > 1 else self.offsets_s[0]

    def pull(self, seconds: float) -> int:
        self.pulled.append(seconds)
        return 1

    def run(self) -> list[float]:
        _follow_clock(self.stop, self.offset_s, self.pull)
        return self.pulled


def test_a_clock_that_moves_pulls_delayed_rounds_forward_by_as_much() -> None:
    assert Follower(0.0, 0.0, 60.0, 60.0, 90.0, 90.0).run() == [60.0, 30.0]


def test_a_clock_that_is_set_back_pulls_nothing() -> None:
    assert Follower(60.0, 0.0, 0.0).run() == []


def test_a_pull_that_fails_does_not_end_the_watch() -> None:
    follower = Follower(0.0, 10.0, 30.0, 30.0)
    pull = follower.pull

    def failing(seconds: float) -> int:
        pull(seconds)
        raise RuntimeError("the database is away")

    follower.pull = failing  # type: ignore[method-assign]
    assert follower.run() == [10.0, 20.0]
