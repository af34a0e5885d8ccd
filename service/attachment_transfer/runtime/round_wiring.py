"""Wires what a round needs, from the settings: store, clients, carrier, policy and scanner."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import httpx
import sqlalchemy as sa

from attachment_transfer.clients.clamd import Clamd
from attachment_transfer.clients.outbound.governor import Governor, Pace
from attachment_transfer.clients.outbound.transport import OutboundPolicy, OutboundTransport
from attachment_transfer.core.policy import Policy
from attachment_transfer.engine.queue import RoundQueue
from attachment_transfer.ledger.refusals import Refusals
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.runtime.allow_list_file import AllowListFile
from attachment_transfer.runtime.common import crash_points_of, enqueuer, new_id, outbound_policy
from attachment_transfer.runtime.crash_points import CrashingStore, CrashingTransport
from attachment_transfer.runtime.settings import Settings
from attachment_transfer.telemetry import metrics
from attachment_transfer.worker.attempt import AttemptRules
from attachment_transfer.worker.calls import CredentialWatch
from attachment_transfer.worker.carry import AttachmentCarrier
from attachment_transfer.worker.inspection import Inspector
from attachment_transfer.worker.neighbours import ClientFactory, Limits
from attachment_transfer.worker.prefetch import Prefetcher
from attachment_transfer.worker.rounds import Rounds
from attachment_transfer.worker.write_back import WriteBack

_random = random.SystemRandom()


def round_store_of(settings: Settings, engine: sa.Engine, now_s: Callable[[], float]) -> RoundStore:
    """The ledger as rounds see it."""
    given: dict[str, Any] = {
        "keys": KeyRing.parse(settings.sealing_keys),
        "now_s": now_s,
        "new_id": new_id,
        "redrive_s": settings.redrive_s,
        "distinct_names": settings.deduplicate_names,
    }
    points = crash_points_of(settings)
    return CrashingStore(engine, points, **given) if points else RoundStore(engine, **given)


def way_out_of(settings: Settings, policy: OutboundPolicy) -> httpx.BaseTransport:
    """The transport that all calls of this process share."""
    transport = OutboundTransport(policy, max_connections=4 * settings.rounds_per_worker)
    points = crash_points_of(settings)
    return CrashingTransport(transport, points) if points else transport


def rounds_of(
    settings: Settings,
    store: RoundStore,
    queue: RoundQueue,
    refusals: Refusals,
    now_s: Callable[[], float],
    predecessors_dead_at_s: float | None,
    allow_list: AllowListFile,
) -> Rounds:
    """What runs the steps of a round."""
    limits = _limits(settings)
    return Rounds(
        store,
        _client_factory(settings, limits, refusals, now_s, allow_list),
        AttachmentCarrier(attempt_rules(settings, limits, store, now_s, predecessors_dead_at_s), jitter=_random.random),
        enqueue=enqueuer(queue),
        now_s=now_s,
        jitter=_random.random,
        transcript=settings.transcript,
        write_back=WriteBack(store) if settings.write_back else None,
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        read_s=settings.read_timeout_s,
        document_s=settings.document_timeout_s,
        slow_grace_s=settings.slow_grace_s,
        least_bytes_per_s=settings.least_rate_bytes_per_s,
        upload_s=settings.upload_timeout_s,
        attachment_bytes=settings.max_attachment_bytes,
    )


def attempt_rules(
    settings: Settings,
    limits: Limits,
    store: RoundStore,
    now_s: Callable[[], float],
    predecessors_dead_at_s: float | None,
) -> AttemptRules:
    """What the settings say of each attempt."""
    return AttemptRules(
        store=store,
        limits=limits,
        settle_s=settings.dialect.c4c_settle_s,
        verify_digest=settings.verify_digest,
        now_s=now_s,
        monotonic_s=time.monotonic,
        inspector=_inspector(settings),
        prefetcher=Prefetcher(most_bytes=settings.prefetch_bytes, patience_s=settings.read_timeout_s),
        predecessors_dead_at_s=predecessors_dead_at_s,
    )


def _client_factory(
    settings: Settings, limits: Limits, refusals: Refusals, now_s: Callable[[], float], allow_list: AllowListFile
) -> ClientFactory:
    policy = outbound_policy(settings, settings.callers.all_hosts(settings.allowed_hosts), allow_list.hosts)
    governor = Governor(
        pace=Pace(per_s=settings.calls_per_s, burst=2 * settings.calls_per_s),
        now_s=now_s,
        monotonic_s=time.monotonic,
        pause_s=time.sleep,
    )
    metrics.LEFT_ALONE.set_function(lambda: len(governor.open_breakers()))
    return ClientFactory(
        lambda: way_out_of(settings, policy),
        dialect=settings.dialect,
        limits=limits,
        governor=governor,
        watch=CredentialWatch(refusals),
        now_s=now_s,
        hosts_of=lambda caller: settings.callers.hosts_of(caller, (*settings.allowed_hosts, *allow_list.hosts())),
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
