"""The worker as a program: one lock, one durable engine, a health port, a clean end."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

import structlog

from attachment_transfer.worker.health import HealthServer

_log = structlog.get_logger(__name__)
_HOUSEKEEPING_S = 5.0
_LAB_CLOCK_WATCH_S = 0.1


class AlreadyWorking(Exception):
    """Another worker holds the lock of this SQLite database; exactly one may run."""


class WorkerLock:
    """``flock`` on ``<database>.worker.lock``. The kernel drops it when the process dies, however it dies."""

    def __init__(self, path: Path, *, wait: bool) -> None:
        self._path = path
        self._wait = wait
        self._file: IO[str] | None = None

    def __enter__(self) -> WorkerLock:
        self._file = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | (0 if self._wait else fcntl.LOCK_NB))
        except BlockingIOError as exc:
            self._file.close()
            raise AlreadyWorking(
                f"another worker holds {self._path}: SQLite allows one; use postgresql:// for several, "
                "or --standby to wait for the lock"
            ) from exc
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _exc: BaseException | None, _tb: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


class DurableWorker(Protocol):
    """What the program needs of the engine."""

    def launch(self) -> None:
        """Start claiming rounds."""

    def drain(self, timeout_s: int) -> None:
        """Stop claiming, finish what runs."""


def work(
    worker: DurableWorker,
    health: HealthServer,
    *,
    stop: threading.Event,
    drain_s: int,
    after_launch: Callable[[], None],
    housekeeping: Callable[[], object],
    lab_offset_s: Callable[[], float] | None,
    pull_forward: Callable[[float], int],
) -> None:
    """Run until ``stop``: claim rounds, keep house, follow the lab's clock; then drain.

    Args:
        lab_offset_s: the lab clock's offset, or None in production. When it grows, delayed rounds come due earlier.
    """
    health.start()
    worker.launch()
    after_launch()
    health.ready()
    _log.info("worker ready", pid=os.getpid())
    watcher = threading.Thread(
        target=_follow_clock, args=(stop, lab_offset_s, pull_forward), name="lab-clock", daemon=True
    )
    if lab_offset_s is not None:
        watcher.start()
    while not stop.wait(_HOUSEKEEPING_S):
        health.beat()
        _guarded(housekeeping)
    health.draining()
    _log.info("draining", timeout_s=drain_s)
    worker.drain(drain_s)
    health.stop()


def _follow_clock(stop: threading.Event, offset_s: Callable[[], float], pull_forward: Callable[[float], int]) -> None:
    seen_s = offset_s()
    while not stop.wait(_LAB_CLOCK_WATCH_S):
        now_s = offset_s()
        if now_s > seen_s:
            _guarded(lambda: pull_forward(now_s - seen_s))  # noqa: B023 - called before the loop goes on
        seen_s = now_s


def _guarded(chore: Callable[[], object]) -> None:
    """A chore that fails must not end the worker: say so and come back to it."""
    try:
        chore()
    except Exception as exc:  # noqa: BLE001
        _log.warning("housekeeping failed", error=type(exc).__name__)
