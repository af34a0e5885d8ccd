"""One saved configuration of an event-driven integration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from orchestration_mock.model.integrations.definition import Definition
from orchestration_mock.model.integrations.placeholders import placeholders_in

#: The endpoint that sends nothing and answers with the request.
ECHO = "edi://echo"


@dataclass(frozen=True)
class SelectedQueue:
    """A queue as ticked in the Queues block; an empty id or address matches nothing."""

    id: str
    address: str


@dataclass(frozen=True, kw_only=True)
class LocalCredential:
    """One entry of a configuration's own Authentications list (older mechanism, its form is assumed).

    Attributes:
        user: for basic the user, for inline OAuth the client id, else empty.
    """

    name: str
    user: str
    value: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Integration:
    """One saved configuration.

    Attributes:
        id: UUID, dashed, upper-case; ``config_id`` in debugging.
        serial: order of creation, the tie-break between equal ordinals.
        queues: empty = all queues.
        warnings: what the form allows but a person should know.
    """

    id: str
    serial: int
    name: str
    description: str
    channel_type: str
    endpoint_url: str
    ordinal: int
    direction: str
    events: tuple[str, ...]
    queues: tuple[SelectedQueue, ...]
    direct_conversations: bool
    enabled: bool
    definition: Definition
    credentials: tuple[LocalCredential, ...]
    warnings: tuple[str, ...]

    @property
    def used_secrets(self) -> frozenset[str]:
        """Names of all secrets that the JSON or the address refers to."""
        in_address = {name for name in placeholders_in(self.endpoint_url) if name.startswith("secrets.")}
        return self.definition.used_secrets | {name.partition(".")[2] for name in in_address}

    def as_json(self) -> dict[str, Any]:
        """The form as it was saved; the JSON text byte for byte; credential values left out."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "channel_type": self.channel_type,
            "endpoint_url": self.endpoint_url,
            "ordinal": self.ordinal,
            "direction": self.direction,
            "events": list(self.events),
            "queues": [{"id": queue.id, "address": queue.address} for queue in self.queues],
            "direct_conversations": self.direct_conversations,
            "enabled": self.enabled,
            "json": self.definition.text,
            "authentications": [{"name": c.name, "user": c.user} for c in self.credentials],
            "warnings": list(self.warnings),
        }


def behaviours_of(integration: Integration) -> Iterator[str]:
    """The evidence ids of the request keys and placeholders that this configuration uses."""
    spec = integration.definition.request
    is_inline = spec.authentication.kind == "oauth" and spec.authentication.secrets_ref is None
    used = {
        "edi.method": True,
        "edi.body": spec.body is not None,
        "edi.condition": spec.condition is not None,
        "edi.timeout": spec.timeout_s is not None,
        "edi.delay": spec.delay_max_s > 0,
        "edi.delay_max": spec.delay_max_s > spec.delay_s,
        "edi.block": integration.definition.waits_for_answer,
        "edi.endpoint_placeholders": bool(spec.params) or "{" in integration.endpoint_url,
        "edi.basic": spec.authentication.kind == "basic",
        "edi.basic_from": spec.authentication.kind == "basic",
        "edi.secrets_ref": spec.authentication.secrets_ref is not None,
        "edi.oauth_inline": is_inline,
        "edi.oauth_inline_secret": is_inline,
    }
    yield from (name for name, is_used in used.items() if is_used)
    by_root = {"contact": "edi.placeholders_contact", "event": "edi.placeholders_event", "secrets": "edi.secrets"}
    names = placeholders_in([integration.endpoint_url, spec.headers, spec.params, spec.body])
    roots = {name.partition(".")[0] for name in names}
    yield from (evidence_id for root, evidence_id in by_root.items() if root in roots)
