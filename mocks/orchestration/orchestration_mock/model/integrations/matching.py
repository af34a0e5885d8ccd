"""Which configurations an event triggers, and why the others are not.

Documented: matching by channel type, direction, events, queues or direct conversations; ordinal order;
at most three. Assumed: equal ordinals go by age.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_kit.tenants.ids import normal_id
from orchestration_mock.model.conditions import ConditionFacts, ConditionFailed, is_true
from orchestration_mock.model.contact import Contact
from orchestration_mock.model.integrations.integration import Integration
from orchestration_mock.model.integrations.rules import broken_rules, not_available


@dataclass(frozen=True)
class MatchResult:
    """Whether an event triggers one configuration, and why.

    Attributes:
        reason: in words, in either case.
        rule: what matched: the configuration's place among those triggered, and the fields of its form.
        evidence: the documented rules that kept it from matching.
    """

    integration: Integration
    matched: bool
    reason: str
    rule: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()


def match_all(
    integrations: Iterable[Integration], event: str, contact: Contact, facts: ConditionFacts, dialect: Mapping[str, Any]
) -> list[MatchResult]:
    """The result of every configuration, in ordinal order; at most ``max_triggered`` match."""
    results: list[MatchResult] = []
    at_most = int(dialect["max_triggered"])
    taken = place = 0
    lacking = [rule] if (rule := not_available(event, contact, dialect)) else []
    for found in sorted(integrations, key=lambda i: (i.ordinal, i.serial)):
        broken = [*lacking, *broken_rules(found, contact, dialect)]
        reasons = _reasons(found, event, contact, dialect) + [rule.words for rule in broken]
        if reasons:
            evidence = tuple(rule.evidence for rule in broken)
            results.append(MatchResult(found, False, "; ".join(reasons), evidence=evidence))
        elif taken >= at_most:
            results.append(MatchResult(found, False, f"{at_most} configuration(s) with a lower ordinal go first"))
        else:
            failing = _condition(found, facts)
            taken += 1 if failing is None or dialect["false_condition_takes_a_place"] else 0
            place += 1 if failing is None else 0
            fields = _rule(found, event, contact, place) if failing is None else {}
            results.append(MatchResult(found, failing is None, failing or "matches", fields))
    return results


def _rule(found: Integration, event: str, contact: Contact, place: int) -> dict[str, Any]:
    queue = "direct conversation" if contact.queue is None else _ticked(found, contact.queue) or "all queues"
    return {
        "place": place,
        "ordinal": found.ordinal,
        "channel_type": found.channel_type,
        "direction": found.direction,
        "event": event,
        "queue": queue,
        "condition": "none" if found.definition.request.condition is None else "true",
    }


def _condition(found: Integration, facts: ConditionFacts) -> str | None:
    tree = found.definition.request.condition
    if tree is None:
        return None
    try:
        return None if is_true(tree, facts) else "its condition is false"
    except ConditionFailed as exc:
        return f"its condition failed: {exc}"


def _reasons(found: Integration, event: str, contact: Contact, dialect: Mapping[str, Any]) -> list[str]:
    reasons = []
    if not found.enabled:
        reasons.append("it is disabled")
    if found.channel_type not in ("Multi-Channel", contact.channel_type.capitalize()):
        reasons.append(f"it is for {found.channel_type}, the conversation is of type {contact.channel_type}")
    if found.direction not in ("Both", contact.direction.capitalize()):
        reasons.append(f"it is for {found.direction}, the conversation is {contact.direction}")
    if event not in found.events:
        reasons.append(f"it listens to {', '.join(found.events)}, not to {event}")
    return reasons + _queue_reasons(found, contact, dialect)


def _queue_reasons(found: Integration, contact: Contact, dialect: Mapping[str, Any]) -> list[str]:
    queue = contact.queue
    if queue is None:
        return [] if found.direct_conversations else ["the conversation is direct (no queue)"]
    if not found.queues:
        return [] if dialect["no_queue_ticked"] == "all" else ["no queue is selected"]
    if _ticked(found, queue):
        return []
    return [f"queue {queue.get('address') or queue.get('id')} is not among its queues"]


def _ticked(found: Integration, queue: Mapping[str, Any]) -> str | None:
    """The selected queue of the form that is this one; None when it is not selected."""
    id_, address = normal_id(str(queue.get("id") or "")), str(queue.get("address") or "").lower()
    for ticked in found.queues:
        if (id_ and normal_id(ticked.id) == id_) or (address and ticked.address.lower() == address):
            return ticked.address or ticked.id
    return None
