"""The delivery log: one row for each request the event engine made or meant to make, secrets masked."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from threading import RLock
from typing import Any

from orchestration_mock.model.errors import Missing

KEPT_DELIVERIES = 10_000
SHOWN_BODY_CHARS = 2048


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    NOT_SENT = "not_sent"


NEXT: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.DELIVERED, State.FAILED, State.NOT_SENT}),
    State.DELIVERED: frozenset(),
    State.FAILED: frozenset(),
    State.NOT_SENT: frozenset(),
}


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One row.

    Attributes:
        state: delivered = a 2xx came back; failed = it was tried, and no 2xx came back; not_sent = it could
            not be made (a placeholder, a secret or the token is lacking).
        status: HTTP status of the reply; None without one.
        duration_ms: wall time of the request, None before it.
        attempt: 1, or more for a retry or a redelivery.
        request_headers, request_body, response_headers, response_body: masked; bodies cut at 2048 characters.
        token_refreshed: whether a 401 was answered with a fresh token and a second request.
        response_set, response_save: what the configuration's `response` part wrote back.
        created_at, finished_at: by the world's clock.
        error: one sentence; None when delivered.
    """

    id: str
    event_id: str
    config_id: str
    config_name: str
    event: str
    contact_id: str
    method: str
    url: str
    created_at: str
    state: State = State.PENDING
    status: int | None = None
    duration_ms: float | None = None
    attempt: int = 1
    redelivery_of: str | None = None
    due_at: str | None = None
    finished_at: str | None = None
    request_headers: dict[str, str] = field(default_factory=dict)
    request_body: str = ""
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""
    token_refreshed: bool = False
    response_set: dict[str, Any] = field(default_factory=dict)
    response_save: dict[str, Any] = field(default_factory=dict)
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The row as a JSON object."""
        return asdict(self)


class DeliveryLog:
    """The latest deliveries of one world, in the order they were planned."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, Delivery] = OrderedDict()
        self._lock = RLock()

    def add(self, delivery: Delivery) -> Delivery:
        """Take in a planned delivery; the oldest row makes room when the log is full."""
        with self._lock:
            self._rows[delivery.id] = delivery
            while len(self._rows) > KEPT_DELIVERIES:
                self._rows.popitem(last=False)
        return delivery

    def change(self, id_: str, **changes: Any) -> Delivery | None:
        """Update a row; None when it has left the log. A state moves along ``NEXT`` only."""
        with self._lock:
            old = self._rows.get(id_)
            if old is None:
                return None
            state = changes.get("state", old.state)
            if state != old.state and state not in NEXT[old.state]:
                raise ValueError(f"a delivery that is {old.state} does not become {state}")
            self._rows[id_] = new = replace(old, **changes)
            return new

    def get(self, id_: str) -> Delivery:
        """One row. Raises ``Missing``."""
        with self._lock:
            found = self._rows.get(id_)
        if found is None:
            raise Missing(f"There is no delivery {id_}.")
        return found

    def list(self, event_id: str | None = None) -> list[Delivery]:
        """All rows, or those of one event."""
        with self._lock:
            return [row for row in self._rows.values() if event_id in (None, row.event_id)]
