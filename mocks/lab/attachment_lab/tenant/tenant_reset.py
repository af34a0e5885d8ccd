"""Begin a world anew while the stack stays up: the quick way back, in about a second.

The service goes on and keeps its database. So that it takes nothing of the new beginning for something old, the
world gets another OAuth client and other ids (minting.renewed); what the old one still had under way is
cancelled first, so that no old password is tried on the new users.
"""

from __future__ import annotations

from contextlib import suppress

from attachment_lab.errors import Refused
from attachment_lab.stack.neighbours import MOCKS, Neighbours
from attachment_lab.stack.service_api import ServiceApi
from attachment_lab.tenant.credentials import WorldNames, renewed
from attachment_lab.tenant.opening import WorldOptions, close_world, open_world


def renew_world(
    to: Neighbours, names: WorldNames, options: WorldOptions | None = None, *, offset_s: float = 0.0
) -> WorldNames:
    """Close a world and open it anew; returns its new names and secrets. Raises Refused, Unreachable.

    Args:
        offset_s: how far the service is ahead of the wall. Its time cannot go back while it runs, so the new
            world starts at that time too.
    """
    _calm_down(to, names)
    close_world(to, names.name)
    fresh = renewed(names)
    open_world(to, fresh, options)
    if offset_s:
        for mock in MOCKS:
            to.mock(mock).post("/_mock/clock", {"advance_s": offset_s}, world=fresh.name)
    return fresh


def _calm_down(to: Neighbours, names: WorldNames) -> None:
    """No fault holds anybody up any more, and no transfer goes on. One that cannot be cancelled ends by itself."""
    for mock in MOCKS:
        to.mock(mock).delete("/_mock/faults", world=names.name)
    to.orchestration.delete("/_mock/oauth/failures", world=names.name)
    service = ServiceApi(to, names)
    with suppress(Refused):  # a world whose OAuth client was changed by hand has no way to its transfers
        for each in service.transfers():
            if each.state not in {"settled", "cancelled"}:
                with suppress(Refused):  # ended meanwhile
                    service.cancel(each.id)
