"""AC821 to AC823: what several configurations have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from urllib.parse import urlsplit

from attachment_contract.gate.context import RawFinding, RuleContext, finding_at, missing_member
from attachment_contract.gate.wording import quoted

#: At most so many integrations are triggered for one event (documented).
MOST_INTEGRATIONS = 3
_EVERY_QUEUE = "*"


@dataclass(frozen=True, kw_only=True)
class SetMember:
    """One configuration of several; ``index`` is its place among them."""

    index: int
    name: str
    context: RuleContext


@dataclass(frozen=True, kw_only=True)
class _Slot:
    """What an integration applies to. Integrations of one slot are triggered together."""

    cmi: str
    channel: str
    direction: str
    event: str
    queue: str

    def __str__(self) -> str:
        where = "every queue" if self.queue == _EVERY_QUEUE else self.queue
        return f"{where} at {self.event}"


Found = tuple[int, RawFinding]


def ordinals(members: Sequence[SetMember]) -> Iterator[Found]:
    """AC821, AC822: for each slot the ordinals. A configuration without a form says nothing of either."""
    applied = [member for member in members if member.context.form_node is not None and _is_on(member.context)]
    slots = defaultdict[_Slot, list[SetMember]](list)
    queues = {queue for member in applied for queue in _queues(member.context)}
    for member in applied:
        for slot in _slots(member.context, queues):
            slots[slot].append(member)
    twice, beyond = dict[int, RawFinding](), dict[int, RawFinding]()
    for slot, together in slots.items():
        first = dict[int, SetMember]()
        for member in together:
            ordinal = _ordinal(member.context)
            if ordinal is not None and first.setdefault(ordinal, member) is not member:
                twice.setdefault(member.index, _twice(member, first[ordinal], slot))
        in_order = sorted(together, key=lambda member: (_order(member.context), member.index))
        for member in in_order[MOST_INTEGRATIONS:]:
            beyond.setdefault(member.index, _beyond(member, in_order, slot))
    yield from (*twice.items(), *beyond.items())


def _is_on(context: RuleContext) -> bool:
    enabled = context.field("enabled")
    return enabled is None or enabled.value is not False


def _slots(context: RuleContext, queues: set[str]) -> Iterator[_Slot]:
    own = _queues(context)
    channel, direction = (_text(context, name) for name in ("channel_type", "direction"))
    directions = [direction] if direction in {"inbound", "outbound"} else ["inbound", "outbound"]
    # An integration without queues applies to each queue that another one names (assumed).
    for way, event, queue in product(directions, _events(context), own if own != {_EVERY_QUEUE} else own | queues):
        yield _Slot(cmi=_cmi(context), channel=channel or "chat", direction=way, event=event, queue=queue)


def _text(context: RuleContext, name: str) -> str:
    node = context.field(name)
    return (node.text or "").strip().lower() if node else ""


def _events(context: RuleContext) -> list[str]:
    node = context.field("events")
    if node is None:
        return []
    return [item.text for item in (node.items or (node,)) if item.text]


def _queues(context: RuleContext) -> set[str]:
    node = context.field("queues")
    items = (node.items or (node,)) if node else ()
    texts = (item if item.kind == "string" else item.get("address") or item.get("type") for item in items)
    return {text.text.lower() for text in texts if text is not None and text.text} or {_EVERY_QUEUE}


def _ordinal(context: RuleContext) -> int | None:
    node = context.field("ordinal")
    if node is None or node.kind not in {"number", "string"}:
        return None
    text = str(node.value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _order(context: RuleContext) -> int:
    ordinal = _ordinal(context)
    return 1 if ordinal is None else ordinal


def _cmi(context: RuleContext) -> str:
    """Host, port and path of CMI's address, which identify the tenant; empty if there is none."""
    node = context.at("request", "body", "cmi_url")
    if node is None or not node.text:
        return ""
    try:
        parts = urlsplit(node.text.strip())
        port = parts.port or 443
    except ValueError:
        return ""
    return f"{(parts.hostname or '').lower()}:{port}{parts.path.rstrip('/')}"


def _twice(member: SetMember, other: SetMember, slot: _Slot) -> RawFinding:
    message = f"The ordinal {_ordinal(member.context)} is also that of {quoted(other.name)} for {slot}."
    return _at_ordinal("AC821", member, message, "another ordinal")


def _beyond(member: SetMember, in_order: Sequence[SetMember], slot: _Slot) -> RawFinding:
    names = ", ".join(quoted(other.name) for other in in_order[:MOST_INTEGRATIONS])
    message = f"It never runs for {slot}: {names} come before it, and at most three are triggered."
    return _at_ordinal("AC822", member, message, "at most three integrations of one queue and event")


def _at_ordinal(rule: str, member: SetMember, message: str, expected: str) -> RawFinding:
    node, form = member.context.field("ordinal"), member.context.form_node
    if node is not None:
        return finding_at(rule, node, message, expected)
    assert form is not None  # callers leave configurations without a form out
    return missing_member(rule, form, "ordinal", message, expected)


def cmi_addresses(members: Sequence[SetMember]) -> Iterator[Found]:
    """AC823: another CMI address than the first one's, or the same host with another tenant's path."""
    first: SetMember | None = None
    for member in members:
        address = _cmi(member.context)
        node = member.context.at("request", "body", "cmi_url")
        if not address or node is None:
            continue
        if first is None:
            first = member
        elif address != _cmi(first.context):
            host, _, _ = address.partition("/")
            known_host, _, known_path = _cmi(first.context).partition("/")
            what = "the path of another tenant" if host == known_host else "another host"
            name, wanted = quoted(first.name), f"{known_host.removesuffix(':443')}/{known_path}"
            message = f"The CMI address has {what} than that of {name}: one tenant has one CMI address."
            yield member.index, finding_at("AC823", node, message, wanted)
