"""The conformance suite's rows, outcomes and outputs, without a stack."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from attachment_lab.__main__ import run
from attachment_lab.conformance import checks as see
from attachment_lab.conformance.evidence import evidence_of
from attachment_lab.conformance.facts import RowFacts
from attachment_lab.conformance.model import (
    Finding,
    Outcome,
    Row,
    RowEvidence,
    RowResult,
    Scorecard,
    outcome_of,
    weakest_first,
)
from attachment_lab.conformance.rows.table import BY_SCENARIO, ROWS
from attachment_lab.conformance.runner import Places
from attachment_lab.conformance.scorecard.badge import badge
from attachment_lab.conformance.scorecard.junit import junit
from attachment_lab.conformance.scorecard.page import page
from attachment_lab.conformance.scorecard.text import show
from attachment_lab.reconciliation.records import ChainRecords, ReconciliationVerdict
from attachment_lab.scenarios.table import SCENARIOS
from attachment_lab.tenant.credentials import default_tenant

NASTY = 'a <b>bold</b> & "quoted" name\x00\x1b'


def finding(*, ok: bool, proves: bool = False, seen: str = "3") -> Finding:
    return Finding(title="Files in C4C", want="3", seen=seen, ok=ok, proves=proves)


def result(row: str, outcome: Outcome, **more: Any) -> RowResult:
    made = Row(id=row, group="chats", title=f"Title of {row}", rule="a rule", source="a source", why="a reason")
    return RowResult(row=made, outcome=outcome, **more)


def played(number: int, outcome: Outcome) -> RowResult:
    reason = "" if outcome in {"green", "red"} else "why"
    return result(f"row-{number}", outcome, findings=(finding(ok=outcome == "green", seen=NASTY),), reason=reason)


def card(*outcomes: Outcome) -> Scorecard:
    listed = tuple(played(number, each) for number, each in enumerate(outcomes))
    return Scorecard(service="node server.mjs", results=listed, quiet_s=20, took_s=61)


MIXED = card("green", "red", "red", "indeterminate", "not_applicable")


def test_every_row_says_its_rule_its_source_and_why() -> None:
    assert [each.id for each in ROWS if not (each.rule and each.source and each.why and each.title)] == []
    assert [name for name, count in Counter(each.id for each in ROWS).items() if count > 1] == []


def test_every_scenario_of_the_lab_has_its_row() -> None:
    rows = {each.id for each in ROWS}
    assert [each.id for each in SCENARIOS if BY_SCENARIO.get(each.id, each.id) not in rows] == []
    assert BY_SCENARIO.keys() <= {each.id for each in SCENARIOS}


def test_every_row_rests_on_behaviours_that_the_mocks_have() -> None:
    for row in ROWS:
        assert len(evidence_of(row)) <= len(row.rests_on), row.id


def test_a_row_is_played_or_says_why_it_cannot_be() -> None:
    silent = Row(id="x", group="x", title="x", rule="x", source="x", why="x").play
    assert [each.id for each in ROWS if (each.play.__code__ is silent.__code__) != bool(each.beyond)] == []


def test_the_weakest_label_comes_first_and_the_mocks_own_ways_count_for_nothing() -> None:
    labels = ["documented", "assumed", "own", "inferred"]
    found = weakest_first(RowEvidence(entry=each, label=each, source="") for each in labels)
    assert [each.label for each in found] == ["assumed", "inferred", "documented"]


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        ([finding(ok=True), finding(ok=True, proves=True)], "green"),
        ([finding(ok=False), finding(ok=True)], "red"),
        ([finding(ok=False), finding(ok=False, proves=True)], "red"),
        ([finding(ok=True), finding(ok=False, proves=True)], "indeterminate"),
        ([], "indeterminate"),
    ],
)
def test_a_row_is_green_only_if_everything_holds_and_something_was_proved(
    findings: list[Finding], outcome: Outcome
) -> None:
    assert outcome_of(findings) == outcome


def test_the_three_figures_stand_side_by_side_and_are_not_added_up() -> None:
    document = MIXED.to_json()
    assert document["divergence"] == {"red": 2, "judged": 3}
    assert document["coverage"] == {"judged": 3, "applicable": 4, "rows": 5}
    assert document["indeterminate"] == 1
    assert [name for name, _ in MIXED.figures] == ["divergence", "coverage", "indeterminate"]


@pytest.mark.parametrize(
    ("outcomes", "ok"),
    [
        (("green", "green"), True),
        (("green", "not_applicable"), True),
        (("not_applicable",), False),
        (("green", "indeterminate"), False),
        (("green", "red"), False),
        ((), False),
    ],
)
def test_a_scorecard_is_good_only_if_every_applicable_row_is_green(outcomes: tuple[Outcome, ...], ok: bool) -> None:
    assert card(*outcomes).ok is ok


def test_junit_is_xml_and_counts_each_outcome_by_itself() -> None:
    suite = ET.fromstring(junit(MIXED))
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "2", "errors": "1", "skipped": "1"}
    assert {each.get("name"): each.get("value") for each in suite.iter("property")} == dict(MIXED.figures)
    [failure, *_] = suite.iter("failure")
    assert "rule: a rule" in (failure.text or "")
    assert "<b>bold</b>" in (failure.get("message") or "")


def test_the_page_is_one_file_without_scripts_that_escapes_what_was_seen() -> None:
    html = page(MIXED)
    assert "&lt;b&gt;bold&lt;/b&gt;" in html
    assert "<b>bold</b>" not in html
    assert not re.search(r"<script|src=|href=|url\(", html)
    assert "default-src 'none'" in html
    for name, words in MIXED.figures:
        assert f"<dt>{name}</dt><dd>{words}</dd>" in html


def test_the_badge_shows_the_three_figures() -> None:
    image = ET.fromstring(badge(MIXED))
    words = [each.text for each in image.iter("{http://www.w3.org/2000/svg}text")]
    assert words == ["conformance", "2 of 3 red", "3 of 5 judged", "1 indeterminate"]


def test_the_text_names_rule_source_reason_and_what_was_seen() -> None:
    console = Console(record=True, width=120, file=io.StringIO())
    show(MIXED, console)
    text = console.export_text()
    for part in (
        "✗ row-1",
        "rule: a rule",
        "source: a source",
        "why: a reason",
        "seen: ",
        "2 of 3 judged rows are red",
    ):
        assert part in text


def test_the_rows_of_a_configuration_use_its_names_one_after_the_other() -> None:
    customer = default_tenant()
    places = Places.of(ROWS, customer)
    assert places.at_once == 1
    assert {each.cmi_url for each in places.names.values()} == {customer.cmi_url}
    assert len({each.client_id for each in places.names.values()}) == len(ROWS)
    assert places.issuers == (customer.token_issuer,)


def test_rows_without_a_configuration_have_names_of_their_own() -> None:
    places = Places.of(ROWS, None, at_once=5)
    assert len({each.c4c_host for each in places.names.values()}) == len(places.issuers) == len(ROWS)


def facts(*exchanges: dict[str, Any]) -> RowFacts:
    records = ChainRecords(transfers=None)
    empty = RowFacts(records=records, verdict=ReconciliationVerdict(), requests={"cmi": (), "c4c": ()}, users={})
    return replace(empty, requests={"cmi": exchanges, "c4c": ()})


def exchange(at: str, *, status: int = 200, retry_after: str = "", url: str = "/acme/cmi/chats/1") -> dict[str, Any]:
    headers = {"Retry-After": retry_after} if retry_after else {}
    made = {"method": "GET", "url": url, "at": f"2026-11-30T10:00:{at}+00:00", "duration_ms": 10, "status": status}
    return made | {"response_headers": headers, "request": {"head": ""}}


def test_a_request_to_a_neighbour_shows_that_something_started() -> None:
    assert see.nothing_started(facts()).ok
    assert not see.nothing_started(facts(exchange("00"))).ok


def test_the_rows_are_listed_with_their_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conform", "--list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [each["id"] for each in listed] == [each.id for each in ROWS]
    assert set(listed[0]) == {"id", "group", "title", "rule", "source", "why"}
