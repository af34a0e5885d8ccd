"""The event engine: an event comes in, configurations are matched, requests are sent in the background.

The requests of one conversation begin one after another, in ordinal order; a request whose answer is written
back, or that has `block`, delays the next one until it ends. Different conversations run side by side.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Lock
from typing import Any

from mock_kit.http.refusals import Conflict, MissingItem
from mock_kit.tenants.clock import Clock, stamp
from mock_kit.tenants.ids import Ids
from orchestration_mock.model.bounded import BoundedDict
from orchestration_mock.model.conditions import ConditionFacts
from orchestration_mock.model.contact import EVENT_NAMES, Contact, read_contact
from orchestration_mock.model.events.conversations import ConversationChanges
from orchestration_mock.model.events.deliveries import KEPT_DELIVERIES, Delivery, DeliveryLog, State
from orchestration_mock.model.events.event import Event
from orchestration_mock.model.events.redelivery import Redelivery, read_options, read_redelivery
from orchestration_mock.model.events.schedule import Schedule
from orchestration_mock.model.events.sender import DeliverySender, PlannedDelivery, Touch
from orchestration_mock.model.forms import Form
from orchestration_mock.model.integrations.definition import RequestSpec
from orchestration_mock.model.integrations.matching import MatchResult, match_all
from orchestration_mock.model.integrations.store import Integrations

KEPT_EVENTS = 1_000


@dataclass(frozen=True, kw_only=True)
class FiredEvent:
    """An event with the result of every configuration and the deliveries planned for it."""

    event: Event
    results: tuple[MatchResult, ...]
    deliveries: tuple[Delivery, ...]

    def logged(self) -> dict[str, Any]:
        """For the event log: also which event it was, of which conversation, and when."""
        contact = self.event.contact
        names = ("channel_type", "channel_sub_type", "direction", "queue")
        head = {"event": self.event.name, "at": stamp(self.event.moment), "contact_id": contact.guid}
        return head | {name: contact.data.get(name) for name in names} | self.as_json()

    def as_json(self) -> dict[str, Any]:
        """The reply of the control API."""
        return {
            "event_id": self.event.id,
            "configurations": [
                {"id": r.integration.id, "name": r.integration.name, "matched": r.matched, "reason": r.reason}
                for r in self.results
            ],
            "delivery_ids": [delivery.id for delivery in self.deliveries],
        }


@dataclass(kw_only=True)
class EventEngine:
    """The engine of one tenant."""

    clock: Clock
    ids: Ids
    dialect: Mapping[str, Any]
    integrations: Integrations
    conversations: ConversationChanges
    log: DeliveryLog
    sender: DeliverySender
    touch: Touch
    schedule: Schedule = field(init=False)
    _planned: BoundedDict[str, PlannedDelivery] = field(
        default_factory=lambda: BoundedDict(KEPT_DELIVERIES), repr=False
    )
    _fired: deque[FiredEvent] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS), repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        self.schedule = Schedule(self.clock)

    def fire(self, body: object) -> FiredEvent:
        """Accept an event; returns before anything is sent. Raises ``Invalid`` or ``MalformedRequest``."""
        event, options = self._read(body)
        results = match_all(self.integrations.all(), event.name, event.contact, self._facts(event), self.dialect)
        matching = [result for result in results if result.matched]
        for evidence_id in {name for result in results for name in result.evidence}:
            self.touch(evidence_id)
        used = ["edi.matching", *(["edi.ordinal"] if len(matching) > 1 else [])]
        evidence = tuple({"id": each, "label": self.touch(each)} for each in used)
        rows = []
        for copy in range(options.copies):
            for result in matching:
                planned = PlannedDelivery(
                    delivery_id=self.ids.uuid("delivery"),
                    event=event,
                    integration=result.integration,
                    attempt=1,
                    matched_rule=result.rule,
                )
                wait_s = options.late_s + self._delay_s(result.integration.definition.request, planned.delivery_id)
                mode = options.mode_of() if copy or options.late_s else None
                rows.append(self._plan(planned, wait_s, together=options.together, mode=mode, evidence=evidence))
        fired = FiredEvent(event=event, results=tuple(results), deliveries=tuple(rows))
        self._fired.append(fired)
        return fired

    def fired(self) -> list[FiredEvent]:
        """The latest events, oldest first, each with the result of every configuration."""
        return list(self._fired)

    def load(self, events: Iterable[FiredEvent], rows: Iterable[Delivery]) -> None:
        """Replace the past by that of a snapshot. A delivery can be repeated where its configuration still exists."""
        fired, rows = list(events), list(rows)
        self.log.load(rows)
        by_id = {each.event.id: each.event for each in fired}
        integrations = {each.id: each for each in self.integrations.all()}
        with self._lock:
            self._fired.clear()
            self._fired.extend(fired)
            self._planned.clear()
            for row in rows:
                if row.event_id in by_id and row.config_id in integrations:
                    self._planned[row.id] = PlannedDelivery(
                        delivery_id=row.id,
                        event=by_id[row.event_id],
                        integration=integrations[row.config_id],
                        attempt=row.attempt,
                        matched_rule=row.matched_rule,
                    )

    def redeliver(self, body: object) -> list[Delivery]:
        """Send again the deliveries that the body names; new rows of the log, in the order of sending.

        Raises ``MissingItem``, ``Conflict`` while one of them is pending, or ``Invalid``.
        """
        rows, options = read_redelivery(body, self.log)
        repeated = [self._repeated(row, options) for row in rows]
        created = [row.created_at for row in rows]
        is_mixed = len(rows) > 1 and (created != sorted(created) or options.order == "reversed")
        mode = options.mode_of(out_of_order=is_mixed)
        return [
            self._plan(self._renumbered(planned), options.late_s, together=options.together, of=row.id, mode=mode)
            for _ in range(options.copies)
            for row, planned in zip(rows, repeated, strict=True)
        ]

    def drain(self, timeout_s: float = 30.0) -> bool:
        """Wait until every delivery that is due has ended; delayed ones do not count."""
        return self.schedule.drain(timeout_s)

    def release_due(self) -> int:
        """Start the delayed deliveries that are due by the tenant's clock; returns how many stay delayed."""
        return self.schedule.release_due()

    def close(self) -> None:
        """Drop every delivery that was not sent."""
        self.schedule.close()

    def _read(self, body: object) -> tuple[Event, Redelivery]:
        form = Form(body)
        now = self.clock.now()
        name = form.choice("event", EVENT_NAMES)
        given = form.raw("contact")
        options = read_options(form)
        form.refuse_unknown("no such field")
        form.done("The event", "accepted")
        data = self.conversations.current(read_contact(given, now).data)
        if name == "Closed" and self.dialect["closed_created"] == "wrap_up_end":
            self.touch("edi.closed_created")
            data["created"] = stamp(now)
        return Event(id=self.ids.uuid("event"), name=name, moment=now, contact=Contact(data)), options

    def _facts(self, event: Event) -> ConditionFacts:
        created = event.contact.created
        age_s = None if created is None else (event.moment - created).total_seconds()
        return ConditionFacts(
            contact=event.contact.data,
            event_name=event.name,
            seconds_since_created=age_s,
            now=event.moment,
            seed=event.id,
        )

    def _repeated(self, old: Delivery, options: Redelivery) -> PlannedDelivery:
        """That row's delivery for another attempt, with the old row's id. Raises ``Conflict`` or ``MissingItem``."""
        if old.state is State.PENDING:
            raise Conflict(f"Delivery {old.id} is still pending.")
        planned = self._planned.get(old.id)
        if planned is None:
            raise MissingItem(f"Event {old.event_id} is no longer kept.")
        if options.configuration == "today":
            planned = replace(planned, integration=self.integrations.get(old.config_id))
        return replace(planned, attempt=old.attempt + 1)

    def _renumbered(self, planned: PlannedDelivery) -> PlannedDelivery:
        return replace(planned, delivery_id=self.ids.uuid("delivery"))

    def _plan(
        self,
        planned: PlannedDelivery,
        wait_s: float = 0.0,
        *,
        together: bool = False,
        of: str | None = None,
        mode: str | None = None,
        evidence: tuple[dict[str, str], ...] = (),
    ) -> Delivery:
        """Add a row to the log and a job to the schedule; ``together``: it waits for no other delivery."""
        now = self.clock.now()
        due_at = now + timedelta(seconds=wait_s) if wait_s else None
        delivery = replace(
            _row(planned),
            created_at=stamp(now),
            due_at=stamp(due_at) if due_at else None,
            redelivery_of=of,
            redelivery_mode=mode,
            evidence=evidence,
        )
        with self._lock:
            self._planned[planned.delivery_id] = planned
        self.log.add(delivery)
        key = planned.delivery_id if together else planned.event.contact.guid
        self.schedule.put(key, lambda start_next: self._run(planned, start_next), due_at)
        return delivery

    def _delay_s(self, spec: RequestSpec, delivery_id: str) -> float:
        """A delay between delay and delayMax: the same in every run."""
        if self.dialect["delay_pick"] == "max":
            return spec.delay_max_s
        if self.dialect["delay_pick"] == "min":
            return spec.delay_s
        share = hashlib.sha256(delivery_id.encode()).digest()[0] / 255
        return spec.delay_s + share * (spec.delay_max_s - spec.delay_s)

    def _run(self, planned: PlannedDelivery, start_next: Callable[[], None]) -> None:
        done = self.sender.run(planned, start_next)
        if done is not None and done.state is State.FAILED and planned.attempt <= int(self.dialect["retries"]):
            again = replace(self._renumbered(planned), attempt=planned.attempt + 1)
            self._plan(again, of=done.id, mode="retry")


def _row(planned: PlannedDelivery) -> Delivery:
    """The log's row of a delivery before it begins."""
    return Delivery(
        id=planned.delivery_id,
        event_id=planned.event.id,
        config_id=planned.integration.id,
        config_name=planned.integration.name,
        event=planned.event.name,
        contact_id=planned.event.contact.guid,
        method=planned.integration.definition.request.method,
        url=planned.integration.endpoint_url,
        created_at=stamp(planned.event.moment),
        attempt=planned.attempt,
        matched_rule=planned.matched_rule,
    )
