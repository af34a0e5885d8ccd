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


class Matcher:
    """Evaluates conditions on rows.

    ``ignore_case`` is dialect ``string_eq_ignores_case``.
    """

    def __init__(self, rows: EntityTable, *, ignore_case: bool) -> None:
        self._rows = rows
        self._ignore_case = ignore_case

    def matches(self, row: EntityRow, condition: Condition) -> bool:
        """True when the row matches the whole condition."""
        if isinstance(condition, Both):
            return all(self.matches(row, part) for part in condition.parts)
        if isinstance(condition, Either):
            return any(self.matches(row, part) for part in condition.parts)
        if isinstance(condition, Not):
            return not self.matches(row, condition.inside)
        return self._compare(self._rows.value(row, condition.prop), condition)

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
            return _like(found, wanted) == (operator == "eq")
        return _TEXT[operator](found, wanted)

    def search(self, row: EntityRow, words: str) -> bool:
        """Free text: every word occurs in some text property, upper or lower case. Label: assumed."""
        texts = [v.casefold() for p in row.eset.properties.values() if isinstance(v := self._rows.value(row, p), str)]
        return all(any(word in text for text in texts) for word in words.casefold().split())


def _like(found: str, pattern: str) -> bool:
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
