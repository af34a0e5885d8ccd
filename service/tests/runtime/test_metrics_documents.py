"""Every metric is explained in the runbook, drawn on the dashboard, and real where an alert uses it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from ingress_kit import ISSUER
from metrics_kit import Scrape
from operator_kit import Morning

from attachment_transfer.telemetry import metrics

CALLER = f"{ISSUER}#client"


ROOT = Path(__file__).parents[3]


RUNBOOK = ROOT / "docs/operations.md"


DASHBOARD = ROOT / "deploy/grafana/attachment-transfer.json"


ALERTS = ROOT / "deploy/prometheus/attachment-transfer.rules.yml"


NAME = re.compile(r"attachment_transfer_[a-z_]+")


SUFFIXES = re.compile(r"_(bucket|count|sum)$")


def exposed(scrape: Scrape) -> set[str]:
    """Every name we show, also where a counter has no sample yet."""
    declared = {
        metric.name + ("_total" if metric.type == "counter" else "")
        for registry in (metrics.API, metrics.WORKER)
        for metric in registry.collect()
    }
    return {name for name in scrape.names() | declared if name.startswith("attachment_transfer_")}


@pytest.fixture
def everything(morning: Morning, scrape: Callable[[], Scrape]) -> set[str]:
    morning.parked(CALLER, 1)
    morning.waiting(CALLER, 2)
    return exposed(scrape())


def test_every_metric_is_explained_in_the_runbook_and_none_is_invented(everything: set[str]) -> None:
    documented = set(
        re.findall(r"^\| `(attachment_transfer_[a-z_]+)`", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert documented == everything


def used(text: str) -> set[str]:
    return {SUFFIXES.sub("", name) for name in NAME.findall(text)}


def dashboard() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return document


def test_every_metric_is_on_the_dashboard_and_none_is_invented(everything: set[str]) -> None:
    queries = [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", [])]
    assert used(" ".join(queries)) == everything


def test_the_alerts_use_only_metrics_that_exist(everything: set[str]) -> None:
    assert used(ALERTS.read_text(encoding="utf-8")) <= everything


def test_every_alert_has_its_remedy_in_the_runbook_and_the_dashboard_names_only_real_ones() -> None:
    alerts = re.findall(r"- alert: (\w+)", ALERTS.read_text(encoding="utf-8"))
    assert len(alerts) == len(set(alerts)) > 10
    headings = re.findall(r"^### (AttachmentTransfer\w+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == alerts
    assert set(re.findall(r"AttachmentTransfer\w+", DASHBOARD.read_text(encoding="utf-8"))) <= set(alerts)


def test_no_two_panels_of_the_dashboard_overlap_or_share_an_id() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for one, other in combinations([panel["gridPos"] for panel in panels], 2):
        apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart_x or apart_y


def test_no_label_is_unbounded() -> None:
    """An id, a path, a contact or a caller in a label would make a new series each time."""
    bounded = {"route", "method", "status", "effect", "how", "reason", "result", "neighbour", "answer"}
    for registry in (metrics.API, metrics.WORKER):
        for collector in registry._collector_to_names:
            assert set(getattr(collector, "_labelnames", ())) <= bounded
