"""An entity as a client sent it: parsed and typed, but neither checked against the rights nor stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from c4c_mock.model.edm import EntitySet
from c4c_mock.model.values import Value
from mock_kit.tenants.spool import Blob


@dataclass(kw_only=True)
class EntityPayload:
    """Values by property name and, for a deep insert, payloads of children by navigation.

    ``values`` has only what the client sent; a member that is absent is not in it. ``contact`` is the
    desktop's id of the contact, for activities that store none themselves.
    """

    eset: EntitySet
    values: dict[str, Value]
    contact: str = ""
    children: dict[str, list[EntityPayload]] = field(default_factory=dict)

    @property
    def blob(self) -> Blob | None:
        """The file of an attachment, if one was sent."""
        found = self.values.get("Binary")
        return found if isinstance(found, Blob) else None

    def family(self) -> Iterator[EntityPayload]:
        """This payload and all payloads below it, parents first."""
        yield self
        for payloads in self.children.values():
            for payload in payloads:
                yield from payload.family()
