"""Plays one scenario at a time in the background of a tenant, and remembers what came of each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from attachment_lab.errors import LabError, WrongUse
from attachment_lab.scenarios.model import Scenario, ScenarioResult
from attachment_lab.scenarios.player import obstacle, play
from attachment_lab.scenarios.run import ScenarioContext


@dataclass(frozen=True, kw_only=True)
class Act:
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
class Stand:
    """What the page shows: the act under way, and the last result of each scenario."""

    act: Act | None = None
    results: dict[str, ScenarioResult] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As sent to the page."""
        results = {name: each.to_json() for name, each in self.results.items()}
        return {"act": vars(self.act) if self.act else None, "results": results}


class Playhouse:
    """One tenant's scenarios. Safe for threads."""

    def __init__(self, ground: Callable[[], ScenarioContext]) -> None:
        self._ground = ground
        self._lock = threading.Lock()
        self._stand = Stand()

    @property
    def stand(self) -> Stand:
        """How things stand now."""
        with self._lock:
            return self._stand

    def start(self, scenario: Scenario) -> None:
        """Begin. Raises WrongUse when another one is playing or the stack cannot play it."""
        ground = self._ground()
        trouble = obstacle(scenario, ground)
        if trouble:
            raise WrongUse(trouble)
        with self._lock:
            if self._stand.act is not None:
                raise WrongUse("a scenario is playing already; wait until it has ended")
            self._stand = replace(self._stand, act=Act(id=scenario.id))
        threading.Thread(target=self._go, args=(scenario, ground), daemon=True, name="scenario").start()

    def _go(self, scenario: Scenario, ground: ScenarioContext) -> None:
        try:
            result = play(scenario, ground, self._told, self._opened)
        except LabError as exc:
            result = ScenarioResult(scenario=scenario, trouble=str(exc))
        except Exception as exc:  # noqa: BLE001 - a defect of ours must not leave the page waiting for ever
            result = ScenarioResult(scenario=scenario, trouble=f"the lab itself failed: {type(exc).__name__}: {exc}")
        with self._lock:
            self._stand = Stand(results=self._stand.results | {scenario.id: result})

    def _told(self, step: int, say: str) -> None:
        self._change(step=step, say=say)

    def _opened(self, chat: str) -> None:
        self._change(chat=chat)

    def _change(self, **changes: Any) -> None:
        with self._lock:
            if self._stand.act is not None:
                self._stand = replace(self._stand, act=replace(self._stand.act, **changes))
