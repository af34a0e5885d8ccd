"""One writer per business object: C4C answers a second, concurrent writer with "locked by user".

Source: SAP KBA 3577788, documented. The HTTP status is not documented; dialect ``lock_status``.
"""

from __future__ import annotations

import threading
from types import TracebackType

from .errors import ObjectLocked


class ObjectLocks:
    """Which objects are being written, and by whom. Never waits: the second writer is turned away."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: dict[str, str] = {}

    def take(self, object_id: str, user: str, *, status: int) -> None:
        """Hold the object. Raises ObjectLocked with the holder's name."""
        with self._guard:
            holder = self._held.get(object_id)
            if holder is not None:
                raise ObjectLocked(
                    f"Object {object_id} is locked by user {holder.upper()}",
                    status=status,
                    hint="write to one object from one place at a time; retry later",
                )
            self._held[object_id] = user

    def give_back(self, object_id: str) -> None:
        """Let the next writer in."""
        with self._guard:
            self._held.pop(object_id, None)


class WriteLock:
    """The locks one request holds; use as a context manager, add objects as they become known."""

    def __init__(self, locks: ObjectLocks, user: str, *, status: int) -> None:
        self._locks = locks
        self._user = user
        self._status = status
        self._mine: set[str] = set()

    def __enter__(self) -> WriteLock:
        return self

    def add(self, object_id: str) -> None:
        """Hold one more object; nothing happens when this request holds it already."""
        if object_id not in self._mine:
            self._locks.take(object_id, self._user, status=self._status)
            self._mine.add(object_id)

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        for object_id in self._mine:
            self._locks.give_back(object_id)
        self._mine.clear()
