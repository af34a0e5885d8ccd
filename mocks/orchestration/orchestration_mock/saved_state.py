"""A tenant's state as plain JSON without secrets, and back, for ``/_mock/snapshot``."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mock_kit.tenants.clock import stamp
from mock_kit.tenants.plain import PlainReader
from orchestration_mock.model.contact import Contact
from orchestration_mock.model.events.deliveries import Delivery, State
from orchestration_mock.model.events.engine import FiredEvent
from orchestration_mock.model.events.event import Event
from orchestration_mock.model.integrations.integration import Integration
from orchestration_mock.model.integrations.matching import MatchResult
from orchestration_mock.model.secrets import OAuthCredential, Secret

if TYPE_CHECKING:
    from orchestration_mock.tenant import OrchestrationTenant

#: What became of a delivery that was under way.
NOT_SENT_BEFORE = "the snapshot was taken before it was sent"


def saved_state(tenant: OrchestrationTenant) -> dict[str, Any]:
    """Everything but values of secrets and tokens; a delivery under way is saved as one that was not sent."""
    return {
        "secrets": [_secret_json(each) for each in tenant.secrets.all()],
        "integrations": [each.as_json() | {"serial": each.serial} for each in tenant.integrations.all()],
        "conversations": tenant.conversations.saved(),
        "events": [_event_json(each) for each in tenant.engine.fired()],
        "deliveries": [asdict(_ended(each)) for each in tenant.engine.log.list()],
        "workflows": tenant.workflows.saved(),
    }


def restore_state(tenant: OrchestrationTenant, state: Mapping[str, Any], kept: Mapping[str, Secret]) -> None:
    """Fill an empty tenant; ``kept``: secrets by name, whose values are used. Raises KeyError, TypeError."""
    tenant.secrets.load(_secret(each, kept.get(each["name"])) for each in state["secrets"])
    tenant.integrations.load(_with_values(each) for each in state["integrations"])
    tenant.conversations.load(state["conversations"])
    tenant.workflows.load(state["workflows"])
    deliveries: list[Delivery] = PlainReader({}).read(list[Delivery], state["deliveries"])
    rows = {each.id: each for each in deliveries}
    integrations = {each.id: each for each in tenant.integrations.all()}
    events = [_event(each, integrations, rows) for each in state["events"]]
    tenant.engine.load(events, deliveries)


def _secret_json(secret: Secret) -> dict[str, Any]:
    shown = {"name": secret.name, "description": secret.description, "updated_at": secret.updated_at.isoformat()}
    if secret.oauth is None:
        return shown | {"oauth": None}
    oauth = {name: getattr(secret.oauth, name) for name in ("client_id", "access_token_url", "scope")}
    return shown | {"oauth": oauth}


def _secret(saved: Mapping[str, Any], kept: Secret | None) -> Secret:
    head = {"description": saved["description"], "updated_at": datetime.fromisoformat(saved["updated_at"])}
    is_oauth = saved["oauth"] is not None
    if kept is not None and (kept.oauth is not None) == is_oauth:
        return replace(kept, **head)
    value = secrets.token_urlsafe(24)
    if not is_oauth:
        return Secret(name=saved["name"], text=value, **head)
    given = {**saved["oauth"], "scope": tuple(saved["oauth"]["scope"])}
    return Secret(name=saved["name"], oauth=OAuthCredential(client_secret=value, **given), **head)


def _with_values(saved: Mapping[str, Any]) -> dict[str, Any]:
    """The form with a random value for each of its own authentications."""
    own = [each | {"value": secrets.token_urlsafe(24)} for each in saved["authentications"]]
    return {**saved, "authentications": own}


def _ended(delivery: Delivery) -> Delivery:
    if delivery.state is not State.PENDING:
        return delivery
    return replace(delivery, state=State.NOT_SENT, error=NOT_SENT_BEFORE)


def _event_json(fired: FiredEvent) -> dict[str, Any]:
    event = fired.event
    results = [
        {
            "integration": each.integration.id,
            "matched": each.matched,
            "reason": each.reason,
            "rule": dict(each.rule),
            "evidence": list(each.evidence),
        }
        for each in fired.results
    ]
    return {
        "id": event.id,
        "name": event.name,
        "moment": stamp(event.moment),
        "contact": dict(event.contact.data),
        "results": results,
        "deliveries": [each.id for each in fired.deliveries],
    }


def _event(
    saved: Mapping[str, Any], integrations: Mapping[str, Integration], rows: Mapping[str, Delivery]
) -> FiredEvent:
    """Results of configurations that have been deleted since are left out."""
    results = [
        MatchResult(
            integrations[each["integration"]],
            bool(each["matched"]),
            str(each["reason"]),
            dict(each["rule"]),
            tuple(each["evidence"]),
        )
        for each in saved["results"]
        if each["integration"] in integrations
    ]
    event = Event(
        id=saved["id"],
        name=saved["name"],
        moment=datetime.fromisoformat(saved["moment"]),
        contact=Contact(dict(saved["contact"])),
    )
    deliveries = tuple(rows[each] for each in saved["deliveries"] if each in rows)
    return FiredEvent(event=event, results=tuple(results), deliveries=deliveries)
