"""Evaluates the part of Python that conditions need, and nothing that could do harm: no ``eval``, no real attribute.

Anything outside this part raises :class:`Unknowable`; the gate then reports nothing rather than something wrong.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

Call = tuple[str, str]  # e.g. ("contact", "get_language")

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
TEXT_METHODS = frozenset({"lower", "upper", "strip", "casefold", "startswith", "endswith"})


class Unknowable(Exception):
    """The expression is outside the part of Python that is evaluated here."""


class Fails(Exception):
    """Python would raise, so the condition is not true."""


class Opaque:
    """A value that exists but of which nothing else is known, such as a queue."""

    def __repr__(self) -> str:
        return "<something>"


def evaluate(node: ast.AST, values: Mapping[Call, Any]) -> Any:
    """The value of an expression; ``values`` has the result of each call and attribute of ``contact`` and ``event``.

    Raises:
        Unknowable: the expression uses something else.
        Fails: Python would raise a TypeError, an AttributeError or the like.
    """
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise Unknowable(type(node).__name__)
    return handler(node, values)


def _constant(node: ast.Constant, _values: Mapping[Call, Any]) -> Any:
    return node.value


def _sequence(node: ast.Tuple | ast.List | ast.Set, values: Mapping[Call, Any]) -> Any:
    return tuple(evaluate(item, values) for item in node.elts)


def _bool_op(node: ast.BoolOp, values: Mapping[Call, Any]) -> Any:
    result: Any = None
    for part in node.values:
        result = evaluate(part, values)
        if bool(result) is isinstance(node.op, ast.Or):
            return result
    return result


def _unary(node: ast.UnaryOp, values: Mapping[Call, Any]) -> Any:
    operand = evaluate(node.operand, values)
    if isinstance(node.op, ast.Not):
        return not operand
    if isinstance(operand, int | float) and isinstance(node.op, ast.USub):
        return -operand
    raise Unknowable("unary")


def _binary(node: ast.BinOp, values: Mapping[Call, Any]) -> Any:
    left, right = evaluate(node.left, values), evaluate(node.right, values)
    action = _ARITHMETIC.get(type(node.op))
    if action is None or not all(isinstance(side, int | float) for side in (left, right)):
        raise Unknowable("arithmetic")
    return _python(lambda: action(left, right))


def _compare(node: ast.Compare, values: Mapping[Call, Any]) -> Any:
    left = evaluate(node.left, values)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = evaluate(right_node, values)
        if isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) and isinstance(left, str) and isinstance(right, str):
            raise Unknowable("order of texts")
        if isinstance(op, ast.Is | ast.IsNot) and not any(
            side is None or isinstance(side, bool) for side in (left, right)
        ):
            raise Unknowable("identity of values")
        if any(isinstance(side, Opaque) for side in (left, right)) and not isinstance(op, ast.Is | ast.IsNot):
            raise Unknowable("an object whose form is not documented")
        if not _python(lambda op=op, left=left, right=right: _COMPARE[type(op)](left, right)):  # type: ignore[misc]
            return False
        left = right
    return True


def _if_else(node: ast.IfExp, values: Mapping[Call, Any]) -> Any:
    return evaluate(node.body if evaluate(node.test, values) else node.orelse, values)


def _call(node: ast.Call, values: Mapping[Call, Any]) -> Any:
    if node.keywords:
        raise Unknowable("keyword argument")
    function = node.func
    if isinstance(function, ast.Name) and function.id == "bool" and len(node.args) == 1:
        return bool(evaluate(node.args[0], values))
    if not isinstance(function, ast.Attribute):
        raise Unknowable("call")
    if isinstance(function.value, ast.Name) and not node.args:
        return _given((function.value.id, function.attr), values)
    target = evaluate(function.value, values)
    if target is None:
        raise Fails(f"None has no {function.attr}()")
    if not isinstance(target, str) or function.attr not in TEXT_METHODS:
        raise Unknowable(f"method {function.attr}")
    arguments = [evaluate(argument, values) for argument in node.args]
    return _python(lambda: getattr(target, function.attr)(*arguments))


def _attribute(node: ast.Attribute, values: Mapping[Call, Any]) -> Any:
    if isinstance(node.value, ast.Name):
        return _given((node.value.id, node.attr), values)
    raise Unknowable("attribute")


def _name(node: ast.Name, _values: Mapping[Call, Any]) -> Any:
    raise Unknowable(node.id)


def _given(call: Call, values: Mapping[Call, Any]) -> Any:
    if call not in values:
        raise Unknowable(".".join(call))
    return values[call]


def _python(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except (TypeError, AttributeError, ValueError, ArithmeticError) as exc:
        raise Fails(str(exc)) from exc


_HANDLERS: dict[type[ast.AST], Callable[[Any, Mapping[Call, Any]], Any]] = {
    ast.Constant: _constant,
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.Set: _sequence,
    ast.BoolOp: _bool_op,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.IfExp: _if_else,
    ast.Call: _call,
    ast.Attribute: _attribute,
    ast.Name: _name,
}
