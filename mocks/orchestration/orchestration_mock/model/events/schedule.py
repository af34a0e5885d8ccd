"""When deliveries begin: behind those of their conversation at once, or later by the tenant's clock."""

from __future__ import annotations

from datetime import datetime
from threading import Condition, Thread

from mock_kit.tenants.clock import Clock
from orchestration_mock.model.events.ordered_jobs import Job, OrderedJobs

THREADS_PER_TENANT = 8
#: How often the tenant's clock is read while jobs are delayed, in wall seconds.
POLL_S = 0.1


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
