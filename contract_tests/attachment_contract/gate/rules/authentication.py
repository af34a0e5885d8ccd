"""AC201 to AC204, and the members of ``request.authentication``: how the request proves who sends it."""

from __future__ import annotations

from collections.abc import Iterator

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.context import RawFinding, RuleContext, finding_at, missing_member, misspelt_member
from attachment_contract.gate.json_nodes import Node
from attachment_contract.gate.wording import nearest, one_of, quoted, shown

_REFERENCE = f'"secrets_ref": "{words.ORCHESTRATION_SECRET}"'
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
        names, quoted_names = (one_of([way(member.name) for member in inline]) for way in (str, quoted))
        message = f"The JSON contains OAuth credentials: {names}."
        yield finding_at("AC202", inline[0].key, message, f"{_REFERENCE} alone", found=quoted_names)
    if reference is not None:
        yield from _reference(reference)
    elif not inline:
        yield from _no_reference(node)


def _type(node: Node) -> Iterator[RawFinding]:
    kind = node.get("type")
    if kind is None:
        yield _missing(node, "type", '"type": "oauth"')
    elif kind.value != "oauth":
        yield finding_at("AC201", kind, f"The type is {shown(kind)}.", '"oauth"', fix='"oauth"')


def _missing(node: Node, name: str, expected: str) -> RawFinding:
    message = f'"{name}" is missing in request.authentication.'
    return missing_member("AC101", node, name, message, expected, f"Add {expected}.")


def _no_reference(node: Node) -> Iterator[RawFinding]:
    misspelt = next((m for m in node.members if m.name != "type" and nearest(m.name, ["secrets_ref"])), None)
    if misspelt:
        message = f"{quoted(misspelt.name)} in request.authentication is not read."
        yield misspelt_member("AC102", misspelt, message, "secrets_ref")
    else:
        yield _missing(node, "secrets_ref", _REFERENCE)


def _reference(node: Node) -> Iterator[RawFinding]:
    wanted = f'"{words.ORCHESTRATION_SECRET}"'
    message = f"secrets_ref is {shown(node)}"
    if node.text is None:
        yield finding_at("AC103", node, f"{message}.", wanted)
    elif any(mark in node.text for mark in "{}") or node.text.startswith("secrets."):
        fix = wanted if words.ORCHESTRATION_SECRET in node.text else None
        yield finding_at("AC204", node, f"{message}: a placeholder instead of the bare name.", wanted, fix=fix)
    elif node.text != words.ORCHESTRATION_SECRET:
        meant = nearest(node.text, [words.ORCHESTRATION_SECRET], cutoff=0.8)
        yield finding_at("AC203", node, f"{message}.", wanted, fix=wanted if meant else None)
