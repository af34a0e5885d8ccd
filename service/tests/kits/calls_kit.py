"""A neighbour's transport over a fake network, with only those parts that a test names."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import httpx

from attachment_transfer.clients.outbound.governor import Governor, Pace
from attachment_transfer.core.hosts import HostPattern
from attachment_transfer.ledger.refusals import Credential, Refusals
from attachment_transfer.worker.calls import CallerHosts, CredentialWatch, NeighbourTransport

ANY_HOST = (HostPattern("*.example"), HostPattern("*.sap"))
NO_CREDENTIAL = Credential(url="https://c4c.example", user="", password="")


class _NoRefusals:
    """Calls without credentials never ask."""


def neighbour_transport(
    answer: Callable[[httpx.Request], httpx.Response],
    *,
    governor: Governor | None = None,
    watch: CredentialWatch | None = None,
    credential: Credential = NO_CREDENTIAL,
    hosts: CallerHosts | None = None,
    tenant: str = "t",
) -> NeighbourTransport:
    return NeighbourTransport(
        httpx.MockTransport(answer),
        neighbour="c4c",
        tenant=tenant,
        hosts=hosts or CallerHosts("https://login.example#client", ANY_HOST),
        credential=credential,
        watch=watch or CredentialWatch(cast(Refusals, _NoRefusals())),
        governor=governor or _ungoverned(),
    )


def _ungoverned() -> Governor:
    pace = Pace(per_s=1e6, burst=1e6)
    return Governor(pace=pace, now_s=lambda: 0.0, monotonic_s=lambda: 0.0, pause_s=lambda _seconds: None)
