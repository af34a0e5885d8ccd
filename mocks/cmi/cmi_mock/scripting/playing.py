"""Plays a script in a tenant: each step does what the route of the control does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cmi_mock.model.chat import ChatAttachment
from cmi_mock.model.event_contact import contact_of
from cmi_mock.scripting.document import (
    FileStep,
    HandoverStep,
    MessageStep,
    NamedAgent,
    Script,
    StatusStep,
    Step,
    WaitStep,
)
from cmi_mock.tenant import CmiTenant
from mock_kit.http.refusals import Refusal


class StepRefused(Exception):
    """Contact Pro refuses a step; the chat stays as the steps before it left it.

    Attributes:
        number: of the step, from 0.
        guid: of the chat.
        cause: the model's error.
    """

    def __init__(self, number: int, guid: str, cause: Refusal) -> None:
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
class PlayedScript:
    """The result of a script."""

    guid: str
    moments: list[Moment] = field(default_factory=list)
    attachments: list[ChatAttachment] = field(default_factory=list)


_EVENTS = {"accept": "Accepted", "transfer": "Transferred", "end": "Ended", "wrap_up": "Closed"}


def play(script: Script, tenant: CmiTenant, *, move_clock: bool = False) -> PlayedScript:
    """Start the chat and take every step. Raises Refusal for the start, StepRefused for a step."""
    with tenant.lock:
        chat = tenant.chats.start(script.chat)
        done = PlayedScript(chat.guid, [Moment(-1, "Received", contact_of(chat))])
    player = _Player(tenant, done, move_clock)
    for number, step in enumerate(script.steps):
        try:
            player.take(number, step)
        except Refusal as exc:
            raise StepRefused(number, chat.guid, exc) from exc
    return done


@dataclass
class _Player:
    tenant: CmiTenant
    done: PlayedScript
    move_clock: bool
    agent: str = ""
    consultant: str = ""

    def take(self, number: int, step: Step) -> None:
        match step:
            case MessageStep():
                self._say(step)
            case FileStep():
                self._send(step)
            case HandoverStep():
                self._hand_over(number, step)
            case StatusStep():
                self._move(number, step)
            case WaitStep(seconds) if self.move_clock:
                self.tenant.clock.advance(seconds)

    def _say(self, step: MessageStep) -> None:
        who = self._who(step.originator_type, in_consult=step.in_consult)
        with self.tenant.lock:
            self.tenant.chats.say(self.done.guid, step.originator_type, who, step.text, in_consult=step.in_consult)

    def _send(self, step: FileStep) -> None:
        with self.tenant.lock:
            self.tenant.chats.check_attachment(self.done.guid, step.originator_type)
        blob = self.tenant.spool.store(step.sample.pieces())
        try:
            with self.tenant.lock:
                sent = self.tenant.chats.attach(
                    self.done.guid,
                    blob,
                    name=step.name,
                    content_type=step.content_type,
                    originator_type=step.originator_type,
                    originator=self._who(step.originator_type),
                    text=step.text,
                )
        except Refusal:
            self.tenant.spool.discard(blob)
            raise
        self.done.attachments.append(sent)

    def _hand_over(self, number: int, step: HandoverStep) -> None:
        chats, agent = self.tenant.chats, step.to.agent if step.to else None
        with self.tenant.lock:
            act = chats.transfer if step.what == "transfer" else chats.consult
            contact = contact_of(act(self.done.guid, step.queue, agent))
        if step.what == "consult":
            self.consultant = _name(step.to)
            return
        self.agent = _name(step.to)
        self.done.moments.append(Moment(number, _EVENTS["transfer"], contact))

    def _move(self, number: int, step: StatusStep) -> None:
        chats, guid = self.tenant.chats, self.done.guid
        with self.tenant.lock:
            if step.what == "accept":
                chat = chats.accept(guid, step.by.agent if step.by else None)
                self.agent = _name(step.by) or self.agent
            elif step.what == "end_consult":
                chat = chats.end_consult(guid, handover=step.handover)
                self.agent = self.consultant if step.handover else self.agent
            else:
                chat = (chats.end if step.what == "end" else chats.wrap_up)(guid)
            event = "Transferred" if step.handover else _EVENTS.get(step.what)
            if event:
                self.done.moments.append(Moment(number, event, contact_of(chat)))

    def _who(self, originator_type: str, *, in_consult: bool = False) -> str:
        """The agent's name for the transcript; empty: the model finds a name."""
        if originator_type != "agent":
            return ""
        return self.consultant if in_consult else self.agent


def _name(agent: NamedAgent | None) -> str:
    return agent.name if agent else ""
