"""Wires everything from settings. The only place that builds clocks, ids, chance and transports."""

from __future__ import annotations

import os
import random
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from flask import Flask
from prometheus_client import CollectorRegistry

from attachment_transfer import logs, meters, otel, tracing
from attachment_transfer.clients.clamd import Clamd
from attachment_transfer.clients.documents import read_json
from attachment_transfer.clients.governor import Governor, Pace
from attachment_transfer.clients.outbound import OutboundPolicy, OutboundTransport, speaking_to
from attachment_transfer.clients.timelimits import CallTimes
from attachment_transfer.clock import LabClock, SystemClock
from attachment_transfer.core.errors import UnexpectedAnswer
from attachment_transfer.core.hosts import HostPattern
from attachment_transfer.core.model import Transfer
from attachment_transfer.core.policy import Policy
from attachment_transfer.doorbell import doorbell_of, listen, ring
from attachment_transfer.engine import EngineSchemaBehind, QueueLimits, RoundQueue, Worker, schema_number
from attachment_transfer.engine import migrate as migrate_engine
from attachment_transfer.engine_time import go_by
from attachment_transfer.hardening import harden
from attachment_transfer.ingress.admission import Admission
from attachment_transfer.ingress.app import EXTENSION, Ingress, create_app
from attachment_transfer.ingress.bearer import Doorkeeper
from attachment_transfer.ingress.bulkhead import Bulkhead
from attachment_transfer.ingress.issuer_keys import IssuerKeys, KeyTimes
from attachment_transfer.ingress.serving import Serving
from attachment_transfer.ingress.waiting import Waiting
from attachment_transfer.ledger import audit
from attachment_transfer.ledger.accept import Enqueue
from attachment_transfer.ledger.database import (
    UnusableDatabase,
    check_schema,
    migrate,
    migrating_alone,
    open_database,
    refuse_newer,
    schema_obstacle,
    schema_of,
    sqlite_path,
)
from attachment_transfer.ledger.database import migration_script as ledger_script
from attachment_transfer.ledger.gauges import metrics_page, pseudonym
from attachment_transfer.ledger.leases import Leases
from attachment_transfer.ledger.move import move
from attachment_transfer.ledger.overdue import overdue
from attachment_transfer.ledger.purge import Purger, give_back_space
from attachment_transfer.ledger.refusals import Refusals
from attachment_transfer.ledger.round_book import RoundBook
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.ledger.shared_clock import SharedClock
from attachment_transfer.ledger.traces import trace_of
from attachment_transfer.ledger.views import count_open, known_issuers
from attachment_transfer.settings import BadSettings, Settings
from attachment_transfer.supervisor import end_with_parent, is_supervised, report_ready
from attachment_transfer.worker.carry import Carrier
from attachment_transfer.worker.credentials import CredentialWatch
from attachment_transfer.worker.health import HealthServer
from attachment_transfer.worker.inspection import Inspector
from attachment_transfer.worker.lease_keeper import LeaseKeeper
from attachment_transfer.worker.neighbours import Limits, Phonebook
from attachment_transfer.worker.observed import ObservedRounds
from attachment_transfer.worker.prefetch import Prefetcher
from attachment_transfer.worker.presence import Presence
from attachment_transfer.worker.process import WorkerLock, end_what_is_left, work
from attachment_transfer.worker.retention import Retention
from attachment_transfer.worker.rounds import Rounds
from attachment_transfer.worker.write_back import WriteBack

_JWKS_LIMIT_BYTES = 256 * 1024
#: SQLite has one worker at a time, so its executor keeps its name over restarts.
_EMBEDDED = "embedded"
#: Requests of the API that use the database at once; SQLite takes turns anyway.
_AT_ONCE = 8
#: The API's threads: for requests that hold a place and as many that wait for one, and for those that wait for keys of
#: known and of unknown issuers.
_API_THREADS = 2 * (_AT_ONCE + KeyTimes().waiting)
#: Every answer is there by then: Contact Pro gives up after 10 s by default (documented), and the way takes time too.
_ANSWER_WITHIN_S = 8.0
#: The synchronous wait ends so long before that, so that its answer can still be written.
_SYNC_MARGIN_S = 1.0
#: How long the API waits for the database's write lock. With the bulkhead's patience it is less than the above.
_WRITE_PATIENCE_S = 4.0
#: The embedded worker's look at the queue while nothing runs, in seconds: what is new rings, what is delayed can wait.
_IDLE_POLL_S = 1.0
#: Of five seconds of housekeeping; SQLite's one writer has better things to do than two batches in a row.
_PURGE_AT_MOST_S = 2.0
#: How long a request waits for its turn before the database is taken to hang: less than a probe waits for its answer.
_PATIENCE_S = 3.0


