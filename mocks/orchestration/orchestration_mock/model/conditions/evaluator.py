"""Evaluates a condition's tree for one event."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

from orchestration_mock.model.conditions.budget import CHARS_PER_STEP, Budget, ConditionFailed
from orchestration_mock.model.conditions.evaluation import ConditionFacts, Evaluation, Function
from orchestration_mock.model.conditions.functions import BUILTINS
from orchestration_mock.model.conditions.methods import ATTRIBUTES, METHODS
from orchestration_mock.model.conditions.modules import CONSTANTS, FUNCTIONS
from orchestration_mock.model.conditions.operators import BINARY, UNARY, compare, plain
from orchestration_mock.model.conditions.parser import dotted
from orchestration_mock.model.conditions.patterns import PatternMatch


def is_true(tree: ast.expr, facts: ConditionFacts, budget: Budget | None = None) -> bool:
    """Whether the condition is true; ``budget`` bounds the evaluation. Raises ``ConditionFailed``."""
    try:
        return bool(_value(tree, Evaluation(facts, budget or Budget())))
    except ConditionFailed:
        raise
    except Exception as exc:  # any error of Python's own operations is a failure of the condition
        raise ConditionFailed(f"{type(exc).__name__}: {exc}") from exc


def _value(node: ast.expr, evaluation: Evaluation) -> Any:  # noqa: PLR0911 - one return for each kind of node
    match node:
        case ast.Constant(value=value):
            return value
        case ast.BoolOp(op=op, values=values):
            return _bool_op(op, values, evaluation)
        case ast.UnaryOp(op=op, operand=operand):
            return UNARY[type(op)](_value(operand, evaluation))
        case ast.BinOp(left=left, op=op, right=right):
            return plain(BINARY[type(op)](evaluation.budget, _value(left, evaluation), _value(right, evaluation)))
        case ast.Compare():
            return _compare(node, evaluation)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _value(body if _value(test, evaluation) else orelse, evaluation)
        case ast.Call():
            return _call(node, evaluation)
        case _:
            return _part_or_collection(node, evaluation)


def _part_or_collection(node: ast.expr, evaluation: Evaluation) -> Any:
    match node:
        case ast.Tuple(elts=items):
            return tuple(_value(item, evaluation) for item in items)
        case ast.List(elts=items):
            return [_value(item, evaluation) for item in items]
        case ast.Set(elts=items):
            return _hashed(set, [_value(item, evaluation) for item in items], evaluation)
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            found = [(_value(key, evaluation), _value(value, evaluation)) for key, value in pairs if key is not None]
            return _hashed(dict, found, evaluation)
        case ast.Subscript(value=value, slice=index):
            return _subscript(_value(value, evaluation), index, evaluation)
        case ast.Attribute():
            return _attribute(node, evaluation)
    raise ConditionFailed("the tree contains a node that was not checked")


def _hashed(kind: Callable[[list[Any]], Any], items: list[Any], evaluation: Evaluation) -> Any:
    evaluation.budget.weigh(items)
    return kind(items)


def _bool_op(op: ast.boolop, values: list[ast.expr], evaluation: Evaluation) -> Any:
    result: Any = None
    for value in values:
        result = _value(value, evaluation)
        if bool(result) is isinstance(op, ast.Or):
            return result
    return result


def _compare(node: ast.Compare, evaluation: Evaluation) -> bool:
    left = _value(node.left, evaluation)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = _value(right_node, evaluation)
        if not compare(evaluation.budget, op, left, right):
            return False
        left = right
    return True


def _subscript(found: Any, index: ast.expr, evaluation: Evaluation) -> Any:
    if isinstance(index, ast.Slice):
        limits = [None if each is None else _value(each, evaluation) for each in (index.lower, index.upper, index.step)]
        if isinstance(found, str | list | tuple):
            evaluation.budget.spend(1 + len(found) // CHARS_PER_STEP)
        return found[slice(*limits)]
    key = _value(index, evaluation)
    return found.group(key) if isinstance(found, PatternMatch) else found[key]


def _attribute(node: ast.Attribute, evaluation: Evaluation) -> Any:
    path = dotted(node)
    if path is not None:
        return CONSTANTS[path]
    found = _value(node.value, evaluation)
    if node.attr not in ATTRIBUTES.get(type(found), ()):
        raise AttributeError(f"'{type(found).__name__}' object has no attribute '{node.attr}'")
    return getattr(found, node.attr)


def _call(node: ast.Call, evaluation: Evaluation) -> Any:
    path = dotted(node.func)
    if path is not None:
        return _invoke(FUNCTIONS[path], node, evaluation)
    match node.func:
        case ast.Name(id=name):
            return _invoke(BUILTINS[name], node, evaluation)
        case ast.Attribute(value=ast.Name(id="event")):
            return evaluation.facts.event_name
        case ast.Attribute(value=ast.Name(id="contact"), attr=name):
            given = _contact_value(name.removeprefix("get_"), evaluation.facts)
            evaluation.budget.text(evaluation.budget.weigh(given))  # a conversation's data may be of any size
            return given
        case ast.Attribute(value=value, attr=name):
            found = _value(value, evaluation)
            method = METHODS.get(type(found), {}).get(name)
            if method is None:
                raise AttributeError(f"'{type(found).__name__}' object has no attribute '{name}'")
            return _invoke(method, node, evaluation, found)
    raise ConditionFailed("the tree contains a call that was not checked")


def _invoke(function: Function, node: ast.Call, evaluation: Evaluation, *before: Any) -> Any:
    arguments = [_value(each, evaluation) for each in node.args]
    named = {each.arg: _value(each.value, evaluation) for each in node.keywords if each.arg is not None}
    bound = inspect.signature(function).bind(evaluation, *before, *arguments, **named)
    return function(*bound.args, **bound.kwargs)


def _contact_value(name: str, facts: ConditionFacts) -> Any:
    if name == "seconds_since_created":
        return facts.seconds_since_created
    if name in {"queue_id", "queue_address"}:
        return (facts.contact.get("queue") or {}).get(name.removeprefix("queue_"))
    return facts.contact.get(name)
