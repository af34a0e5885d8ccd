"""AC801 to AC814: the fields of the form, if an envelope has them."""

from __future__ import annotations

from collections.abc import Iterator

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.context import FormField, RawFinding, RuleContext
from attachment_contract.gate.json_nodes import Node
from attachment_contract.gate.rules.addresses import ParsedAddress, common
from attachment_contract.gate.rules.structure import wrong_type
from attachment_contract.gate.source import TextSpan
from attachment_contract.gate.wording import nearest, one_of, quoted, shown

_ENDPOINT = f"https://{next(iter(words.REGIONS))}{words.ENDPOINT_PATH}"


def fields(context: RuleContext) -> Iterator[RawFinding]:
    """Missing fields, unknown fields, wrong types."""
    if context.form is None or context.form_node is None:
        return
    for field in context.unknown_fields:
        if context.form_node is not context.top:
            yield _unknown_field(field)
    kinds = {
        "endpoint_url": ("string",),
        "channel_type": ("string",),
        "direction": ("string",),
        "region": ("string",),
        "direct_conversations": ("boolean",),
        "enabled": ("boolean",),
    }
    for name, kind in kinds.items():
        if node := context.field(name):
            yield from wrong_type(node, kind)
    if "endpoint_url" not in context.form:
        yield _missing(
            "AC812", context.form_node, "endpoint_url", f'"endpoint_url": "{_ENDPOINT}" or another region\'s'
        )


def _unknown_field(field: FormField) -> RawFinding:
    name = str(field.key.value)
    meant = nearest(name, words.FORM_FIELDS, cutoff=0.7)
    return RawFinding(
        rule="AC811",
        span=field.key.span,
        path=field.value.path,
        message=f"The form has no field {quoted(name)}.",
        expected=f'"{meant}"' if meant else one_of(words.FORM_FIELDS),
        found=quoted(name),
        remedy=f'Write "{meant}".' if meant else None,
        fix=f'"{meant}"' if meant else None,
    )


def _missing(rule: str, node: Node, name: str, expected: str) -> RawFinding:
    return RawFinding(
        rule=rule,
        span=node.opening,
        path=(*node.path, name),
        message=f'The form has no "{name}".',
        expected=expected,
    )


def endpoint(context: RuleContext) -> Iterator[RawFinding]:
    """AC801, AC802, AC814: the address of the region."""
    node = context.field("endpoint_url")
    if node is None or node.text is None:
        return
    findings, address = common(context, node, _ENDPOINT)
    yield from findings
    if address is None:
        return
    start = len(address.text.split("://", 1)[0]) + 3
    end = start + len(address.parts.netloc)
    if address.host not in words.REGIONS or address.parts.port not in {None, 443}:
        meant = nearest(address.host, words.REGIONS)
        expected = meant or one_of(words.REGIONS)
        yield address.finding("AC801", "no region has this host.", expected, (start, end))
    else:
        yield from _other_region(context, address, (start, end))
    path = address.parts.path.rstrip("/")
    if path != words.ENDPOINT_PATH:
        span = (end, end + len(path)) if path else (0, len(address.text))
        fix = words.ENDPOINT_PATH if path and nearest(path, [words.ENDPOINT_PATH], cutoff=0.9) else None
        yield address.finding("AC802", "its path is not that of this workflow.", words.ENDPOINT_PATH, span, fix)


def _other_region(context: RuleContext, address: ParsedAddress, span: tuple[int, int]) -> Iterator[RawFinding]:
    """The endpoint of another region than the form's or CMI's."""
    region, aws_region = words.REGIONS[address.host]
    chosen = context.field("region")
    if chosen and chosen.text is not None:
        name = words.SHORT_REGIONS.get(chosen.text.lower()[:2], chosen.text)
        host = next((host for host, (known, _) in words.REGIONS.items() if known.lower() == name.lower()), None)
        if host is None or host != address.host:
            expected = host or one_of([known for known, _ in words.REGIONS.values()])
            yield address.finding("AC801", f"it is in {region}, but the form has {shown(chosen)}.", expected, span)
            return
    cmi = context.at("request", "body", "cmi_url")
    place = words.CMI_HOST.search(cmi.text) if cmi and cmi.text else None
    if place and place[1].lower() != aws_region:
        expected = f"both in one region ({aws_region})"
        yield address.finding("AC814", f"it is in {region}, but CMI is in {place[1]}.", expected, span)


