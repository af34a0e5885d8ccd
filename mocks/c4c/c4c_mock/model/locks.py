"""One writer per business object: C4C answers a second, concurrent writer with "record locked by user …".

Source: SAP KBA 3577788, documented. The HTTP status is not documented; dialect ``lock_status``, ``lock_has_body``.
A person may lock objects too, as one does who has the chat open on the screen: ``POST /_mock/locks``.
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
    """What a person edits, and so locks.

    Attributes:
        object_id: of the business object; empty = every object of the tenant.
        refusals: so many writers are rejected, then the lock ends; None = no limit.
        until: the tenant's time at which the lock ends; None = until removed.
        refused: writers rejected so far.
    """

    user: str
    object_id: str = ""
    refusals: int | None = None
    until: datetime | None = None
    refused: int = 0

    def blocks(self, object_id: str, user: str, now: datetime) -> bool:
        """Whether ``user`` may not write the object."""
        over = (self.until is not None and self.until <= now) or self.refused == self.refusals
        covered = self.object_id in {"", object_id}
        return covered and not over and self.user.lower() != user.lower()

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        until = None if self.until is None else self.until.isoformat()
        return {**vars(self), "until": until}


class ObjectLocks:
    """Which objects are being written, and by whom. Never waits: the second writer is rejected."""

    def __init__(self, now: Callable[[], datetime], switches: Mapping[str, Any]) -> None:
        """``now`` is the tenant's clock; ``switches`` say how a lock is answered."""
        self._now = now
        self._switches = switches
        self._mutex = threading.Lock()
        self._writers: dict[str, str] = {}
        self._persons: list[PersonsLock] = []

    def acquire(self, object_id: str, user: str) -> None:
        """Lock the object for a writer. Raises ObjectLocked with the name of the user who locks it."""
        with self._mutex:
            owner = self._writers.get(object_id) or self._person(object_id, user)
            if owner is not None:
                raise self._locked(object_id, owner.upper())
            self._writers[object_id] = user

    def _person(self, object_id: str, user: str) -> str | None:
        now = self._now()
        found = next((lock for lock in self._persons if lock.blocks(object_id, user, now)), None)
        if found is None:
            return None
        found.refused += 1
        return found.user

    def _locked(self, object_id: str, owner: str) -> ObjectLocked:
        error = ObjectLocked(
            f"record locked by user {owner}",
            status=int(self._switches["lock_status"]),
            hint=f"write to object {object_id} from one place at a time; retry later",
            words={"user": owner},
        )
        error.bodyless = not self._switches["lock_has_body"]
        return error

    def release(self, object_id: str) -> None:
        """Let the next writer in."""
        with self._mutex:
            self._writers.pop(object_id, None)

    def add_person(self, lock: PersonsLock) -> None:
        """A person edits something from now on."""
        with self._mutex:
            self._persons.append(lock)

    def persons(self) -> list[dict[str, Any]]:
        """The locks of persons, also those that have ended, oldest first, as JSON."""
        with self._mutex:
            return [lock.to_dict() for lock in self._persons]

    def writers(self) -> list[dict[str, Any]]:
        """Objects that are being written right now, and by whom, as JSON."""
        with self._mutex:
            return [{"object_id": object_id, "user": user} for object_id, user in self._writers.items()]

    def release_persons(self) -> None:
        """Remove the locks of all persons."""
        with self._mutex:
            self._persons.clear()


class WriteLock:
    """The locks of one request; use as a context manager, add objects as they become known."""

    def __init__(self, locks: ObjectLocks, user: str) -> None:
        self._locks = locks
        self._user = user
        self._mine: set[str] = set()

    def __enter__(self) -> WriteLock:
        return self

    def add(self, object_id: str) -> None:
        """Lock one more object; does nothing when this request has locked it already."""
        if object_id not in self._mine:
            self._locks.acquire(object_id, self._user)
            self._mine.add(object_id)

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        for object_id in self._mine:
            self._locks.release(object_id)
        self._mine.clear()
