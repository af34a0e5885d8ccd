"""AC201 to AC204, and the members of ``request.authentication``: how the request proves who sends it."""

from __future__ import annotations

from collections.abc import Iterator

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.context import RawFinding, RuleContext
from attachment_contract.gate.json_nodes import Node
from attachment_contract.gate.wording import nearest, one_of, quoted, shown

_INLINE = ("client_id", "client_secret", "access_token_url", "scope", "user", "username", "password")


def authentication(context: RuleContext) -> Iterator[RawFinding]:
    """Type oauth and the reference to ``orchestration-layer``, which the page says to keep."""
    node = context.object_at("request", "authentication")
    if node is None:
        return
    yield from _type(node)
    inline = [member for member in node.members if member.name in _INLINE]
    reference = node.get("secrets_ref")
    if inline:
        for member in inline:
            if member.name in {"client_secret", "password"} and "{" not in str(member.value.value):
                context.secrets.append(member.value.span)
        yield _raw_finding(
            "AC202",
            inline[0].key,
            f"The JSON contains OAuth credentials: {one_of([member.name for member in inline])}.",
            f'"secrets_ref": "{words.ORCHESTRATION_SECRET}" alone',
            one_of([quoted(member.name) for member in inline]),
        )
    if reference is not None:
        yield from _reference(reference)
    elif not inline:
        yield from _no_reference(node)


def _raw_finding(
    rule: str, node: Node, message: str, expected: str, found: str | None, fix: str | None = None
) -> RawFinding:
    return RawFinding(
        rule=rule, span=node.span, path=node.path, message=message, expected=expected, found=found, fix=fix
    )


def _type(node: Node) -> Iterator[RawFinding]:
    kind = node.get("type")
    if kind is None:
        yield RawFinding(
            rule="AC101",
            span=node.opening,
            path=(*node.path, "type"),
            message='"type" is missing in request.authentication.',
            expected='"type": "oauth"',
            remedy='Add "type": "oauth".',
        )
    elif kind.value != "oauth":
        yield _raw_finding("AC201", kind, f"The type is {shown(kind)}.", '"oauth"', shown(kind), '"oauth"')


def _no_reference(node: Node) -> Iterator[RawFinding]:
    misspelt = next((m for m in node.members if m.name != "type" and nearest(m.name, ["secrets_ref"])), None)
    if misspelt:
        yield RawFinding(
            rule="AC102",
            span=misspelt.key.span,
            path=(*node.path, misspelt.name),
            message=f"{quoted(misspelt.name)} in request.authentication is not read.",
            expected='"secrets_ref"',
            found=quoted(misspelt.name),
            remedy='Write "secrets_ref".',
            fix='"secrets_ref"',
        )
        return
    yield RawFinding(
        rule="AC101",
        span=node.opening,
        path=(*node.path, "secrets_ref"),
        message='"secrets_ref" is missing in request.authentication.',
        expected=f'"secrets_ref": "{words.ORCHESTRATION_SECRET}"',
        remedy=f'Add "secrets_ref": "{words.ORCHESTRATION_SECRET}".',
    )


def _reference(node: Node) -> Iterator[RawFinding]:
    wanted = f'"{words.ORCHESTRATION_SECRET}"'
    if node.text is None:
        yield _raw_finding("AC103", node, f"secrets_ref is {shown(node)}.", wanted, shown(node))
    elif any(mark in node.text for mark in "{}") or node.text.startswith("secrets."):
        yield _raw_finding(
            "AC204",
            node,
            f"secrets_ref is {shown(node)}: a placeholder instead of the bare name.",
            wanted,
            shown(node),
            wanted if words.ORCHESTRATION_SECRET in node.text else None,
        )
    elif node.text != words.ORCHESTRATION_SECRET:
        meant = nearest(node.text, [words.ORCHESTRATION_SECRET], cutoff=0.8)
        yield _raw_finding(
            "AC203", node, f"secrets_ref is {shown(node)}.", wanted, shown(node), wanted if meant else None
        )
