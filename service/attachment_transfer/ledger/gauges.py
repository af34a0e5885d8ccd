"""Prometheus metrics read from the ledger at each scrape: they survive restarts and agree with what is stored.

Labels are bounded: at most 25 tenants have labels of their own, those with the most open and parked transfers; the rest
is ``other``.

Open transfers are counted at each scrape, by index. Ended ones may be a hundred million rows: their count is cached.
"""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from attachment_transfer import __version__
from attachment_transfer.core.states import TERMINAL_ATTACHMENT, TERMINAL_TRANSFER, AttachmentState, TransferState
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.leases import database_now
from attachment_transfer.ledger.remembered import Remembered

MOST_TENANTS = 25
OTHER = "other"
_SOON_S = 86_400.0
_PREFIX = "attachment_transfer_"

_AT_REST = (TransferState.SETTLED, TransferState.CANCELLED)
_LIVELY = tuple(state for state in TransferState if state not in _AT_REST)

#: (state, tenant) → (count, opened_at_s of the oldest)
_Counts = dict[tuple[str, str], tuple[int, float]]


@dataclass(frozen=True)
class AtRest:
    """Counts of what does not change: transfers by (state, tenant), ended attachments by state, unresolved intents."""

    transfers: _Counts
    attachments: dict[str, int]
    ambiguous: int


class LedgerCollector(Collector):
    """Metrics of the database. If it does not answer, ``ledger_up`` is 0 and the rest is absent."""

    def __init__(
        self, engine: sa.Engine, now_s: Callable[[], float], rounds_per_tenant: int, shown: Callable[[str], str] = str
    ) -> None:
        self._shown = shown
        self._engine = engine
        self._rounds_per_tenant = rounds_per_tenant
        self._now_s = now_s
        self._at_rest = Remembered(self._count_at_rest)

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: describing would read the database at registration."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the ledger."""
        yield _info()
        try:
            with self._engine.connect() as connection:
                found = list(self._collect(connection))
        except sa.exc.DBAPIError:
            yield _gauge("ledger_up", "1 if the database answers", 0)
            return
        yield _gauge("ledger_up", "1 if the database answers", 1)
        yield from found

    def _collect(self, connection: sa.Connection) -> Iterator[GaugeMetricFamily]:
        rest = self._at_rest()
        lively = _transfers(connection, _LIVELY)
        yield _gauge(
            "runnable_rounds",
            "Rounds that workers may run at once: for each C4C tenant what is queued or runs, up to its limit",
            _runnable(lively, self._rounds_per_tenant),
        )
        counts = _bounded(lively | rest.transfers)
        yield from _by_state(counts, self._now_s())
        yield from _by_tenant(counts, self._now_s(), self._shown)
        yield _grouped(
            connection, "parked_transfers", "Parked transfers by reason: they wait for a person", "reason", _PARKED
        )
        attachments: dict[str, int] = dict.fromkeys(AttachmentState, 0) | _pairs(connection, _OPEN_ATTACHMENTS)
        attachments |= rest.attachments
        yield _labelled("attachments", "Attachments by state", "state", attachments)
        yield _gauge(
            "ambiguous_uploads",
            "Uploads of unknown outcome that no worker is resolving now",
            rest.ambiguous + connection.execute(_ambiguous(self._now_s(), _LIVELY)).scalar_one(),
        )
        yield _grouped(
            connection, "sealed_secrets", "Transfers whose secrets are kept, by sealing key", "key_id", _SEALED
        )
        yield _gauge(
            "secrets_shredded_soon",
            "Parked transfers whose secrets are shredded within a day: then only a new event can run them again",
            connection.execute(_shredded_before(self._now_s() + _SOON_S)).scalar_one(),
        )
        yield _gauge(
            "living_workers",
            "Workers that have renewed their lease in time; 0: accepted transfers wait",
            connection.execute(_living(connection)).scalar_one(),
        )
        yield _gauge("database_bytes", "Size of the database", connection.execute(_size(connection)).scalar_one())

    def _count_at_rest(self) -> AtRest:
        with self._engine.connect() as connection:
            return AtRest(
                _transfers(connection, _AT_REST),
                _pairs(connection, _ENDED_ATTACHMENTS),
                int(connection.execute(_ambiguous(self._now_s(), _AT_REST)).scalar_one()),
            )


