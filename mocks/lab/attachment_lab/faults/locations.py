"""Where a fault can take effect: the hops of the stack, by the requests on them. Data for forms and scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from mock_kit.faults.kinds import KINDS
from mock_kit.http.problem import FieldError


@dataclass(frozen=True, kw_only=True)
class Location:
    """One location on the stack.

    Attributes:
        mock: orchestration, cmi or c4c, whose fault plan is used.
        title: the requests at this location.
    """

    id: str
    mock: str
    title: str
    method: str
    path: str

    @property
    def hop(self) -> str:
        """The neighbour's name for people."""
        return {"orchestration": "Contact Pro", "cmi": "CMI", "c4c": "SAP Service Cloud"}[self.mock]

    @property
    def station(self) -> int:
        """Number of the station of the picture (``chats.picture``) that shows it."""
        return {"orchestration": 1, "cmi": 3, "c4c": 4}[self.mock]

    @property
    def has_fault_proxy(self) -> bool:
        """Whether the service's requests pass a fault proxy here, if the stack has fault proxies.

        Wire faults take effect only there. Contact Pro calls the service, and the lab fetches tokens, without one.
        """
        return self.mock != "orchestration"

    @property
    def match(self) -> dict[str, str]:
        """For ``POST /_mock/faults``."""
        return {"path": self.path} | ({"method": self.method} if self.method != "*" else {})


#: ``?`` stands for one character: the chat's own address, without those below it.
_CHAT = "*/cmi/chats/" + "?" * 32

LOCATIONS: tuple[Location, ...] = (
    Location(
        id="delivery",
        mock="orchestration",
        title="Event delivery to the service",
        method="POST",
        path="/prod/chat-attachments",
    ),
    Location(id="token", mock="orchestration", title="Token request", method="POST", path="*/oauth2/token"),
    Location(id="list", mock="cmi", title="List of the chat’s attachments", method="GET", path=_CHAT),
    Location(id="download", mock="cmi", title="Download of a file", method="GET", path="*/attachments/*"),
    Location(id="cmi", mock="cmi", title="Every request", method="*", path="*"),
    Location(
        id="lookup",
        mock="c4c",
        title="Search for the chat activity",
        method="GET",
        path="*ChatActivityBTDReferenceCollection",
    ),
    Location(id="upload", mock="c4c", title="Upload of a file", method="POST", path="*Attachment*"),
    Location(id="verify", mock="c4c", title="Reading a stored file back", method="GET", path="*/Binary/*"),
    Location(id="c4c", mock="c4c", title="Every request", method="*", path="*"),
)
BY_ID: Mapping[str, Location] = {location.id: location for location in LOCATIONS}


def location_of(fault: Mapping[str, Any], mock: str) -> Location | None:
    """The location of a planned fault (as a mock returns it), or one that includes it."""
    match = {name: value for name, value in fault["match"].items() if value}
    at_mock = [location for location in LOCATIONS if location.mock == mock]
    same = (location for location in at_mock if location.match == match)
    wider = (location for location in at_mock if location.path != "*" and _includes(location, match))
    return next(same, None) or next(wider, None)


def _includes(location: Location, match: Mapping[str, str]) -> bool:
    is_method = location.method in {"*", match.get("method")}
    return is_method and match.keys() <= {"method", "path"} and fnmatchcase(match.get("path", ""), location.path)


def kinds_at(location: Location) -> list[str]:
    """Names of the fault kinds that can take effect here."""
    return [name for name, kind in KINDS.items() if kind.layer == "app" or location.has_fault_proxy]


def misplaced(location: Location, kind: str, *, fault_proxy: bool) -> FieldError | None:
    """Why this kind can have no effect here; None when it can."""
    if kind not in KINDS or KINDS[kind].layer == "app":
        return None
    if not location.has_fault_proxy:
        expected = f"one of {', '.join(kinds_at(location))}"
        return FieldError("kind", expected, "The service does not pass a fault proxy here; choose another kind.", kind)
    if not fault_proxy:
        return FieldError(
            "kind", "a stack through the fault proxies", "Start it with attachment-lab up --fault-proxy.", kind
        )
    return None