def clock_of(settings: Settings) -> SystemClock:
    """The lab's clock only in lab mode, and only where a file is named."""
    return LabClock(settings.lab_clock_file) if settings.lab_clock_file else SystemClock()


def new_id() -> str:
    """32 hex digits."""
    return uuid.uuid4().hex


@dataclass(frozen=True, kw_only=True)
class Migrated:
    """What a database has now: the ledger's version and step, and the number of DBOS's last migration."""

    version: int
    step: str
    engine: int


def migrate_all(settings: Settings) -> Migrated:
    """Create or upgrade both schemas in the one database. Raises ``UnusableDatabase``.

    DBOS's tables come first: readiness asks for the ledger's step, and then both are there.
    """
    engine = open_database(settings.database_url)
    try:
        with migrating_alone(engine):
            refuse_newer(engine)
            migrate_engine(settings.database_url, engine)
            migrate(engine)
            schema = schema_of(engine)
            return Migrated(version=schema.version, step=schema.step, engine=schema_number(engine))
    except sa.exc.DBAPIError as exc:
        raise UnusableDatabase(f"the database did not let itself be migrated ({type(exc).__name__})") from exc
    finally:
        engine.dispose()


def migration_script(settings: Settings, since: str | None) -> str:
    """The ledger's part of :func:`migrate_all` as SQL, for a person to run."""
    engines = '-- DBOS\'s own tables are not in here, and come first: dbos migrate --sys-db-url "$DATABASE_URL"\n'
    return engines + ledger_script(settings.database_url, since)


def move_from(settings: Settings, source_url: str) -> dict[str, int]:
    """Copy an embedded database into the configured one and go on there. Needs the old worker stopped."""
    path = sqlite_path(source_url)
    with WorkerLock(path.with_name(path.name + ".worker.lock"), wait=False):
        source, target = open_database(source_url), open_database(settings.database_url)
        check_schema(source)
        migrate_all(settings)
        queue = RoundQueue(target, _master_keys(settings))
        return move(source, target, enqueue=enqueuer(queue), now_s=clock_of(settings).now_s())


def enqueuer(queue: RoundQueue) -> Enqueue:
    """The queue as the ledger wants it: a function inside its transaction."""

    def enqueue(connection: sa.Connection, transfer: Transfer, delay_s: float) -> None:
        queue.enqueue(
            connection,
            transfer_id=transfer.id,
            round_no=transfer.round_no,
            tenant=transfer.tenant,
            delay_s=delay_s,
        )

    return enqueue


def purger(
    settings: Settings,
    engine: sa.Engine,
    now_s: Callable[[], float],
    *,
    retention_s: float,
    actor: str = audit.WORKER,
) -> Purger:
    """What deletes transfers that ended longer ago than the retention time, with their rows in the engine."""
    queue = RoundQueue(engine, _master_keys(settings))
    return Purger(engine=engine, forget=queue.forget, now_s=now_s, retention_s=retention_s, actor=actor)


def observe(settings: Settings) -> None:
    """Begin to log, and to export spans if the settings ask for it. Raises ``BadSettings``."""
    logs.configure(settings.log_format)
    if settings.otel:
        try:
            tracing.export_to(otel.exporter())
        except otel.OtelMissing as exc:
            raise BadSettings(str(exc)) from exc


def operator_tools(settings: Settings) -> tuple[sa.Engine, Enqueue, SystemClock]:
    """What the command line needs to look at transfers and move them."""
    engine = open_database(settings.database_url)
    check_schema(engine)
    queue = RoundQueue(engine, _master_keys(settings))
    return engine, enqueuer(queue), clock_of(settings)


