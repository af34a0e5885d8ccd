"""Plays one scenario at a time in the background of a tenant, and keeps the last result of each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from attachment_lab.errors import LabError, WrongUse
from attachment_lab.scenarios.model import Scenario, ScenarioResult
from attachment_lab.scenarios.player import obstacle, play
from attachment_lab.scenarios.run import ScenarioContext

#: scenarios.player.play: the scenario, its context, a callback per step and one for the chat's guid.
Play = Callable[
    [Scenario, ScenarioContext, Callable[[int, str], None], Callable[[str], None]],
    ScenarioResult,
]


@dataclass(frozen=True, kw_only=True)
class RunningScenario:
    """The scenario that is playing.

    Attributes:
        step: number of the step under way, from 0; as many as there are steps = reading the end.
        chat: guid of its chat, once open.
    """

    id: str
    step: int = 0
    say: str = ""
    chat: str | None = None


@dataclass(frozen=True, kw_only=True)
class ScenarioState:
    """What the page shows: the scenario that is playing, and the last result of each."""

    playing: RunningScenario | None = None
    results: dict[str, ScenarioResult] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As sent to the page."""
        results = {name: each.to_json() for name, each in self.results.items()}
        return {"playing": vars(self.playing) if self.playing else None, "results": results}


class ScenarioRunner:
    """One tenant's scenarios. Safe for threads."""

    def __init__(self, context: Callable[[], ScenarioContext], *, play: Play = play) -> None:
        self._context = context
        self._play = play
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._state = ScenarioState()

    @property
    def state(self) -> ScenarioState:
        """What is playing and what came of the others, now."""
        with self._lock:
            return self._state

    def start(self, scenario: Scenario) -> None:
        """Begin. Raises WrongUse when another one is playing or the stack cannot play it."""
        context = self._context()
        trouble = obstacle(scenario, context)
        if trouble:
            raise WrongUse(trouble)
        with self._lock:
            if self._state.playing is not None:
                raise WrongUse("a scenario is playing already; wait until it has ended")
            self._state = replace(self._state, playing=RunningScenario(id=scenario.id))
        self._thread = threading.Thread(target=self._run, args=(scenario, context), daemon=True, name="scenario")
        self._thread.start()

    def wait(self, *, timeout_s: float) -> bool:
        """Wait until the scenario that was started last has ended; False when the time is over before."""
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self, scenario: Scenario, context: ScenarioContext) -> None:
        try:
            result = self._play(
                scenario,
                context,
                lambda step, say: self._change(step=step, say=say),
                lambda chat: self._change(chat=chat),
            )
        except LabError as exc:
            result = ScenarioResult(scenario=scenario, trouble=str(exc))
        except Exception as exc:  # noqa: BLE001 - a defect of ours must not leave the page waiting for ever
            result = ScenarioResult(scenario=scenario, trouble=f"the lab itself failed: {type(exc).__name__}: {exc}")
        with self._lock:
            self._state = ScenarioState(results=self._state.results | {scenario.id: result})

    def _change(self, **changes: Any) -> None:
        with self._lock:
            if self._state.playing is not None:
                self._state = replace(self._state, playing=replace(self._state.playing, **changes))
