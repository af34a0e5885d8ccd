"""The hosts that a transfer's caller may reach, judged at every call: links, redirects and pages too."""

from __future__ import annotations

import httpx

from attachment_transfer.core.errors import DestinationRefused
from attachment_transfer.core.hosts import HostPattern, covered


class CallerHosts(httpx.BaseTransport):
    """A shared transport as one caller's transfers may use it; the transport behind judges again, for all callers.

    Args:
        allowed: host patterns of this caller; None if the callers file does not cover it any more.
    """

    def __init__(self, inner: httpx.BaseTransport, allowed: tuple[HostPattern, ...] | None, caller: str) -> None:
        self._inner = inner
        self._allowed = allowed
        self._caller = caller

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Judge, then send. Raises :class:`DestinationRefused`."""
        host = request.url.host
        if self._allowed is None:
            raise DestinationRefused(
                f"{host} is not called: no entry of the callers file covers {self._caller} any more",
                remedy="Add the caller to ATTACHMENT_TRANSFER_CALLERS_FILE, restart the worker, retry the transfer.",
            )
        if not covered(host, self._allowed):
            raise DestinationRefused(
                f"{host} is not an allowed host of {self._caller}",
                remedy=(
                    "If it is yours, add it to allowed_hosts of this caller in ATTACHMENT_TRANSFER_CALLERS_FILE, or, "
                    "where that is not set, to ATTACHMENT_TRANSFER_ALLOWED_HOSTS."
                ),
            )
        return self._inner.handle_request(request)
