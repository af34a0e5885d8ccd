"""One C4C tenant: its logins, its business objects, its locks, its switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from c4c_mock.evidence import Touching
from mock_kit.worlds import World

from .access import Access
from .dialect import defaults
from .locks import ObjectLocks, WriteLock
from .rows import Row, Rows


@dataclass(kw_only=True)
class C4CWorld(World):
    """State of one tenant.

    Attributes:
        host: name in the Host header, without port, lower-case.
        switches: the dialect to be read by the model; every look counts as evidence used.
    """

    host: str
    rows: Rows = field(default_factory=Rows)
    locks: ObjectLocks = field(default_factory=ObjectLocks)
    switches: Touching = field(init=False)
    access: Access = field(init=False)

    def __post_init__(self) -> None:
        self.switches = Touching(self.dialect, self)
        self.access = Access(self.clock.now, self.switches)

    @classmethod
    def make(cls, name: str, host: str, data_dir: Path, dialect: Mapping[str, Any] | None = None) -> C4CWorld:
        """A tenant with no users and no data. ``dialect`` overrides single defaults."""
        parts = World.parts(name, data_dir, {**defaults(), **(dialect or {})})
        return cls(**parts, host=host.lower())

    def describe(self) -> dict[str, Any]:
        """Host, systems and users with their ticked services; no passwords."""
        return {
            "host": self.host,
            "communication_systems": list(self.access.systems),
            "users": [
                {"user": u.name, "kind": u.kind, "services": sorted(u.services), "locked": u.locked}
                for u in self.access.users.values()
            ],
        }

    def clear(self) -> None:
        """Forget business objects, sessions and lockouts; logins and switches stay."""
        self.rows.clear()
        self.access.forget_sessions()

    def lock_for(self, user: str) -> WriteLock:
        """The locks of one writing request, to be used as a context manager."""
        return WriteLock(self.locks, user, status=int(self.switches["lock_status"]))

    def root_id(self, row: Row) -> str:
        """ObjectID of the business object a row is part of: what C4C locks."""
        owner = self.rows.parent(row)
        return row.object_id if owner is None else self.root_id(owner)