def _transfers(connection: sa.Connection, states: Sequence[TransferState]) -> _Counts:
    """Counts by state and C4C host. Everything it needs is in one index."""
    table = tables.transfer
    query = (
        sa.select(
            table.c.state,
            table.c.c4c_url,
            sa.func.count().label("n"),
            sa.func.min(table.c.opened_at_s).label("oldest_s"),
        )
        .where(table.c.state.in_(states))
        .group_by(table.c.state, table.c.c4c_url)
    )
    counts: _Counts = {}
    for row in connection.execute(query):
        _add(counts, (str(row.state), urlsplit(row.c4c_url).hostname or OTHER), int(row.n), float(row.oldest_s))
    return counts


def _runnable(counts: _Counts, rounds_per_tenant: int) -> int:
    by_tenant: dict[str, int] = defaultdict(int)
    for (state, tenant), (count, _) in counts.items():
        if state in {TransferState.QUEUED, TransferState.RUNNING}:
            by_tenant[tenant] += count
    return sum(min(count, rounds_per_tenant) for count in by_tenant.values())


def _bounded(counts: _Counts) -> _Counts:
    """Keep the tenants with the most open and parked transfers; settled ones do not count."""
    interest: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for (state, tenant), (count, _) in counts.items():
        at_rest = state in {TransferState.SETTLED, TransferState.CANCELLED}
        busy, quiet = interest[tenant]
        interest[tenant] = (busy, quiet + count) if at_rest else (busy + count, quiet)
    kept = set(sorted(interest, key=lambda tenant: (interest[tenant], tenant), reverse=True)[:MOST_TENANTS])
    bounded: _Counts = {}
    for (state, tenant), (count, oldest_s) in counts.items():
        _add(bounded, (state, tenant if tenant in kept else OTHER), count, oldest_s)
    return bounded


def _add(counts: _Counts, key: tuple[str, str], count: int, oldest_s: float) -> None:
    before, before_s = counts.get(key, (0, oldest_s))
    counts[key] = (before + count, min(before_s, oldest_s))


def _by_state(counts: _Counts, now_s: float) -> Iterator[GaugeMetricFamily]:
    states: dict[str, int] = dict.fromkeys(TransferState, 0)
    for (state, _), (count, _) in counts.items():
        states[state] += count
    yield _labelled("transfers", "Transfers by state", "state", states)
    ages = [now_s - oldest_s for (state, _), (_, oldest_s) in counts.items() if state not in TERMINAL_TRANSFER]
    yield _gauge(
        "oldest_open_transfer_age_seconds", "Age of the oldest transfer that is not at an end", max(ages, default=0.0)
    )


def _by_tenant(counts: _Counts, now_s: float, shown: Callable[[str], str]) -> Iterator[GaugeMetricFamily]:
    transfers = GaugeMetricFamily(
        f"{_PREFIX}tenant_transfers", "Transfers by C4C tenant and state", labels=["tenant", "state"]
    )
    ages: dict[str, float] = {}
    for (state, host), (count, oldest_s) in sorted(counts.items()):
        tenant = host if host == OTHER else shown(host)
        transfers.add_metric([tenant, state], count)
        if state not in TERMINAL_TRANSFER:
            ages[tenant] = max(ages.get(tenant, 0.0), now_s - oldest_s)
    yield transfers
    yield _labelled(
        "tenant_oldest_open_transfer_age_seconds",
        "Age of the oldest transfer that is not at an end, by C4C tenant",
        "tenant",
        ages,
    )


