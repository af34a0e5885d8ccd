"""Begin a tenant anew while the stack stays up: the quick way back, in about a second.

The service goes on and keeps its database. So that it takes nothing of the new beginning for something old, the
tenant gets another OAuth client and other ids (minting.renewed); what the old one still had under way is
cancelled first, so that no old password is tried on the new users.
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
    """Close a tenant and open it anew; returns its new names and secrets. Raises Refused, Unreachable.

    Args:
        offset_s: how far the service is ahead of the wall. Its time cannot go back while it runs, so the new
            tenant starts at that time too.
    """
    _calm_down(to, names)
    close_tenant(to, names.name)
    fresh = with_new_secrets(names)
    open_tenant(to, fresh, options)
    if offset_s:
        for mock in MOCKS:
            to.mock(mock).post("/_mock/clock", {"advance_s": offset_s}, tenant=fresh.name)
    return fresh


def _calm_down(to: StackClients, names: TenantNames) -> None:
    """No fault holds anybody up any more, and no transfer goes on. One that cannot be cancelled ends by itself."""
    for mock in MOCKS:
        to.mock(mock).delete("/_mock/faults", tenant=names.name)
    to.orchestration.delete("/_mock/oauth/failures", tenant=names.name)
    service = ServiceApi(to, names)
    with suppress(RequestRefused):  # a tenant whose OAuth client was changed by hand has no way to its transfers
        for each in service.transfers():
            if each.state not in {"settled", "cancelled"}:
                with suppress(RequestRefused):  # ended meanwhile
                    service.cancel(each.id)
