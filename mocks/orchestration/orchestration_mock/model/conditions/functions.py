"""The builtins a condition may call, each within bounds."""

from __future__ import annotations

from typing import Any

from orchestration_mock.model.conditions.budget import CHARS_PER_STEP, ConditionFailed
from orchestration_mock.model.conditions.evaluation import Function, Work
from orchestration_mock.model.conditions.operators import NUMBERS, power

MAX_DIGITS = 100
COLLECTIONS = (str, list, tuple, set, dict)


def items_of(work: Work, value: Any) -> list[Any]:
    """A collection as a list, paid for. Raises TypeError for what is none."""
    if not isinstance(value, COLLECTIONS):
        raise TypeError(f"'{type(value).__name__}' object is not iterable")
    work.budget.items(len(value))
    return list(value)


def _int(work: Work, value: Any = 0, base: int | None = None) -> int:
    work.budget.weigh(value)
    found = int(value) if base is None else int(value, base)
    work.budget.bits(found.bit_length())
    return found


def _round(_work: Work, number: Any, ndigits: int | None = None) -> Any:
    if ndigits is not None and abs(ndigits) > MAX_DIGITS:
        raise ConditionFailed(f"rounding to more than {MAX_DIGITS} digits")
    return round(number, ndigits)


def _sum(work: Work, values: Any, start: Any = 0) -> Any:
    found = items_of(work, values)
    if not all(isinstance(value, NUMBERS) for value in (*found, start)):
        raise ConditionFailed("sum of anything but numbers is not imitated")
    return sum(found, start)


def _least(work: Work, *values: Any) -> Any:
    work.budget.weigh(values)
    return min(items_of(work, values[0]) if len(values) == 1 else values)


def _greatest(work: Work, *values: Any) -> Any:
    work.budget.weigh(values)
    return max(items_of(work, values[0]) if len(values) == 1 else values)


def _range(work: Work, *limits: int) -> list[int]:
    found = range(*limits)
    work.budget.items(len(found))
    return list(found)


def written(work: Work, value: Any = "") -> str:
    """``str(value)``, paid for."""
    work.budget.text(work.budget.weigh(value))
    text = str(value)
    work.budget.text(len(text))
    return text


def _set(work: Work, values: Any = ()) -> set[Any]:
    found = items_of(work, values)
    work.budget.pairs(len(found), len(found))  # values whose hashes are equal are compared one by one
    work.budget.weigh(found)
    return set(found)


def _sorted(work: Work, values: Any, reverse: Any = False) -> list[Any]:
    found = items_of(work, values)
    work.budget.spend(work.budget.weigh(found) * len(found).bit_length() // CHARS_PER_STEP)
    return sorted(found, reverse=bool(reverse))


def _float(work: Work, value: Any = 0.0) -> float:
    work.budget.weigh(value)
    return float(value)


def _any(work: Work, values: Any) -> bool:
    return any(items_of(work, values))


def _all(work: Work, values: Any) -> bool:
    return all(items_of(work, values))


def _pow(work: Work, base: Any, exponent: Any) -> Any:
    return power(work.budget, base, exponent)


BUILTINS: dict[str, Function] = {
    "abs": lambda _work, number: abs(number),
    "all": _all,
    "any": _any,
    "bool": lambda _work, value=False: bool(value),
    "divmod": lambda _work, left, right: divmod(left, right),
    "float": _float,
    "int": _int,
    "len": lambda _work, value: len(value),
    "list": lambda work, value=(): items_of(work, value),
    "max": _greatest,
    "min": _least,
    "pow": _pow,
    "range": _range,
    "round": _round,
    "set": _set,
    "sorted": _sorted,
    "str": written,
    "sum": _sum,
    "tuple": lambda work, value=(): tuple(items_of(work, value)),
}
