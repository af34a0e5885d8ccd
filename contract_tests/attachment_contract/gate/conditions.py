"""Reads a condition: a Python 3.12 expression over ``contact`` and ``event`` (EDI, Using conditions; documented)."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.wording import nearest

#: Builtins that are useful in a condition; the documentation says "builtins" without a list.
BUILTINS = frozenset(
    {
        *("abs", "all", "any", "bool", "dict", "float", "int", "isinstance", "len", "list", "max", "min", "range"),
        *("round", "set", "sorted", "str", "sum", "tuple", "type", "zip", "enumerate", "map", "filter", "getattr"),
        *("hasattr", "repr", "ord", "chr", "divmod", "frozenset", "reversed", "iter", "next", "callable"),
        *("True", "False", "None"),
    }
)

#: A larger condition is a finding (AC705) and is not evaluated: no documented one has twenty parts.
MOST_PARTS = 2_000
MOST_NESTING = 100
_SIGNS = (ast.boolop, ast.operator, ast.unaryop, ast.cmpop, ast.expr_context)


@dataclass(frozen=True, kw_only=True)
class ConditionSpan:
    """Characters of the condition's text, ``end`` exclusive."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Unparsable:
    """The condition is not a Python expression."""

    message: str
    span: ConditionSpan


@dataclass(frozen=True, kw_only=True)
class UnknownName:
    """A name or method that does not exist; ``meant`` is the nearest one that does.

    Attributes:
        certain: False if the documentation neither shows it nor rules it out.
    """

    name: str
    meant: str | None
    span: ConditionSpan
    certain: bool


def parse(text: str) -> ast.expr | Unparsable:
    """The expression, or the reason why there is none. Line breaks and ``#`` comments are allowed, as in brackets."""
    try:
        if "\n" not in text:
            # The brackets added below must not hide that the text itself has one too many.
            ast.parse(text.strip(), mode="eval")
        return ast.parse(f"(\n{text}\n)", mode="eval").body
    except SyntaxError as exc:
        return Unparsable(message=exc.msg, span=_error_span(exc, text))
    except (ValueError, RecursionError, MemoryError) as exc:
        return Unparsable(message=str(exc) or type(exc).__name__, span=ConditionSpan(start=0, end=len(text)))


def _error_span(error: SyntaxError, text: str) -> ConditionSpan:
    """The character at which Python stopped; the last one if the text ended too early (the offset is 0 then)."""
    column = error.offset - 1 if error.offset else len(text)
    if "\n" in text:
        start = _offset(text, max((error.lineno or 2) - 2, 0)) + column
    else:
        start = len(text) - len(text.lstrip()) + column
    start = max(min(start, len(text) - 1), 0)
    return ConditionSpan(start=start, end=min(start + 1, len(text)))


def excess(expression: ast.expr) -> str | None:
    """Why the expression is too large to be evaluated; None for one of usual size. Not recursive, so it is safe."""
    parts = 0
    stack: list[tuple[ast.AST, int]] = [(expression, 1)]
    while stack:
        node, depth = stack.pop()
        parts += 1
        if depth > MOST_NESTING:
            return f"it is nested more than {MOST_NESTING} deep"
        if parts > MOST_PARTS:
            return f"it has more than {MOST_PARTS} parts"
        stack += [(child, depth + 1) for child in ast.iter_child_nodes(node) if not isinstance(child, _SIGNS)]
    return None


@lru_cache(maxsize=4)
def _lines(text: str) -> tuple[tuple[int, str], ...]:
    """Each line with the offset of its first character; computed once per condition, however many spans are needed."""
    found, start = [], 0
    for line in text.splitlines(keepends=True) or [""]:
        found.append((start, line))
        start += len(line)
    return tuple(found)


def _offset(text: str, line: int) -> int:
    """Offset of a line's first character, lines counted from 0."""
    lines = _lines(text)
    return lines[line][0] if line < len(lines) else len(text)


def span_of(node: ast.AST, text: str) -> ConditionSpan:
    """The span of a part of the expression."""
    lines = _lines(text)

    def at(line: int, byte: int) -> int:
        own = lines[min(line - 2, len(lines) - 1)][1] if line >= 2 else ""
        characters = min(byte, len(own)) if own.isascii() else len(own.encode()[:byte].decode(errors="ignore"))
        return _offset(text, max(line - 2, 0)) + characters

    start = at(getattr(node, "lineno", 2), getattr(node, "col_offset", 0))
    end = at(getattr(node, "end_lineno", None) or 2, getattr(node, "end_col_offset", None) or 0)
    return ConditionSpan(start=start, end=max(end, start))


def unknown_names(expression: ast.expr, text: str) -> list[UnknownName]:
    """Names and getters that do not exist, in the order of the text."""
    bound = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(expression) if isinstance(node, ast.arg)}
    found = []
    for node in ast.walk(expression):
        unknown = None
        if isinstance(node, ast.Name) and node.id not in bound:
            unknown = _name(node, text)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            unknown = _getter(node, text)
        if unknown:
            found.append(unknown)
    return sorted(found, key=lambda unknown: unknown.span.start)


def _name(node: ast.Name, text: str) -> UnknownName | None:
    known = words.CONDITION_OBJECTS | words.CONDITION_MODULES | BUILTINS
    if node.id in known:
        return None
    meant = nearest(node.id, known, cutoff=0.75) if len(node.id) > 3 else None
    return UnknownName(name=node.id, meant=meant, span=span_of(node, text), certain=True)


def _getter(node: ast.Attribute, text: str) -> UnknownName | None:
    assert isinstance(node.value, ast.Name)
    root = node.value.id
    if root not in words.CONDITION_OBJECTS:
        return None
    documented = words.DOCUMENTED_GETTERS if root == "contact" else frozenset()
    inferred = words.INFERRED_GETTERS if root == "contact" else words.EVENT_GETTERS
    if node.attr in documented | inferred:
        return None
    whole = span_of(node, text)
    span = ConditionSpan(start=whole.end - len(node.attr), end=whole.end)
    fields = {name.removeprefix("get_") for name in documented | inferred}
    if node.attr in fields:
        return UnknownName(name=node.attr, meant=f"get_{node.attr}()", span=span, certain=False)
    meant = nearest(node.attr, documented | inferred, cutoff=0.75)
    return UnknownName(name=node.attr, meant=meant, span=span, certain=meant is not None)
