"""AC001 to AC010: the text as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attachment_contract.gate.context import RawFinding, RuleContext, finding_at, missing_member
from attachment_contract.gate.json_nodes import Node
from attachment_contract.gate.json_reader import JsonIssue, UnreadableSource
from attachment_contract.gate.source import TextSpan
from attachment_contract.gate.wording import of_kind, shown

_EXPECTED = {
    "AC002": "each name once in an object",
    "AC004": "text in straight double quotes; true, false and null in lower case",
    "AC005": "no byte order mark",
    "AC007": "no comma after the last element",
    "AC008": "no comments: JSON has none",
    "AC009": "a comma between two elements",
    "AC010": "no such character here",
}


def unreadable(stopped: UnreadableSource, secrets: Iterable[TextSpan] = ()) -> RawFinding:
    """AC001: the token at which reading ended; not shown if it may be a secret."""
    start, end = stopped.span.start, stopped.span.end
    hidden = any(start < span.end and span.start < end for span in secrets)
    found = "something (not shown: it may be a secret)" if hidden else stopped.found
    message = f"The JSON cannot be read from this token on: {found} is not {stopped.expected}."
    return RawFinding("AC001", stopped.span, (), message, stopped.expected, found, stopped.remedy)


def issue(found: JsonIssue) -> RawFinding:
    """AC002 to AC010: something that is not JSON, but has a clear meaning."""
    message = f"This is not JSON: {found.found}." if found.rule != "AC002" else f"There is {found.found}."
    return RawFinding(found.rule, found.span, (), message, _EXPECTED[found.rule], found.found, fix=found.fix)


def not_utf8(offset: int) -> RawFinding:
    """AC006: the first byte that is not UTF-8; from there on the text was read as Windows-1252."""
    return RawFinding("AC006", TextSpan(offset, offset + 1), (), "The file is not UTF-8 from this byte on.", "UTF-8")


def another_encoding(name: str) -> RawFinding:
    """AC006: a file in an encoding of two or four bytes a character, by its byte order mark or first bytes."""
    message, found = f"This file is {name}; save it as UTF-8.", name
    return RawFinding("AC006", TextSpan(0, 1), (), message, "UTF-8", found)


def shape(context: RuleContext) -> Iterator[RawFinding]:
    """AC003, AC101, AC103: whether the text is a configuration or an envelope with one."""
    if context.top.kind != "object":
        if context.top.kind == "string":
            context.secrets.append(context.top.span)  # it may be a secret
        yield _no_object(context.top, "a configuration")
        return
    config = context.config
    if config is None and context.top.member("json") is None:
        message, expected = 'The envelope has no "json".', '"json": the configuration'
        remedy = 'Put the JSON of the form\'s field into the member "json".'
        yield missing_member("AC101", context.top, "json", message, expected, remedy)
    elif config is not None and config.kind != "object":
        yield _no_object(config, "the configuration")
    yield from _envelope_members(context)


def _no_object(node: Node, what: str) -> RawFinding:
    kind = of_kind(node)
    expected = 'an object: {"request": {…}}'
    return finding_at("AC003", node, f"This is {kind}, not {what}.", expected, found=kind, span=node.opening)


def _envelope_members(context: RuleContext) -> Iterator[RawFinding]:
    expected = {"form": "object", "secret_names": "array"}
    for name, kind in expected.items():
        node = context.top.get(name) if context.config is not context.top else None
        if node is not None and node.kind != kind:
            yield finding_at("AC103", node, f'"{name}" of the envelope is {shown(node)}.', f"an {kind}")
