"""Prometheus metrics read from the ledger at each scrape: they survive restarts and agree with what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from attachment_transfer.core.states import TERMINAL_TRANSFER, AttachmentState, TransferState
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.views import count_by_state


class LedgerCollector(Collector):
    """Counts by state, and the age of the oldest transfer that is not at an end."""

    def __init__(self, engine: sa.Engine, now_s: Callable[[], float]) -> None:
        self._engine = engine
        self._now_s = now_s

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing up front: describing would read the database at registration."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the ledger."""
        transfers = GaugeMetricFamily("attachment_transfer_transfers", "Transfers by state", labels=["state"])
        oldest_s = 0.0
        counted = {state: (count, created_at_s) for state, count, created_at_s in count_by_state(self._engine)}
        for state in TransferState:
            count, created_at_s = counted.get(state, (0, self._now_s()))
            transfers.add_metric([state], count)
            if state not in TERMINAL_TRANSFER:
                oldest_s = max(oldest_s, self._now_s() - created_at_s)
        yield transfers
        yield GaugeMetricFamily(
            "attachment_transfer_oldest_open_transfer_age_seconds",
            "Age of the oldest open transfer",
            value=oldest_s,
        )
        attachments = GaugeMetricFamily("attachment_transfer_attachments", "Attachments by state", labels=["state"])
        for name, count in self._attachments().items():
            attachments.add_metric([name], count)
        yield attachments

    def _attachments(self) -> dict[str, int]:
        table = tables.attachment
        query = sa.select(table.c.state, sa.func.count()).group_by(table.c.state)
        with self._engine.connect() as connection:
            found = {row[0]: row[1] for row in connection.execute(query)}
        return {state: found.get(state, 0) for state in AttachmentState}


def metrics_text(engine: sa.Engine, now_s: Callable[[], float]) -> bytes:
    """The Prometheus text of the ledger."""
    registry = CollectorRegistry()
    registry.register(LedgerCollector(engine, now_s))
    return generate_latest(registry)
