"""The builtins a condition may call, each within bounds."""

from __future__ import annotations

from typing import Any

from orchestration_mock.model.conditions.budget import CHARS_PER_STEP, ConditionFailed
from orchestration_mock.model.conditions.evaluation import Evaluation, Function
from orchestration_mock.model.conditions.operators import NUMBERS, power

MAX_DIGITS = 100
COLLECTIONS = (str, list, tuple, set, dict)


def items_of(evaluation: Evaluation, value: Any) -> list[Any]:
    """A collection as a list, charged. Raises TypeError for any other value."""
    if not isinstance(value, COLLECTIONS):
        raise TypeError(f"'{type(value).__name__}' object is not iterable")
    evaluation.budget.items(len(value))
    return list(value)


def _int(evaluation: Evaluation, value: Any = 0, base: int | None = None) -> int:
    evaluation.budget.weigh(value)
    found = int(value) if base is None else int(value, base)
    evaluation.budget.bits(found.bit_length())
    return found


def _round(_evaluation: Evaluation, number: Any, ndigits: int | None = None) -> Any:
    if ndigits is not None and abs(ndigits) > MAX_DIGITS:
        raise ConditionFailed(f"rounding to more than {MAX_DIGITS} digits")
    return round(number, ndigits)


def _sum(evaluation: Evaluation, values: Any, start: Any = 0) -> Any:
    found = items_of(evaluation, values)
    if not all(isinstance(value, NUMBERS) for value in (*found, start)):
        raise ConditionFailed("sum of anything but numbers is not imitated")
    return sum(found, start)


def _least(evaluation: Evaluation, *values: Any) -> Any:
    evaluation.budget.weigh(values)
    return min(items_of(evaluation, values[0]) if len(values) == 1 else values)


def _greatest(evaluation: Evaluation, *values: Any) -> Any:
    evaluation.budget.weigh(values)
    return max(items_of(evaluation, values[0]) if len(values) == 1 else values)


def _range(evaluation: Evaluation, *limits: int) -> list[int]:
    found = range(*limits)
    evaluation.budget.items(len(found))
    return list(found)


def written(evaluation: Evaluation, value: Any = "") -> str:
    """``str(value)``, charged."""
    evaluation.budget.text(evaluation.budget.weigh(value))
    text = str(value)
    evaluation.budget.text(len(text))
    return text


def _set(evaluation: Evaluation, values: Any = ()) -> set[Any]:
    found = items_of(evaluation, values)
    evaluation.budget.pairs(len(found), len(found))  # values whose hashes are equal are compared one by one
    evaluation.budget.weigh(found)
    return set(found)


def _sorted(evaluation: Evaluation, values: Any, reverse: Any = False) -> list[Any]:
    found = items_of(evaluation, values)
    evaluation.budget.spend(evaluation.budget.weigh(found) * len(found).bit_length() // CHARS_PER_STEP)
    return sorted(found, reverse=bool(reverse))


def _float(evaluation: Evaluation, value: Any = 0.0) -> float:
    evaluation.budget.weigh(value)
    return float(value)


def _any(evaluation: Evaluation, values: Any) -> bool:
    return any(items_of(evaluation, values))


def _all(evaluation: Evaluation, values: Any) -> bool:
    return all(items_of(evaluation, values))


def _pow(evaluation: Evaluation, base: Any, exponent: Any) -> Any:
    return power(evaluation.budget, base, exponent)


BUILTINS: dict[str, Function] = {
    "abs": lambda _evaluation, number: abs(number),
    "all": _all,
    "any": _any,
    "bool": lambda _evaluation, value=False: bool(value),
    "divmod": lambda _evaluation, left, right: divmod(left, right),
    "float": _float,
    "int": _int,
    "len": lambda _evaluation, value: len(value),
    "list": lambda evaluation, value=(): items_of(evaluation, value),
    "max": _greatest,
    "min": _least,
    "pow": _pow,
    "range": _range,
    "round": _round,
    "set": _set,
    "sorted": _sorted,
    "str": written,
    "sum": _sum,
    "tuple": lambda evaluation, value=(): tuple(items_of(evaluation, value)),
}
