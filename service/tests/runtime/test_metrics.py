"""What is measured: from the ledger at each scrape, and counted by the processes. Every name is explained."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from ingress_kit import ISSUER
from metrics_kit import Scrape
from operator_kit import NO_EXE, REFUSED, Morning

from attachment_transfer.ledger import tables
from attachment_transfer.ledger.gauges import MOST_TENANTS

CALLER = f"{ISSUER}#client"
ROOT = Path(__file__).parents[3]
RUNBOOK = ROOT / "docs/operations.md"
DASHBOARD = ROOT / "deploy/grafana/attachment-transfer.json"
ALERTS = ROOT / "deploy/prometheus/attachment-transfer.rules.yml"
NAME = re.compile(r"attachment_transfer_[a-z_]+")
SUFFIXES = re.compile(r"_(bucket|count|sum)$")

Labels = dict[str, str]


def test_transfers_are_counted_by_state_also_where_there_are_none(
    morning: Morning, scrape: Callable[[], Scrape]
) -> None:
    morning.stored(CALLER, 1)
    morning.parked(CALLER, 2)
    morning.parked(CALLER, 3)
    page = scrape()
    assert [page("transfers", state=state) for state in ("settled", "parked", "running")] == [1, 2, 0]


def test_the_oldest_open_transfer_is_shown_overall_and_by_tenant(
    morning: Morning, scrape: Callable[[], Scrape]
) -> None:
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


def test_tenants_are_counted_apart_by_state(morning: Morning, scrape: Callable[[], Scrape]) -> None:
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


def test_however_many_tenants_there_are_few_are_named_and_none_is_lost(
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
    [attachment] = morning.round_store.attachments(transfer.id)
    morning.round_store.begin_upload(attachment.id, deadline_at_s=morning.clock.now_s() + 60)
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


def test_gauges_of_the_ledger_read_indexes_not_whole_tables(engine: sa.Engine) -> None:
    query = "SELECT state, c4c_url, count(*), min(opened_at_s) FROM transfer GROUP BY state, c4c_url"
    with engine.connect() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())
    assert "COVERING INDEX transfer_by_tenant" in plan
    assert tables.transfer.c.opened_at_s is not None
