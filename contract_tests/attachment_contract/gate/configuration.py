"""Makes the rule context of what was read: bare JSON of the form's field, or an envelope with form and secret names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.context import RuleContext
from attachment_contract.gate.json_nodes import Member, Node
from attachment_contract.gate.json_reader import JsonIssue, JsonReader, UnreadableSource
from attachment_contract.gate.source import TextSpan
from attachment_contract.gate.workflows import recognise

#: Members of the envelope. ``oauth``: ``access_token_url`` and ``issuer`` of the tenant's token endpoint; ``secrets``
#: is recognised because people put values there, which is a finding.
ENVELOPE_MEMBERS = ("form", "secret_names", "json", "oauth")
_ALL_MEMBERS = (*ENVELOPE_MEMBERS, "secrets")
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """The rule context, and how the configuration was read if the envelope contains it as text in a string.

    Attributes:
        issues: what is not JSON in that text, but has a clear meaning.
        stopped: why reading that text ended; None if it was read to its end.
        nested: where the configuration is text in a string; None if it is an object.
    """

    context: RuleContext
    issues: tuple[JsonIssue, ...] = ()
    stopped: UnreadableSource | None = None
    nested: TextSpan | None = None


def read_envelope(top: Node, own_hosts: tuple[str, ...] = ()) -> Envelope:
    """The rule context of the whole text. ``own_hosts``: patterns of the customer's own hosts."""
    envelope = _envelope(top)
    context = envelope.context
    recognised = recognise(context.config, endpoint_path(context))
    return replace(envelope, context=replace(context, own_hosts=own_hosts, recognised=recognised))


def endpoint_path(context: RuleContext) -> str | None:
    """The path of the form's endpoint without slash at its end; None if there is no endpoint."""
    node = context.field("endpoint_url")
    if node is None or not node.text:
        return None
    try:
        return urlsplit(node.text.strip()).path.rstrip("/") or None
    except ValueError:
        return None


def _envelope(top: Node) -> Envelope:
    if not is_envelope(top):
        return Envelope(context=RuleContext(top=top, config=top))
    config, issues, stopped = _configuration(top)
    form_node = top.get("form") or (top if top.member("endpoint_url") else None)
    form, unknown = _form(form_node) if form_node and form_node.kind == "object" else ({}, ())
    context = RuleContext(
        top=top,
        config=config,
        form=form if form_node else None,
        form_node=form_node,
        unknown_fields=unknown,
        secret_names=_secret_names(top),
    )
    text = top.get("json")
    nested = text.span if text and text.kind == "string" else None
    return Envelope(context=context, issues=issues, stopped=stopped, nested=nested)


def is_envelope(top: Node) -> bool:
    """Whether this is ``{"form": …, "secret_names": …, "json": …}`` (or the configurator's integration)."""
    if top.member("request") is not None:
        return False
    return any(member.name.lower() in {"form", "json", "secret_names"} for member in top.members)


def unknown_members(top: Node) -> Iterator[Member]:
    """Members that an envelope does not have; the configurator's integration has the form's fields there as well."""
    has_fields = top.member("endpoint_url") is not None
    for member in top.members:
        if member.name not in _ALL_MEMBERS and not (has_fields and member.name.lower() not in _ALL_MEMBERS):
            yield member


def _configuration(top: Node) -> tuple[Node | None, tuple[JsonIssue, ...], UnreadableSource | None]:
    """``json`` as an object, or as the text that the configurator stores."""
    node = top.get("json")
    if node is None or node.text is None:
        return node, (), None
    reader = JsonReader(node.text, offsets=node.offsets)
    try:
        return reader.read(), tuple(reader.issues), None
    except UnreadableSource as stopped:
        return None, tuple(reader.issues), stopped


def _form(node: Node) -> tuple[dict[str, Member], tuple[Member, ...]]:
    known, unknown = dict[str, Member](), list[Member]()
    for field in node.members:
        if field.name in _ALL_MEMBERS:
            continue
        label = _NOT_A_WORD.sub("_", field.name.lower()).strip("_")
        name = words.FORM_ALIASES.get(label, label)
        if name in words.FORM_FIELDS:
            if name == label or name not in known:  # the field's own name goes before another spelling of it
                known[name] = field
        else:
            unknown.append(field)
    return known, tuple(unknown)


def _secret_names(top: Node) -> frozenset[str] | None:
    node = top.get("secret_names")
    if node is None or node.kind != "array":
        return None
    return frozenset(item.text for item in node.items if item.text is not None)
