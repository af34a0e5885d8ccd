"""Which behaviours a delivery rests on, by what its configuration uses; ids of ``evidence.toml``."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration_mock.model.integrations.placeholders import placeholders_in
from orchestration_mock.model.integrations.store import Integration


def behaviours_of(integration: Integration) -> Iterator[str]:
    """Of the request's keys and placeholders, those that this configuration uses."""
    spec = integration.definition.request
    used = {
        "edi.method": True,
        "edi.body": spec.body is not None,
        "edi.condition": spec.condition is not None,
        "edi.timeout": spec.timeout_s is not None,
        "edi.delay": spec.delay_max_s > 0,
        "edi.block": integration.definition.waits_for_answer,
        "edi.endpoint_placeholders": bool(spec.params) or "{" in integration.endpoint_url,
        "edi.basic": spec.authentication.kind == "basic",
        "edi.secrets_ref": spec.authentication.secrets_ref is not None,
        "edi.oauth_inline": spec.authentication.kind == "oauth" and spec.authentication.secrets_ref is None,
    }
    yield from (name for name, is_used in used.items() if is_used)
    yield from _by_placeholder(integration)


def _by_placeholder(integration: Integration) -> Iterator[str]:
    spec = integration.definition.request
    roots = {"contact": "edi.placeholders_contact", "event": "edi.placeholders_event", "secrets": "edi.secrets"}
    names = placeholders_in([integration.endpoint_url, spec.headers, spec.params, spec.body])
    found = {roots.get(name.partition(".")[0]) for name in names}
    yield from (name for name in roots.values() if name in found)
