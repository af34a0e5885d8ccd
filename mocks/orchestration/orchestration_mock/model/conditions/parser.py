"""Parses a condition into a tree and checks every part of it against a list of what is allowed."""

from __future__ import annotations

import ast

from orchestration_mock.model.conditions.budget import ConditionFailed
from orchestration_mock.model.conditions.formats import checked_format, readable_format
from orchestration_mock.model.conditions.functions import BUILTINS
from orchestration_mock.model.conditions.methods import ATTRIBUTE_NAMES, METHOD_NAMES
from orchestration_mock.model.conditions.modules import CONSTANTS, FUNCTIONS, MODULES, PATTERN_FUNCTIONS
from orchestration_mock.model.conditions.operators import BINARY, COMPARISONS, UNARY
from orchestration_mock.model.conditions.patterns import BadPattern, read_pattern

MAX_CHARS = 2000
MAX_NODES = 300
MAX_NESTING = 40
GETTERS = frozenset({
    "channel_type", "channel_sub_type", "direction", "id", "guid", "created", "language", "priority",
    "skills", "queue", "queue_id", "queue_address", "forwarding_queue", "agent", "preferred_agent",
    "required_agents", "transferring_agent", "source", "destination", "seconds_since_created",
})  # fmt: skip
KEYWORDS = frozenset({
    "reverse", "ndigits", "base", "start", "tz", "tzinfo", "flags", "sort_keys", "ensure_ascii",
    "year", "month", "day", "hour", "minute", "second", "microsecond",
    "weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds",
})  # fmt: skip


class BadCondition(ValueError):
    """The condition cannot be parsed, or uses what the mock does not imitate; line and column are in its text."""

    def __init__(self, message: str, line: int, column: int, *, not_imitated: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.not_imitated = not_imitated


def parse(text: str) -> ast.expr:
    """The condition's tree. Raises ``BadCondition``."""
    if len(text) > MAX_CHARS:
        raise BadCondition(f"longer than {MAX_CHARS} characters", 1, 1)
    try:
        # A call's brackets make line breaks legal; the last newline ends a trailing comment.
        wrapped = ast.parse(f"_(\n{text}\n)", mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as exc:
        line = max(1, (getattr(exc, "lineno", None) or 2) - 1)
        message = getattr(exc, "msg", None) or "cannot be parsed"
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


def dotted(node: ast.expr) -> str | None:
    """``datetime.datetime.now`` of a chain that begins with a documented module; None for any other node."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    if isinstance(node, ast.Name) and node.id in MODULES:
        return ".".join([node.id, *names])
    return None


def _refuse(node: ast.AST, what: str) -> BadCondition:
    line, column = getattr(node, "lineno", 2) - 1, getattr(node, "col_offset", 0) + 1
    return BadCondition(f"{what} is not imitated by this mock", line, column, not_imitated=True)


def _named(node: ast.expr) -> str:
    return f"'{ast.unparse(node)[:60]}'"


def _check(node: ast.expr, depth: int) -> None:
    if depth > MAX_NESTING:
        raise _refuse(node, "nesting of this depth")
    for child in _parts(node):
        _check(child, depth + 1)


def _parts(node: ast.expr) -> list[ast.expr]:  # noqa: PLR0911 - one return for each kind of node
    """The sub-expressions of an allowed node. Raises ``BadCondition`` for any other node."""
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None):
            return []
        case ast.BoolOp(values=values):
            return values
        case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
            return [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return [left, right]
        case ast.Compare(left=left, ops=ops, comparators=right) if all(type(op) in COMPARISONS for op in ops):
            return [left, *right]
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return [test, body, orelse]
        case _:
            return _larger_parts(node)


def _larger_parts(node: ast.expr) -> list[ast.expr]:  # noqa: PLR0911 - one return for each kind of node
    match node:
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return items
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return [*(key for key in keys if key is not None), *values]
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=step)):
            return [value, *(each for each in (lower, upper, step) if each is not None)]
        case ast.Subscript(value=value, slice=index):
            return [value, index]
        case ast.Attribute(value=value, attr=name):
            path = dotted(node)
            if path in CONSTANTS:
                return []
            if path is None and name in ATTRIBUTE_NAMES:
                return [value]
        case ast.Call():
            return _call_parts(node)
    raise _refuse(node, _named(node))


def _call_parts(node: ast.Call) -> list[ast.expr]:
    odd = [each.arg for each in node.keywords if each.arg not in KEYWORDS]
    if odd:
        raise _refuse(node, f"the keyword argument {odd[0] or '**'}")
    arguments = [*node.args, *(each.value for each in node.keywords)]
    path = dotted(node.func)
    if path in PATTERN_FUNCTIONS:
        _check_pattern(node)
    _check_format(node, path)
    if path in FUNCTIONS:
        return arguments
    match node.func:
        case ast.Name(id=name) if name in BUILTINS:
            return arguments
        case ast.Attribute(value=ast.Name(id="contact" | "event" as root), attr=name):
            if not arguments and _getter_known(root, name):
                return []
        case ast.Attribute(value=value, attr=name) if path is None and name in METHOD_NAMES:
            return [value, *arguments]
    raise _refuse(node, _named(node))


def _check_pattern(node: ast.Call) -> None:
    """Check a literal pattern now, not when the first event comes."""
    match node.args[:1]:
        case [ast.Constant(value=str() as pattern)]:
            try:
                read_pattern(pattern)
            except BadPattern as exc:
                message = f"the pattern {pattern[:60]!r}: {exc}"
                raise BadCondition(
                    message, node.lineno - 1, node.col_offset + 1, not_imitated=exc.not_imitated
                ) from exc


def _check_format(node: ast.Call, path: str | None) -> None:
    """Check a literal time format now."""
    is_method = path is None and isinstance(node.func, ast.Attribute) and node.func.attr == "strftime"
    at, check = {"datetime.datetime.strptime": (1, readable_format), "time.strftime": (0, checked_format)}.get(
        path or "", (0 if is_method else len(node.args), checked_format)
    )
    match node.args[at : at + 1]:
        case [ast.Constant(value=str() as text)]:
            try:
                check(text)
            except ConditionFailed as exc:
                raise BadCondition(str(exc), node.lineno - 1, node.col_offset + 1, not_imitated=True) from exc


def _getter_known(root: str, name: str) -> bool:
    if root == "event":
        return name == "get_name"
    return name.startswith("get_") and name.removeprefix("get_") in GETTERS
