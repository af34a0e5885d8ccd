"""A tenant that takes no request for a while: maintenance, or a limit on calls. Planned, never a surprise.

No limit on calls is published for C4C (V1); what a busy tenant answers is assumed, dialect ``retry_after``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from c4c_mock.model.errors import Busy


@dataclass(kw_only=True)
class Spell:
    """One time of being busy.

    Attributes:
        status: of every answer, 429 or 503.
        until: the tenant's time at which it ends; None = it ends by ``times``.
        times: so many requests are turned away at most; None = no limit.
        refused: requests turned away so far.
    """

    status: int
    until: datetime | None = None
    times: int | None = None
    refused: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {**vars(self), "until": None if self.until is None else self.until.isoformat()}


class Busyness:
    """Whether the tenant is busy now. Every method is safe to call from several threads."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """``now`` is the tenant's clock."""
        self._now = now
        self._lock = threading.Lock()
        self._spell: Spell | None = None

    def begin(self, spell: Spell) -> None:
        """Be busy from now on; replaces an earlier spell."""
        with self._lock:
            self._spell = spell

    def end(self) -> None:
        """Take requests again."""
        with self._lock:
            self._spell = None

    def shown(self) -> dict[str, Any] | None:
        """The spell as JSON, over or not; None without one."""
        with self._lock:
            return None if self._spell is None else self._spell.to_dict()

    def check(self) -> None:
        """Raises Busy while the spell lasts; counts the request."""
        with self._lock:
            spell = self._spell
            if spell is None or spell.refused == spell.times:
                return
            if spell.until is not None and spell.until <= self._now():
                return
            spell.refused += 1
        raise Busy(
            "The system is busy; try again later",
            status=spell.status,
            until=spell.until,
            hint="planned by POST /_mock/busy; DELETE /_mock/busy ends it",
        )