_PARKED = (
    sa.select(tables.transfer.c.reason_code, sa.func.count())
    .where(tables.transfer.c.state == TransferState.PARKED)
    .group_by(tables.transfer.c.reason_code)
)
#: A transfer that is at rest has no attachment that is open.
_OPEN_ATTACHMENTS = (
    sa.select(tables.attachment.c.state, sa.func.count())
    .join(tables.transfer)
    .where(tables.transfer.c.state.in_(_LIVELY), tables.attachment.c.state.not_in(sorted(TERMINAL_ATTACHMENT)))
    .group_by(tables.attachment.c.state)
)
_ENDED_ATTACHMENTS = (
    sa.select(tables.attachment.c.state, sa.func.count())
    .where(tables.attachment.c.state.in_(sorted(TERMINAL_ATTACHMENT)))
    .group_by(tables.attachment.c.state)
)
_SEALED = sa.select(tables.sealed_secret.c.key_id, sa.func.count()).group_by(tables.sealed_secret.c.key_id)


def _ambiguous(now_s: float, states: Sequence[TransferState]) -> sa.Select[Any]:
    """Open intents of transfers in these states, except those of an upload that is running."""
    intent, attachment = tables.upload_intent, tables.attachment
    under_way = (attachment.c.state == AttachmentState.UPLOADING) & (intent.c.deadline_at_s >= now_s)
    return (
        sa.select(sa.func.count())
        .select_from(intent.join(attachment).join(tables.transfer))
        .where(tables.transfer.c.state.in_(states), intent.c.closed_at_s.is_(None), ~under_way)
    )


def _shredded_before(end_s: float) -> sa.Select[Any]:
    return sa.select(sa.func.count()).where(tables.sealed_secret.c.shred_at_s <= end_s)


def _living(connection: sa.Connection) -> sa.Select[Any]:
    lease = tables.engine_lease
    return sa.select(sa.func.count()).select_from(lease).where(lease.c.expires_at_s >= database_now(connection.engine))


def _size(connection: sa.Connection) -> sa.TextClause:
    if connection.dialect.name == "sqlite":
        return sa.text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
    return sa.text("SELECT pg_database_size(current_database())")


def _pairs(connection: sa.Connection, query: sa.Select[Any]) -> dict[str, int]:
    return {str(row[0]): int(row[1]) for row in connection.execute(query)}


def _grouped(connection: sa.Connection, name: str, text: str, label: str, query: sa.Select[Any]) -> GaugeMetricFamily:
    return _labelled(name, text, label, _pairs(connection, query))


def _labelled(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{_PREFIX}{name}", text, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([value], number)
    return family


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{_PREFIX}{name}", text, value=value)


def _info() -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{_PREFIX}build", "1, with the program's version as label", labels=["version"])
    family.add_metric([__version__], 1)
    return family


def pseudonym(tenant: str, *, key: bytes) -> str:
    """A name for a tenant that reveals nothing, and stays the same as long as the key does."""
    return f"tenant-{hmac.digest(key, tenant.encode(), 'sha256').hex()[:10]}"


def metrics_page(
    engine: sa.Engine,
    now_s: Callable[[], float],
    *processes: CollectorRegistry,
    rounds_per_tenant: int = 4,
    shown: Callable[[str], str] = str,
) -> Callable[[], bytes]:
    """Return a function that returns the Prometheus text of the ledger and of the registries ``processes``.

    Args:
        shown: how a tenant (its C4C host) is written in a label.
    """
    registry = CollectorRegistry()
    registry.register(LedgerCollector(engine, now_s, rounds_per_tenant, shown))
    return lambda: b"".join(generate_latest(part) for part in (registry, *processes))


def metrics_text(engine: sa.Engine, now_s: Callable[[], float], *processes: CollectorRegistry) -> bytes:
    """The same once, without a cache."""
    return metrics_page(engine, now_s, *processes)()
