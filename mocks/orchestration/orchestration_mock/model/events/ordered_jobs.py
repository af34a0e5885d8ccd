"""Background work in lanes: the jobs of one lane run one after another, different lanes side by side.

A job may let the next one of its lane begin before it has ended itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread

#: A job is handed a function: calling it lets the lane's next job begin. Not called: that one waits for the end.
Job = Callable[[Callable[[], None]], None]


class Lanes:
    """A few daemon threads, started when needed, that share all lanes. A job must not raise."""

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

    def put(self, lane: str, job: Job) -> None:
        """Add a job at the end of a lane. After :meth:`close` it is dropped."""
        with self._changed:
            if self._closed:
                return
            self._unfinished += 1
            if lane in self._waiting:
                self._waiting[lane].append(job)
                return
            self._waiting[lane] = deque([job])
            self._make_ready(lane)

    def drain(self, timeout_s: float) -> bool:
        """Wait until nothing is left to do; False when that took longer than ``timeout_s`` wall seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._unfinished == 0, timeout_s)

    def close(self) -> None:
        """Drop what waits. What runs may end; the threads go home."""
        with self._changed:
            self._closed = True
            self._unfinished -= sum(len(jobs) for jobs in self._waiting.values())
            for jobs in self._waiting.values():
                jobs.clear()
            self._ready.clear()
            self._changed.notify_all()

    def _make_ready(self, lane: str) -> None:
        self._ready.append(lane)
        if self._idle < len(self._ready) and self._threads < self._most:
            self._threads += 1
            Thread(target=self._work, name=f"{self._name}-{self._threads}", daemon=True).start()
        self._changed.notify_all()

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            lane, job = taken
            passed_on: list[str] = []

            def pass_on(lane: str = lane, passed_on: list[str] = passed_on) -> None:
                if not passed_on:
                    passed_on.append(lane)
                    self._pass_on(lane)

            try:
                job(pass_on)
            finally:
                pass_on()
                self._done()

    def _take(self) -> tuple[str, Job] | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._ready or self._closed)
            self._idle -= 1
            if self._closed:
                return None
            lane = self._ready.popleft()
            return lane, self._waiting[lane].popleft()

    def _pass_on(self, lane: str) -> None:
        with self._changed:
            if self._waiting.get(lane):
                self._make_ready(lane)
            else:
                self._waiting.pop(lane, None)

    def _done(self) -> None:
        with self._changed:
            self._unfinished -= 1
            self._changed.notify_all()
