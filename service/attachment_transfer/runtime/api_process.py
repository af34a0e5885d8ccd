"""Wires the API process from its settings."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from flask import Flask

from attachment_transfer.clients.documents import read_json
from attachment_transfer.clients.outbound.time_limits import CallTimes
from attachment_transfer.clients.outbound.transport import OutboundTransport, speaking_to
from attachment_transfer.core.errors import DestinationRefused, UnexpectedAnswer
from attachment_transfer.core.hosts import HostPattern
from attachment_transfer.engine.queue import RoundQueue
from attachment_transfer.engine.wake_up import send_wake_up, wake_up_pipe_of
from attachment_transfer.ingress.admission import Admission
from attachment_transfer.ingress.app import EXTENSION, Ingress, create_app
from attachment_transfer.ingress.bearer import AcceptedIssuers, TokenVerifier
from attachment_transfer.ingress.bulkhead import Bulkhead
from attachment_transfer.ingress.issuer_keys import IssuerKeys, KeyTimes
from attachment_transfer.ingress.serving import Serving
from attachment_transfer.ingress.waiting import Waiting
from attachment_transfer.ledger.accept import Enqueue
from attachment_transfer.ledger.database import (
    open_database,
    sqlite_path,
)
from attachment_transfer.ledger.leases import Leases
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.ledger.views import count_open, known_issuers
from attachment_transfer.runtime.allow_list_file import AllowListFile
from attachment_transfer.runtime.clock import SystemClock
from attachment_transfer.runtime.common import (
    allow_list_of,
    clock_of,
    crash_points_of,
    enqueuer,
    master_keys,
    metrics_page_of,
    new_id,
    observe,
    outbound_policy,
)
from attachment_transfer.runtime.crash_points import after_commit, before_commit
from attachment_transfer.runtime.hardening import harden
from attachment_transfer.runtime.settings import Settings
from attachment_transfer.runtime.supervisor import end_with_parent, is_supervised, report_ready
from attachment_transfer.telemetry import metrics

_JWKS_LIMIT_BYTES = 256 * 1024
#: Requests of the API that use the database at the same time; SQLite serves one after the other anyway.
_AT_ONCE = 8
#: The API's threads: for requests that use the database, as many that wait for it, and those that wait for keys of
#: known and of unknown issuers.
_API_THREADS = 2 * (_AT_ONCE + KeyTimes().waiting)
#: Every answer is sent by then: Contact Pro gives up after 10 s by default (documented), and the way takes time too.
_ANSWER_WITHIN_S = 8.0
#: The synchronous wait ends so long before that, so that its answer can still be written.
_SYNC_MARGIN_S = 1.0
#: How long the API waits for the database's write lock. With the bulkhead's wait it is less than the limit above.
_WRITE_PATIENCE_S = 4.0
#: How long a request waits for its turn before the database is treated as hanging: less than a probe's time limit.
_PATIENCE_S = 3.0


def ingress_app(settings: Settings) -> Flask:
    """The WSGI application of the API process."""
    clock = clock_of(settings)
    pipe = wake_up_pipe_of(os.environ)
    engine = open_database(settings.database_url, write_patience_s=_WRITE_PATIENCE_S)
    queue = RoundQueue(engine, master_keys(settings))
    allow_list = allow_list_of(settings, metrics.API_ALLOW_LIST_VALID)
    allow_list.watch(engine, clock.now_s)
    enqueue, wake_worker = _around_the_commit(settings, enqueuer(queue), partial(send_wake_up, pipe) if pipe else None)
    return create_app(
        Ingress(
            engine=engine,
            keys=KeyRing.parse(settings.sealing_keys),
            enqueue=enqueue,
            token_verifier=_token_verifier(settings, engine, clock, allow_list),
            allowed_hosts=lambda: (*settings.allowed_hosts, *allow_list.hosts()),
            scope_post=settings.scope_post,
            scope_status=settings.scope_status,
            scope_operator=settings.scope_operator,
            max_request_bytes=settings.max_request_bytes,
            now_s=clock.now_s,
            new_id=new_id,
            metrics=metrics_page_of(settings, engine, clock, metrics.API),
            admission=_admission(settings, engine),
            waiting=Waiting(
                longest_s=settings.sync_wait_s,
                in_all_s=_answer_within_s(settings) - _SYNC_MARGIN_S,
                at_once=_AT_ONCE // 2,
                monotonic_s=time.monotonic,
                pause_s=time.sleep,
            ),
            bulkhead=Bulkhead(places=_AT_ONCE, patience_s=_PATIENCE_S),
            wake_worker=wake_worker,
            living_workers=Leases(engine, ttl_s=settings.lease_ttl_s).count_unexpired,
            worker_beside=is_supervised(),
        )
    )


def _around_the_commit(
    settings: Settings, enqueue: Enqueue, wake_worker: Callable[[], None] | None
) -> tuple[Enqueue, Callable[[], None]]:
    """What the endpoint calls inside and after its transaction; in the lab with crash points."""
    wake, points = wake_worker or (lambda: None), crash_points_of(settings)
    return (before_commit(enqueue, points), after_commit(wake, points)) if points else (enqueue, wake)


def _token_verifier(
    settings: Settings, engine: sa.Engine, clock: SystemClock, allow_list: AllowListFile
) -> TokenVerifier:
    issuers = AcceptedIssuers(lambda: (*settings.token_issuers, *allow_list.issuers()))
    exact = [issuer for issuer in issuers.patterns() if "*" not in issuer]
    issuer_keys = IssuerKeys(
        _jwks_fetcher(settings, issuers),
        clock.now_s,
        trusted=[*exact, *filter(issuers.accepts, known_issuers(engine))],
    )
    issuer_keys.prepare()
    metrics.OLDEST_KEYS.set_function(issuer_keys.oldest_s)
    return TokenVerifier(
        issuers=issuers,
        audience=settings.token_audience,
        leeway_s=settings.token_leeway_s,
        keys=issuer_keys,
        now_s=clock.now_s,
    )


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


def _jwks_fetcher(settings: Settings, issuers: AcceptedIssuers) -> Callable[[str], dict[str, Any]]:
    """Fetch an issuer's key set; its host is allowed because, and as long as, the issuer is accepted."""
    limit_s = KeyTimes().fetch_s
    times = CallTimes(connect_s=limit_s, piece_s=limit_s, document_s=limit_s)

    def fetch(issuer: str) -> dict[str, Any]:
        if not issuers.accepts(issuer):
            raise DestinationRefused(f"{issuer} is no accepted issuer (any more)")
        url = httpx.URL(f"{issuer.rstrip('/')}/.well-known/jwks.json")
        transport = OutboundTransport(outbound_policy(settings, (HostPattern(url.host),)))
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
