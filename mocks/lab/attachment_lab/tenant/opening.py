"""Create a tenant in the three mocks: accounts, the technical user, the four secrets and the integration; reset it.

A reset takes about a second: the service keeps running with its database. The tenant gets another OAuth client and
other ids (``credentials.with_new_secrets``), so that the service does not confuse its chats with earlier ones.
Transfers that are still in progress are cancelled first, so that no old password is tried on the new users.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.errors import RequestRefused, WrongUse
from attachment_lab.tenant.addresses import publish, withdraw
from attachment_lab.tenant.credentials import AUDIENCE, SCOPE, TenantNames, with_new_secrets
from attachment_lab.tenant.entries import (
    C4C_SERVICES,
    SERVICE_ACCOUNT_DAYS,
    communication_system,
    integration_forms,
    secret_entries,
)
from attachment_lab.tenant.service_api import ServiceApi


@dataclass(frozen=True, kw_only=True)
class TenantOptions:
    """How a tenant differs from the documented configuration.

    Attributes:
        events: ticked in the integration; the documentation offers Ended and Closed.
        dialects: per mock (orchestration, cmi, c4c), its switches for undocumented behaviour.
        direct_conversations: whether the integration also applies to chats without a queue.
        empty: the names are known and nothing is set up: no communication system, no user, no secret, no integration.
    """

    events: Sequence[str] = ("Ended",)
    dialects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    direct_conversations: bool = False
    empty: bool = False


def open_tenant(to: StackClients, names: TenantNames, options: TenantOptions | None = None) -> None:
    """Create the tenant in all three mocks and configure it as an administrator would.

    Raises WrongUse when another open tenant has its name or one of its addresses; then nothing of it is left.
    """
    options = options or TenantOptions()
    with ExitStack() as undoing:
        for mock, create in (("cmi", _create_cmi), ("c4c", _create_c4c), ("orchestration", _create_contact_pro)):
            try:
                create(to, names, options)
            except RequestRefused as exc:
                if exc.status != HTTPStatus.CONFLICT:
                    raise
                raise WrongUse(f"tenant {names.name} cannot be opened: {exc}") from exc
            undoing.callback(to.mock(mock).delete, f"/_mock/tenants/{names.name}")
        _configure(to, names, options)
        undoing.pop_all()


def _configure(to: StackClients, names: TenantNames, options: TenantOptions) -> None:
    if not options.empty:
        _add_accounts(to, names)
        _add_secrets(to, names)
        _add_integrations(to, names, options)
    publish(to, names)


def open_names(to: StackClients) -> set[str]:
    """Names of all open tenants."""
    return {each["name"] for each in to.orchestration.get("/_mock/tenants")["tenants"]}


def close_tenant(to: StackClients, name: str) -> None:
    """Remove the tenant and its files from all three mocks."""
    withdraw(to, name)
    for mock in MOCKS:
        to.mock(mock).delete(f"/_mock/tenants/{name}")


def _seed(names: TenantNames) -> dict[str, str]:
    return {"ids_seed": names.ids_seed} if names.ids_seed else {}


def _create_cmi(to: StackClients, names: TenantNames, options: TenantOptions) -> None:
    expires = datetime.now(UTC) + timedelta(days=SERVICE_ACCOUNT_DAYS)
    user = {"user": names.cmi_user, "password": names.cmi_password, "expires_at": expires.isoformat()}
    to.cmi.post(
        "/_mock/tenants",
        {
            "name": names.name,
            "host": names.cmi_host,
            "port": names.cmi_port,
            "tenant_path": names.cmi_path or names.tenant_path,
            "api_key": names.api_key,
            "dialect": dict(options.dialects.get("cmi", {})),
            **({} if options.empty else user),
            **_seed(names),
        },
    )


def _create_c4c(to: StackClients, names: TenantNames, options: TenantOptions) -> None:
    arrangement = {"user": names.c4c_user, "password": names.c4c_password, "services": list(C4C_SERVICES)}
    set_up = {"communication_system": communication_system(names), "arrangement": arrangement}
    to.c4c.post(
        "/_mock/tenants",
        {
            "name": names.name,
            "host": names.c4c_host,
            "other_hosts": list(names.other_c4c_hosts),
            "dialect": dict(options.dialects.get("c4c", {})),
            **({} if options.empty else set_up),
            **_seed(names),
        },
    )


def _create_contact_pro(to: StackClients, names: TenantNames, options: TenantOptions) -> None:
    oauth = {
        "client_id": names.client_id,
        "client_secret": names.client_secret,
        "scope": SCOPE,
        "audience": AUDIENCE,
        "issuer": names.token_issuer,
        "token_url": names.token_url,
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


def _add_accounts(to: StackClients, names: TenantNames) -> None:
    """The users of further integrations, with the same rights and services as the first ones."""
    for each in names.more_accounts:
        if each.system == "cmi":
            to.cmi.post("/_mock/users", {"name": each.user, "password": each.password}, tenant=names.name)
        else:
            system = communication_system(names)["id"]
            login = {"user": each.user, "password": each.password}
            arrangement = {"system": system, **login, "services": list(C4C_SERVICES)}
            to.c4c.post("/_mock/communication-arrangements", arrangement, tenant=names.name)


def _add_secrets(to: StackClients, names: TenantNames) -> None:
    for entry in secret_entries(names).values():
        to.orchestration.post(names.secrets_path, entry)


def _add_integrations(to: StackClients, names: TenantNames, options: TenantOptions) -> None:
    for form in integration_forms(names, events=options.events, direct_conversations=options.direct_conversations):
        to.orchestration.post(names.integrations_path, form)


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
