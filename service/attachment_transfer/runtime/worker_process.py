"""Wires a worker process from its settings."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections.abc import Callable
from functools import partial

import sqlalchemy as sa

from attachment_transfer.clients.clamd import Clamd
from attachment_transfer.clients.outbound.governor import Governor, Pace
from attachment_transfer.clients.outbound.transport import OutboundTransport
from attachment_transfer.core.policy import Policy
from attachment_transfer.engine.engine_clock import use_clock
from attachment_transfer.engine.queue import RoundQueue
from attachment_transfer.engine.schema import EngineSchemaBehind, schema_number
from attachment_transfer.engine.wake_up import call_on_wake_up, wake_up_pipe_of
from attachment_transfer.engine.worker import EngineWorker, QueueLimits
from attachment_transfer.ledger.database import (
    UnusableDatabase,
    check_schema,
    open_database,
    schema_obstacle,
    sqlite_path,
)
from attachment_transfer.ledger.leases import Leases
from attachment_transfer.ledger.refusals import Refusals
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.ledger.traces import trace_of
from attachment_transfer.ledger.upkeep.overdue import overdue
from attachment_transfer.ledger.upkeep.purge import give_back_space
from attachment_transfer.runtime.clock import SharedClock, SystemClock
from attachment_transfer.runtime.common import clock_of, enqueuer, master_keys, metrics_page_of, new_id, outbound_policy
from attachment_transfer.runtime.database_tasks import purger
from attachment_transfer.runtime.settings import Settings
from attachment_transfer.runtime.supervisor import report_ready
from attachment_transfer.telemetry import metrics
from attachment_transfer.worker.calls import CredentialWatch
from attachment_transfer.worker.carry import AttachmentCarrier
from attachment_transfer.worker.health import HealthServer
from attachment_transfer.worker.inspection import Inspector
from attachment_transfer.worker.lease_keeper import LeaseKeeper
from attachment_transfer.worker.neighbours import ClientFactory, Limits
from attachment_transfer.worker.observed import ObservedRounds
from attachment_transfer.worker.prefetch import Prefetcher
from attachment_transfer.worker.presence import Presence
from attachment_transfer.worker.process import WorkerLock, end_what_is_left, work
from attachment_transfer.worker.retention import Retention
from attachment_transfer.worker.rounds import Rounds
from attachment_transfer.worker.write_back import WriteBack

#: SQLite has one worker at a time, so its executor keeps its name over restarts.
_EMBEDDED = "embedded"
#: The embedded worker's look at the queue while nothing runs, in seconds: what is new rings, what is delayed can wait.
_IDLE_POLL_S = 1.0
#: Of five seconds of housekeeping; SQLite's one writer has better things to do than two batches in a row.
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
        # Whoever held the lock before is dead from here on, and its connections with it.
        clock = clock_of(settings)
        engine = _opened(settings)
        presence = Presence(Leases(engine, ttl_s=settings.lease_ttl_s), _EMBEDDED, ttl_s=settings.lease_ttl_s)
        parts = _Parts(
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
    parts = _Parts(settings, engine, clock, executor_id=executor_id, predecessors_dead_at_s=None)
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


class _Parts:
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
        self._queue = RoundQueue(self.engine, master_keys(settings))
        self._store = RoundStore(
            self.engine,
            keys=KeyRing.parse(settings.sealing_keys),
            now_s=clock.now_s,
            new_id=new_id,
            redrive_s=settings.redrive_s,
            distinct_names=settings.deduplicate_names,
        )
        self._refusals = Refusals(
            self.engine, key=master_keys(settings)[0], now_s=clock.now_s, park_s=settings.credential_park_s
        )
        self._retention = Retention(
            purger(settings, self.engine, clock.now_s, retention_s=settings.retention_s),
            give_back_space=partial(give_back_space, self.engine),
            longest_s=0.0 if settings.database_url.startswith("sqlite:") else _PURGE_AT_MOST_S,
        )
        self._rounds = _rounds(settings, self._store, self._queue, self._refusals, clock.now_s, predecessors_dead_at_s)
        self.worker = EngineWorker(
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
        # Bound here: a port that is taken ends the process before it takes a lease.
        self._health = HealthServer(
            settings.host,
            settings.worker_port,
            metrics=metrics_page_of(settings, self.engine, self._clock, metrics.WORKER),
            obstacle=lambda: schema_obstacle(self.engine),
        )

    def _is_alone(self) -> bool:
        """True if every event comes from the API beside it, which rings."""
        return self._wake_up_pipe is not None and self._settings.database_url.startswith("sqlite:")

    def work(self, stop: threading.Event, *, after_launch: Callable[[], None] = lambda: None) -> None:
        settings = self._settings
        if self._wake_up_pipe is not None:
            call_on_wake_up(self._wake_up_pipe, self.worker.wake, stop)

        def launched() -> None:
            after_launch()
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
        """Count the rounds that a dead predecessor of this name left: the launch takes them over."""
        metrics.TAKEOVERS.inc(self._queue.left_by(executor_id))

    def _keep_house(self) -> None:
        self._more_housekeeping()
        self._store.shred_due()
        for transfer_id, round_no in self._queue.dropped(overdue(self.engine, now_s=self._clock.now_s())):
            self._rounds.lost(transfer_id, round_no)
        self._refusals.forget_ended()
        self._retention()
        metrics.HOUSEKEEPING.set_to_current_time()


def _rounds(
    settings: Settings,
    store: RoundStore,
    queue: RoundQueue,
    refusals: Refusals,
    now_s: Callable[[], float],
    predecessors_dead_at_s: float | None,
) -> Rounds:
    limits = Limits(
        read_s=settings.read_timeout_s,
        document_s=settings.document_timeout_s,
        slow_grace_s=settings.slow_grace_s,
        least_bytes_per_s=settings.least_rate_bytes_per_s,
        upload_s=settings.upload_timeout_s,
        attachment_bytes=settings.max_attachment_bytes,
    )
    chance = random.SystemRandom()
    carrier = AttachmentCarrier(
        store,
        limits=limits,
        settle_s=settings.dialect.c4c_settle_s,
        verify_digest=settings.verify_digest,
        now_s=now_s,
        monotonic_s=time.monotonic,
        jitter=chance.random,
        predecessors_dead_at_s=predecessors_dead_at_s,
        inspector=_inspector(settings),
        prefetcher=Prefetcher(most_bytes=settings.prefetch_bytes, patience_s=settings.read_timeout_s),
    )
    policy = outbound_policy(settings, settings.callers.all_hosts(settings.allowed_hosts))
    governor = Governor(
        pace=Pace(per_s=settings.calls_per_s, burst=2 * settings.calls_per_s),
        now_s=now_s,
        monotonic_s=time.monotonic,
        pause_s=time.sleep,
    )
    metrics.LEFT_ALONE.set_function(lambda: len(governor.open_breakers()))
    client_factory = ClientFactory(
        lambda: OutboundTransport(policy, max_connections=4 * settings.rounds_per_worker),
        dialect=settings.dialect,
        limits=limits,
        governor=governor,
        watch=CredentialWatch(refusals),
        now_s=now_s,
        hosts_of=partial(settings.callers.hosts_of, common=settings.allowed_hosts),
    )
    return Rounds(
        store,
        client_factory,
        carrier,
        enqueue=enqueuer(queue),
        now_s=now_s,
        jitter=chance.random,
        transcript=settings.transcript,
        write_back=WriteBack(store) if settings.write_back else None,
    )


def _inspector(settings: Settings) -> Inspector:
    policy = Policy(
        max_bytes=settings.max_attachment_bytes,
        allowed=settings.mime_allow,
        denied=settings.mime_deny,
        originators=settings.originators,
    )
    if settings.clamd is None:
        return Inspector(policy)
    scanner = Clamd(settings.clamd, answer_s=settings.read_timeout_s, stream_s=settings.upload_timeout_s)
    return Inspector(policy, scan=scanner.scan)
