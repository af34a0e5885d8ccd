"""Queries on a set: conditions, order, free-text search. ``wire`` parses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any, Literal, TypeAlias

from c4c_mock.model.edm import Property
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.table import EntityTable
from c4c_mock.model.values import Value

Operator = Literal["eq", "ne", "gt", "ge", "lt", "le", "startswith", "endswith", "substringof"]


@dataclass(frozen=True)
class Compare:
    """One condition on one property."""

    prop: Property
    operator: Operator
    value: Value


@dataclass(frozen=True)
class Both:
    """``and``."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Either:
    """``or``; the parser decides whether its parts may name different properties."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """``not``; C4C refuses it unless the dialect allows it."""

    inside: Condition


Condition: TypeAlias = Compare | Both | Either | Not


@dataclass(frozen=True)
class SortKey:
    """One part of ``$orderby``."""

    prop: Property
    descending: bool = False


def comparisons(condition: Condition) -> Iterator[Compare]:
    """All leaves of a condition."""
    if isinstance(condition, Compare):
        yield condition
    elif isinstance(condition, Not):
        yield from comparisons(condition.inside)
    else:
        for part in condition.parts:
            yield from comparisons(part)


@dataclass(frozen=True)
class _Listed:
    """One property and the texts that it may have."""

    prop: Property
    texts: frozenset[str]


def _listed(condition: Either, *, ignore_case: bool) -> _Listed | None:
    """The list that an ``or`` of plain texts is; None for any other ``or``."""
    texts: set[str] = set()
    first = condition.parts[0]
    for part in condition.parts:
        if not (isinstance(part, Compare) and part.operator == "eq" and isinstance(part.value, str)):
            return None
        if "*" in part.value or not isinstance(first, Compare) or part.prop is not first.prop:
            return None
        texts.add(part.value.casefold() if ignore_case else part.value)
    return _Listed(first.prop, frozenset(texts)) if isinstance(first, Compare) else None


class Matcher:
    """Evaluates conditions on rows.

    ``ignore_case`` is dialect ``string_eq_ignores_case``.
    """

    def __init__(self, rows: EntityTable, *, ignore_case: bool) -> None:
        self._rows = rows
        self._ignore_case = ignore_case
        self._lists: dict[int, _Listed | None] = {}

    def matches(self, row: EntityRow, condition: Condition) -> bool:
        """True when the row matches the whole condition."""
        if isinstance(condition, Both):
            return all(self.matches(row, part) for part in condition.parts)
        if isinstance(condition, Either):
            listed = self._listed(condition)
            if listed is not None:
                return self._is_listed(row, listed)
            return any(self.matches(row, part) for part in condition.parts)
        if isinstance(condition, Not):
            return not self.matches(row, condition.inside)
        return self._compare(self._rows.value(row, condition.prop), condition)

    def _listed(self, condition: Either) -> _Listed | None:
        """What ``P eq 'a' or P eq 'b' or …`` lists, so that thousands of values cost one look-up a row."""
        if id(condition) not in self._lists:
            self._lists[id(condition)] = _listed(condition, ignore_case=self._ignore_case)
        return self._lists[id(condition)]

    def _compare(self, found: Value, condition: Compare) -> bool:
        wanted = condition.value
        if isinstance(found, str) and isinstance(wanted, str):
            return self._compare_text(found, condition.operator, wanted)
        if condition.operator == "eq":
            return found == wanted
        if condition.operator == "ne":
            return found != wanted
        if found is None or wanted is None:
            return False  # nothing is greater or smaller than null
        return _ORDER[condition.operator](found, wanted)

    def _compare_text(self, found: str, operator: Operator, wanted: str) -> bool:
        if self._ignore_case:
            found, wanted = found.casefold(), wanted.casefold()
        if operator in {"eq", "ne"}:
            return like(found, wanted) == (operator == "eq")
        return _TEXT[operator](found, wanted)

    def _is_listed(self, row: EntityRow, listed: _Listed) -> bool:
        found = self._rows.value(row, listed.prop)
        return isinstance(found, str) and (found.casefold() if self._ignore_case else found) in listed.texts


def like(found: str, pattern: str) -> bool:
    """Equality with ``*`` as wildcard, in one pass. Source: developer guide; documented."""
    if "*" not in pattern:
        return found == pattern
    first, *middle, last = pattern.split("*")
    if len(found) < len(first) + len(last) or not (found.startswith(first) and found.endswith(last)):
        return False
    at, stop = len(first), len(found) - len(last)
    for part in middle:
        at = found.find(part, at, stop)
        if at < 0:
            return False
        at += len(part)
    return True


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    **_ORDER,
    "startswith": lambda a, b: a.startswith(b),
    "endswith": lambda a, b: a.endswith(b),
    "substringof": lambda a, b: b in a,
}


def ordered(found: list[EntityRow], keys: Sequence[SortKey], rows: EntityTable) -> list[EntityRow]:
    """Rows in the order of ``keys``; equal rows keep the order of creation, null sorts first."""
    if not keys:
        return found

    def compare(a: EntityRow, b: EntityRow) -> int:
        for key in keys:
            left, right = rows.value(a, key.prop), rows.value(b, key.prop)
            if left != right:
                return _three_way(left, right) * (-1 if key.descending else 1)
        return 0

    return sorted(found, key=cmp_to_key(compare))


def _three_way(left: Any, right: Any) -> int:
    if left is None or right is None:
        return -1 if left is None else 1
    return -1 if left < right else 1
