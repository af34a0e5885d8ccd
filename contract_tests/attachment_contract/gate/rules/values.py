"""AC601, AC602, AC301 outside the headers, sample values (AC901) and template text (AC902)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.context import RawFinding, RuleContext, finding_at
from attachment_contract.gate.json_nodes import Node, dotted, strings_in
from attachment_contract.gate.placeholders import malformed_in, placeholders_in
from attachment_contract.gate.wording import MASK, quoted

_SECRET_NAME = re.compile(r"passw|pwd|secret|api[-_]?key|token|credential", re.IGNORECASE)
_USERS = (("cmi_user",), ("sap_v1", "user"), ("sap_v2", "user"))
_SAMPLED = (("cmi_url",), ("cmi_user",), ("sap_v1", "url"), ("sap_v1", "user"))


def users(context: RuleContext) -> Iterator[RawFinding]:
    """The two users: whether HTTP Basic can transfer them."""
    for names in _USERS:
        node = context.at("request", "body", *names)
        if node is None or node.text is None:
            continue
        if placeholders_in(node):
            found = placeholders_in(node)[0]
            if found.root != "secrets":
                yield _user("AC406", node, f"depends on the conversation: {found.text}", "a fixed user")
        elif node.text != node.text.strip() and node.text.strip():
            yield _user("AC511", node, "has white space around it", f'"{node.text.strip()}"', f'"{node.text.strip()}"')
        elif reason := _unusable(node.text):
            if ":" in node.text:  # the rest may be the password
                context.secrets.append(node.part(node.text.index(":") + 1, len(node.text)))
            yield _user("AC601", node, reason, "a user name: 1 to 255 characters, no colon")
        elif not node.text.isascii():
            yield _beyond_ascii(node)


def _beyond_ascii(node: Node) -> RawFinding:
    """AC602, at the first such character."""
    at = next(index for index, char in enumerate(str(node.value)) if not char.isascii())
    message = f"{dotted(node.path)} has the character {quoted(str(node.value)[at])}."
    return finding_at("AC602", node, message, "letters a to z, digits, usual punctuation", span=node.part(at, at + 1))


def _unusable(user: str) -> str | None:
    if not user:
        return "is empty"
    if ":" in user:
        return "contains a colon, which ends the user name in HTTP Basic"
    if any(char < " " or char == "\x7f" for char in user):
        return "contains a control character"
    return "is longer than 255 characters" if len(user) > 255 else None


def _user(rule: str, node: Node, what: str, expected: str, fix: str | None = None) -> RawFinding:
    name, colon, _ = str(node.value).partition(":")
    found = quoted(f"{name}:{MASK}") if colon else ""
    fix = fix if fix and "\\" not in fix and fix.isprintable() and fix.count('"') == 2 else None
    return finding_at(rule, node, f"{dotted(node.path)} {what}.", expected, found=found, fix=fix)


def secrets_elsewhere(context: RuleContext) -> Iterator[RawFinding]:
    """A member of body or params that is named like a password, key or token and is no placeholder."""
    for section in ("body", "params"):
        node = context.object_at("request", section)
        for value in strings_in(node) if node else []:
            name = str(value.path[-1])
            if _SECRET_NAME.search(name) and value.text and not placeholders_in(value):
                context.secrets.append(value.span)
                message, expected = f"{dotted(value.path)} contains a secret in clear.", "a header with {secrets.NAME}"
                yield finding_at("AC301", value, message, expected, found="a secret in clear (not shown)")


def samples(context: RuleContext) -> Iterator[RawFinding]:
    """AC901: the documentation's sample values, which the page says to replace."""
    for names in _SAMPLED:
        node = context.at("request", "body", *names)
        for sample, what in words.SAMPLE_VALUES.items():
            if node is None or node.text is None or not _holds(node.text, sample, is_address=names[-1].endswith("url")):
                continue
            at = node.text.index(sample)
            message, span = f"sample values left in: {sample} is the documentation's {what}.", (at, at + len(sample))
            yield finding_at("AC901", node, message, f"your own {what}", found=f'"{sample}"', span=node.part(*span))


def _holds(text: str, sample: str, *, is_address: bool) -> bool:
    return sample in text if is_address else sample == text


def left_overs(context: RuleContext) -> Iterator[RawFinding]:
    """AC902: text of a template that was not replaced."""
    for section in ("headers", "body"):
        node = context.object_at("request", section)
        for value in strings_in(node) if node else []:
            found = words.LEFT_OVERS.search(str(value.value))
            is_placeholder = found and placeholders_in(value) and found[0] in {"...", "…"}
            if found is None or is_placeholder or malformed_in(value) or _is_password(value):
                continue
            message = f"{dotted(value.path)} still has the text of a template: {found[0]}."
            span = value.part(*found.span())
            yield finding_at("AC902", value, message, "the value itself", found=f'"{found[0]}"', span=span)


def _is_password(value: Node) -> bool:
    """Whether it is a secret in clear: AC301 reports it, and no part of it may be shown."""
    return _SECRET_NAME.search(str(value.path[-1])) is not None and not placeholders_in(value)
