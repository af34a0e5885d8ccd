"""The declared outcome of each cell: compact rules in ``outcomes.toml``, the first that fits counts.

A rule that is more special stands before a more general one. A cell that no rule fits is *undeclared*; a rule that fits
no conceivable cell declares something that cannot exist. Both fail the gate (``gate``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any

from attachment_lab.errors import LabFailed
from attachment_lab.matrix.cells import Cell, conceivable
from attachment_lab.matrix.strikes import missing_kinds

#: What may be declared. stored: at the first attempt. retried: by the service or Contact Pro, and stored. changed:
#: other bytes are stored, and only the reconciliation sees it. unseen: Contact Pro shows a delivery, the service
#: knows nothing, the reconciliation sees it. skipped, parked: with their outcome or reason. refused: the
#: event is not accepted, Contact Pro's event log shows it, and a redelivery stores everything.
OUTCOME = re.compile(r"stored|retried|changed|unseen|refused|skipped:[a-z_]+|parked:[a-z-]+")
#: After these nothing is tried again: a second and a last attempt do not exist.
FINAL_AT_ONCE = ("stored", "changed")


class BadTable(LabFailed):
    """The table of declared outcomes is wrong."""


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What is declared for a cell.

    Attributes:
        outcome: as :data:`OUTCOME` allows.
        alert: name of the alert that must be raised; empty = none is needed.
        why: the reason, for the report.
    """

    outcome: str
    alert: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule: globs on family, hop, fault and attempt, and what they declare."""

    number: int
    matches: Mapping[str, tuple[str, ...]]
    declares: Declaration

    def fits(self, cell: Cell) -> bool:
        """Whether it covers the cell."""
        parts = vars(cell)
        return all(any(fnmatchcase(parts[name], each) for each in globs) for name, globs in self.matches.items())


@cache
def rules() -> tuple[Rule, ...]:
    """The table. Raises BadTable."""
    text = resources.files("attachment_lab.matrix").joinpath("outcomes.toml").read_text(encoding="utf-8")
    return tuple(_rule(number, found) for number, found in enumerate(tomllib.loads(text)["rule"], 1))


def _rule(number: int, found: Mapping[str, Any]) -> Rule:
    parts = {
        name: tuple([found[name]] if isinstance(found[name], str) else found[name])
        for name in ("family", "hop", "fault", "attempt")
        if name in found
    }
    unknown = found.keys() - {"family", "hop", "fault", "attempt", "outcome", "alert", "why"}
    if unknown or not OUTCOME.fullmatch(str(found.get("outcome", ""))):
        raise BadTable(f"rule {number} of outcomes.toml: {', '.join(unknown) or found.get('outcome')!r} is not allowed")
    declares = Declaration(outcome=found["outcome"], alert=found.get("alert", ""), why=found.get("why", ""))
    return Rule(number=number, matches=parts, declares=declares)


def declaration_of(cell: Cell) -> Declaration | None:
    """What the table declares; None: undeclared."""
    return next((rule.declares for rule in rules() if rule.fits(cell)), None)


def declared_cells() -> Iterator[tuple[Cell, Declaration]]:
    """Every cell that exists, with its declaration. Raises BadTable for an undeclared one."""
    for cell in existing():
        declaration = declaration_of(cell)
        if declaration is None:
            raise BadTable(f"cell {cell.id} has no declared outcome: add a rule to outcomes.toml")
        yield cell, declaration


def existing() -> Iterator[Cell]:
    """The conceivable cells, without attempts after one that ends well."""
    return (cell for cell in conceivable() if cell.attempt == "first" or not _is_final(cell))


def _is_final(cell: Cell) -> bool:
    """Whether the first attempt of this cell's fault ends well, so that no further attempt exists."""
    first = declaration_of(Cell(family=cell.family, hop=cell.hop, fault=cell.fault, attempt="first"))
    return cell.family == "wire" and first is not None and first.outcome in FINAL_AT_ONCE


def gate() -> list[str]:
    """Everything that is wrong with the table, one sentence each; an empty list is good."""
    found = [f"the kit's fault {kind}, {phase} the work, has no strike" for kind, phase in missing_kinds()]
    used: set[int] = set()
    for cell in existing():
        rule = next((rule for rule in rules() if rule.fits(cell)), None)
        if rule is None:
            found.append(f"cell {cell.id} has no declared outcome")
        else:
            used.add(rule.number)
    found += [
        f"rule {rule.number} of outcomes.toml ({rule.declares.outcome}) fits no cell that exists: {dict(rule.matches)}"
        for rule in rules()
        if rule.number not in used
    ]
    return found
