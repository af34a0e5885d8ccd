"""The state of each step of the set-up: pure functions of what the mocks return and the tenant's configuration."""

from __future__ import annotations

from collections.abc import Callable

from attachment_lab.tenant.set_up import c4c_steps, contact_pro_steps, integration_steps
from attachment_lab.tenant.set_up.facts import SetUpFacts
from attachment_lab.tenant.set_up.model import SetUpStep, StepResult, step_texts

#: Step → its state. Every step of steps.toml has one.
JUDGES: dict[str, Callable[[SetUpFacts], StepResult]] = {
    "system": c4c_steps.system,
    "arrangement": c4c_steps.arrangement,
    "services": c4c_steps.services,
    "cmi-user": contact_pro_steps.cmi_user,
    "expiration": contact_pro_steps.expiration,
    "right": contact_pro_steps.right,
    "authentication": contact_pro_steps.authentication,
    "oauth-secret": contact_pro_steps.oauth_secret,
    "cmi-secrets": contact_pro_steps.cmi_secrets,
    "c4c-secret": contact_pro_steps.c4c_secret,
    "channel": integration_steps.channel,
    "integration": integration_steps.integration,
    "queues": integration_steps.queues,
    "json": integration_steps.json_text,
    "endpoint": integration_steps.endpoint,
}


def set_up_steps(facts: SetUpFacts) -> list[SetUpStep]:
    """Every step with its state, in the documentation's order."""
    return [SetUpStep(text=text, result=JUDGES[text.id](facts)) for text in step_texts()]
