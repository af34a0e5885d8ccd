"""An entity as a client wants it: parsed and typed, not yet judged, not yet stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from c4c_mock.model.edm import EntitySet
from c4c_mock.model.values import Value
from mock_kit.spool import Blob


@dataclass(kw_only=True)
class Draft:
    """Values by property name and, for a deep insert, drafts of children by navigation.

    ``values`` holds only what the client sent; a member that is absent is not in it. ``contact`` is the
    desktop's id of the contact, for activities that keep none themselves.
    """

    eset: EntitySet
    values: dict[str, Value]
    contact: str = ""
    children: dict[str, list[Draft]] = field(default_factory=dict)

    @property
    def blob(self) -> Blob | None:
        """The file that came along, if any."""
        found = self.values.get("Binary")
        return found if isinstance(found, Blob) else None

    def family(self) -> Iterator[Draft]:
        """This draft and all drafts below it, parents first."""
        yield self
        for drafts in self.children.values():
            for draft in drafts:
                yield from draft.family()
