"""In words: why an event was not fired, not delivered, or refused by the service."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from attachment_lab.reconciliation.records import DeliveryRecord


def not_fired(event: str, reasons: Iterable[str]) -> str:
    """The sentence for an event that no integration took."""
    why = "; ".join(reasons) or "the tenant has no integration"
    return f"event {event} not fired: no integration applies ({why})"


def why_of_delivery(delivery: DeliveryRecord) -> str | None:
    """Why a delivery did not reach the service, or what the service answered; None when it was delivered."""
    if delivery.state == "not_sent":
        return f"not fired: its request could not be made: {delivery.error}"
    if delivery.state != "failed":
        return None
    if delivery.status is None:
        return f"the service gave no answer: {delivery.error}"
    said = "; ".join(problem_words(delivery.answer))
    return f"the service answered {delivery.status}{f': {said}' if said else ''}"


def problem_words(body: str) -> Iterator[str]:
    """The sentences of an answer in ``application/problem+json``, then the remedies; else the start of its text."""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = body
    if not isinstance(problem, dict):
        if body.strip():
            yield body.strip()[:300]
        return
    detail = problem.get("detail") or problem.get("title")
    errors = [each for each in problem.get("errors") or () if isinstance(each, dict)]
    named = [f"{each['found']}: {each['message']}" for each in errors if each.get("found") and each.get("message")]
    yield from named or ([str(detail)] if detail else [])
    for remedy in dict.fromkeys(str(each["remedy"]) for each in errors if each.get("remedy")):
        yield f"remedy: {remedy}"