def ingress_app(settings: Settings) -> Flask:
    """The WSGI application of the API process."""
    clock = clock_of(settings)
    bell = doorbell_of(os.environ)
    engine = open_database(settings.database_url, write_patience_s=_WRITE_PATIENCE_S)
    queue = RoundQueue(engine, _master_keys(settings))
    issuer_keys = IssuerKeys(
        _jwks_fetcher(settings),
        clock.now_s,
        trusted=[*(issuer for issuer in settings.token_issuers if "*" not in issuer), *known_issuers(engine)],
    )
    issuer_keys.prepare()
    meters.OLDEST_KEYS.set_function(issuer_keys.oldest_s)
    doorkeeper = Doorkeeper(
        issuers=settings.token_issuers,
        audience=settings.token_audience,
        leeway_s=settings.token_leeway_s,
        keys=issuer_keys,
        now_s=clock.now_s,
    )
    return create_app(
        Ingress(
            engine=engine,
            keys=KeyRing.parse(settings.sealing_keys),
            enqueue=enqueuer(queue),
            doorkeeper=doorkeeper,
            allowed_hosts=settings.allowed_hosts,
            scope_post=settings.scope_post,
            scope_status=settings.scope_status,
            scope_operator=settings.scope_operator,
            max_request_bytes=settings.max_request_bytes,
            now_s=clock.now_s,
            new_id=new_id,
            metrics=_metrics(settings, engine, clock, meters.API),
            admission=_admission(settings, engine),
            waiting=Waiting(
                longest_s=settings.sync_wait_s,
                in_all_s=_answer_within_s(settings) - _SYNC_MARGIN_S,
                at_once=_AT_ONCE // 2,
                monotonic_s=time.monotonic,
                pause_s=time.sleep,
            ),
            bulkhead=Bulkhead(places=_AT_ONCE, patience_s=_PATIENCE_S),
            ring=partial(ring, bell) if bell else lambda: None,
            living_workers=Leases(engine, ttl_s=settings.lease_ttl_s).count_unexpired,
            worker_beside=is_supervised(),
        )
    )


def _metrics(
    settings: Settings, engine: sa.Engine, clock: SystemClock, process: CollectorRegistry
) -> Callable[[], bytes] | None:
    """The page as the settings leave it: closed, with tenants' hosts, or with a pseudonym for each."""
    if settings.metrics == "closed":
        return None
    shown = str if settings.metrics == "named" else partial(pseudonym, key=_master_keys(settings)[0])
    return metrics_page(engine, clock.now_s, process, rounds_per_tenant=settings.rounds_per_tenant, shown=shown)


def _admission(settings: Settings, engine: sa.Engine) -> Admission:
    folder = sqlite_path(settings.database_url).parent if settings.database_url.startswith("sqlite:") else Path("/")
    return Admission(
        settings.callers,
        open_transfers=lambda caller: count_open(engine, caller=caller),
        most_open=settings.max_open_transfers,
        free_disk_bytes=lambda: shutil.disk_usage(folder).free,
        least_free_disk_bytes=settings.min_free_disk_bytes,
        monotonic_s=time.monotonic,
    )


def serving_from_env() -> Serving:
    """The factory that the HTTP server calls in its worker process."""
    harden()
    end_with_parent()
    settings = Settings.from_env(os.environ)
    observe(settings)
    app = ingress_app(settings)
    ingress: Ingress = app.extensions[EXTENSION]
    serving = Serving(
        app,
        threads=_API_THREADS,
        most_body_bytes=settings.max_request_bytes,
        answer_within_s=_answer_within_s(settings),
        refuse_stranger=lambda environ: ingress.refuse_stranger(environ.get("HTTP_AUTHORIZATION")),
    )
    report_ready()
    return serving


