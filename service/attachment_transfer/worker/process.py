"""The worker as a program: one lock, one durable engine, a health port, a clean shutdown."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

import structlog

from attachment_transfer.ledger.private_files import private_file
from attachment_transfer.worker.health import HealthServer

_log = structlog.get_logger(__name__)
_HOUSEKEEPING_S = 5.0
_BEAT_S = 5.0
_LAB_CLOCK_WATCH_S = 0.1
_LOCK_POLL_S = 0.1


class AlreadyWorking(Exception):
    """Another worker has the lock of this SQLite database; exactly one may run."""


class WorkerLock:
    """``flock`` on ``<database>.worker.lock``. The kernel drops it when the process dies, however it dies.

    Args:
        stop: ends the wait for the lock; then the block is entered without it, and must check ``stop`` itself.
    """

    def __init__(self, path: Path, *, wait: bool, stop: threading.Event | None = None) -> None:
        self._path = path
        self._wait = wait
        self._stop = stop or threading.Event()
        self._file: IO[str] | None = None

    def __enter__(self) -> WorkerLock:
        private_file(self._path)
        self._file = self._path.open("a+", encoding="utf-8")
        while not self._taken():
            if not self._wait:
                self._file.close()
                raise AlreadyWorking(
                    f"another worker has the lock {self._path}: SQLite allows one; use postgresql:// for several, "
                    "or --standby to wait for the lock"
                )
            # A blocking flock would not react to a signal to stop.
            if self._stop.wait(_LOCK_POLL_S):
                return self
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()
        return self

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._file or -1, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def __exit__(
        self, _type: type[BaseException] | None, _exc: BaseException | None, _tb: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def end_what_is_left(*, patience_s: float = 2.0, end: Callable[[int], object] = os._exit) -> None:
    """Return once no thread of ours runs any more, or end the process at once.

    A round that outlived the drain may still be posting. The next worker assumes, as soon as it has the lock, that no
    process posts: so the lock must be released by the end of the process, not before.
    """
    ends_at_s = time.monotonic() + patience_s
    threads = [one for one in threading.enumerate() if one is not threading.current_thread() and not one.daemon]
    for thread in threads:
        thread.join(max(0.0, ends_at_s - time.monotonic()))
    left = [thread.name for thread in threads if thread.is_alive()]
    if left:
        _log.warning("ending with rounds unfinished: they run again later", threads=len(left))
        logging.shutdown()
        end(0)


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
    """Run until ``stop``: claim rounds, run the housekeeping, follow the lab's clock; then drain.

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
    # In a thread of its own: a database that hangs blocks it, and the process must still send its heartbeat.
    keeper = threading.Thread(target=_keep_house, args=(stop, housekeeping), name="housekeeping", daemon=True)
    keeper.start()
    while not stop.wait(_BEAT_S):
        health.beat()
    health.draining()
    keeper.join(_HOUSEKEEPING_S)
    _log.info("draining", timeout_s=drain_s)
    worker.drain(drain_s)
    health.stop()


def _keep_house(stop: threading.Event, housekeeping: Callable[[], object]) -> None:
    while not stop.wait(_HOUSEKEEPING_S):
        _guarded(housekeeping)


def _follow_clock(stop: threading.Event, offset_s: Callable[[], float], pull_forward: Callable[[float], int]) -> None:
    seen_s = offset_s()
    while not stop.wait(_LAB_CLOCK_WATCH_S):
        now_s = offset_s()
        if now_s > seen_s:
            _guarded(lambda: pull_forward(now_s - seen_s))  # noqa: B023 - called before the loop goes on
        seen_s = now_s


def _guarded(chore: Callable[[], object]) -> None:
    """A chore that fails must not end the worker: log it; it is called again."""
    try:
        chore()
    except Exception as exc:  # noqa: BLE001
        _log.warning("housekeeping failed", error=type(exc).__name__)
