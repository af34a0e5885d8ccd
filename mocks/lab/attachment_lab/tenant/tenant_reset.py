"""Reset a tenant without restarting the processes (about one second).

The service keeps running with its database. The tenant gets another OAuth client and other ids
(``credentials.with_new_secrets``), so that the service does not confuse its chats with earlier ones. Transfers that
are still in progress are cancelled first, so that no old password is tried on the new users.
"""

from __future__ import annotations

from contextlib import suppress

from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.errors import RequestRefused
from attachment_lab.tenant.credentials import TenantNames, with_new_secrets
from attachment_lab.tenant.opening import TenantOptions, close_tenant, open_tenant
from attachment_lab.tenant.service_api import ServiceApi


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
    if offset_s:
        for mock in MOCKS:
            to.mock(mock).post("/_mock/clock", {"advance_s": offset_s}, tenant=fresh.name)
    return fresh


def stop_transfers(to: StackClients, names: TenantNames) -> None:
    """Remove the tenant's planned faults and cancel its transfers. One that cannot be cancelled ends by itself."""
    for mock in MOCKS:
        to.mock(mock).delete("/_mock/faults", tenant=names.name)
    to.orchestration.delete("/_mock/oauth/failures", tenant=names.name)
    service = ServiceApi(to, names)
    with suppress(RequestRefused):  # the tenant's OAuth client may have been changed by hand: then no token is issued
        for each in service.transfers():
            if each.state not in {"settled", "cancelled"}:
                with suppress(RequestRefused):  # it has ended in the meantime
                    service.cancel(each.id)