def _answer_within_s(settings: Settings) -> float:
    """Longer than :data:`_ANSWER_WITHIN_S` only where the operator asks for a longer synchronous wait."""
    return max(_ANSWER_WITHIN_S, settings.sync_wait_s + _SYNC_MARGIN_S)


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
    go_by(clock.wall_s)
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
        self._bell = doorbell_of(os.environ)
        self._clock = clock
        self.engine = engine
        self._queue = RoundQueue(self.engine, _master_keys(settings))
        self._book = RoundBook(
            self.engine,
            keys=KeyRing.parse(settings.sealing_keys),
            now_s=clock.now_s,
            new_id=new_id,
            redrive_s=settings.redrive_s,
            distinct_names=settings.deduplicate_names,
        )
        self._refusals = Refusals(
            self.engine, key=_master_keys(settings)[0], now_s=clock.now_s, park_s=settings.credential_park_s
        )
        self._retention = Retention(
            purger(settings, self.engine, clock.now_s, retention_s=settings.retention_s),
            give_back_space=partial(give_back_space, self.engine),
            longest_s=0.0 if settings.database_url.startswith("sqlite:") else _PURGE_AT_MOST_S,
        )
        self._rounds = _rounds(settings, self._book, self._queue, self._refusals, clock.now_s, predecessors_dead_at_s)
        self.worker = Worker(
            url=settings.database_url,
            engine=self.engine,
            master_keys=_master_keys(settings),
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
            metrics=_metrics(settings, self.engine, self._clock, meters.WORKER),
            obstacle=lambda: schema_obstacle(self.engine),
        )

    def _is_alone(self) -> bool:
        """True if every event comes from the API beside it, which rings."""
        return self._bell is not None and self._settings.database_url.startswith("sqlite:")

    def work(self, stop: threading.Event, *, after_launch: Callable[[], None] = lambda: None) -> None:
        settings = self._settings
        if self._bell is not None:
            listen(self._bell, self.worker.wake, stop)

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
        meters.TAKEOVERS.inc(self._queue.left_by(executor_id))

    def _keep_house(self) -> None:
        self._more_housekeeping()
        self._book.shred_due()
        for transfer_id, round_no in self._queue.dropped(overdue(self.engine, now_s=self._clock.now_s())):
            self._rounds.lost(transfer_id, round_no)
        self._refusals.forget_ended()
        self._retention()
        meters.HOUSEKEEPING.set_to_current_time()


def _rounds(
    settings: Settings,
    book: RoundBook,
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
    carrier = Carrier(
        book,
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
    policy = _policy(settings, settings.callers.all_hosts(settings.allowed_hosts))
    governor = Governor(
        pace=Pace(per_s=settings.calls_per_s, burst=2 * settings.calls_per_s),
        now_s=now_s,
        monotonic_s=time.monotonic,
        pause_s=time.sleep,
    )
    meters.LEFT_ALONE.set_function(lambda: len(governor.open_breakers()))
    phonebook = Phonebook(
        lambda: OutboundTransport(policy, max_connections=4 * settings.rounds_per_worker),
        dialect=settings.dialect,
        limits=limits,
        governor=governor,
        watch=CredentialWatch(refusals),
        now_s=now_s,
        hosts_of=partial(settings.callers.hosts_of, common=settings.allowed_hosts),
    )
    return Rounds(
        book,
        phonebook,
        carrier,
        enqueue=enqueuer(queue),
        now_s=now_s,
        jitter=chance.random,
        transcript=settings.transcript,
        write_back=WriteBack(book) if settings.write_back else None,
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


def _policy(settings: Settings, allowed: tuple[HostPattern, ...]) -> OutboundPolicy:
    return OutboundPolicy(allowed=allowed, egress=settings.egress, private=settings.private_networks)


def _jwks_fetcher(settings: Settings) -> Callable[[str], dict[str, Any]]:
    """Fetch an issuer's key set; its host is allowed because the issuer matched a configured pattern."""
    limit_s = KeyTimes().fetch_s
    times = CallTimes(connect_s=limit_s, piece_s=limit_s, document_s=limit_s)

    def fetch(issuer: str) -> dict[str, Any]:
        url = httpx.URL(f"{issuer.rstrip('/')}/.well-known/jwks.json")
        transport = OutboundTransport(_policy(settings, (HostPattern(url.host),)))
        with (
            speaking_to("token issuer"),
            httpx.Client(transport=transport, trust_env=False) as client,
            client.stream(
                "GET",
                url,
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
                follow_redirects=False,
                extensions=times.document(),
            ) as response,
        ):
            if response.status_code != 200:
                raise UnexpectedAnswer(f"the token issuer answered {response.status_code} for its key set")
            document: dict[str, Any] = read_json(response, _JWKS_LIMIT_BYTES, "token issuer")
        return document

    return fetch


def _master_keys(settings: Settings) -> list[bytes]:
    return [key for _, key in KeyRing.parse(settings.sealing_keys).keys]
