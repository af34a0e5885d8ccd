"""Background jobs in order: jobs of one key run one after another, jobs of different keys side by side.

A job may let the next job of its key begin before it ends itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread

#: A job gets a function that lets the key's next job begin; a job that does not call it delays the next one to its end.
Job = Callable[[Callable[[], None]], None]


class OrderedJobs:
    """A few daemon threads, started when needed, that run the jobs of all keys. A job must not raise."""

    def __init__(self, *, threads: int, name: str) -> None:
        self._most = threads
        self._name = name
        self._waiting: dict[str, deque[Job]] = {}
        self._ready: deque[str] = deque()
        self._threads = 0
        self._idle = 0
        self._unfinished = 0
        self._closed = False
        self._changed = Condition()

    def put(self, key: str, job: Job) -> None:
        """Add a job behind the other jobs of its key. After :meth:`close` it is dropped."""
        with self._changed:
            if self._closed:
                return
            self._unfinished += 1
            if key in self._waiting:
                self._waiting[key].append(job)
                return
            self._waiting[key] = deque([job])
            self._make_ready(key)

    def drain(self, timeout_s: float) -> bool:
        """Wait until no job is left; False when that took longer than ``timeout_s`` wall seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._unfinished == 0, timeout_s)

    def close(self) -> None:
        """Drop the waiting jobs. Running jobs may end; the threads stop."""
        with self._changed:
            self._closed = True
            self._unfinished -= sum(len(jobs) for jobs in self._waiting.values())
            for jobs in self._waiting.values():
                jobs.clear()
            self._ready.clear()
            self._changed.notify_all()

    def _make_ready(self, key: str) -> None:
        self._ready.append(key)
        if self._idle < len(self._ready) and self._threads < self._most:
            self._threads += 1
            Thread(target=self._work, name=f"{self._name}-{self._threads}", daemon=True).start()
        self._changed.notify_all()

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            key, job = taken
            started: list[str] = []

            def start_next(key: str = key, started: list[str] = started) -> None:
                if not started:
                    started.append(key)
                    self._start_next(key)

            try:
                job(start_next)
            finally:
                start_next()
                self._done()

    def _take(self) -> tuple[str, Job] | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._ready or self._closed)
            self._idle -= 1
            if self._closed:
                return None
            key = self._ready.popleft()
            return key, self._waiting[key].popleft()

    def _start_next(self, key: str) -> None:
        with self._changed:
            if self._waiting.get(key):
                self._make_ready(key)
            else:
                self._waiting.pop(key, None)

    def _done(self) -> None:
        with self._changed:
            self._unfinished -= 1
            self._changed.notify_all()
