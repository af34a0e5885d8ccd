"""Makes the rule context of what was read: bare JSON of the form's field, or an envelope with form and secret names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.context import RuleContext
from attachment_contract.gate.json_nodes import Member, Node
from attachment_contract.gate.json_reader import JsonIssue, JsonReader, UnreadableJson

_ENVELOPE_MEMBERS = ("form", "secret_names", "secrets", "json")
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """The rule context, and how the configuration was read if the envelope contains it as text in a string.

    Attributes:
        issues: what is not JSON in that text, but has a clear meaning.
        stopped: why reading that text ended; None if it was read to its end.
        nested: whether the configuration is text in a string.
    """

    context: RuleContext
    issues: tuple[JsonIssue, ...] = ()
    stopped: UnreadableJson | None = None
    nested: bool = False


def read_envelope(top: Node) -> Envelope:
    """The rule context of the whole text."""
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
    return Envelope(context=context, issues=issues, stopped=stopped, nested=_is_text(top.get("json")))


def is_envelope(top: Node) -> bool:
    """Whether this is ``{"form": …, "secret_names": …, "json": …}`` (or the configurator's integration)."""
    return top.member("request") is None and any(top.member(name) for name in ("form", "json", "secret_names"))


def _is_text(node: Node | None) -> bool:
    return node is not None and node.kind == "string"


def _configuration(top: Node) -> tuple[Node | None, tuple[JsonIssue, ...], UnreadableJson | None]:
    """``json`` as an object, or as the text that the configurator stores."""
    node = top.get("json")
    if node is None or node.text is None:
        return node, (), None
    reader = JsonReader(node.text, offsets=node.offsets)
    try:
        return reader.read(), tuple(reader.issues), None
    except UnreadableJson as stopped:
        return None, tuple(reader.issues), stopped


def _form(node: Node) -> tuple[dict[str, Member], tuple[Member, ...]]:
    known, unknown = dict[str, Member](), list[Member]()
    for field in node.members:
        if field.name in _ENVELOPE_MEMBERS:
            continue
        label = _NOT_A_WORD.sub("_", field.name.lower()).strip("_")
        name = words.FORM_ALIASES.get(label, label)
        if name in words.FORM_FIELDS:
            known[name] = field
        else:
            unknown.append(field)
    return known, tuple(unknown)


def _secret_names(top: Node) -> frozenset[str] | None:
    node = top.get("secret_names")
    if node is None or node.kind != "array":
        return None
    return frozenset(item.text for item in node.items if item.text is not None)