def choices(context: RuleContext) -> Iterator[RawFinding]:
    """Channel type, direction, direct chats, ordinal, enabled."""
    yield from _choice(context, "AC807", "channel_type", ("Chat",), words.CHANNEL_TYPES)
    yield from _choice(context, "AC810", "direction", words.DIRECTIONS, words.DIRECTIONS)
    direct = context.field("direct_conversations")
    if direct and direct.value is True:
        message = "Direct chats are selected, and they have no attachments."
        yield _raw_finding("AC803", direct, message, "false", "false")
    enabled = context.field("enabled")
    if enabled and enabled.value is False:
        yield _raw_finding("AC813", enabled, "The integration is switched off.", "true")
    ordinal = context.field("ordinal")
    if ordinal and not _is_whole_number(ordinal):
        yield _raw_finding("AC809", ordinal, f"The ordinal is {shown(ordinal)}.", "a whole number from 0")


def _is_whole_number(node: Node) -> bool:
    if node.kind == "string":
        return str(node.value).isdigit()
    return node.kind == "number" and isinstance(node.value, int) and node.value >= 0


def _choice(
    context: RuleContext, rule: str, name: str, right: tuple[str, ...], known: tuple[str, ...]
) -> Iterator[RawFinding]:
    node = context.field(name)
    if node is None or node.text is None or node.text in right:
        return
    meant = nearest(node.text, known, cutoff=0.7)
    meant = meant if meant in right else None
    expected = f'"{meant}"' if meant else one_of([f'"{word}"' for word in right])
    fix = f'"{meant}"' if meant and meant.lower() == node.text.lower().strip() else None
    yield _raw_finding(rule, node, f"{name} is {shown(node)}.", expected, fix)


def _raw_finding(
    rule: str, node: Node, message: str, expected: str, fix: str | None = None, span: TextSpan | None = None
) -> RawFinding:
    return RawFinding(
        rule=rule,
        span=span or node.span,
        path=node.path,
        message=message,
        expected=expected,
        found=shown(node),
        fix=fix,
    )


def events(context: RuleContext) -> Iterator[RawFinding]:
    """AC804 to AC806: Ended or Closed, and no earlier event."""
    if context.form is None or context.form_node is None:
        return
    node = context.field("events")
    if node is None:
        yield _missing("AC804", context.form_node, "events", '"events": ["Ended"] or ["Closed"]')
        return
    selected = node.items if node.kind == "array" else (node,)
    last = False
    for event in selected:
        last = last or event.text in words.LAST_EVENTS
        yield from _event(event)
    if not last and not any(_meant_last(event) for event in selected):
        named = one_of([shown(event) for event in selected]) if selected else "none"
        yield RawFinding(
            rule="AC804",
            span=node.opening if node.kind == "array" else node.span,
            path=node.path,
            message="Neither Ended nor Closed is selected, so no ended chat is ever reported.",
            expected='"Ended" or "Closed"',
            found=named,
        )


def _meant_last(event: Node) -> bool:
    return event.text is not None and nearest(event.text, words.EVENTS) in words.LAST_EVENTS


def _event(event: Node) -> Iterator[RawFinding]:
    if event.text is None:
        yield from wrong_type(event, ("string",))
    elif event.text not in words.EVENTS:
        meant = nearest(event.text, words.EVENTS)
        fix = f'"{meant}"' if meant and meant.lower() == event.text.lower().strip() else None
        expected = f'"{meant}"' if meant else one_of(words.EVENTS)
        yield _raw_finding("AC805", event, f"There is no event {shown(event)}.", expected, fix)
    elif event.text not in words.LAST_EVENTS:
        message = f"At {event.text} the chat has not ended, and files may still be added to it."
        yield _raw_finding("AC806", event, message, '"Ended" or "Closed" alone')


def queues(context: RuleContext) -> Iterator[RawFinding]:
    """AC808: outbound chats use a queue of Sinch's SMS or Conversation API."""
    node, direction = context.field("queues"), context.field("direction")
    if node is None:
        return
    if node.kind not in {"array", "string"}:
        yield from wrong_type(node, ("array",))
        return
    if direction is None or direction.text != "Outbound":
        return
    for queue in node.items if node.kind == "array" else (node,):
        address = queue if queue.kind == "string" else queue.get("type") or queue.get("address")
        if address and address.text is not None and not words.OUTBOUND_QUEUE.fullmatch(address.text):
            expected = "@sinchsms.com or @<subchannel>.sinchconversation.com"
            yield _raw_finding("AC808", address, f"No outbound chat uses the queue {shown(address)}.", expected)
