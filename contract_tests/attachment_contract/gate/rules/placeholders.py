"""AC303, AC305, AC306 and AC401 to AC407: the placeholders of the request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.context import RawFinding, RuleContext, finding_at
from attachment_contract.gate.json_nodes import Node, dotted, strings_in
from attachment_contract.gate.placeholders import ROOTS, Placeholder, malformed_in, placeholders_in, whole
from attachment_contract.gate.wording import nearest, one_of, quoted, shown

_WHOLE_ID = f'"{words.CONTACT_ID}"'
_ID = re.compile(r"\{?[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}\}?")
#: Members whose text the engine does not expand (inferred: the documentation shows placeholders in values of
#: headers, params and body only).
_NOT_EXPANDED = ("method", "authentication", "proxy", "timeout", "condition")


def placeholders(context: RuleContext) -> Iterator[RawFinding]:
    """Every placeholder of the request."""
    if context.request is None:
        return
    for member in context.request.members:
        for node in strings_in(member.value):
            if member.name == "condition":
                continue  # rules/condition.py checks it
            yield from _malformed(node)
            for found in placeholders_in(node):
                yield from _one(context, node, found, section=member.name)


def _malformed(node: Node) -> Iterator[RawFinding]:
    for found in malformed_in(node):
        text, expected = quoted(found.text), found.meant or "{name.name} in single braces, without spaces"
        message = f"{text} is not a valid placeholder, so it would be sent unchanged."
        remedy = f"Write {found.meant}." if found.meant else None
        if found.meant is None and "secrets." in found.text:
            remedy = "Write the secret's name exactly as it is in the secrets manager; a name has no blanks."
        yield finding_at("AC403", node, message, expected, found=text, span=found.span, remedy=remedy, fix=found.meant)


def _one(context: RuleContext, node: Node, found: Placeholder, *, section: str) -> Iterator[RawFinding]:
    if section in _NOT_EXPANDED and not _is_inline_credential(node):
        if node.path[-1] != "secrets_ref":  # AC204 reports it
            yield _finding("AC406", node, found, "is expanded in headers and body only", "plain text")
    elif found.root == "secrets":
        yield from _secret(context, node, found, section)
    elif found.root in words.ANSWER_ROOTS:
        expected = 'only below "response", which is used after the response'
        yield _finding("AC407", node, found, "does not exist when the request is made", expected)
    elif found.root == "authentications" and found.known:
        return
    elif not found.known:
        yield _unknown(node, found)


def _is_inline_credential(node: Node) -> bool:
    return node.path[-1] in {"client_id", "client_secret", "password", "user", "username"}


def _finding(
    rule: str,
    node: Node,
    found: Placeholder,
    what: str,
    expected: str,
    remedy: str | None = None,
    fix: str | None = None,
) -> RawFinding:
    """A finding about a placeholder: ``{…} what.``"""
    message = f"{found.text} {what}."
    return finding_at(rule, node, message, expected, found=found.text, span=found.span, remedy=remedy, fix=fix)


def _unknown(node: Node, found: Placeholder) -> RawFinding:
    meant = nearest(found.path, words.PLACEHOLDERS)
    if meant is None and found.root not in ROOTS:
        meant = next((f"contact.{path}" for path in words.CONTACT_PATHS if path == found.path), None)
    expected = f"{{{meant}}}" if meant else f"a placeholder below {one_of(ROOTS[:3])}"
    fix = expected if meant and meant.lower() == found.path.lower() else None
    return _finding("AC401", node, found, "does not exist", expected, f"Write {expected}." if meant else None, fix)


def _secret(context: RuleContext, node: Node, found: Placeholder, section: str) -> Iterator[RawFinding]:
    if section in {"body", "params"}:
        yield _finding("AC305", node, found, f"is in {dotted(node.path)}", "{secrets.…} in headers only")
    if not words.SECRET_NAME.fullmatch(found.rest):
        expected = "letters, digits, hyphen, underscore, at most 64"
        yield _finding("AC306", node, found, "names a secret in a way that no documented name has", expected)
    elif context.secret_names is not None and found.rest not in context.secret_names:
        # A name that something else uses is another secret: to write it here would send the wrong password.
        free = context.secret_names - _used(context)
        meant = nearest(found.rest, free, cutoff=0.8)
        message = f"The secrets manager has no secret {quoted(found.rest)}."
        add = f"Add the secret {quoted(found.rest)} to the secrets manager"
        expected = f"{{secrets.{meant}}}" if meant else f"a secret {quoted(found.rest)} in the secrets manager"
        remedy = f"Write {expected}, if that is the one. Otherwise: {add[0].lower()}{add[1:]}." if meant else f"{add}."
        yield finding_at("AC303", node, message, expected, found=found.text, span=found.span, remedy=remedy)


def _used(context: RuleContext) -> frozenset[str]:
    """Names of secrets that the request uses."""
    request = context.request
    used = [found.rest for node in strings_in(request) for found in placeholders_in(node)] if request else []
    reference = context.at("request", "authentication", "secrets_ref")
    return frozenset([*used, *([reference.text] if reference and reference.text else []), words.ORCHESTRATION_SECRET])


def contact_id(context: RuleContext) -> Iterator[RawFinding]:
    """AC402, AC404, AC405: ``contact_id``, which identifies the conversation."""
    node = context.at("request", "body", "contact_id")
    if node is None or node.text is None or node.text == words.CONTACT_ID or malformed_in(node):
        return
    only = whole(node)
    if only and only.known and only.root != "secrets":
        yield _wrong_id(node, only)
    elif placeholders_in(node):
        yield from _more_than_the_id(node)
    else:
        is_id = _ID.fullmatch(node.text.strip()) is not None
        what = "the id of one conversation" if is_id else shown(node)
        yield finding_at("AC404", node, f"contact_id is the same for every chat: {what}.", _WHOLE_ID, fix=_WHOLE_ID)


def _wrong_id(node: Node, found: Placeholder) -> RawFinding:
    why = {
        "contact.id": "is the id of one leg, which CMI's /chats does not have",
        "contact": "is the whole contact",
    }.get(found.path, "does not identify the conversation")
    return _finding("AC402", node, found, why, words.CONTACT_ID, fix=words.CONTACT_ID)


def _more_than_the_id(node: Node) -> Iterator[RawFinding]:
    found = placeholders_in(node)
    if len(found) == 1 and found[0].text == node.value:
        return  # one unknown placeholder: AC401 reports it
    fix = _WHOLE_ID if str(node.value).strip() == words.CONTACT_ID else None
    yield finding_at("AC405", node, f"contact_id is more than the group id: {shown(node)}.", _WHOLE_ID, fix=fix)
