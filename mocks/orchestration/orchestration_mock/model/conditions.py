"""The `condition` of a configuration: a small, safe part of Python, read as a tree and never run as code.

Documented: a Python 3.12 expression over `contact` and `event`, with builtins and the modules datetime,
json, random, re and time, `#` comments allowed. The twin knows comparisons, and/or/not, literals,
`contact.get_...()`, `event.get_name()`, `lower`, `upper`, `strip`, `startswith`, `endswith`, `len` and
`in`. Anything else is refused when the configuration is saved, by name, with line and column: the twin
would rather say no than guess.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_CHARS = 2000
MAX_NODES = 300
MAX_NESTING = 40
ATTRIBUTES = frozenset({
    "channel_type", "channel_sub_type", "direction", "id", "guid", "created", "language", "priority",
    "skills", "queue", "queue_id", "queue_address", "agent", "source", "destination",
})  # fmt: skip
TEXT_METHODS: dict[str, Callable[..., Any]] = {
    "lower": str.lower,
    "upper": str.upper,
    "strip": str.strip,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, box: operator.contains(box, item),
    ast.NotIn: lambda item, box: not operator.contains(box, item),
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


class BadCondition(ValueError):
    """The condition cannot be read, or uses what the twin lacks; line and column are in its text."""

    def __init__(self, message: str, line: int, column: int, *, lacking: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.lacking = lacking


class ConditionFailed(Exception):
    """The condition is well-formed but could not be worked out for this conversation."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a condition may ask about.

    Attributes:
        contact: the conversation's JSON object.
        event_name: such as ``Ended``.
        seconds_since_created: by the world's clock; None when the conversation has no creation time.
    """

    contact: Mapping[str, Any]
    event_name: str
    seconds_since_created: float | None


def parse(text: str) -> ast.expr:
    """The condition's tree. Raises ``BadCondition``."""
    if len(text) > MAX_CHARS:
        raise BadCondition(f"longer than {MAX_CHARS} characters", 1, 1)
    try:
        # A call's brackets make line breaks legal; the last newline ends a trailing comment.
        wrapped = ast.parse(f"_(\n{text}\n)", mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as exc:
        line = max(1, (getattr(exc, "lineno", None) or 2) - 1)
        message = getattr(exc, "msg", None) or "cannot be read"
        raise BadCondition(str(message), line, getattr(exc, "offset", None) or 1) from exc
    if sum(1 for _ in ast.walk(wrapped)) > MAX_NODES:
        raise BadCondition(f"more than {MAX_NODES} parts", 1, 1)
    tree = _unwrapped(wrapped)
    _check(tree, 0)
    return tree


def _unwrapped(wrapped: ast.expr) -> ast.expr:
    match wrapped:
        case ast.Call(func=ast.Name(id="_"), args=[tree], keywords=[]):
            return tree
    raise BadCondition("a condition is exactly one expression", 1, 1)


def holds(tree: ast.expr, facts: Facts) -> bool:
    """Whether the condition is true. Raises ``ConditionFailed``."""
    try:
        return bool(_value(tree, facts))
    except (TypeError, ValueError, AttributeError, KeyError) as exc:
        raise ConditionFailed(f"{type(exc).__name__}: {exc}") from exc


def _refuse(node: ast.AST, what: str) -> BadCondition:
    line, column = getattr(node, "lineno", 2) - 1, getattr(node, "col_offset", 0) + 1
    return BadCondition(f"{what} is not imitated by this twin", line, column, lacking=True)


def _check(node: ast.expr, depth: int) -> None:
    if depth > MAX_NESTING:
        raise _refuse(node, "such deep nesting")
    for child in _parts(node):
        _check(child, depth + 1)


def _parts(node: ast.expr) -> list[ast.expr]:
    """The sub-expressions of an allowed node; refuses everything else."""
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None):
            return []
        case ast.BoolOp(values=values):
            return values
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            return [operand]
        case ast.Compare(left=left, comparators=right):
            return [left, *right]
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return items
        case ast.Call():
            return _call_parts(node)
    raise _refuse(node, f"'{ast.unparse(node)[:60]}'")


def _call_parts(node: ast.Call) -> list[ast.expr]:
    if node.keywords:
        raise _refuse(node, "a keyword argument")
    match node.func:
        case ast.Name(id="len") if len(node.args) == 1:
            return node.args
        case ast.Attribute(value=ast.Name(id="contact" | "event" as root), attr=name):
            if not node.args and _getter_known(root, name):
                return []
        case ast.Attribute(value=value, attr=name) if name in TEXT_METHODS:
            return [value, *node.args]
    raise _refuse(node, f"'{ast.unparse(node)[:60]}'")


def _getter_known(root: str, name: str) -> bool:
    if root == "event":
        return name == "get_name"
    return name == "get_seconds_since_created" or (name.startswith("get_") and name.removeprefix("get_") in ATTRIBUTES)


def _value(node: ast.expr, facts: Facts) -> Any:  # noqa: PLR0911 - one return for each kind of node
    match node:
        case ast.Constant(value=value):
            return value
        case ast.BoolOp(op=op, values=values):
            return _bool_op(op, values, facts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, facts)
        case ast.UnaryOp(operand=operand):
            return -_value(operand, facts)
        case ast.Compare():
            return _compare(node, facts)
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return [_value(item, facts) for item in items]
        case ast.Call():
            return _call(node, facts)
    raise ConditionFailed("the tree holds something that was never checked")


def _bool_op(op: ast.boolop, values: list[ast.expr], facts: Facts) -> Any:
    result: Any = None
    for value in values:
        result = _value(value, facts)
        if bool(result) is isinstance(op, ast.Or):
            return result
    return result


def _compare(node: ast.Compare, facts: Facts) -> bool:
    left = _value(node.left, facts)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = _value(right_node, facts)
        if not COMPARISONS[type(op)](left, right):
            return False
        left = right
    return True


def _call(node: ast.Call, facts: Facts) -> Any:
    match node.func:
        case ast.Name(id="len"):
            return len(_value(node.args[0], facts))
        case ast.Attribute(value=ast.Name(id="event")):
            return facts.event_name
        case ast.Attribute(value=ast.Name(id="contact"), attr=name):
            return _contact_value(name.removeprefix("get_"), facts)
        case ast.Attribute(value=value, attr=name):
            text = _value(value, facts)
            if not isinstance(text, str):
                raise ConditionFailed(f".{name}() needs a text, found {type(text).__name__}")
            return TEXT_METHODS[name](text, *(_argument(arg, facts) for arg in node.args))
    raise ConditionFailed("the tree holds a call that was never checked")


def _argument(node: ast.expr, facts: Facts) -> Any:
    value = _value(node, facts)
    return tuple(value) if isinstance(value, list) else value


def _contact_value(name: str, facts: Facts) -> Any:
    if name == "seconds_since_created":
        return facts.seconds_since_created
    if name in {"queue_id", "queue_address"}:
        return (facts.contact.get("queue") or {}).get(name.removeprefix("queue_"))
    return facts.contact.get(name)
