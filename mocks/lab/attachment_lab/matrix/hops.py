"""The hops of the matrix: one kind of request each, in the order of a transfer. Locations of forms are used further."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from attachment_lab.faults.locations import BY_ID as LOCATIONS
from attachment_lab.faults.locations import Location


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One kind of request between two systems.

    Attributes:
        mock: orchestration, cmi or c4c, whose fault plan is used.
        host: glob on the Host header; narrows a request that the lab makes too, at its loopback address.
        through_fault_proxy: whether wire faults can take effect.
        has_body: whether the request has a body that can be damaged.
    """

    id: str
    title: str
    mock: str
    method: str
    path: str
    host: str = "*"
    through_fault_proxy: bool = True
    has_body: bool = False

    @property
    def match(self) -> dict[str, str]:
        """For ``POST /_mock/faults``."""
        return {"method": self.method, "path": self.path} | ({"host": self.host} if self.host != "*" else {})


def _at(location: str, hop: str, title: str, *, host: str = "*", has_body: bool = False) -> Hop:
    place: Location = LOCATIONS[location]
    return Hop(
        id=hop,
        title=title,
        mock=place.mock,
        method=place.method,
        path=place.path,
        host=host,
        through_fault_proxy=place.has_fault_proxy,
        has_body=has_body,
    )


_ODATA = "/sap/c4c/odata/v1/*"
HOPS: tuple[Hop, ...] = (
    _at("delivery", "event", "Contact Pro delivers the event to the service", has_body=True),
    _at("token", "token", "Contact Pro fetches its token", host="*.sinch.com", has_body=True),
    Hop(
        id="accept",
        title="The service fetches the issuer’s keys to accept the event",
        mock="orchestration",
        method="GET",
        path="*/.well-known/jwks.json",
    ),
    _at("list", "cmi-list", "The service reads CMI’s list of the chat’s files"),
    _at("download", "cmi-download", "The service downloads a file from CMI"),
    _at("lookup", "c4c-lookup", "The service searches C4C for the chat activity"),
    Hop(
        id="c4c-metadata",
        title="The service reads C4C’s metadata",
        mock="c4c",
        method="GET",
        path=f"{_ODATA}$metadata",
    ),
    Hop(
        id="c4c-list",
        title="The service lists what the activity has",
        mock="c4c",
        method="GET",
        path=f"{_ODATA}Collection(*)/*Attachment",
    ),
    Hop(
        id="c4c-upload",
        title="The service uploads a file",
        mock="c4c",
        method="POST",
        path=LOCATIONS["upload"].path,
        has_body=True,
    ),
    Hop(
        id="c4c-verify",
        title="The service reads the stored object back",
        mock="c4c",
        method="GET",
        path=f"{_ODATA}AttachmentCollection(*)",
    ),
    Hop(
        id="settle",
        title="The service writes its result back to CMI and settles",
        mock="cmi",
        method="POST",
        path="*/cmi/contactData",
        has_body=True,
    ),
)
HOP: Mapping[str, Hop] = {each.id: each for each in HOPS}
