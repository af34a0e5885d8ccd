"""The event engine: an event comes in, configurations are judged, requests go out in the background.

The requests of one conversation begin one after another, in ordinal order; one whose answer is written
back, or that asks for it by `block`, holds up the next one. Different conversations run side by side.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Lock
from typing import Any

from mock_kit.clock import Clock
from mock_kit.ids import Ids
from orchestration_mock.model.conditions import Facts
from orchestration_mock.model.contact import EVENT_NAMES, Contact, read_contact, stamp
from orchestration_mock.model.errors import Missing, Taken
from orchestration_mock.model.events.conversations import Conversations
from orchestration_mock.model.events.deliveries import Delivery, DeliveryLog, State
from orchestration_mock.model.events.redelivery import Redelivery, read_options, read_redelivery
from orchestration_mock.model.events.request import Event
from orchestration_mock.model.events.schedule import Timetable
from orchestration_mock.model.events.sender import Courier, Errand, Touch
from orchestration_mock.model.forms import Form
from orchestration_mock.model.integrations.definition import RequestSpec
from orchestration_mock.model.integrations.matching import Verdict, judge
from orchestration_mock.model.integrations.store import Integration, Integrations

KEPT_ERRANDS = 10_000
KEPT_EVENTS = 1_000


@dataclass(frozen=True, kw_only=True)
class Fired:
    """What an event set off."""

    event: Event
    verdicts: tuple[Verdict, ...]
    deliveries: tuple[Delivery, ...]

    def logged(self) -> dict[str, Any]:
        """For the event log: also which event it was, of which conversation, and when."""
        contact = self.event.contact
        names = ("channel_type", "channel_sub_type", "direction", "queue")
        told = {"event": self.event.name, "at": stamp(self.event.moment), "contact_id": contact.guid}
        return told | {name: contact.data.get(name) for name in names} | self.as_json()

    def as_json(self) -> dict[str, Any]:
        """The reply of the control API."""
        return {
            "event_id": self.event.id,
            "configurations": [
                {"id": v.integration.id, "name": v.integration.name, "matched": v.matched, "reason": v.reason}
                for v in self.verdicts
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
    conversations: Conversations
    log: DeliveryLog
    courier: Courier
    touch: Touch
    timetable: Timetable = field(init=False)
    _errands: dict[str, Errand] = field(default_factory=dict, repr=False)
    _fired: deque[Fired] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS), repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        self.timetable = Timetable(self.clock)

    def fire(self, body: object) -> Fired:
        """Take in an event; returns before anything is sent. Raises ``Invalid`` or ``Malformed``."""
        event, how = self._read(body)
        verdicts = judge(self.integrations.all(), event.name, event.contact, self._facts(event), self.dialect)
        matching = [verdict for verdict in verdicts if verdict.matched]
        for evidence_id in {name for verdict in verdicts for name in verdict.evidence}:
            self.touch(evidence_id)
        shown = ["edi.matching", *(["edi.ordinal"] if len(matching) > 1 else [])]
        labels = tuple({"id": each, "label": self.touch(each)} for each in shown)
        planned = []
        for copy in range(how.copies):
            for verdict in matching:
                errand = self._errand(event, verdict.integration, verdict.rule)
                wait_s = how.late_s + self._delay_s(verdict.integration.definition.request, errand.delivery_id)
                mode = how.mode_of() if copy or how.late_s else None
                planned.append(self._plan(errand, wait_s, together=how.together, mode=mode, evidence=labels))
        fired = Fired(event=event, verdicts=tuple(verdicts), deliveries=tuple(planned))
        self._fired.append(fired)
        return fired

    def fired(self) -> list[Fired]:
        """The latest events, oldest first, each with every configuration's verdict."""
        return list(self._fired)

    def redeliver(self, body: object) -> list[Delivery]:
        """Send again what the body names; new rows of the log, in the order in which they will be sent.

        Raises ``Missing``, ``Taken`` while one of them is pending, or ``Invalid``.
        """
        rows, how = read_redelivery(body, self.log)
        errands = [self._again(row, how) for row in rows]
        created = [row.created_at for row in rows]
        mode = how.mode_of(out_of_order=len(rows) > 1 and (created != sorted(created) or how.order == "reversed"))
        return [
            self._plan(self._renumbered(errand), how.late_s, together=how.together, of=row.id, mode=mode)
            for _ in range(how.copies)
            for row, errand in zip(rows, errands, strict=True)
        ]

    def drain(self, timeout_s: float = 30.0) -> bool:
        """Wait until everything that is due has run; what is held back for later does not count."""
        return self.timetable.drain(timeout_s)

    def release_due(self) -> int:
        """Start what has become due by the tenant's clock; returns how many wait on."""
        return self.timetable.release_due()

    def close(self) -> None:
        """Drop everything that has not gone out."""
        self.timetable.close()

    def _read(self, body: object) -> tuple[Event, Redelivery]:
        form = Form(body)
        now = self.clock.now()
        name = form.choice("event", EVENT_NAMES)
        given = form.raw("contact")
        how = read_options(form)
        for unknown in form.unknown():
            form.wrong(unknown, "no such field", f"remove {unknown}")
        form.done("The event", "accepted")
        data = self.conversations.current(read_contact(given, now).data)
        if name == "Closed" and self.dialect["closed_created"] == "wrap_up_end":
            self.touch("edi.closed_created")
            data["created"] = stamp(now)
        return Event(id=self.ids.uuid("event"), name=name, moment=now, contact=Contact(data)), how

    def _facts(self, event: Event) -> Facts:
        created = event.contact.created
        age = None if created is None else (event.moment - created).total_seconds()
        return Facts(
            contact=event.contact.data,
            event_name=event.name,
            seconds_since_created=age,
            now=event.moment,
            seed=event.id,
        )

    def _errand(self, event: Event, integration: Integration, rule: Mapping[str, Any], attempt: int = 1) -> Errand:
        id_ = self.ids.uuid("delivery")
        return Errand(delivery_id=id_, event=event, integration=integration, attempt=attempt, matched_rule=rule)

    def _again(self, old: Delivery, how: Redelivery) -> Errand:
        """What made that row, for another attempt; its id is that of the old row."""
        if old.state is State.PENDING:
            raise Taken(f"Delivery {old.id} is still pending.")
        errand = self._errands.get(old.id)
        if errand is None:
            raise Missing(f"Event {old.event_id} is forgotten.")
        if how.configuration == "today":
            errand = replace(errand, integration=self.integrations.get(old.config_id))
        return replace(errand, attempt=old.attempt + 1)

    def _renumbered(self, errand: Errand) -> Errand:
        return replace(errand, delivery_id=self.ids.uuid("delivery"))

    def _plan(
        self,
        errand: Errand,
        wait_s: float = 0.0,
        *,
        together: bool = False,
        of: str | None = None,
        mode: str | None = None,
        evidence: tuple[dict[str, str], ...] = (),
    ) -> Delivery:
        """A new row of the log, and its place in the timetable; ``together``: in a lane of its own."""
        now = self.clock.now()
        due_at = now + timedelta(seconds=wait_s) if wait_s else None
        delivery = replace(
            _row(errand),
            created_at=stamp(now),
            due_at=stamp(due_at) if due_at else None,
            redelivery_of=of,
            redelivery_mode=mode,
            evidence=evidence,
        )
        self._keep(errand)
        self.log.add(delivery)
        lane = errand.delivery_id if together else errand.event.contact.guid
        self.timetable.put(lane, lambda pass_on: self._run(errand, pass_on), due_at)
        return delivery

    def _keep(self, errand: Errand) -> None:
        with self._lock:
            self._errands[errand.delivery_id] = errand
            while len(self._errands) > KEPT_ERRANDS:
                del self._errands[next(iter(self._errands))]

    def _delay_s(self, spec: RequestSpec, delivery_id: str) -> float:
        """A place between delay and delayMax: the same in every run."""
        if self.dialect["delay_pick"] == "max":
            return spec.delay_max_s
        if self.dialect["delay_pick"] == "min":
            return spec.delay_s
        share = hashlib.sha256(delivery_id.encode()).digest()[0] / 255
        return spec.delay_s + share * (spec.delay_max_s - spec.delay_s)

    def _run(self, errand: Errand, pass_on: Callable[[], None]) -> None:
        done = self.courier.run(errand, pass_on)
        if done is not None and done.state is State.FAILED and errand.attempt <= int(self.dialect["retries"]):
            again = replace(self._renumbered(errand), attempt=errand.attempt + 1)
            self._plan(again, of=done.id, mode="retry")


def _row(errand: Errand) -> Delivery:
    """What the log says of an errand before anything has happened."""
    return Delivery(
        id=errand.delivery_id,
        event_id=errand.event.id,
        config_id=errand.integration.id,
        config_name=errand.integration.name,
        event=errand.event.name,
        contact_id=errand.event.contact.guid,
        method=errand.integration.definition.request.method,
        url=errand.integration.endpoint_url,
        created_at=stamp(errand.event.moment),
        attempt=errand.attempt,
        matched_rule=errand.matched_rule,
    )
