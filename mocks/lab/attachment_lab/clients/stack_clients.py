"""Clients for the processes of a stack, whichever command started it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx

from attachment_lab.clients.control import MockControl
from attachment_lab.clients.json_client import JsonClient
from attachment_lab.errors import WrongUse

MOCKS = ("orchestration", "cmi", "c4c")


class StackClients:
    """Clients for the three mocks' control interfaces and the service, from base URLs by name.

    Args:
        urls: ``edge`` too, where the stack has an edge proxy (its control address).
        allow_list: the service's allow-list file; None where the stack has none.
        service_is_visible: whether the service is ours, with its status API.
        transport: answers instead of the network, for tests.
    """

    def __init__(
        self,
        urls: Mapping[str, str],
        *,
        allow_list: Path | None = None,
        service_is_visible: bool = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.allow_list = allow_list
        self.service_is_visible = service_is_visible
        self.edge = JsonClient("edge proxy", urls["edge"], transport=transport) if "edge" in urls else None
        self.orchestration = JsonClient("orchestration mock", urls["orchestration"], transport=transport)
        self.cmi = JsonClient("CMI mock", urls["cmi"], transport=transport)
        self.c4c = JsonClient("C4C mock", urls["c4c"], transport=transport)
        self.service = JsonClient("transfer service", urls["service"], transport=transport)

    def mock(self, name: str) -> JsonClient:
        """The mock of that name. Raises WrongUse for an unknown name."""
        if name not in MOCKS:
            raise WrongUse(f"no mock is called {name!r}; there are {', '.join(MOCKS)}")
        calls: JsonClient = getattr(self, name)
        return calls

    def control(self, mock: str, tenant: str) -> MockControl:
        """That mock's control interface, for one tenant. Raises WrongUse for an unknown name."""
        return MockControl(self.mock(mock), tenant)

    def close(self) -> None:
        """Close all connections."""
        for calls in (self.orchestration, self.cmi, self.c4c, self.service, self.edge):
            if calls is not None:
                calls.close()
