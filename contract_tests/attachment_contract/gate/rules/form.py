"""AC801 to AC817: the fields of the form, if an envelope has them."""

from __future__ import annotations

from collections.abc import Iterator

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.context import RawFinding, RuleContext, finding_at, missing_member, misspelt_member
from attachment_contract.gate.json_nodes import Member, Node
from attachment_contract.gate.regions import AWS_REGIONS, area_of, aws_region_of
from attachment_contract.gate.rules.addresses import ParsedAddress, common
from attachment_contract.gate.rules.structure import wrong_type
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
        expected = f'"endpoint_url": "{_ENDPOINT}" or another region\'s'
        yield missing_member("AC812", context.form_node, "endpoint_url", 'The form has no "endpoint_url".', expected)


def _unknown_field(field: Member) -> RawFinding:
    message = f"The form has no field {quoted(field.name)}."
    if meant := nearest(field.name, words.FORM_FIELDS, cutoff=0.7):
        return misspelt_member("AC811", field, message, meant)
    expected, found = one_of(words.FORM_FIELDS), quoted(field.name)
    return finding_at("AC811", field.value, message, expected, found=found, span=field.key.span)


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
    if path != words.ENDPOINT_PATH and not context.recognised.workflow.is_sibling:
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
    place = aws_region_of(cmi.text if cmi else None)
    area = area_of(place) if place in AWS_REGIONS else None
    if area and area != region:
        expected = f"both in one region ({aws_region})"
        yield address.finding("AC814", f"it is in {region}, but CMI is in {place}.", expected, span)


def choices(context: RuleContext) -> Iterator[RawFinding]:
    """Channel type, direction, direct chats, ordinal, enabled."""
    yield from _choice(context, "AC807", "channel_type", ("Chat",), words.CHANNEL_TYPES)
    yield from _choice(context, "AC810", "direction", words.DIRECTIONS, words.DIRECTIONS)
    direct = context.field("direct_conversations")
    if direct and direct.value is True:
        message = "Direct chats are selected, and they have no attachments."
        yield finding_at("AC803", direct, message, "false", fix="false")
    enabled = context.field("enabled")
    if enabled and enabled.value is False:
        yield finding_at("AC813", enabled, "The integration is switched off.", "true")
    ordinal = context.field("ordinal")
    if ordinal is None and context.form is not None and context.form_node is not None:
        message, expected = 'The form has no "ordinal".', '"ordinal": 1, or the place of this integration in the order'
        yield missing_member("AC817", context.form_node, "ordinal", message, expected)
    elif ordinal and not _is_whole_number(ordinal):
        yield finding_at("AC809", ordinal, f"The ordinal is {shown(ordinal)}.", "a whole number from 0")


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
    yield finding_at(rule, node, f"{name} is {shown(node)}.", expected, fix=fix)


def events(context: RuleContext) -> Iterator[RawFinding]:
    """AC804 to AC806: Ended or Closed, and no earlier event."""
    if context.form is None or context.form_node is None:
        return
    node = context.field("events")
    if node is None:
        expected = '"events": ["Ended"] or ["Closed"]'
        yield missing_member("AC804", context.form_node, "events", 'The form has no "events".', expected)
        return
    selected = node.items if node.kind == "array" else (node,)
    last = False
    if {event.text for event in selected} >= {*words.LAST_EVENTS}:
        message = "Ended and Closed are both selected, so each conversation is reported twice."
        yield finding_at("AC815", node, message, '"Ended" or "Closed"', found="both", span=node.opening)
    for event in selected:
        last = last or event.text in words.LAST_EVENTS
        yield from _event(event)
    if not last and not any(_meant_last(event) for event in selected):
        named = one_of([shown(event) for event in selected]) if selected else "none"
        message = "Neither Ended nor Closed is selected, so no ended chat is ever reported."
        yield finding_at("AC804", node, message, '"Ended" or "Closed"', found=named, span=node.opening)


def _meant_last(event: Node) -> bool:
    return event.text is not None and nearest(event.text, words.EVENTS) in words.LAST_EVENTS


def _event(event: Node) -> Iterator[RawFinding]:
    if event.text is None:
        yield from wrong_type(event, ("string",))
    elif event.text not in words.EVENTS:
        meant = nearest(event.text, words.EVENTS)
        fix = f'"{meant}"' if meant and meant.lower() == event.text.lower().strip() else None
        expected = f'"{meant}"' if meant else one_of(words.EVENTS)
        yield finding_at("AC805", event, f"There is no event {shown(event)}.", expected, fix=fix)
    elif event.text not in words.LAST_EVENTS:
        message = f"At {event.text} the chat has not ended, and files may still be added to it."
        yield finding_at("AC806", event, message, '"Ended" or "Closed" alone')


def queues(context: RuleContext) -> Iterator[RawFinding]:
    """AC808, AC816: the queues of the direction; outbound chats use one of Sinch's SMS or Conversation API."""
    node, direction = context.field("queues"), context.field("direction")
    yield from _no_queue(context, node, direction)
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
            yield finding_at("AC808", address, f"No outbound chat uses the queue {shown(address)}.", expected)


def _no_queue(context: RuleContext, node: Node | None, direction: Node | None) -> Iterator[RawFinding]:
    """AC816: the page says to select queues for Inbound and for Outbound; for Both it says nothing about them."""
    if direction is None or context.form_node is None or direction.text not in {"Inbound", "Outbound"}:
        return
    if node is None and direction.text == "Inbound":
        return  # an envelope may leave it out
    if node is not None and (node.items or (node.kind == "string" and node.text) or node.kind == "object"):
        return
    kind = "" if direction.text == "Inbound" else " of type @sinchsms.com or @<subchannel>.sinchconversation.com"
    message = f"No queue is selected for {direction.text}, and neither are direct conversations."
    expected = f"at least one queue{kind}"
    if node is None:
        yield missing_member("AC816", context.form_node, "queues", message, expected)
    else:
        yield finding_at("AC816", node, message, expected, found="no queue", span=node.opening)
