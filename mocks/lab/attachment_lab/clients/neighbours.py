"""The processes of a stack as the lab talks to them, whoever started it."""

from __future__ import annotations

from collections.abc import Mapping

from attachment_lab.clients.calls import Calls
from attachment_lab.errors import WrongUse

MOCKS = ("orchestration", "cmi", "c4c")


class Neighbours:
    """Clients for the three mocks' control interfaces and the service, from base URLs by name."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self.orchestration = Calls("orchestration mock", urls["orchestration"])
        self.cmi = Calls("CMI mock", urls["cmi"])
        self.c4c = Calls("C4C mock", urls["c4c"])
        self.service = Calls("transfer service", urls["service"])

    def mock(self, name: str) -> Calls:
        """The mock of that name. Raises WrongUse for a name that is none."""
        if name not in MOCKS:
            raise WrongUse(f"no mock is called {name!r}; there are {', '.join(MOCKS)}")
        calls: Calls = getattr(self, name)
        return calls

    def close(self) -> None:
        """Give all connections back."""
        for calls in (self.orchestration, self.cmi, self.c4c, self.service):
            calls.close()
