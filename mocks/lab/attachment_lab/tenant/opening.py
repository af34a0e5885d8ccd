"""Create a tenant in the three mocks: accounts, the technical user, the four secrets and the integration; reset it.

A reset takes about a second: the service keeps running with its database. The tenant gets another OAuth client and
other ids (``credentials.with_new_secrets``), so that the service does not confuse its chats with earlier ones.
Transfers that are still in progress are cancelled first, so that no old password is tried on the new users.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.errors import RequestRefused
from attachment_lab.tenant.credentials import AUDIENCE, ENDPOINT, SCOPE, TenantNames, with_new_secrets
from attachment_lab.tenant.service_api import ServiceApi

#: The OData services that the configuration page ticks for the technical user. Evidence: documented.
C4C_SERVICES = ("activity", "chatactivity", "call_list", "socialmediaactivity")
COMMUNICATION_SYSTEM = "SINCH_CONTACT_PRO"


@dataclass(frozen=True, kw_only=True)
class TenantOptions:
    """How a tenant differs from the documented configuration.

    Attributes:
        events: ticked in the integration; the documentation offers Ended and Closed.
        dialects: per mock (orchestration, cmi, c4c), its switches for undocumented behaviour.
        direct_conversations: whether the integration also applies to chats without a queue.
    """

    events: Sequence[str] = ("Ended",)
    dialects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    direct_conversations: bool = False


def open_tenant(to: StackClients, names: TenantNames, options: TenantOptions | None = None) -> None:
    """Create the tenant in all three mocks and configure it as an administrator would."""
    options = options or TenantOptions()
    _create_cmi(to, names, options)
    _create_c4c(to, names, options)
    _create_contact_pro(to, names, options)
    _add_secrets(to, names)
    _add_integration(to, names, options)


def close_tenant(to: StackClients, name: str) -> None:
    """Remove the tenant and its files from all three mocks."""
    for mock in MOCKS:
        to.mock(mock).delete(f"/_mock/tenants/{name}")


def _seed(names: TenantNames) -> dict[str, str]:
    return {"ids_seed": names.ids_seed} if names.ids_seed else {}


def _create_cmi(to: StackClients, names: TenantNames, options: TenantOptions) -> None:
    to.cmi.post(
        "/_mock/tenants",
        {
            "name": names.name,
            "host": names.cmi_host,
            "tenant_path": names.tenant_path,
            "api_key": names.api_key,
            "user": names.cmi_user,
            "password": names.cmi_password,
            "dialect": dict(options.dialects.get("cmi", {})),
            **_seed(names),
        },
    )


def _create_c4c(to: StackClients, names: TenantNames, options: TenantOptions) -> None:
    arrangement = {"user": names.c4c_user, "password": names.c4c_password, "services": list(C4C_SERVICES)}
    to.c4c.post(
        "/_mock/tenants",
        {
            "name": names.name,
            "host": names.c4c_host,
            "communication_system": {"id": COMMUNICATION_SYSTEM},
            "arrangement": arrangement,
            "dialect": dict(options.dialects.get("c4c", {})),
            **_seed(names),
        },
    )


def _create_contact_pro(to: StackClients, names: TenantNames, options: TenantOptions) -> None:
    oauth = {
        "client_id": names.client_id,
        "client_secret": names.client_secret,
        "scope": SCOPE,
        "audience": AUDIENCE,
    }
    to.orchestration.post(
        "/_mock/tenants",
        {
            "name": names.name,
            "tenant_path": names.tenant_path,
            "oauth": oauth,
            "dialect": dict(options.dialects.get("orchestration", {})),
            **_seed(names),
        },
    )


def _add_secrets(to: StackClients, names: TenantNames) -> None:
    """The secrets manager's four entries. Names: configuration page; the OAuth object's keys are assumed."""
    oauth = {
        "client_id": names.client_id,
        "client_secret": names.client_secret,
        "access_token_url": names.token_url,
        "scope": SCOPE.split(),
    }
    entries: dict[str, tuple[str, str | dict[str, Any]]] = {
        "orchestration-layer": ("Access to the orchestration layer", oauth),
        "ri-apikey": ("API key of the RESTful interfaces", names.api_key),
        "cmi-chat-attachment-upload-user": ("CMI user of the chat attachment upload", names.cmi_password),
        "sap-v1-secret": ("C4C technical user of the chat attachment upload", names.c4c_password),
    }
    path = f"/{names.tenant_path}/system-configurator/api/secrets"
    for name, (description, secret) in entries.items():
        to.orchestration.post(path, {"name": name, "description": description, "secret": secret})


def _add_integration(to: StackClients, names: TenantNames, options: TenantOptions) -> None:
    to.orchestration.post(
        f"/{names.tenant_path}/system-configurator/api/event-driven-integrations",
        {
            "name": "Chat attachments to SAP Service Cloud",
            "channel_type": "Chat",
            "endpoint_url": ENDPOINT,
            "ordinal": 1,
            "direction": "Both",
            "events": list(options.events),
            "queues": [],
            "direct_conversations": options.direct_conversations,
            "enabled": True,
            "json": names.integration_json,
        },
    )


def reset_tenant(
    to: StackClients, names: TenantNames, options: TenantOptions | None = None, *, offset_s: float = 0.0
) -> TenantNames:
    """Close a tenant and open it again; returns its new names and secrets. Raises RequestRefused, Unreachable.

    Args:
        offset_s: seconds by which the service's clock is ahead of the wall. It cannot go back while the service runs,
            so the new tenant starts at that time too.
    """
    stop_transfers(to, names)
    close_tenant(to, names.name)
    fresh = with_new_secrets(names)
    open_tenant(to, fresh, options)
    for mock in MOCKS if offset_s else ():
        to.control(mock, fresh.name).advance(offset_s)
    return fresh


def stop_transfers(to: StackClients, names: TenantNames) -> None:
    """Remove the tenant's planned faults and cancel its transfers. One that cannot be cancelled ends by itself."""
    for mock in MOCKS:
        to.control(mock, names.name).clear_faults()
    to.orchestration.delete("/_mock/oauth/failures", tenant=names.name)
    service = ServiceApi(to, names)
    with suppress(RequestRefused):  # the tenant's OAuth client may have been changed by hand: then no token is issued
        for each in service.transfers():
            if each.state not in {"settled", "cancelled"}:
                with suppress(RequestRefused):  # it has ended in the meantime
                    service.cancel(each.id)
