"""What an administrator enters for a tenant: services, secrets, forms of the integrations. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from attachment_lab.tenant.credentials import SCOPE, Account, PastedIntegration, TenantNames

#: The OData services that the configuration page ticks for the technical user. Evidence: documented.
C4C_SERVICES = ("activity", "chatactivity", "call_list", "socialmediaactivity")
#: The events after which a chat's files are uploaded. Evidence: documented (configuration page).
UPLOAD_EVENTS = frozenset({"Ended", "Closed"})
COMMUNICATION_SYSTEM = "SINCH_CONTACT_PRO"
#: Days that the service account of the CMI user lives from its set-up. Evidence: own choice; the page names no number.
SERVICE_ACCOUNT_DAYS = 730


def communication_system(names: TenantNames) -> dict[str, str]:
    """The communication system with its host: that of Contact Pro's CMI. Which host it is, is assumed."""
    return {"id": COMMUNICATION_SYSTEM, "host": names.cmi_host}


def accounts(names: TenantNames, system: str) -> Iterator[Account]:
    """The users of CMI (``cmi``) or C4C (``c4c``) that the tenant's configurations name, the first one first."""
    if system == "cmi":
        yield Account(system="cmi", user=names.cmi_user, password=names.cmi_password)
    else:
        yield Account(system="c4c", user=names.c4c_user, password=names.c4c_password)
    yield from (each for each in names.more_accounts if each.system == system)


def password_of(names: TenantNames, system: str, user: str) -> str:
    """The password of a user of CMI or C4C; of one that the configurations learnt later: that of the first user."""
    known = {each.user: each.password for each in accounts(names, system)}
    return known.get(user, next(iter(known.values())))


def secret_entries(names: TenantNames) -> dict[str, dict[str, Any]]:
    """The secrets manager's entries, by the customer's names. The keys of the OAuth object are assumed."""
    oauth = {
        "client_id": names.client_id,
        "client_secret": names.client_secret,
        "access_token_url": names.token_url,
        "scope": SCOPE.split(),
    }
    called = names.secret_names
    entries: dict[str, tuple[str, str | dict[str, Any]]] = {
        called.oauth: ("Access to the orchestration layer", oauth),
        called.api_key: ("API key of the RESTful interfaces", names.api_key),
        called.cmi_password: ("CMI user of the chat attachment upload", names.cmi_password),
        called.c4c_password: ("C4C technical user of the chat attachment upload", names.c4c_password),
    }
    entries |= {name: ("Named by a configuration", value) for name, value in names.more_secrets.items()}
    return {
        name: {"name": name, "description": description, "secret": secret}
        for name, (description, secret) in entries.items()
    }


def integration_forms(
    names: TenantNames, *, events: Sequence[str] = ("Ended",), direct_conversations: bool = False
) -> list[dict[str, Any]]:
    """The forms of the tenant's event-driven integrations; ``events`` where a configuration says nothing."""
    default = {"events": list(events), "direct_conversations": direct_conversations}
    return [
        default | {name: value for name, value in asdict(each).items() if value is not None}
        for each in names.integrations or (PastedIntegration(json=names.integration_json),)
    ]
