"""Wires a worker process from its settings."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from functools import partial

import sqlalchemy as sa

from attachment_transfer.engine.engine_clock import use_clock
from attachment_transfer.engine.queue import RoundQueue
from attachment_transfer.engine.schema import EngineSchemaBehind, schema_number
from attachment_transfer.engine.wake_up import call_on_wake_up, wake_up_pipe_of
from attachment_transfer.engine.worker import EngineWorker, QueueLimits
from attachment_transfer.ledger.accept import trace_of
from attachment_transfer.ledger.database import UnusableDatabase, open_database, sqlite_path
from attachment_transfer.ledger.leases import Leases
from attachment_transfer.ledger.refusals import Refusals
from attachment_transfer.ledger.schema import check_schema, schema_obstacle
from attachment_transfer.ledger.upkeep.purge import give_back_space
from attachment_transfer.runtime.clock import SharedClock, SystemClock
from attachment_transfer.runtime.common import allow_list_of, clock_of, master_keys, metrics_page_of, new_id
from attachment_transfer.runtime.database_tasks import purger
from attachment_transfer.runtime.round_wiring import round_store_of, rounds_of
from attachment_transfer.runtime.settings import Settings
from attachment_transfer.runtime.supervisor import report_ready
from attachment_transfer.telemetry import metrics
from attachment_transfer.worker.health import HealthServer
from attachment_transfer.worker.lease_keeper import LeaseKeeper, Presence
from attachment_transfer.worker.observed import ObservedRounds
from attachment_transfer.worker.process import WorkerLock, end_what_is_left, work
from attachment_transfer.worker.retention import Retention

#: SQLite has one worker at a time, so its executor keeps its name over restarts.
_EMBEDDED = "embedded"
#: How often the embedded worker polls its queue while nothing runs, in seconds: a new round wakes it.
_IDLE_POLL_S = 1.0
#: Of five seconds of housekeeping; SQLite's one writer must not be blocked by two batches in a row.
_PURGE_AT_MOST_S = 2.0


def run_worker(settings: Settings, *, stop: threading.Event, standby: bool) -> None:
    """Run a worker until ``stop``. Raises ``AlreadyWorking`` where SQLite's one worker runs already.

    Raises ``UnusableDatabase`` where the schema, ledger's or engine's, is not there yet.
    """
    try:
        if settings.database_url.startswith("sqlite:"):
            _work_embedded(settings, stop, standby=standby)
        else:
            _work_distributed(settings, stop)
    except EngineSchemaBehind as exc:
        raise UnusableDatabase(f"{exc}: run `attachment-transfer migrate`") from exc


def _work_embedded(settings: Settings, stop: threading.Event, *, standby: bool) -> None:
    path = sqlite_path(settings.database_url)
    with WorkerLock(path.with_name(path.name + ".worker.lock"), wait=standby, stop=stop):
        if stop.is_set():
            return
        # The process that had the lock before is dead now, and so are its connections.
        clock = clock_of(settings)
        engine = _opened(settings)
        presence = Presence(Leases(engine, ttl_s=settings.lease_ttl_s), _EMBEDDED, ttl_s=settings.lease_ttl_s)
        parts = _WorkerParts(
            settings,
            engine,
            clock,
            executor_id=_EMBEDDED,
            predecessors_dead_at_s=clock.now_s(),
            housekeeping=presence.keep,
        )
        parts.count_inherited(_EMBEDDED)
        parts.work(stop, after_launch=presence.keep)
        presence.end()
        end_what_is_left()


def _work_distributed(settings: Settings, stop: threading.Event) -> None:
    executor_id = f"{socket.gethostname()}-{os.getpid()}-{new_id()}"
    engine = _opened(settings)
    clock = SharedClock(engine, clock_of(settings))
    use_clock(clock.wall_s)
    parts = _WorkerParts(settings, engine, clock, executor_id=executor_id, predecessors_dead_at_s=None)
    leases = Leases(engine, ttl_s=settings.lease_ttl_s)
    keeper = LeaseKeeper(
        leases,
        executor_id,
        ttl_s=settings.lease_ttl_s,
        take_over=parts.worker.take_over,
        owners=parts.worker.owners,
        align=clock.align,
    )
    # The order matters: a lease before the first claim, the beat until after the drain.
    leases.take(executor_id)
    parts.work(stop, after_launch=keeper.start)
    keeper.stop()
    end_what_is_left()


def _opened(settings: Settings) -> sa.Engine:
    engine = open_database(settings.database_url)
    check_schema(engine)
    if not schema_number(engine):
        raise UnusableDatabase("DBOS's own tables are missing: run `attachment-transfer migrate`")
    return engine


class _WorkerParts:
    """A worker's parts, wired."""

    def __init__(
        self,
        settings: Settings,
        engine: sa.Engine,
        clock: SystemClock,
        *,
        executor_id: str,
        predecessors_dead_at_s: float | None,
        housekeeping: Callable[[], None] = lambda: None,
    ) -> None:
        self._more_housekeeping = housekeeping
        self._settings = settings
        self._wake_up_pipe = wake_up_pipe_of(os.environ)
        self._clock = clock
        self.engine = engine
        self._queue = RoundQueue(engine, master_keys(settings))
        self._store = round_store_of(settings, engine, clock.now_s)
        self._refusals = Refusals(
            engine, key=master_keys(settings)[0], now_s=clock.now_s, park_s=settings.credential_park_s
        )
        self._retention = Retention(
            purger(settings, engine, clock.now_s, retention_s=settings.retention_s),
            give_back_space=partial(give_back_space, engine),
            longest_s=0.0 if settings.database_url.startswith("sqlite:") else _PURGE_AT_MOST_S,
        )
        self._allow_list = allow_list_of(settings, metrics.WORKER_ALLOW_LIST_VALID)
        self._rounds = rounds_of(
            settings,
            self._store,
            self._queue,
            self._refusals,
            clock.now_s,
            predecessors_dead_at_s,
            self._allow_list,
        )
        self.worker = self._engine_worker(executor_id)
        # Bound here: a port in use ends the process before it takes a lease.
        self._health = HealthServer(
            settings.host,
            settings.worker_port,
            metrics=metrics_page_of(settings, self.engine, self._clock, metrics.WORKER),
            obstacle=lambda: schema_obstacle(self.engine),
        )

    def _engine_worker(self, executor_id: str) -> EngineWorker:
        settings = self._settings
        return EngineWorker(
            url=settings.database_url,
            engine=self.engine,
            master_keys=master_keys(settings),
            runner=ObservedRounds(self._rounds, trace_of=partial(trace_of, self.engine)),
            limits=QueueLimits(
                per_worker=settings.rounds_per_worker,
                per_tenant=settings.rounds_per_tenant,
                poll_s=settings.poll_interval_s,
                idle_poll_s=_IDLE_POLL_S if self._is_alone() else None,
            ),
            executor_id=executor_id,
        )

    def _is_alone(self) -> bool:
        """True if every event comes from the API of the same supervisor, which wakes this process."""
        return self._wake_up_pipe is not None and self._settings.database_url.startswith("sqlite:")

    def work(self, stop: threading.Event, *, after_launch: Callable[[], None] = lambda: None) -> None:
        settings = self._settings
        if self._wake_up_pipe is not None:
            call_on_wake_up(self._wake_up_pipe, self.worker.wake, stop)

        def launched() -> None:
            after_launch()
            self._allow_list.watch(self.engine, self._clock.now_s)
            report_ready()

        work(
            self.worker,
            self._health,
            stop=stop,
            drain_s=settings.drain_s,
            after_launch=launched,
            housekeeping=self._keep_house,
            lab_offset_s=self._clock.offset_s if settings.lab_clock_file else None,
            pull_forward=self._pull_forward,
        )

    def _pull_forward(self, seconds: float) -> int:
        pulled = self._queue.pull_forward(seconds)
        self.worker.wake()
        return pulled

    def count_inherited(self, executor_id: str) -> None:
        """Count the rounds that a dead predecessor with this id left: the launch takes them over."""
        metrics.TAKEOVERS.inc(self._queue.left_by(executor_id))

    def _keep_house(self) -> None:
        self._more_housekeeping()
        self._store.shred_due()
        for transfer_id, round_no in self._queue.dropped(self._store.overdue()):
            self._rounds.lost(transfer_id, round_no)
        self._refusals.forget_ended()
        self._retention()
        metrics.HOUSEKEEPING.set_to_current_time()
