"""AC701 to AC706: the condition."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.conditions import ConditionSpan, UnknownName, Unparsable, excess, parse, unknown_names
from attachment_contract.gate.context import RawFinding, RuleContext
from attachment_contract.gate.json_nodes import Node
from attachment_contract.gate.placeholders import malformed_in, placeholders_in
from attachment_contract.gate.satisfiability import satisfiability_of
from attachment_contract.gate.wording import one_of, quoted, shown

_FORBIDDEN = (ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)


def condition(context: RuleContext) -> Iterator[RawFinding]:
    """Whether the condition parses, uses names that exist, and can be true."""
    node = context.at("request", "condition")
    if node is None or node.text is None:
        return
    if found := placeholders_in(node):
        yield _placeholder(node, found[0].text, ConditionSpan(start=found[0].start, end=found[0].end), found[0].path)
        return
    if wrong := malformed_in(node):
        meant = (wrong[0].meant or "{contact}").strip("{}")
        at = node.text.index(wrong[0].text)
        yield _placeholder(node, wrong[0].text, ConditionSpan(start=at, end=at + len(wrong[0].text)), meant)
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


def _raw_finding(
    rule: str, node: Node, span: ConditionSpan | None, message: str, expected: str, found: str
) -> RawFinding:
    return RawFinding(
        rule=rule,
        span=node.part(span.start, span.end) if span else node.span,
        path=node.path,
        message=message,
        expected=expected,
        found=found,
    )


def _placeholder(node: Node, text: str, span: ConditionSpan, path: str) -> RawFinding:
    root, _, rest = path.partition(".")
    getter = f"get_{rest.replace('.', '_')}()"
    expected = f"{root}.{getter}" if rest and root in words.CONDITION_OBJECTS else "contact.get_…()"
    return _raw_finding("AC706", node, span, f"In Python {text} is a set, not a placeholder.", expected, quoted(text))


def _unparsable(node: Node, wrong: Unparsable) -> RawFinding:
    empty = not str(node.value).strip()
    span = None if empty or wrong.span.start >= wrong.span.end else wrong.span
    message = "The condition is empty." if empty else f"The condition is not a Python expression: {wrong.message}."
    return _raw_finding("AC701", node, span, message, "a Python expression", shown(node))


def _unknown(node: Node, unknown: UnknownName) -> RawFinding:
    rule = "AC702" if unknown.certain else "AC705"
    known = one_of(sorted(words.DOCUMENTED_GETTERS))
    what = "does not exist" if unknown.certain else "is not documented"
    expected = unknown.meant or f"contact and event; of contact {known}"
    return _raw_finding(
        rule, node, unknown.span, f"{unknown.name} {what} in conditions.", expected, quoted(unknown.name)
    )


def _beyond(node: Node, expression: ast.expr) -> Iterator[RawFinding]:
    """Python that no documented example shows."""
    if why := excess(expression):
        message = f"No documented condition is as large, and it is not evaluated: {why}."
        yield _raw_finding("AC705", node, None, message, "a few comparisons joined by and, or, not", shown(node))
        return
    for part in ast.walk(expression):
        private = isinstance(part, ast.Attribute) and part.attr.startswith("_")
        if isinstance(part, _FORBIDDEN) or private:
            what = type(part).__name__
            expected = "comparisons joined by and, or, not"
            yield _raw_finding("AC705", node, None, f"No documented condition uses this: {what}.", expected, what)
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
        yield _raw_finding("AC703", node, None, message, "a condition that some ended chat fulfils", shown(node))
    elif not truth.can_be_false:
        yield _raw_finding("AC704", node, None, "The condition is always true.", "no condition at all", shown(node))
