"""The delivery log: one row for each planned request of the event engine, secrets masked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from threading import RLock
from typing import Any

from mock_kit.http.refusals import MissingItem
from orchestration_mock.model.bounded import BoundedDict

KEPT_DELIVERIES = 10_000
SHOWN_BODY_CHARS = 2048


class State(StrEnum):
    """The state of a delivery."""

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
            not be made (a placeholder, a secret or the token is missing).
        status: HTTP status of the reply; None without one.
        duration_ms: wall time of the request, None before it.
        attempt: 1, or more for a retry or a redelivery.
        redelivery_of, redelivery_mode: the row this one repeats, and how: again, duplicate, late,
            out_of_order, or retry (by the dialect).
        matched_rule: what of the configuration matched the event, and its place among those triggered.
        request_headers, request_body, response_headers, response_body: masked; bodies cut at 2048 characters.
        token_use: none, fetched, cached, or refreshed (a 401 was answered with a fresh token, sent once more).
        token_refreshed: whether token_use is refreshed.
        token_flaw: the kind of bad token with which it was sent, planned for the issuer; None for a good one.
        token_expires_at: by the tenant's clock, from the token reply's `expires_in`.
        response_set, response_save: what the configuration's `response` part wrote back.
        created_at, due_at, finished_at: by the tenant's clock.
        notes: where the mock differed from the configuration (a proxy, for example), or what it could not do.
        evidence: the behaviours that the delivery used, each with its label.
        error: one sentence; None when delivered.
        change: running number of the log's changes; a row that changed has a higher one.
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
    redelivery_mode: str | None = None
    matched_rule: Mapping[str, Any] = field(default_factory=dict)
    due_at: str | None = None
    finished_at: str | None = None
    request_headers: dict[str, str] = field(default_factory=dict)
    request_body: str = ""
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""
    token_use: str = "none"  # noqa: S105 - a word, no password
    token_refreshed: bool = False
    token_flaw: str | None = None
    token_expires_at: str | None = None
    response_set: dict[str, Any] = field(default_factory=dict)
    response_save: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    notes: tuple[str, ...] = ()
    evidence: tuple[dict[str, str], ...] = ()
    change: int = 0

    def as_json(self) -> dict[str, Any]:
        """The row as a JSON object."""
        return asdict(self)


class DeliveryLog:
    """The latest deliveries of one tenant, in the order they were planned."""

    def __init__(self) -> None:
        self._rows: BoundedDict[str, Delivery] = BoundedDict(KEPT_DELIVERIES)
        self._lock = RLock()
        self._changes = 0

    def add(self, delivery: Delivery) -> Delivery:
        """Add a planned delivery; the oldest row is dropped when the log is full."""
        with self._lock:
            self._changes += 1
            delivery = replace(delivery, change=self._changes)
            self._rows[delivery.id] = delivery
        return delivery

    def change(self, id_: str, *, add_evidence: tuple[dict[str, str], ...] = (), **changes: Any) -> Delivery | None:
        """Update a row; None when the log no longer has it. A state moves along ``NEXT`` only."""
        with self._lock:
            old = self._rows.get(id_)
            if old is None:
                return None
            changes["evidence"] = (*old.evidence, *add_evidence)
            state = changes.get("state", old.state)
            if state != old.state and state not in NEXT[old.state]:
                raise ValueError(f"a delivery that is {old.state} does not become {state}")
            self._changes += 1
            self._rows[id_] = new = replace(old, change=self._changes, **changes)
            return new

    def load(self, rows: Iterable[Delivery]) -> None:
        """Replace all rows by those of a snapshot."""
        with self._lock:
            self._rows.clear()
            for row in rows:
                self._rows[row.id] = row
            self._changes = max((row.change for row in self._rows.values()), default=0)

    def get(self, id_: str) -> Delivery:
        """One row. Raises ``MissingItem``."""
        with self._lock:
            found = self._rows.get(id_)
        if found is None:
            raise MissingItem(f"There is no delivery {id_}.")
        return found

    def changed(self, since: int, limit: int) -> list[Delivery]:
        """At most ``limit`` rows that changed after that number, in the order of their last change."""
        with self._lock:
            rows = [row for row in self._rows.values() if row.change > since]
        return sorted(rows, key=lambda row: row.change)[:limit]

    def list(self, event_id: str | None = None) -> list[Delivery]:
        """All rows, or those of one event."""
        with self._lock:
            return [row for row in self._rows.values() if event_id in (None, row.event_id)]
