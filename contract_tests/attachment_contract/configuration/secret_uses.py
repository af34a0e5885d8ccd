"""Finds every reference to a secret, by its role and its place."""

from __future__ import annotations

from collections.abc import Iterator

from attachment_contract.configuration.facts import SecretFacts, SecretRole, SecretUse
from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.context import RuleContext
from attachment_contract.gate.json_nodes import Node, dotted, strings_in
from attachment_contract.gate.placeholders import malformed_in, placeholders_in

_HEADERS: dict[str, SecretRole] = {
    str(role): role for role in SecretRole if role.value in {*words.SECRET_HEADERS, words.SAP_V2_HEADER}
}
_ROOTS = frozenset({"secrets", "authentications"})


def secrets_of(context: RuleContext) -> SecretFacts:
    """The names of the secrets that a configuration and its form refer to."""
    config = context.config
    nodes = strings_in(config) if config else []
    endpoint = context.field("endpoint_url")
    uses = [use for node in (*nodes, *([endpoint] if endpoint else [])) for use in _uses(context, node)]
    literals = tuple(_place(context, node) for node in nodes if _is_literal(context, node))
    listed = tuple(sorted(context.secret_names)) if context.secret_names is not None else None
    return SecretFacts(uses=tuple(uses), listed=listed, literals=literals)


def _uses(context: RuleContext, node: Node) -> Iterator[SecretUse]:
    path = _path(context, node)
    if path == ("request", "authentication", "secrets_ref") and node.text and "{" not in node.text:
        yield SecretUse(name=node.text, role=SecretRole.OAUTH, place=_place(context, node))
    if node.kind != "string":
        return
    for found in placeholders_in(node):
        if found.root in _ROOTS and found.rest:
            yield SecretUse(name=found.rest, role=_role(path), place=_place(context, node))


def _role(path: tuple[str | int, ...]) -> SecretRole:
    if path[:2] == ("request", "headers") and len(path) == 3:
        return _HEADERS.get(str(path[2]).lower(), SecretRole.OTHER)
    if path == ("request", "authentication", "secrets_ref"):
        return SecretRole.OAUTH
    return SecretRole.OTHER


def _is_literal(context: RuleContext, node: Node) -> bool:
    """Whether a secret header has a value instead of a reference. A malformed reference is neither."""
    path = _path(context, node)
    is_header = len(path) == 3 and path[:2] == ("request", "headers") and str(path[2]).lower() in _HEADERS
    return is_header and bool(str(node.value).strip()) and not placeholders_in(node) and not malformed_in(node)


def _path(context: RuleContext, node: Node) -> tuple[str | int, ...]:
    """The path in the configuration, without that of the envelope."""
    root = context.config.path if context.config else ()
    return node.path[len(root) :] if root and node.path[: len(root)] == root else node.path


def _place(context: RuleContext, node: Node) -> str:
    return dotted(_path(context, node))
