"""Runs a scenario: checks what it needs, executes the steps, checks the result, and undoes its changes."""

from __future__ import annotations

import time
from collections.abc import Callable

from attachment_lab.errors import LabError, WrongUse
from attachment_lab.scenarios.facts import gather
from attachment_lab.scenarios.model import Scenario, ScenarioResult
from attachment_lab.scenarios.run import ScenarioContext, ScenarioRun, planned_faults

#: Called before each step: its number from 0, and what it does.
OnStep = Callable[[int, str], None]


def obstacle(scenario: Scenario, context: ScenarioContext) -> str | None:
    """Why this stack cannot play the scenario, and what would help; None when it can."""
    if "fault_proxy" in scenario.needs and not context.fault_proxy:
        return "It plans a wire fault, and this stack has no fault proxies: start attachment-lab up --fault-proxy."
    if "worker" in scenario.needs and context.worker_health_port is None:
        return "It kills the worker, which does not run on this machine: start a stack with attachment-lab up."
    if "clock" in scenario.needs and context.clock_file is None:
        return "It moves the service’s clock, which this process cannot move: start a stack with attachment-lab up."
    return None


def play(
    scenario: Scenario,
    context: ScenarioContext,
    on_step: OnStep = lambda *_: None,
    on_chat: Callable[[str], None] = lambda _: None,
) -> ScenarioResult:
    """Play it to its end. ``on_chat`` is called with the chat's guid. Raises WrongUse when it cannot start here."""
    trouble = obstacle(scenario, context)
    if trouble:
        raise WrongUse(trouble)
    if planned_faults(context.reconciliation):
        raise WrongUse("Faults are planned in this tenant already; remove them first, or the run proves nothing.")
    began, run = time.monotonic(), ScenarioRun(context)
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
    on_step(len(scenario.steps), "Reading both ends and reconciling")
    facts = gather(run, faults_applied=run.faults_applied())
    findings = tuple(check.judge(facts) for check in scenario.checks)
    return ScenarioResult(
        scenario=scenario, chat=run.guid, findings=findings, facts=facts, took_s=time.monotonic() - began
    )
