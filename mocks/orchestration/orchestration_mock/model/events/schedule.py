"""When deliveries begin: behind those of their conversation at once, or later by the tenant's clock.

Jobs of one key run one after another, jobs of different keys side by side. A job may let the next job of its key begin
before it ends itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from threading import Condition, Thread

from mock_kit.tenants.clock import Clock

THREADS_PER_TENANT = 8
#: How often the tenant's clock is read while jobs are delayed, in wall seconds.
POLL_S = 0.1
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


class Schedule:
    """The jobs of one tenant: those that run, and those that are delayed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs = OrderedJobs(threads=THREADS_PER_TENANT, name="edi")
        self._delayed: list[tuple[datetime, str, Job]] = []
        self._watching = False
        self._changed = Condition()

    def put(self, key: str, job: Job, due_at: datetime | None = None) -> None:
        """Add a job to those of a key, now or when the tenant's clock has reached ``due_at``."""
        if due_at is None or due_at <= self._clock.now():
            self._jobs.put(key, job)
            return
        with self._changed:
            self._delayed.append((due_at, key, job))
            if not self._watching:
                self._watching = True
                Thread(target=self._watch, name="edi-delay", daemon=True).start()

    def drain(self, timeout_s: float) -> bool:
        """Wait until every job that is due has run; delayed jobs do not count."""
        self.release_due()
        return self._jobs.drain(timeout_s)

    def release_due(self) -> int:
        """Start the delayed jobs that are due, earliest first; returns how many stay delayed."""
        now = self._clock.now()
        with self._changed:
            due = sorted((each for each in self._delayed if each[0] <= now), key=lambda each: each[0])
            self._delayed = [each for each in self._delayed if each[0] > now]
            left = len(self._delayed)
            for _, key, job in due:
                self._jobs.put(key, job)
        return left

    def close(self) -> None:
        """Drop every job that has not begun."""
        with self._changed:
            self._delayed.clear()
            self._changed.notify_all()
        self._jobs.close()

    def _watch(self) -> None:
        """Read the tenant's clock until no job is delayed."""
        while True:
            self.release_due()
            with self._changed:
                if not self._delayed:
                    self._watching = False
                    return
                self._changed.wait(POLL_S)
