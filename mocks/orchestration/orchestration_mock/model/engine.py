"""The event engine: an event comes in, configurations are judged, requests go out in the background.

The requests of one conversation run one after another, in ordinal order; different conversations run
side by side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Condition, Thread
from typing import Any

from mock_kit.clock import Clock
from mock_kit.ids import Ids
from orchestration_mock.model.composing import Event
from orchestration_mock.model.conditions import Facts
from orchestration_mock.model.contact import EVENT_NAMES, read_contact, stamp
from orchestration_mock.model.courier import Courier, Errand
from orchestration_mock.model.definition import RequestSpec
from orchestration_mock.model.deliveries import Delivery, DeliveryLog, State
from orchestration_mock.model.errors import Missing, Taken
from orchestration_mock.model.forms import Form
from orchestration_mock.model.integrations import Integration, Integrations
from orchestration_mock.model.lanes import Lanes
from orchestration_mock.model.matching import Verdict, judge

THREADS_PER_WORLD = 8
KEPT_EVENTS = 10_000
#: How often a delayed request looks whether the world's clock has reached it, in wall seconds.
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Fired:
    """What an event set off."""

    event: Event
    verdicts: tuple[Verdict, ...]
    deliveries: tuple[Delivery, ...]

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


class EventEngine:
    """The engine of one tenant."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        dialect: Mapping[str, Any],
        integrations: Integrations,
        log: DeliveryLog,
        courier: Courier,
        touch: Callable[[str], None],
    ) -> None:
        self.log = log
        self._clock = clock
        self._ids = ids
        self._dialect = dialect
        self._integrations = integrations
        self._courier = courier
        self._touch = touch
        self._events: dict[str, Event] = {}
        self._lanes = Lanes(threads=THREADS_PER_WORLD, name="edi")
        self._held: list[tuple[datetime, Errand]] = []
        self._watching = False
        self._changed = Condition()

    def fire(self, body: object) -> Fired:
        """Take in an event; returns before anything is sent. Raises ``Invalid`` or ``Malformed``."""
        event = self._read(body)
        verdicts = judge(
            self._integrations.all(),
            event.name,
            event.contact,
            self._facts(event),
            at_most=int(self._dialect["max_triggered"]),
            false_condition_takes_a_place=bool(self._dialect["false_condition_takes_a_place"]),
        )
        self._touch("edi.matching")
        if sum(verdict.matched for verdict in verdicts) > 1:
            self._touch("edi.ordinal")
        with self._changed:
            self._events[event.id] = event
            while len(self._events) > KEPT_EVENTS:
                del self._events[next(iter(self._events))]
        planned = [self._plan(event, v.integration, attempt=1) for v in verdicts if v.matched]
        return Fired(event=event, verdicts=tuple(verdicts), deliveries=tuple(planned))

    def redeliver(self, delivery_id: str) -> Delivery:
        """Send again: the same event and contact, today's configuration and secrets. A new row of the log."""
        old = self.log.get(delivery_id)
        if old.state is State.PENDING:
            raise Taken(f"Delivery {delivery_id} is still pending.")
        event = self._events.get(old.event_id)
        if event is None:
            raise Missing(f"Event {old.event_id} is forgotten.")
        integration = self._integrations.get(old.config_id)
        return self._plan(event, integration, attempt=old.attempt + 1, redelivery_of=old.id, at_once=True)

    def drain(self, timeout_s: float = 30.0) -> bool:
        """Wait until everything that is due has run; what is held back by `delay` does not count."""
        self.release_due()
        return self._lanes.drain(timeout_s)

    def release_due(self) -> int:
        """Start the delayed requests whose time has come by the world's clock; returns how many wait on."""
        now = self._clock.now()
        with self._changed:
            due = [errand for moment, errand in self._held if moment <= now]
            self._held = [(moment, errand) for moment, errand in self._held if moment > now]
            left = len(self._held)
        for errand in due:
            self._start(errand)
        return left

    def close(self) -> None:
        """Drop everything that has not gone out."""
        with self._changed:
            self._held.clear()
            self._changed.notify_all()
        self._lanes.close()

    def _read(self, body: object) -> Event:
        form = Form(body)
        now = self._clock.now()
        name = form.choice("event", EVENT_NAMES)
        form.done("The event")
        contact = read_contact(form.raw("contact"), now)
        return Event(id=self._ids.uuid("event"), name=name, moment=now, contact=contact)

    def _facts(self, event: Event) -> Facts:
        created = event.contact.created
        age = None if created is None else (event.moment - created).total_seconds()
        return Facts(contact=event.contact.data, event_name=event.name, seconds_since_created=age)

    def _plan(
        self,
        event: Event,
        integration: Integration,
        *,
        attempt: int,
        redelivery_of: str | None = None,
        at_once: bool = False,
    ) -> Delivery:
        now = self._clock.now()
        id_ = self._ids.uuid("delivery")
        wait_s = 0.0 if at_once else self._wait_s(integration.definition.request, id_)
        due_at = now + timedelta(seconds=wait_s)
        delivery = self.log.add(
            Delivery(
                id=id_,
                event_id=event.id,
                config_id=integration.id,
                config_name=integration.name,
                event=event.name,
                contact_id=event.contact.guid,
                method=integration.definition.request.method,
                url=integration.endpoint_url,
                created_at=stamp(now),
                attempt=attempt,
                redelivery_of=redelivery_of,
                due_at=stamp(due_at) if wait_s else None,
            )
        )
        self._dispatch(Errand(delivery_id=id_, event=event, integration=integration, attempt=attempt), due_at)
        return delivery

    def _dispatch(self, errand: Errand, due_at: datetime) -> None:
        if due_at <= self._clock.now():
            self._start(errand)
        else:
            self._hold(due_at, errand)

    def _wait_s(self, spec: RequestSpec, delivery_id: str) -> float:
        """A place between delay and delayMax: the same in every run."""
        if self._dialect["delay_pick"] == "max":
            return spec.delay_max_s
        if self._dialect["delay_pick"] == "min":
            return spec.delay_s
        share = hashlib.sha256(delivery_id.encode()).digest()[0] / 255
        return spec.delay_s + share * (spec.delay_max_s - spec.delay_s)

    def _start(self, errand: Errand) -> None:
        self._lanes.put(errand.event.contact.guid, lambda: self._run(errand))

    def _run(self, errand: Errand) -> None:
        done = self._courier.run(errand)
        if done is not None and done.state is State.FAILED and errand.attempt <= int(self._dialect["retries"]):
            self._plan(errand.event, errand.integration, attempt=errand.attempt + 1, at_once=True)

    def _hold(self, due_at: datetime, errand: Errand) -> None:
        with self._changed:
            self._held.append((due_at, errand))
            if not self._watching:
                self._watching = True
                Thread(target=self._watch, name="edi-delay", daemon=True).start()

    def _watch(self) -> None:
        """Until nothing is held back: look at the world's clock, which somebody may have moved."""
        while True:
            self.release_due()
            with self._changed:
                if not self._held:
                    self._watching = False
                    return
                self._changed.wait(LOOK_EVERY_S)
