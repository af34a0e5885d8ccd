"""When requests begin: at once in their lane, or later by the tenant's clock, which somebody may move."""

from __future__ import annotations

from datetime import datetime
from threading import Condition, Thread

from mock_kit.clock import Clock
from orchestration_mock.model.events.ordered_jobs import Job, Lanes

THREADS_PER_TENANT = 8
#: How often a delayed request looks whether the tenant's clock has reached it, in wall seconds.
LOOK_EVERY_S = 0.1


class Timetable:
    """The jobs of one tenant: those that run, and those that wait for their time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lanes = Lanes(threads=THREADS_PER_TENANT, name="edi")
        self._held: list[tuple[datetime, str, Job]] = []
        self._watching = False
        self._changed = Condition()

    def put(self, lane: str, job: Job, due_at: datetime | None = None) -> None:
        """Add a job to a lane, now or when the tenant's clock has reached ``due_at``."""
        if due_at is None or due_at <= self._clock.now():
            self._lanes.put(lane, job)
            return
        with self._changed:
            self._held.append((due_at, lane, job))
            if not self._watching:
                self._watching = True
                Thread(target=self._watch, name="edi-delay", daemon=True).start()

    def drain(self, timeout_s: float) -> bool:
        """Wait until everything that is due has run; what is held back does not count."""
        self.release_due()
        return self._lanes.drain(timeout_s)

    def release_due(self) -> int:
        """Start the jobs whose time has come, earliest first; returns how many wait on."""
        now = self._clock.now()
        with self._changed:
            due = sorted((each for each in self._held if each[0] <= now), key=lambda each: each[0])
            self._held = [each for each in self._held if each[0] > now]
            left = len(self._held)
            for _, lane, job in due:
                self._lanes.put(lane, job)
        return left

    def close(self) -> None:
        """Drop everything that has not begun."""
        with self._changed:
            self._held.clear()
            self._changed.notify_all()
        self._lanes.close()

    def _watch(self) -> None:
        """Until nothing is held back: look at the tenant's clock."""
        while True:
            self.release_due()
            with self._changed:
                if not self._held:
                    self._watching = False
                    return
                self._changed.wait(LOOK_EVERY_S)
