"""The flips as data, and the gate that every assumption of the demo has one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

from attachment_lab.demo.assumptions import Assumption
from attachment_lab.errors import WrongUse
from attachment_lab.evidence.dialect_file import DIALECTS, full_id
from mock_kit.evidence import Evidence

Risk = Literal["lost", "doubled", "refused", "cosmetic"]
#: From the worst down.
RISKS: tuple[Risk, ...] = ("lost", "doubled", "refused", "cosmetic")
#: Outcomes after which a person has something to do.
_NEEDS_A_PERSON = ("parked:", "skipped:", "refused")


def flip_name(of: str, flipped: str) -> str:
    """How a flip is called: unique among all."""
    return f"{of}: {flipped}"


@dataclass(frozen=True, kw_only=True)
class Flip:
    """The opposite of one assumption; the members are those of ``flips.toml``, where each is explained."""

    of: str
    flipped: str
    outcome: str
    risk: Risk
    set: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fault: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    chats: int = 1
    late: bool = False
    undo: str = ""
    wrap_up_after_s: float | None = None
    way_out: str = ""

    @property
    def name(self) -> str:
        """Unique among all flips."""
        return flip_name(self.of, self.flipped)

    @property
    def needs_a_person(self) -> bool:
        """Whether the service cannot go on by itself."""
        return self.outcome.startswith(_NEEDS_A_PERSON)


@cache
def flips() -> tuple[Flip, ...]:
    """All flips, in the file's order."""
    text = resources.files("attachment_lab.flips").joinpath("flips.toml").read_text(encoding="utf-8")
    return tuple(Flip(**{**each, "files": tuple(each.get("files", ()))}) for each in tomllib.loads(text)["flip"])


def chosen(pattern: str = "") -> list[Flip]:
    """The flips whose name contains the pattern, in any case. Raises WrongUse when none does."""
    found = [each for each in flips() if pattern.lower() in each.name.lower()]
    if not found:
        raise WrongUse(f"no flip's name contains {pattern!r}")
    return found


def behaviours() -> dict[str, Evidence]:
    """Every behaviour of the mocks by its id, Contact Pro's with ``orchestration.`` before."""
    return {full_id(mock, one.id): one for mock, known in DIALECTS.items() for one in known.book.all()}


def unflipped(used: Iterable[Assumption]) -> list[str]:
    """Assumptions of a run that no flip turns into its opposite."""
    mine = {each.of for each in flips()}
    return [id_ for one in used if (id_ := full_id(one.mock, one.id)) not in mine]


def complaints() -> list[str]:
    """What is wrong with the table itself, one sentence each; an empty list if nothing is."""
    return [f"{each.name}: {why}" for each in flips() for why in _complaints(each)]


def _complaints(flip: Flip) -> Iterable[str]:
    if flip.of not in behaviours():
        yield "no behaviour has this id"
    if flip.risk not in RISKS:
        yield f"risk is one of {', '.join(RISKS)}"
    if not flip.set and not flip.fault:
        yield "it needs switches or a fault"
    if flip.needs_a_person and not flip.way_out:
        yield "a person must act, and no way out is given"
    for mock, values in flip.set.items():
        yield from (f"{error.field}: expected {error.expected}" for error in DIALECTS[mock].errors(values))
        defaults = DIALECTS[mock].defaults()
        if all(defaults.get(name) == value for name, value in values.items()):
            yield f"this is {mock}'s default: nothing is flipped"
