"""Python's operators on plain values, each charged to the budget."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from orchestration_mock.model.conditions.budget import Budget, ConditionFailed

NUMBERS = (bool, int, float)
_TEXT_OR_LIST = (str, list, tuple)
_BOXES = (list, tuple, set, dict)


def add(budget: Budget, left: Any, right: Any) -> Any:
    """``+`` of numbers, texts, lists, and of times and durations."""
    if type(left) is type(right) and isinstance(left, _TEXT_OR_LIST):
        (budget.text if isinstance(left, str) else budget.items)(len(left) + len(right))
    return left + right


def multiply(budget: Budget, left: Any, right: Any) -> Any:
    """``*`` of numbers, and of a text and a whole number."""
    if isinstance(left, int) and isinstance(right, int):
        budget.bits(left.bit_length() + right.bit_length())
    for text, times in ((left, right), (right, left)):
        if isinstance(text, list | tuple):
            raise ConditionFailed("repeating a list is not imitated")
        if isinstance(text, str) and isinstance(times, int):
            budget.text(len(text) * max(times, 0))
    return left * right


def power(budget: Budget, left: Any, right: Any) -> Any:
    """``**`` of numbers."""
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        budget.bits(left.bit_length() * right)
    return left**right


def modulo(_budget: Budget, left: Any, right: Any) -> Any:
    """``%`` of numbers and durations; not the formatting of texts."""
    if isinstance(left, str):
        raise ConditionFailed("formatting a text by % is not imitated")
    return left % right


def shift_left(budget: Budget, left: Any, right: Any) -> Any:
    """``<<`` of whole numbers."""
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        budget.bits(left.bit_length() + right)
    return left << right


def _plain(function: Callable[[Any, Any], Any]) -> Callable[[Budget, Any, Any], Any]:
    def call(budget: Budget, left: Any, right: Any) -> Any:
        if isinstance(left, _BOXES) or isinstance(right, _BOXES):
            budget.pairs(budget.weigh(left), budget.weigh(right))
        return function(left, right)

    return call


BINARY: dict[type[ast.operator], Callable[[Budget, Any, Any], Any]] = {
    ast.Add: add,
    ast.Sub: _plain(operator.sub),
    ast.Mult: multiply,
    ast.Div: _plain(operator.truediv),
    ast.FloorDiv: _plain(operator.floordiv),
    ast.Mod: modulo,
    ast.Pow: power,
    ast.LShift: shift_left,
    ast.RShift: _plain(operator.rshift),
    ast.BitAnd: _plain(operator.and_),
    ast.BitOr: _plain(operator.or_),
    ast.BitXor: _plain(operator.xor),
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}


def _contains(item: Any, box: Any) -> bool:
    return bool(operator.contains(box, item))


def compare(budget: Budget, op: ast.cmpop, left: Any, right: Any) -> bool:
    """A comparison, charged. ``in`` searches a text in a text, or reads a collection."""
    if isinstance(op, ast.In | ast.NotIn) and isinstance(left, str) and isinstance(right, str):
        budget.pairs(len(left), len(right))
    if not isinstance(op, ast.Is | ast.IsNot):
        weights = budget.weigh(left), budget.weigh(right)
        if isinstance(left, set) and isinstance(right, set):
            budget.pairs(*weights)
    return bool(COMPARISONS[type(op)](left, right))


COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: _contains,
    ast.NotIn: lambda item, box: not _contains(item, box),
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}

#: What operators may return; everything else (a complex number, for example) is refused.
PLAIN = (*NUMBERS, str, list, tuple, set, dict, date, datetime, timedelta)


def plain(value: Any) -> Any:
    """The value, if it is of a type that this mock knows. Raises ``ConditionFailed``."""
    if value is None or isinstance(value, PLAIN):
        return value
    raise ConditionFailed(f"a value of type {type(value).__name__} is not imitated")
