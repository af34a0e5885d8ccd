"""The scenarios' table and the checks of a run. No stack is needed for this."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from attachment_lab.demo.faults import FAULTS
from attachment_lab.errors import WrongUse
from attachment_lab.faults.locations import BY_ID, misplaced
from attachment_lab.reconciliation.records import ReconciliationVerdict, Violation
from attachment_lab.scenarios import checks
from attachment_lab.scenarios.model import FileFact, RunFacts, Scenario, ScenarioResult
from attachment_lab.scenarios.player import obstacle
from attachment_lab.scenarios.run import ScenarioContext, can_affect_a_new_chat
from attachment_lab.scenarios.table import SCENARIOS, scenario
from c4c_mock.evidence import DIALECT as C4C_DIALECT
from cmi_mock.evidence import DIALECT as CMI_DIALECT
from mock_kit.faults.kinds import KINDS, fault_errors

README = Path(__file__).parents[3] / "README.md"
NUMBERS = {34: "Thirty-four", 35: "Thirty-five", 36: "Thirty-six", 37: "Thirty-seven"}


def facts(*outcomes: str, **known: object) -> RunFacts:
    files = tuple(
        FileFact(name=f"{number}.txt", size_bytes=1, outcome=each, objects=1, uploads=1, downloads=1)
        for number, each in enumerate(outcomes)
    )
    return RunFacts(files=files, verdict=ReconciliationVerdict(), **known)  # type: ignore[arg-type]  # members by name


def test_there_are_at_least_eight_and_each_has_a_name_of_its_own() -> None:
    assert len({each.id for each in SCENARIOS}) == len(SCENARIOS) >= 8


def test_the_readme_counts_the_scenarios_right() -> None:
    assert f"{NUMBERS[len(SCENARIOS)]} stories of what goes wrong" in README.read_text()


@pytest.mark.parametrize("each", SCENARIOS, ids=lambda each: each.id)
def test_every_scenario_asks_what_the_reconciliation_says_and_what_arrived(each) -> None:  # type: ignore[no-untyped-def]
    titles = {check.title for check in each.checks}
    assert {"Reconciliation", "Files stored, every byte equal", "Objects in C4C, no copies"} <= titles


@pytest.mark.parametrize("each", SCENARIOS, ids=lambda each: each.id)
def test_no_scenario_is_content_with_a_run_in_which_nothing_happened(each) -> None:  # type: ignore[no-untyped-def]
    assert not all(check.judge(facts()).ok for check in each.checks)


def test_an_unknown_scenario_is_refused_with_all_names() -> None:
    with pytest.raises(WrongUse, match="c4c-down"):
        scenario("earthquake")


def planned(each: Scenario, method: str) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Arguments of every ``Run.plan`` or ``Run.switch`` of this scenario, without a stack."""
    run = MagicMock()
    for step in each.steps:
        if step.do.__qualname__.startswith(("fault", "switch")):
            step.do(run)
    yield from ((found.args, found.kwargs) for found in getattr(run, method).call_args_list)


@pytest.mark.parametrize("each", SCENARIOS, ids=lambda each: each.id)
def test_every_fault_of_a_scenario_is_one_that_the_kit_accepts_and_can_take_effect_there(each: Scenario) -> None:
    for (place, kind), given in planned(each, "plan"):
        assert fault_errors(kind, given.get("phase"), given.get("params", {})) == []
        assert misplaced(BY_ID[place], kind, fault_proxy="fault_proxy" in each.needs) is None


@pytest.mark.parametrize("each", SCENARIOS, ids=lambda each: each.id)
def test_every_switch_of_a_scenario_is_one_that_the_mock_has(each: Scenario) -> None:
    for (mock,), dialect in planned(each, "switch"):
        assert {"c4c": C4C_DIALECT, "cmi": CMI_DIALECT}[mock].errors(dialect) == []


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_of_the_demo_is_one_that_the_kit_takes(name: str) -> None:
    fault = FAULTS[name]
    assert fault_errors(fault.kind, fault.phase, fault.params) == []
    assert fault.needs_fault_proxy == (KINDS[fault.kind].layer == "wire")


