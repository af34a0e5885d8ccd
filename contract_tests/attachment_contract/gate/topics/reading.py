"""AC001 to AC010: the text as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attachment_contract.gate.jsontext import Issue, Unreadable
from attachment_contract.gate.look import Draft, Look, of_kind, shown
from attachment_contract.gate.nodes import Node, Span

_EXPECTED = {
    "AC002": "each name once in an object",
    "AC004": "text in straight double quotes; true, false and null in lower case",
    "AC005": "no byte order mark",
    "AC007": "no comma after the last element",
    "AC008": "no comments: JSON has none",
    "AC009": "a comma between two elements",
    "AC010": "no such character here",
}


def unreadable(stopped: Unreadable, secrets: Iterable[Span] = ()) -> Draft:
    """The token at which reading ended; not shown if it may be a secret."""
    start, end = stopped.span.start, stopped.span.end
    hidden = any(start < span.end and span.start < end for span in secrets)
    found = "something (not shown: it may be a secret)" if hidden else stopped.found
    return Draft(
        rule="AC001",
        span=stopped.span,
        path=(),
        message=f"The JSON cannot be read from here on: {found} is not {stopped.expected}.",
        expected=stopped.expected,
        found=found,
        remedy=stopped.remedy,
    )


def issue(found: Issue) -> Draft:
    """Something that is no JSON, but has a plain meaning."""
    return Draft(
        rule=found.rule,
        span=found.span,
        path=(),
        message=f"This is not JSON: {found.found}." if found.rule != "AC002" else f"There is {found.found}.",
        expected=_EXPECTED[found.rule],
        found=found.found,
        fix=found.fix,
    )


def not_utf8(offset: int) -> Draft:
    """The first byte that is not UTF-8; the text was read as Windows-1252 to go on."""
    return Draft(
        rule="AC006",
        span=Span(offset, offset + 1),
        path=(),
        message="The file is not UTF-8 from here on.",
        expected="UTF-8",
    )


def shape(look: Look) -> Iterator[Draft]:
    """AC003: something else than a configuration."""
    if look.top.kind != "object":
        if look.top.kind == "string":
            look.secrets.append(look.top.span)  # who knows what it is
        yield _no_object(look.top, "a configuration")
        return
    config = look.config
    if config is None and look.top.member("json") is None:
        yield Draft(
            rule="AC101",
            span=look.top.opening,
            path=(),
            message='The envelope has no "json".',
            expected='"json": the configuration',
            remedy='Put the JSON of the form\'s field into the member "json".',
        )
    elif config is not None and config.kind != "object":
        yield _no_object(config, "the configuration")
    yield from _envelope_members(look)


def _no_object(node: Node, what: str) -> Draft:
    return Draft(
        rule="AC003",
        span=node.opening,
        path=node.path,
        message=f"This is {of_kind(node)}, not {what}.",
        expected='an object: {"request": {…}}',
        found=of_kind(node),
    )


def _envelope_members(look: Look) -> Iterator[Draft]:
    expected = {"form": "object", "secret_names": "array"}
    for name, kind in expected.items():
        node = look.top.get(name) if look.config is not look.top else None
        if node is not None and node.kind != kind:
            yield Draft(
                rule="AC103",
                span=node.span,
                path=node.path,
                message=f'"{name}" of the envelope is {shown(node)}.',
                expected=f"an {kind}",
                found=shown(node),
            )
