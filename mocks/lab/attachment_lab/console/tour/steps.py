"""The tour's table of steps."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

#: Where a step is shown whose page does not exist.
FALLBACK_PAGE = "chain/"


@dataclass(frozen=True, kw_only=True)
class TourStep:
    """One step of the tour; see steps.toml for the members."""

    id: str
    page: str
    title: str
    caption: str
    anchor: str = ""
    act: str = ""
    until: str = ""
    waiting: str = ""

    def url(self, facts: Mapping[str, str], pages: Collection[str]) -> str:
        """Its page below the tenant's address. A page that does not exist is replaced by the chain."""
        name, _, query = self.page.partition("/")
        filled = query.format_map(_Missing(facts))
        return f"{name}/{filled}" if name in pages else f"{FALLBACK_PAGE}{filled}"


class _Missing(dict[str, str]):
    """A fact that is not known yet is left empty."""

    def __missing__(self, key: str) -> str:
        return ""


@cache
def steps() -> tuple[TourStep, ...]:
    """The table, in its order."""
    text = resources.files("attachment_lab.console.tour").joinpath("steps.toml").read_text()
    return tuple(TourStep(**each) for each in tomllib.loads(text)["step"])


def step(step_id: str) -> TourStep:
    """One of them. Raises LookupError that names all."""
    found = next((each for each in steps() if each.id == step_id), None)
    if found is None:
        raise LookupError(f"no step {step_id!r}; there are {', '.join(each.id for each in steps())}")
    return found
