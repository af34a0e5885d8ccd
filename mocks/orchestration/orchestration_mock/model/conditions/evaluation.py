"""The state of one evaluation of a condition."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from orchestration_mock.model.conditions.budget import Budget


@dataclass(frozen=True, kw_only=True)
class ConditionFacts:
    """What a condition can read.

    Attributes:
        contact: the conversation's JSON object.
        event_name: such as ``Ended``.
        seconds_since_created: by the tenant's clock; None when the conversation has no creation time.
        now: the tenant's time, aware UTC.
        seed: decides what `random` gives; the same seed gives the same numbers in every run.
    """

    contact: Mapping[str, Any]
    event_name: str
    seconds_since_created: float | None
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    seed: str = ""


@dataclass
class Evaluation:
    """Facts, the steps left, and the source of `random`'s numbers."""

    facts: ConditionFacts
    budget: Budget = field(default_factory=Budget)
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.facts.seed)  # noqa: S311 - numbers for a condition, nothing to protect


#: A function of the subset: the evaluation first, then the arguments as written.
Function = Callable[..., Any]
