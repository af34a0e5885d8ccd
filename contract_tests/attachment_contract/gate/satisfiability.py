"""Whether a condition can be true and can be false: it is evaluated for every combination of values that matters.

The values of a getter are all that it can return, if the documentation lists them; otherwise the constants of the
condition, one value between and beyond them, and "something else". This decides every comparison of a getter with
constants. For anything else (Unknowable) there is no result.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import prod
from typing import Any

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.condition_evaluation import Call, Fails, Opaque, Unknowable, evaluate
from attachment_contract.gate.conditions import excess

MOST_COMBINATIONS = 5_000
#: Parts of the expression that are evaluated, over all combinations.
MOST_EVALUATIONS = 400_000
_NUMBERS = frozenset({"get_priority", "get_seconds_since_created"})
_OBJECTS = frozenset(
    {f"get_{name}" for name in words.CONTACT_PATHS if name.endswith(("queue", "agent"))}
    | {"get_skills", "get_required_agents", "get_email", "get_created"}
)


@dataclass(frozen=True, kw_only=True)
class Satisfiability:
    """The result. ``failure`` is Python's message if evaluation fails for every combination that is not false."""

    can_be_true: bool
    can_be_false: bool
    failure: str | None = None


def satisfiability_of(
    expression: ast.expr, *, events: Sequence[str] = words.LAST_EVENTS, direction: str = "Both"
) -> Satisfiability | None:
    """Whether an expression can be true and can be false; None if that cannot be decided."""
    if excess(expression) or _calculates(expression):
        return None
    calls = sorted(_calls(expression))
    constants = [node.value for node in ast.walk(expression) if isinstance(node, ast.Constant)]
    domains = [_domain(call, constants, events, direction) for call in calls]
    combinations = prod(len(domain) for domain in domains)
    parts = sum(1 for _ in ast.walk(expression))
    if combinations > MOST_COMBINATIONS or combinations * parts > MOST_EVALUATIONS:
        return None
    true = false = False
    failure = None
    try:
        for chosen in product(*domains):
            try:
                result = bool(evaluate(expression, dict(zip(calls, chosen, strict=True))))
            except Fails as fails:
                failure, result = str(fails), False
            true, false = true or result, false or not result
            if true and false:
                break
    except Unknowable:
        return None
    if not (true and false) and _compares_parts_of_texts(expression):
        return None
    return Satisfiability(can_be_true=true, can_be_false=false, failure=failure)


def value_of(expression: ast.expr, values: Mapping[Call, Any]) -> bool | None:
    """Whether the condition is true for one conversation; None if that cannot be decided."""
    if excess(expression):
        return None
    try:
        return bool(evaluate(expression, values))
    except Unknowable:
        return None
    except Fails:
        return False


def _calculates(expression: ast.expr) -> bool:
    """Whether it uses arithmetic: then the constants do not show where the result changes."""
    return any(
        isinstance(part, ast.BinOp)
        or (isinstance(part, ast.UnaryOp) and not isinstance(part.op, ast.Not) and not _is_number(part.operand))
        for part in ast.walk(expression)
    )


def _compares_parts_of_texts(expression: ast.expr) -> bool:
    """Whether parts of texts are compared: then a text that was not tried may change the result."""
    for part in ast.walk(expression):
        if isinstance(part, ast.Attribute) and part.attr in {"startswith", "endswith", "strip"}:
            return True
        if isinstance(part, ast.Compare):
            pairs = zip(part.ops, part.comparators, strict=True)
            if any(
                isinstance(op, ast.In | ast.NotIn) and not isinstance(right, ast.Tuple | ast.List | ast.Set)
                for op, right in pairs
            ):
                return True
    return False


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def _calls(expression: ast.expr) -> set[Call]:
    """The attributes of ``contact`` and ``event`` that are used, without the methods of their texts."""
    return {
        (node.value.id, node.attr)
        for node in ast.walk(expression)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in words.CONDITION_OBJECTS
    }


def _domain(call: Call, constants: list[Any], events: Sequence[str], direction: str) -> list[Any]:
    root, name = call
    name = name if name.startswith("get_") else f"get_{name}"
    if root == "event":
        # The exact spelling is not documented: the form's spelling and its lower case are tried.
        return [spelt for event in events for spelt in (event, event.lower())] if name == "get_name" else [Opaque()]
    if name == "get_channel_type":
        return ["chat"]
    if name == "get_direction":
        return ["inbound", "outbound"] if direction == "Both" else [direction.lower()]
    if name in _NUMBERS:
        return _numbers(constants, least=0 if name == "get_seconds_since_created" else None)
    if name in _OBJECTS:
        return [None, Opaque()]
    texts = {
        spelt
        for text in constants
        if isinstance(text, str)
        for spelt in (text, text.lower(), text.upper(), text.title())
    }
    nothing = [None] if name not in {"get_language", "get_id", "get_guid"} else []
    return [*sorted(texts), "something else", *nothing]


def _numbers(constants: list[Any], *, least: int | None) -> list[float]:
    """The constants, a number between each two, and one beyond either end."""
    numbers = [float(number) for number in constants if isinstance(number, int | float)]
    known = sorted({0.0, *numbers, *(-number for number in numbers)})  # in -5 the sign is an operator
    between = [(low + high) / 2 for low, high in pairwise(known)]
    values = sorted({*known, *between, known[0] - 1, known[-1] + 1})
    return [value for value in values if least is None or value >= least]
