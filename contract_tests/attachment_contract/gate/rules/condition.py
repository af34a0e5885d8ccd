"""AC701 to AC706: the condition."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.conditions import UnknownName, Unparsable, excess, parse, unknown_names
from attachment_contract.gate.context import RawFinding, RuleContext, finding_at
from attachment_contract.gate.json_nodes import Node
from attachment_contract.gate.placeholders import malformed_in, placeholders_in
from attachment_contract.gate.satisfiability import satisfiability_of
from attachment_contract.gate.source import TextSpan
from attachment_contract.gate.wording import one_of, quoted

_FORBIDDEN = (ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)


def condition(context: RuleContext) -> Iterator[RawFinding]:
    """Whether the condition parses, uses names that exist, and can be true."""
    node = context.at("request", "condition")
    if node is None or node.text is None:
        return
    if found := placeholders_in(node):
        yield _placeholder(node, found[0].text, found[0].span, found[0].path)
        return
    if wrong := malformed_in(node):
        yield _placeholder(node, wrong[0].text, wrong[0].span, (wrong[0].meant or "{contact}").strip("{}"))
        return
    expression = parse(node.text)
    if isinstance(expression, Unparsable):
        yield _unparsable(node, expression)
        return
    unknown = unknown_names(expression, node.text)
    yield from (_unknown(node, name) for name in unknown)
    yield from _beyond(node, expression)
    if not any(name.certain for name in unknown):
        yield from _satisfiability(context, node, expression)


def _placeholder(node: Node, text: str, span: TextSpan, path: str) -> RawFinding:
    root, _, rest = path.partition(".")
    getter = f"get_{rest.replace('.', '_')}()"
    expected = f"{root}.{getter}" if rest and root in words.CONDITION_OBJECTS else "contact.get_…()"
    message = f"In Python {text} is a set, not a placeholder."
    return finding_at("AC706", node, message, expected, found=quoted(text), span=span)


def _unparsable(node: Node, wrong: Unparsable) -> RawFinding:
    empty = not str(node.value).strip()
    span = None if empty or wrong.span.start >= wrong.span.end else node.part(wrong.span.start, wrong.span.end)
    message = "The condition is empty." if empty else f"The condition is not a Python expression: {wrong.message}."
    return finding_at("AC701", node, message, "a Python expression", span=span)


def _unknown(node: Node, unknown: UnknownName) -> RawFinding:
    rule = "AC702" if unknown.certain else "AC705"
    known = one_of(sorted(words.DOCUMENTED_GETTERS))
    what = "does not exist" if unknown.certain else "is not documented"
    expected = unknown.meant or f"contact and event; of contact {known}"
    message, span = f"{unknown.name} {what} in conditions.", node.part(unknown.span.start, unknown.span.end)
    return finding_at(rule, node, message, expected, found=quoted(unknown.name), span=span)


def _beyond(node: Node, expression: ast.expr) -> Iterator[RawFinding]:
    """Python that no documented example shows."""
    if why := excess(expression):
        message = f"No documented condition is as large, and it is not evaluated: {why}."
        yield finding_at("AC705", node, message, "a few comparisons joined by and, or, not")
        return
    for part in ast.walk(expression):
        private = isinstance(part, ast.Attribute) and part.attr.startswith("_")
        if isinstance(part, _FORBIDDEN) or private:
            what = type(part).__name__
            message, expected = f"No documented condition uses this: {what}.", "comparisons joined by and, or, not"
            yield finding_at("AC705", node, message, expected, found=what)
            return


def _satisfiability(context: RuleContext, node: Node, expression: ast.expr) -> Iterator[RawFinding]:
    events = context.field("events")
    selected = (
        [str(event.value) for event in (events.items or (events,)) if event.text in words.EVENTS] if events else []
    )
    direction = context.field("direction")
    chosen = direction.text if direction and direction.text in words.DIRECTIONS else "Both"
    truth = satisfiability_of(expression, events=selected or words.LAST_EVENTS, direction=str(chosen))
    if truth is None:
        return
    if not truth.can_be_true:
        why = f", because it fails: {truth.failure}" if truth.failure else " for a chat that has ended"
        message = f"The condition can never be true{why}."
        yield finding_at("AC703", node, message, "a condition that some ended chat fulfils")
    elif not truth.can_be_false:
        yield finding_at("AC704", node, "The condition is always true.", "no condition at all")
