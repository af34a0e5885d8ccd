"""Runs a scenario: refuses what cannot be, carries out the steps, judges the end, takes everything back."""

from __future__ import annotations

import time
from collections.abc import Callable

from attachment_lab.errors import LabError, WrongUse
from attachment_lab.scenarios.facts import gather
from attachment_lab.scenarios.model import Scenario, ScenarioResult
from attachment_lab.scenarios.run import ScenarioContext, ScenarioRun, planned_faults

#: Called before each step: its number from 0, and what it does.
OnStep = Callable[[int, str], None]


def obstacle(scenario: Scenario, ground: ScenarioContext) -> str | None:
    """Why this stack cannot play the scenario, with what would help; None when it can."""
    if scenario.needs_fault_proxy and not ground.fault_proxy:
        return (
            "It breaks the wire, and this stack has no fault proxies: start one with attachment-lab up --fault-proxy."
        )
    if scenario.moves_clock and ground.clock_file is None:
        return "It moves the service’s clock, which cannot be moved from here: start a stack with attachment-lab up."
    if scenario.needs_worker and ground.worker_health_port is None:
        return "It kills the worker, which does not run on this machine: start a stack with attachment-lab up."
    return None


def play(
    scenario: Scenario,
    ground: ScenarioContext,
    on_step: OnStep = lambda *_: None,
    on_chat: Callable[[str], None] = lambda _: None,
) -> ScenarioResult:
    """Play it to its end. ``on_chat`` is called with the chat's guid. Raises WrongUse when it cannot begin here."""
    trouble = obstacle(scenario, ground)
    if trouble:
        raise WrongUse(trouble)
    if planned_faults(ground.reconciliation):
        raise WrongUse("Faults are planned in this tenant already; remove them first, or the run proves nothing.")
    began, run = time.monotonic(), ScenarioRun(ground)
    try:
        return _play(scenario, run, on_step, on_chat, began)
    except LabError as exc:
        return ScenarioResult(scenario=scenario, chat=run.guid, trouble=str(exc), took_s=time.monotonic() - began)
    finally:
        run.close()


def _play(
    scenario: Scenario, run: ScenarioRun, on_step: OnStep, on_chat: Callable[[str], None], began: float
) -> ScenarioResult:
    for number, step in enumerate(scenario.steps):
        on_step(number, step.say)
        step.do(run)
        if number == 0 and run.guid:
            on_chat(run.guid)
    on_step(len(scenario.steps), "Reading both ends and the books")
    facts = gather(run, strikes=run.strikes())
    findings = tuple(check.judge(facts) for check in scenario.checks)
    return ScenarioResult(
        scenario=scenario, chat=run.guid, findings=findings, facts=facts, took_s=time.monotonic() - began
    )
