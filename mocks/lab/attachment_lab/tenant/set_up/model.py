"""The steps of the set-up as a table, and the state that a step has in a tenant."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

#: The pages that the steps answer; read 2026-11-22.
DOCUMENTATION = "https://docs.cc.sinch.com/cloud/chat-attachment-upload/en"


class StepState(StrEnum):
    """How far a step is."""

    DONE = "done"
    MISSING = "missing"
    WRONG = "wrong"


@dataclass(frozen=True, kw_only=True)
class StepText:
    """One step's row of steps.toml; ``number`` counts from 1."""

    id: str
    number: int
    title: str
    group: str
    system: str
    menu: str
    page: str
    gist: str
    at: str
    part: str

    @property
    def link(self) -> str:
        """The documentation's page that the step answers."""
        return f"{DOCUMENTATION}/{self.at}"


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """A step's state.

    Attributes:
        found: what is set up, or what is not; a sentence, never a secret.
        remedy: what to do; empty where nothing is needed.
    """

    state: StepState
    found: str
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class SetUpStep:
    """A step with its state in one tenant."""

    text: StepText
    result: StepResult

    @property
    def id(self) -> str:
        """Of the table."""
        return self.text.id

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.result.state is StepState.DONE

    @property
    def sentence(self) -> str:
        """``Step 3, Services used, is wrong: …``."""
        return f"Step {self.text.number}, {self.text.title}, is {self.result.state}: {self.result.found}"

    def to_json(self) -> dict[str, Any]:
        """For the page and the command line."""
        shown = asdict(self.text) | {"link": self.text.link, "state": str(self.result.state)}
        return shown | {"found": self.result.found, "remedy": self.result.remedy}


def done(found: str) -> StepResult:
    """Nothing is left to do."""
    return StepResult(state=StepState.DONE, found=found)


def missing(found: str, remedy: str) -> StepResult:
    """It is not set up yet."""
    return StepResult(state=StepState.MISSING, found=found, remedy=remedy)


def wrong(found: str, remedy: str) -> StepResult:
    """It is set up, and not as the documentation says."""
    return StepResult(state=StepState.WRONG, found=found, remedy=remedy)


@cache
def step_texts() -> tuple[StepText, ...]:
    """The table, in its order."""
    text = resources.files("attachment_lab.tenant.set_up").joinpath("steps.toml").read_text("utf-8")
    return tuple(StepText(number=at, **each) for at, each in enumerate(tomllib.loads(text)["step"], start=1))
