"""Scrapes of the metrics for the tests of what is measured."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from fakes import HandClock
from metrics_kit import Growth, Scrape

from attachment_transfer.ledger.gauges import metrics_text
from attachment_transfer.telemetry import metrics


@pytest.fixture
def scrape(engine: sa.Engine, clock: HandClock) -> Callable[[], Scrape]:
    return lambda: Scrape(metrics_text(engine, clock.now_s, metrics.API, metrics.WORKER))


@pytest.fixture
def growth(scrape: Callable[[], Scrape]) -> Growth:
    return Growth(scrape)
