"""Works out a condition's tree for one event."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

from orchestration_mock.model.conditions.budget import CHARS_PER_STEP, ConditionFailed
from orchestration_mock.model.conditions.evaluation import Facts, Function, Work
from orchestration_mock.model.conditions.functions import BUILTINS
from orchestration_mock.model.conditions.methods import ATTRIBUTES, METHODS
from orchestration_mock.model.conditions.modules import CONSTANTS, FUNCTIONS
from orchestration_mock.model.conditions.operators import BINARY, UNARY, compare, plain
from orchestration_mock.model.conditions.parser import dotted
from orchestration_mock.model.conditions.patterns import Match


def holds(tree: ast.expr, facts: Facts) -> bool:
    """Whether the condition is true. Raises ``ConditionFailed``."""
    try:
        return bool(_value(tree, Work(facts)))
    except ConditionFailed:
        raise
    except Exception as exc:  # whatever Python's own operations raise, the condition is what failed
        raise ConditionFailed(f"{type(exc).__name__}: {exc}") from exc


def _value(node: ast.expr, work: Work) -> Any:  # noqa: PLR0911 - one return for each kind of node
    match node:
        case ast.Constant(value=value):
            return value
        case ast.BoolOp(op=op, values=values):
            return _bool_op(op, values, work)
        case ast.UnaryOp(op=op, operand=operand):
            return UNARY[type(op)](_value(operand, work))
        case ast.BinOp(left=left, op=op, right=right):
            return plain(BINARY[type(op)](work.budget, _value(left, work), _value(right, work)))
        case ast.Compare():
            return _compare(node, work)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _value(body if _value(test, work) else orelse, work)
        case ast.Call():
            return _call(node, work)
        case _:
            return _part_or_collection(node, work)


def _part_or_collection(node: ast.expr, work: Work) -> Any:
    match node:
        case ast.Tuple(elts=items):
            return tuple(_value(item, work) for item in items)
        case ast.List(elts=items):
            return [_value(item, work) for item in items]
        case ast.Set(elts=items):
            return _hashed(set, [_value(item, work) for item in items], work)
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            found = [(_value(key, work), _value(value, work)) for key, value in pairs if key is not None]
            return _hashed(dict, found, work)
        case ast.Subscript(value=value, slice=index):
            return _subscript(_value(value, work), index, work)
        case ast.Attribute():
            return _attribute(node, work)
    raise ConditionFailed("the tree holds something that was never checked")


def _hashed(kind: Callable[[list[Any]], Any], items: list[Any], work: Work) -> Any:
    work.budget.weigh(items)
    return kind(items)


def _bool_op(op: ast.boolop, values: list[ast.expr], work: Work) -> Any:
    result: Any = None
    for value in values:
        result = _value(value, work)
        if bool(result) is isinstance(op, ast.Or):
            return result
    return result


def _compare(node: ast.Compare, work: Work) -> bool:
    left = _value(node.left, work)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = _value(right_node, work)
        if not compare(work.budget, op, left, right):
            return False
        left = right
    return True


def _subscript(found: Any, index: ast.expr, work: Work) -> Any:
    if isinstance(index, ast.Slice):
        limits = [None if each is None else _value(each, work) for each in (index.lower, index.upper, index.step)]
        if isinstance(found, str | list | tuple):
            work.budget.spend(1 + len(found) // CHARS_PER_STEP)
        return found[slice(*limits)]
    key = _value(index, work)
    return found.group(key) if isinstance(found, Match) else found[key]


def _attribute(node: ast.Attribute, work: Work) -> Any:
    path = dotted(node)
    if path is not None:
        return CONSTANTS[path]
    found = _value(node.value, work)
    if node.attr not in ATTRIBUTES.get(type(found), ()):
        raise AttributeError(f"'{type(found).__name__}' object has no attribute '{node.attr}'")
    return getattr(found, node.attr)


def _call(node: ast.Call, work: Work) -> Any:
    path = dotted(node.func)
    if path is not None:
        return _invoke(FUNCTIONS[path], node, work)
    match node.func:
        case ast.Name(id=name):
            return _invoke(BUILTINS[name], node, work)
        case ast.Attribute(value=ast.Name(id="event")):
            return work.facts.event_name
        case ast.Attribute(value=ast.Name(id="contact"), attr=name):
            given = _contact_value(name.removeprefix("get_"), work.facts)
            work.budget.text(work.budget.weigh(given))  # a conversation's data may be of any size
            return given
        case ast.Attribute(value=value, attr=name):
            found = _value(value, work)
            method = METHODS.get(type(found), {}).get(name)
            if method is None:
                raise AttributeError(f"'{type(found).__name__}' object has no attribute '{name}'")
            return _invoke(method, node, work, found)
    raise ConditionFailed("the tree holds a call that was never checked")


def _invoke(function: Function, node: ast.Call, work: Work, *before: Any) -> Any:
    arguments = [_value(each, work) for each in node.args]
    named = {each.arg: _value(each.value, work) for each in node.keywords if each.arg is not None}
    bound = inspect.signature(function).bind(work, *before, *arguments, **named)
    return function(*bound.args, **bound.kwargs)


def _contact_value(name: str, facts: Facts) -> Any:
    if name == "seconds_since_created":
        return facts.seconds_since_created
    if name in {"queue_id", "queue_address"}:
        return (facts.contact.get("queue") or {}).get(name.removeprefix("queue_"))
    return facts.contact.get(name)
