"""Which configurations an event triggers, and why the others are not.

Documented: matching by channel type, direction, events, queues or direct conversations; ordinal order;
at most three. Assumed: equal ordinals go by age.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orchestration_mock.model.conditions import ConditionFailed, Facts, holds
from orchestration_mock.model.contact import Contact, normal_id
from orchestration_mock.model.integrations import Integration


@dataclass(frozen=True)
class Verdict:
    """One configuration's answer to an event; ``reason`` says why in either case."""

    integration: Integration
    matched: bool
    reason: str


def judge(
    integrations: Iterable[Integration],
    event: str,
    contact: Contact,
    facts: Facts,
    *,
    at_most: int,
    false_condition_takes_a_place: bool,
) -> list[Verdict]:
    """All configurations in ordinal order with their verdicts; at most ``at_most`` match."""
    verdicts = []
    places = at_most
    for found in sorted(integrations, key=lambda i: (i.ordinal, i.serial)):
        against = _against(found, event, contact)
        if against:
            verdicts.append(Verdict(found, False, "; ".join(against)))
        elif places <= 0:
            verdicts.append(Verdict(found, False, f"{at_most} configuration(s) with a lower ordinal go first"))
        else:
            failing = _condition(found, facts)
            places -= 1 if failing is None or false_condition_takes_a_place else 0
            verdicts.append(Verdict(found, failing is None, failing or "matches"))
    return verdicts


def _condition(found: Integration, facts: Facts) -> str | None:
    tree = found.definition.request.condition
    if tree is None:
        return None
    try:
        return None if holds(tree, facts) else "its condition is false"
    except ConditionFailed as exc:
        return f"its condition failed: {exc}"


def _against(found: Integration, event: str, contact: Contact) -> list[str]:
    reasons = []
    if not found.enabled:
        reasons.append("it is disabled")
    if found.channel_type not in ("Multi-Channel", contact.channel_type.capitalize()):
        reasons.append(f"it is for {found.channel_type}, the conversation is a {contact.channel_type}")
    if found.direction not in ("Both", contact.direction.capitalize()):
        reasons.append(f"it is for {found.direction}, the conversation is {contact.direction}")
    if event not in found.events:
        reasons.append(f"it listens to {', '.join(found.events)}, not to {event}")
    reasons.extend(_queue_reasons(found, contact))
    return reasons


def _queue_reasons(found: Integration, contact: Contact) -> list[str]:
    queue = contact.queue
    if queue is None:
        return [] if found.direct_conversations else ["the conversation is direct (no queue)"]
    if not found.queues:
        return []
    id_, address = normal_id(str(queue.get("id") or "")), str(queue.get("address") or "").lower()
    for ticked in found.queues:
        if (id_ and normal_id(ticked.id) == id_) or (address and ticked.address.lower() == address):
            return []
    return [f"queue {queue.get('address') or queue.get('id')} is not among its queues"]
