"""One writer per business object: C4C answers a second, concurrent writer with "record locked by user …".

Source: SAP KBA 3577788, documented. The HTTP status is not documented; dialect ``lock_status``, ``lock_has_body``.
A person may hold objects too, as somebody does who has the chat open on the screen: ``POST /_mock/locks``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any

from c4c_mock.model.errors import ObjectLocked


@dataclass(kw_only=True)
class PersonsLock:
    """What a person holds.

    Attributes:
        object_id: of the business object; empty = every object of the tenant.
        refusals: so many writers are turned away, then the lock is gone; None = no limit.
        until: the tenant's time at which it is gone; None = until removed.
        refused: writers turned away so far.
    """

    user: str
    object_id: str = ""
    refusals: int | None = None
    until: datetime | None = None
    refused: int = 0

    def holds(self, object_id: str, user: str, now: datetime) -> bool:
        """Whether ``user`` must be turned away from the object."""
        over = (self.until is not None and self.until <= now) or self.refused == self.refusals
        meant = self.object_id in {"", object_id}
        return meant and not over and self.user.lower() != user.lower()

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        until = None if self.until is None else self.until.isoformat()
        return {**vars(self), "until": until}


class ObjectLocks:
    """Which objects are being written, and by whom. Never waits: the second writer is turned away."""

    def __init__(self, now: Callable[[], datetime], switches: Mapping[str, Any]) -> None:
        """``now`` is the tenant's clock; ``switches`` say how a lock is answered."""
        self._now = now
        self._switches = switches
        self._guard = threading.Lock()
        self._held: dict[str, str] = {}
        self._persons: list[PersonsLock] = []

    def take(self, object_id: str, user: str) -> None:
        """Hold the object. Raises ObjectLocked with the holder's name."""
        with self._guard:
            holder = self._held.get(object_id) or self._person(object_id, user)
            if holder is not None:
                raise self._locked(object_id, holder.upper())
            self._held[object_id] = user

    def _person(self, object_id: str, user: str) -> str | None:
        now = self._now()
        found = next((lock for lock in self._persons if lock.holds(object_id, user, now)), None)
        if found is None:
            return None
        found.refused += 1
        return found.user

    def _locked(self, object_id: str, holder: str) -> ObjectLocked:
        error = ObjectLocked(
            f"Object {object_id}: record locked by user {holder}",
            status=int(self._switches["lock_status"]),
            hint="write to one object from one place at a time; retry later",
            words={"user": holder},
        )
        error.bodyless = not self._switches["lock_has_body"]
        return error

    def give_back(self, object_id: str) -> None:
        """Let the next writer in."""
        with self._guard:
            self._held.pop(object_id, None)

    def hold(self, lock: PersonsLock) -> None:
        """A person holds something from now on."""
        with self._guard:
            self._persons.append(lock)

    def persons(self) -> list[dict[str, Any]]:
        """What persons hold or held, oldest first, as JSON."""
        with self._guard:
            return [lock.to_dict() for lock in self._persons]

    def writers(self) -> list[dict[str, Any]]:
        """Objects that are being written right now, and by whom, as JSON."""
        with self._guard:
            return [{"object_id": object_id, "user": user} for object_id, user in self._held.items()]

    def release_persons(self) -> None:
        """No person holds anything any more."""
        with self._guard:
            self._persons.clear()


class WriteLock:
    """The locks one request holds; use as a context manager, add objects as they become known."""

    def __init__(self, locks: ObjectLocks, user: str) -> None:
        self._locks = locks
        self._user = user
        self._mine: set[str] = set()

    def __enter__(self) -> WriteLock:
        return self

    def add(self, object_id: str) -> None:
        """Hold one more object; nothing happens when this request holds it already."""
        if object_id not in self._mine:
            self._locks.take(object_id, self._user)
            self._mine.add(object_id)

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        for object_id in self._mine:
            self._locks.give_back(object_id)
        self._mine.clear()
