"""What is measured: from the ledger at each scrape, and counted by the processes. Every name is explained."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ingress_kit import ISSUER, Endpoint
from operator_kit import NO_EXE, REFUSED, Morning
from prometheus_client.parser import text_string_to_metric_families
from worker_kit import Stack, a_file

from attachment_transfer.ledger import tables
from attachment_transfer.ledger.gauges import MOST_TENANTS, metrics_text
from attachment_transfer.ledger.leases import Leases
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.telemetry import metrics
from attachment_transfer.worker.lease_keeper import LeaseKeeper
from attachment_transfer.worker.observed import ObservedRounds

CALLER = f"{ISSUER}#client"
ROOT = Path(__file__).parents[3]
RUNBOOK = ROOT / "docs/operations.md"
DASHBOARD = ROOT / "deploy/grafana/attachment-transfer.json"
ALERTS = ROOT / "deploy/prometheus/attachment-transfer.rules.yml"
NAME = re.compile(r"attachment_transfer_[a-z_]+")
SUFFIXES = re.compile(r"_(bucket|count|sum)$")

Labels = dict[str, str]


class Scrape:
    """One page of metrics."""

    def __init__(self, text: bytes) -> None:
        self.samples = [
            (sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(text.decode())
            for sample in family.samples
        ]

    def __call__(self, name: str, **labels: str) -> float | None:
        """The one sample with this name and these labels."""
        found = [value for n, had, value in self.samples if n == f"attachment_transfer_{name}" and had == labels]
        assert len(found) <= 1
        return found[0] if found else None

    def names(self) -> set[str]:
        return {SUFFIXES.sub("", name) for name, _, _ in self.samples}


@pytest.fixture
def scrape(engine: sa.Engine, clock: HandClock) -> Callable[[], Scrape]:
    return lambda: Scrape(metrics_text(engine, clock.now_s, metrics.API, metrics.WORKER))


class Growth:
    """How much a counter grew since this was made."""

    def __init__(self, scrape: Callable[[], Scrape]) -> None:
        self._scrape = scrape
        self._before = scrape()

    def __call__(self, name: str, **labels: str) -> float:
        return (self._scrape()(name, **labels) or 0.0) - (self._before(name, **labels) or 0.0)


@pytest.fixture
def growth(scrape: Callable[[], Scrape]) -> Growth:
    return Growth(scrape)


def test_transfers_are_counted_by_state_also_where_there_are_none(
    morning: Morning, scrape: Callable[[], Scrape]
) -> None:
    morning.stored(CALLER, 1)
    morning.parked(CALLER, 2)
    morning.parked(CALLER, 3)
    page = scrape()
    assert [page("transfers", state=state) for state in ("settled", "parked", "running")] == [1, 2, 0]


def test_the_oldest_open_transfer_is_told_overall_and_by_tenant(morning: Morning, scrape: Callable[[], Scrape]) -> None:
    assert scrape()("oldest_open_transfer_age_seconds") == 0
    morning.accepted(CALLER, 1, c4c_url="https://my1.crm.cloud.sap")
    morning.clock.advance(100)
    morning.accepted(CALLER, 2, c4c_url="https://my2.crm.cloud.sap")
    morning.clock.advance(50)
    page = scrape()
    assert page("oldest_open_transfer_age_seconds") == 150
    assert page("tenant_oldest_open_transfer_age_seconds", tenant="my1.crm.cloud.sap") == 150
    assert page("tenant_oldest_open_transfer_age_seconds", tenant="my2.crm.cloud.sap") == 50


def test_a_late_event_does_not_make_a_transfer_look_weeks_old(morning: Morning, scrape: Callable[[], Scrape]) -> None:
    morning.stored(CALLER, 1)
    morning.clock.advance(20 * 86_400)
    morning.accepted(CALLER, 1)
    morning.clock.advance(30)
    assert scrape()("oldest_open_transfer_age_seconds") == 30


def test_an_event_for_an_open_transfer_does_not_make_it_younger(morning: Morning, scrape: Callable[[], Scrape]) -> None:
    morning.waiting(CALLER, 1)
    morning.clock.advance(1000)
    morning.accepted(CALLER, 1)
    assert (scrape()("oldest_open_transfer_age_seconds") or 0) > 1000


def test_tenants_are_told_apart_by_state(morning: Morning, scrape: Callable[[], Scrape]) -> None:
    morning.stored(CALLER, 1, c4c_url="https://my1.crm.cloud.sap")
    morning.accepted(CALLER, 2, c4c_url="https://my2.crm.cloud.sap")
    page = scrape()
    assert page("tenant_transfers", tenant="my1.crm.cloud.sap", state="settled") == 1
    assert page("tenant_transfers", tenant="my2.crm.cloud.sap", state="queued") == 1


def test_what_workers_may_have_in_hand_is_counted_over_all_tenants(
    morning: Morning, scrape: Callable[[], Scrape]
) -> None:
    for number in range(MOST_TENANTS + 10):
        morning.accepted(CALLER, number, c4c_url=f"https://my{number}.crm.cloud.sap")
    for number in range(100, 110):
        morning.accepted(CALLER, number, c4c_url="https://my999.crm.cloud.sap")
    before = scrape()("runnable_rounds")
    morning.waiting(CALLER, 200)
    assert (before, scrape()("runnable_rounds")) == (MOST_TENANTS + 10 + 4,) * 2


def test_however_many_tenants_there_are_few_are_told_apart_and_none_is_lost(
    morning: Morning, scrape: Callable[[], Scrape]
) -> None:
    for number in range(MOST_TENANTS + 10):
        morning.accepted(CALLER, number, c4c_url=f"https://my{number}.crm.cloud.sap")
    busy = "https://my999.crm.cloud.sap"
    for number in range(3):
        morning.accepted(CALLER, 100 + number, c4c_url=busy)
    counted = {labels["tenant"]: value for name, labels, value in scrape().samples if name.endswith("tenant_transfers")}
    assert len(counted) == MOST_TENANTS + 1
    assert counted["my999.crm.cloud.sap"] == 3
    assert sum(counted.values()) == MOST_TENANTS + 10 + 3
    assert counted["other"] == 11


def test_the_dead_are_counted_by_reason(morning: Morning, scrape: Callable[[], Scrape]) -> None:
    morning.parked(CALLER, 1, REFUSED)
    morning.parked(CALLER, 2, REFUSED)
    morning.parked(CALLER, 3, NO_EXE)
    page = scrape()
    assert page("parked_transfers", reason="credential-refused") == 2
    assert page("parked_transfers", reason="attachment-refused") == 1


def test_secrets_are_counted_by_key_and_those_that_go_soon_are_announced(
    morning: Morning, scrape: Callable[[], Scrape]
) -> None:
    morning.parked(CALLER, 1)
    morning.accepted(CALLER, 2)
    assert scrape()("sealed_secrets", key_id="k1") == 2
    assert scrape()("secrets_shredded_soon") == 0
    morning.clock.advance(6.5 * 86_400)
    assert scrape()("secrets_shredded_soon") == 1


def test_an_upload_under_way_is_not_ambiguous_and_one_past_its_deadline_is(
    morning: Morning, scrape: Callable[[], Scrape]
) -> None:
    transfer = morning.begun(CALLER, 1)
    [attachment] = morning.book.attachments(transfer.id)
    morning.book.begin_upload(attachment.id, deadline_at_s=morning.clock.now_s() + 60)
    assert scrape()("ambiguous_uploads") == 0
    morning.clock.advance(61)
    assert scrape()("ambiguous_uploads") == 1


def test_a_database_that_is_away_is_said_and_the_rest_still_shows(
    engine: sa.Engine, scrape: Callable[[], Scrape]
) -> None:
    assert scrape()("ledger_up") == 1
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit")
        connection.exec_driver_sql("ALTER TABLE transfer RENAME TO gone")
    page = scrape()
    assert page("ledger_up") == 0
    assert page("transfers", state="parked") is None
    assert page("rounds_running") is not None


def test_requests_are_counted_by_route_and_status_and_never_by_path(endpoint: Endpoint, growth: Growth) -> None:
    transfer_id = endpoint.post().get_json()["transfer_id"]
    endpoint.post(b"{")
    endpoint.get(f"/transfers/{transfer_id}")
    endpoint.get("/transfers/" + "0" * 32)
    endpoint.http.get("/no/such/page")
    endpoint.http.open("/transfers", method="BREW")
    post = {"route": "/prod/chat-attachments", "method": "POST"}
    assert growth("requests_total", **post, status="202") == 1
    assert growth("requests_total", **post, status="400") == 1
    one = {"route": "/transfers/<transfer_id>", "method": "GET"}
    assert growth("requests_total", **one, status="200") == 1
    assert growth("requests_total", **one, status="404") == 1
    assert growth("requests_total", route="none", method="GET", status="404") == 1
    assert growth("requests_total", route="none", method="other", status="405") == 1


def test_accepted_requests_are_counted_by_effect_and_timed(endpoint: Endpoint, growth: Growth) -> None:
    endpoint.post()
    endpoint.post()
    assert growth("accepted_total", effect="new") == 1
    assert growth("accepted_total", effect="noted") == 1
    assert growth("accept_seconds_count") == 2


@pytest.fixture
def stack(engine: sa.Engine, clock: HandClock, keys: KeyRing, new_id: Callable[[], str]) -> Stack:
    stack = Stack(engine, clock, keys, new_id)
    stack.cmi.files = [a_file(1, content=b"x" * 1000), a_file(2, content=b"y" * 500)]
    return stack


def observed(stack: Stack) -> Stack:
    stack.rounds = ObservedRounds(  # type: ignore[assignment]
        stack.rounds, trace_of=lambda _: None, monotonic_s=stack.clock.now_s
    )
    return stack


def test_kept_attachments_bytes_and_times_are_counted(stack: Stack, growth: Growth) -> None:
    observed(stack).event()
    stack.c4c.on_post = lambda: stack.clock.advance(3)
    stack.run()
    assert growth("attachments_kept_total", how="stored") == 2
    assert growth("kept_bytes_total", how="stored") == 1500
    assert growth("attachment_seconds_count", result="done") == 2
    assert growth("attachment_seconds_sum", result="done") == 6
    assert growth("round_seconds_count") == 1
    assert growth("round_seconds_sum") == 6
    assert growth("neighbour_seconds_count", neighbour="c4c", answer="2xx") == len(stack.c4c.requests)


def test_retries_and_parked_files_are_counted_by_reason(stack: Stack, growth: Growth) -> None:
    stack.c4c.plan("post", 503)
    observed(stack).event()
    stack.run()
    assert growth("upload_retries_total", reason="outcome-unknown") == 1
    assert growth("attachment_seconds_count", result="failed") == 1
    assert growth("neighbour_seconds_count", neighbour="c4c", answer="5xx") == 1


def test_a_neighbour_that_does_not_answer_is_counted_as_none(stack: Stack, growth: Growth) -> None:
    stack.c4c.plan("find", "unreachable")
    observed(stack).event()
    stack.run()
    assert growth("neighbour_seconds_count", neighbour="c4c", answer="none") == 1


def test_rounds_that_were_taken_over_are_counted(engine: sa.Engine, growth: Growth) -> None:
    leases = Leases(engine, ttl_s=30)
    taken: list[list[str]] = []

    def take_over(executors: list[str]) -> int:
        taken.append(executors)
        return 7

    keeper = LeaseKeeper(leases, "me", ttl_s=30, take_over=take_over, owners=lambda: {"dead"})
    leases.take("me")
    keeper.sweep()
    keeper.sweep()
    assert taken == [["dead"]]
    assert growth("takeovers_total") == 7


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
    told = set(re.findall(r"^\| `(attachment_transfer_[a-z_]+)`", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE))
    assert told == everything


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


def test_gauges_of_the_ledger_read_indexes_not_whole_tables(engine: sa.Engine) -> None:
    query = "SELECT state, c4c_url, count(*), min(opened_at_s) FROM transfer GROUP BY state, c4c_url"
    with engine.connect() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())
    assert "COVERING INDEX transfer_by_tenant" in plan
    assert tables.transfer.c.opened_at_s is not None
