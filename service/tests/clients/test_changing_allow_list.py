"""The way out asks the allow-list at each call: for links and redirects of a running round, too."""

from __future__ import annotations

import httpx
import pytest

from attachment_transfer.clients.outbound.transport import OutboundPolicy
from attachment_transfer.core.errors import DestinationRefused
from attachment_transfer.core.hosts import HostPattern, parse_patterns

URL = httpx.URL("https://files.own.example/1")


def test_a_host_of_the_file_is_called_while_the_file_has_it() -> None:
    added: list[HostPattern] = []
    policy = OutboundPolicy(allowed=parse_patterns("*.crm.cloud.sap"), more_allowed=lambda: tuple(added))
    with pytest.raises(DestinationRefused, match="not an allowed host"):
        policy.judge(URL)
    added.append(HostPattern("files.own.example"))
    policy.judge(URL)
    with pytest.raises(DestinationRefused, match="only https"):
        policy.judge(URL.copy_with(scheme="http"))
    added.clear()
    with pytest.raises(DestinationRefused, match="not an allowed host"):
        policy.judge(URL)
