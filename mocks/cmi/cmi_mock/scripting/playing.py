"""Plays a script in a tenant: what happens is what the control's own routes do, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cmi_mock.model.chat import Attachment
from cmi_mock.model.contact import contact_of
from cmi_mock.model.errors import ModelError
from cmi_mock.scripting.document import HandOn, Move, NamedAgent, Say, Script, SendFile, Step, Wait
from cmi_mock.tenant import CmiTenant
from mock_kit.tenants.spool import Blob


class StepRefused(Exception):
    """Contact Pro does not take a step; the chat stands as the steps before it left it.

    Attributes:
        number: of the step, from 0.
        guid: of the chat.
        cause: what the model said.
    """

    def __init__(self, number: int, guid: str, cause: ModelError) -> None:
        super().__init__(f"steps[{number}]: {cause}")
        self.number = number
        self.guid = guid
        self.cause = cause


@dataclass(frozen=True)
class Moment:
    """When Contact Pro would fire an event: after which step, and the contact as it was then."""

    step: int
    event: str
    contact: dict[str, Any]


@dataclass
class Performance:
    """What came of a script."""

    guid: str
    moments: list[Moment] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)


_EVENTS = {"accept": "Accepted", "transfer": "Transferred", "end": "Ended", "wrap_up": "Closed"}


def play(script: Script, tenant: CmiTenant, *, move_clock: bool = False) -> Performance:
    """Start the chat and take every step. Raises ModelError for the start, StepRefused for a step."""
    with tenant.lock:
        chat = tenant.desk.start(script.chat)
        done = Performance(chat.guid, [Moment(-1, "Received", contact_of(chat))])
    player = _Player(tenant, done, move_clock)
    for number, step in enumerate(script.steps):
        try:
            player.take(number, step)
        except ModelError as exc:
            raise StepRefused(number, chat.guid, exc) from exc
    return done


@dataclass
class _Player:
    tenant: CmiTenant
    done: Performance
    move_clock: bool
    agent: str = ""
    consultant: str = ""

    def take(self, number: int, step: Step) -> None:
        match step:
            case Say():
                self._say(step)
            case SendFile():
                self._send(step)
            case HandOn():
                self._hand_on(number, step)
            case Move():
                self._move(number, step)
            case Wait(seconds) if self.move_clock:
                self.tenant.clock.advance(seconds)

    def _say(self, step: Say) -> None:
        who = self._who(step.originator_type, in_consult=step.in_consult)
        with self.tenant.lock:
            self.tenant.desk.say(self.done.guid, step.originator_type, who, step.text, in_consult=step.in_consult)

    def _send(self, step: SendFile) -> None:
        with self.tenant.lock:
            self.tenant.desk.may_attach(self.done.guid, step.originator_type)
        blob = _written(step, self.tenant)
        try:
            with self.tenant.lock:
                sent = self.tenant.desk.attach(
                    self.done.guid,
                    blob,
                    name=step.name,
                    content_type=step.content_type,
                    originator_type=step.originator_type,
                    originator=self._who(step.originator_type),
                    text=step.text,
                )
        except ModelError:
            self.tenant.spool.discard(blob)
            raise
        self.done.attachments.append(sent)

    def _hand_on(self, number: int, step: HandOn) -> None:
        desk, agent = self.tenant.desk, step.to.agent if step.to else None
        with self.tenant.lock:
            act = desk.transfer if step.what == "transfer" else desk.consult
            contact = contact_of(act(self.done.guid, step.queue, agent))
        if step.what == "consult":
            self.consultant = _name(step.to)
            return
        self.agent = _name(step.to)
        self.done.moments.append(Moment(number, _EVENTS["transfer"], contact))

    def _move(self, number: int, step: Move) -> None:
        desk, guid = self.tenant.desk, self.done.guid
        with self.tenant.lock:
            if step.what == "accept":
                chat = desk.accept(guid, step.by.agent if step.by else None)
                self.agent = _name(step.by) or self.agent
            elif step.what == "end_consult":
                chat = desk.end_consult(guid, handover=step.handover)
                self.agent = self.consultant if step.handover else self.agent
            else:
                chat = (desk.end if step.what == "end" else desk.wrap_up)(guid)
            event = "Transferred" if step.handover else _EVENTS.get(step.what)
            if event:
                self.done.moments.append(Moment(number, event, contact_of(chat)))

    def _who(self, originator_type: str, *, in_consult: bool = False) -> str:
        """The agent's name for the transcript; empty: the desk finds a name."""
        if originator_type != "agent":
            return ""
        return self.consultant if in_consult else self.agent


def _written(step: SendFile, tenant: CmiTenant) -> Blob:
    with tenant.spool.writer() as writer:
        for piece in step.sample.pieces():
            writer.write(piece)
    return writer.blob


def _name(agent: NamedAgent | None) -> str:
    return agent.name if agent else ""
