"""What every process wires alike: clock, ids, keys, the queue as the ledger uses it, logs, the metrics page."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Gauge

from attachment_transfer.clients.outbound.transport import OutboundPolicy
from attachment_transfer.core.hosts import HostPattern
from attachment_transfer.core.model import Transfer
from attachment_transfer.engine.queue import RoundQueue
from attachment_transfer.ledger.accept import Enqueue
from attachment_transfer.ledger.gauges import metrics_page, pseudonym
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.runtime import logs
from attachment_transfer.runtime.allow_list_file import AllowListFile
from attachment_transfer.runtime.clock import LabClock, SystemClock
from attachment_transfer.runtime.crash_points import CrashPoints
from attachment_transfer.runtime.setting_kinds import BadSettings
from attachment_transfer.runtime.settings import Settings
from attachment_transfer.telemetry import otel, tracing


def clock_of(settings: Settings) -> SystemClock:
    """The lab's clock only in lab mode, and only where a file is named."""
    return LabClock(settings.lab_clock_file) if settings.lab_clock_file else SystemClock()


def crash_points_of(settings: Settings) -> CrashPoints | None:
    """The lab's crash points; None in production, where nothing is wrapped."""
    return CrashPoints(settings.lab_crash_file) if settings.lab_crash_file else None


def new_id() -> str:
    """32 hex digits."""
    return uuid.uuid4().hex


def master_keys(settings: Settings) -> list[bytes]:
    return [key for _, key in KeyRing.parse(settings.sealing_keys).keys]


def enqueuer(queue: RoundQueue) -> Enqueue:
    """The queue as the ledger calls it: a function inside its transaction."""

    def enqueue(connection: sa.Connection, transfer: Transfer, delay_s: float) -> None:
        queue.enqueue(
            connection,
            transfer_id=transfer.id,
            round_no=transfer.round_no,
            tenant=transfer.tenant,
            delay_s=delay_s,
        )

    return enqueue


def observe(settings: Settings) -> None:
    """Start logging, and exporting spans if the settings say so. Raises ``BadSettings``."""
    logs.configure(settings.log_format)
    if settings.otel:
        try:
            tracing.export_to(otel.exporter())
        except otel.OtelMissing as exc:
            raise BadSettings(str(exc)) from exc


def metrics_page_of(
    settings: Settings, engine: sa.Engine, clock: SystemClock, process: CollectorRegistry
) -> Callable[[], bytes] | None:
    """The metrics page by the settings: none, with tenants' hosts, or with a pseudonym for each tenant."""
    if settings.metrics == "closed":
        return None
    shown = str if settings.metrics == "named" else partial(pseudonym, key=master_keys(settings)[0])
    return metrics_page(engine, clock.now_s, process, rounds_per_tenant=settings.rounds_per_tenant, shown=shown)


def outbound_policy(
    settings: Settings,
    allowed: tuple[HostPattern, ...],
    more_allowed: Callable[[], tuple[HostPattern, ...]] = tuple,
) -> OutboundPolicy:
    """Where this process may go; ``more_allowed`` is read at each call."""
    return OutboundPolicy(
        allowed=allowed, more_allowed=more_allowed, egress=settings.egress, private=settings.private_networks
    )


def allow_list_of(settings: Settings, valid: Gauge) -> AllowListFile:
    """The allow-list file as this process reads it; ``valid`` is the process's metric."""
    return AllowListFile(settings.allow_list.path, settings.allow_list.content, valid=valid)