@pytest.mark.parametrize(
    ("name", "ground", "remedy"),
    [
        ("download-cut", {"fault_proxy": False, "clock_file": "x"}, "--fault-proxy"),
        ("c4c-down", {"clock_file": None}, "clock"),
        ("worker-killed", {"worker_health_port": None, "clock_file": "x"}, "worker"),
    ],
)
def test_a_stack_that_cannot_play_it_says_why(name: str, ground: dict[str, object], remedy: str) -> None:
    text = obstacle(scenario(name), ScenarioContext(reconciliation=None, **ground))  # type: ignore[arg-type]  # never looked at
    assert text is not None
    assert remedy in text


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (checks.stored(2), facts("stored", "stored"), facts("stored", "changed")),
        (checks.objects(2), facts(objects=2), facts(objects=3)),
        (checks.rounds(2), facts(rounds=2), facts(rounds=1)),
        (checks.rounds_exactly(2), facts(rounds=2), facts(rounds=3)),
        (checks.fault_applied(), facts(faults_applied=1), facts(faults_applied=0)),
        (checks.refused(), facts(refused=1), facts(refused=0)),
        (checks.retried(), facts(retries=1), facts(retries=0)),
        (checks.passed(60), facts(virtual_s=60.4), facts(virtual_s=12.0)),
        (checks.killed(), facts(kills=1), facts(kills=0)),
        (checks.one_transfer(), facts(transfers=1), facts(transfers=2)),
        (checks.deliveries("failed", "delivered"), facts(deliveries=("failed", "delivered")), facts()),
        (checks.fresh_token(), facts(tokens=("fetched", "refreshed")), facts(tokens=("fetched", "cached"))),
        (checks.outcome("stored"), facts(outcome="stored"), facts(outcome="failed")),
        (checks.most_uploads(1), facts("stored"), facts()),
    ],
    ids=lambda each: getattr(each, "title", None),
)
def test_a_check_distinguishes_right_from_wrong(check, good: RunFacts, bad: RunFacts) -> None:  # type: ignore[no-untyped-def]
    assert check.judge(good).ok
    assert not check.judge(bad).ok


def test_a_failed_file_counts_only_with_its_reason_and_a_remedy() -> None:
    gone = FileFact(name="a", size_bytes=1, outcome="parked", reason="attachment-gone: 404", remedy="Look.")
    check = checks.failed(1, "attachment-gone")
    assert check.judge(replace(facts(), files=(gone,))).ok
    assert not check.judge(replace(facts(), files=(replace(gone, remedy=""),))).ok
    assert not check.judge(replace(facts(), files=(replace(gone, reason="internal"),))).ok


def test_the_invariant_that_is_broken_must_be_the_right_one_at_the_right_hop() -> None:
    check = checks.invariant_broken("integrity", 1, "CMI → service")
    found = Violation(invariant="integrity", file="a", hop="CMI → service", fact="changed")
    assert check.judge(replace(facts(), verdict=ReconciliationVerdict(violations=(found,)))).ok
    elsewhere = replace(found, hop="service → C4C")
    assert not check.judge(replace(facts(), verdict=ReconciliationVerdict(violations=(elsewhere,)))).ok
    assert not check.judge(facts()).ok


@pytest.mark.parametrize(
    ("remaining", "path", "affects"),
    [(1, "*/attachments/*", True), (None, "*", True), (0, "*", False), (None, f"*/attachments/{'A' * 32}*", False)],
)
def test_only_a_fault_that_could_affect_its_chat_keeps_a_scenario_from_starting(
    remaining: int | None, path: str, affects: bool
) -> None:
    assert can_affect_a_new_chat({"remaining": remaining, "match": {"path": path}}) is affects


def test_a_run_that_broke_off_is_not_ok_whatever_was_found() -> None:
    assert not ScenarioResult(scenario=SCENARIOS[0], trouble="the stack is gone").ok
    assert not ScenarioResult(scenario=SCENARIOS[0]).ok
