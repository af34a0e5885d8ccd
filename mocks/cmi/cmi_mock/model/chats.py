"""The chats of a tenant: visitors write, agents accept, transfer, end and wrap up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from cmi_mock.model.chat import (
    NEXT,
    Agent,
    Chat,
    ChatAttachment,
    ChatCustomer,
    ChatLine,
    Leg,
    LegKind,
    Originator,
    Queue,
    Status,
)
from cmi_mock.model.file_rules import FileRules
from cmi_mock.model.ids import is_id, normal_id
from mock_kit.http.problem import FieldError
from mock_kit.http.refusals import Conflict, Invalid, MissingItem
from mock_kit.tenants.clock import Clock
from mock_kit.tenants.ids import Ids
from mock_kit.tenants.spool import Blob


@dataclass(frozen=True, kw_only=True)
class NewChat:
    """A chat to be started; an empty ``guid``: a new one is generated."""

    channel_sub_type: str
    queue: Queue | None
    direct: bool
    customer: ChatCustomer
    language: str = "EN"
    direction: Literal["inbound", "outbound"] = "inbound"
    priority: int = 50
    guid: str = ""


@dataclass
class ChatStore:
    """All chats of one tenant. Not locked: the caller has the tenant's lock."""

    clock: Clock
    ids: Ids
    file_rules: FileRules = field(default_factory=FileRules)
    _chats: dict[str, Chat] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Chat]:
        """Oldest first."""
        return iter(self._chats.values())

    def load(self, chats: Iterable[Chat]) -> None:
        """Replace all chats by those of a snapshot."""
        self._chats = {chat.guid: chat for chat in chats}

    def get(self, guid: str) -> Chat:
        """The chat of this group id, in any spelling. Raises MissingItem."""
        try:
            return self._chats[normal_id(guid)]
        except KeyError:
            raise MissingItem(f"no chat has the group id {guid}") from None

    def of_leg(self, leg_id: str) -> Chat | None:
        """The chat that has this leg."""
        wanted = normal_id(leg_id)
        return next((c for c in self for leg in c.legs if leg.id == wanted), None)

    def by_link(self, token: str) -> ChatAttachment | None:
        """The attachment behind a public link."""
        return next((a for c in self for a in c.attachments if a.link_token == token), None)

    def by_attachment_id(self, attachment_id: str) -> ChatAttachment | None:
        """The attachment of that id, in any chat."""
        wanted = normal_id(attachment_id)
        return next((a for c in self for a in c.attachments if a.id == wanted), None)

    def start(self, new: NewChat) -> Chat:
        """A visitor opens a chat. Raises Invalid when the given guid is malformed or taken."""
        now = self.clock.now()
        guid = self._guid_for(new.guid)
        leg = Leg(self.ids.hex32("leg"), now, None if new.direct else new.queue)
        chat = Chat(
            guid=guid,
            channel_sub_type=new.channel_sub_type,
            direct=new.direct,
            direction=new.direction,
            customer=new.customer,
            language=new.language,
            priority=new.priority,
            created=now,
            legs=[leg],
        )
        self._chats[guid] = chat
        return chat

    def _guid_for(self, wanted: str) -> str:
        guid = normal_id(wanted) if wanted else self.ids.hex32("chat")
        if not is_id(guid):
            raise Invalid("guid is not an id", FieldError("guid", "32 hex digits", "leave it out"))
        if guid in self._chats:
            raise Invalid("guid is taken", FieldError("guid", "an unused guid", "leave it out"))
        return guid

    def say(
        self, guid: str, originator_type: Originator, originator: str, text: str, *, in_consult: bool = False
    ) -> ChatLine:
        """A line is written, to the customer or into the consult under way.

        Raises MissingItem, Conflict, and Invalid for a text that its channel does not carry.
        """
        chat = self._open(guid)
        leg = chat.consult if in_consult else chat.leg
        if leg is None:
            raise Conflict("no consult is under way in this chat")
        if not in_consult:
            self.file_rules.check_text(chat, text)
        return self._add(chat, leg, originator_type, originator=originator, text=text)

    def check_attachment(self, guid: str, originator_type: str) -> Chat:
        """Whether a file may come at all. Raises MissingItem, Conflict, Invalid."""
        chat = self._open(guid)
        self.file_rules.check_attachment(chat, originator_type)
        return chat

    def attach(
        self,
        guid: str,
        blob: Blob,
        *,
        name: str,
        content_type: str,
        originator_type: Originator,
        originator: str = "",
        text: str = "",
    ) -> ChatAttachment:
        """A file, already in the spool, becomes part of the chat."""
        chat = self.check_attachment(guid, originator_type)
        form = self.file_rules.delivery(chat, originator_type, name, content_type, blob.size_bytes)
        attachment = ChatAttachment(
            id=self.ids.hex32("attachment"),
            name=name,
            content_type=content_type,
            blob=blob,
            created=self.clock.now(),
            originator_type=originator_type,
            link_token=self.ids.token("rich-content"),
            delivered_as=form,
        )
        self._add(chat, chat.leg, originator_type, originator=originator, text=text, attachments=(attachment,))
        return attachment

    def accept(self, guid: str, agent: Agent | None) -> Chat:
        """An agent takes the chat."""
        chat = self._move(guid, Status.ACCEPTED)
        chat.leg.agent, chat.leg.accepted = agent or chat.leg.agent or self._some_agent(), self.clock.now()
        return chat

    def transfer(self, guid: str, queue: Queue | None, agent: Agent | None) -> Chat:
        """The agent transfers the chat: this leg ends, a second one with an id of its own begins.

        Without a queue or an agent it goes back to the leg's own queue.
        """
        chat = self._accepted_chat(guid, "it is transferred")
        if chat.consult:
            raise Conflict("a consult is under way: end it, with or without a handover")
        now, old = self.clock.now(), chat.leg
        old.status, old.ended, old.handled = Status.HANDLED, now, now
        self._add_leg(chat, "transfer", queue if queue or agent else old.queue, agent)
        return chat

    def consult(self, guid: str, queue: Queue | None, agent: Agent | None) -> Chat:
        """The agent consults a colleague: a leg of its own, without the customer."""
        chat = self._accepted_chat(guid, "a colleague is consulted")
        if chat.consult:
            raise Conflict("a consult is under way already")
        leg = self._add_leg(chat, "consult", queue, agent or self._some_agent())
        leg.status, leg.accepted = Status.ACCEPTED, leg.created
        return chat

    def end_consult(self, guid: str, *, handover: bool) -> Chat:
        """The consult ends; with ``handover`` the consulted agent takes the customer over."""
        chat = self.get(guid)
        consult, main, now = chat.consult, chat.leg, self.clock.now()
        if consult is None:
            raise Conflict("no consult is under way in this chat")
        over = main if handover else consult
        over.status, over.ended, over.handled = Status.HANDLED, now, now
        if handover:
            consult.kind = "transfer"
        return chat

    def end(self, guid: str) -> Chat:
        """The conversation is over; the agent may still be writing notes. A consult ends with it."""
        chat = self._move(guid, Status.ENDED)
        if chat.consult:
            self.end_consult(guid, handover=False)
        chat.leg.ended = self.clock.now()
        return chat

    def wrap_up(self, guid: str) -> Chat:
        """The agent has finished the notes: the chat is handled."""
        chat = self._move(guid, Status.HANDLED)
        chat.leg.handled = self.clock.now()
        return chat

    def _move(self, guid: str, to: Status) -> Chat:
        chat = self.get(guid)
        if to not in NEXT[chat.leg.status]:
            raise Conflict(f"a chat that is {chat.leg.status.value} cannot become {to.value}")
        chat.leg.status = to
        return chat

    def _accepted_chat(self, guid: str, before: str) -> Chat:
        chat = self.get(guid)
        if chat.leg.status is not Status.ACCEPTED:
            raise Conflict(f"a chat must be accepted before {before}; this one is {chat.leg.status.value}")
        return chat

    def _add_leg(self, chat: Chat, kind: LegKind, queue: Queue | None, agent: Agent | None) -> Leg:
        leg = Leg(self.ids.hex32("leg"), self.clock.now(), queue, agent, kind)
        chat.legs.append(leg)
        return leg

    def _open(self, guid: str) -> Chat:
        chat = self.get(guid)
        if chat.leg.status not in (Status.QUEUED, Status.ACCEPTED):
            raise Conflict(f"the chat is {chat.leg.status.value}: nothing can be added to it")
        return chat

    def _add(
        self,
        chat: Chat,
        leg: Leg,
        originator_type: Originator,
        *,
        originator: str,
        text: str,
        attachments: tuple[ChatAttachment, ...] = (),
    ) -> ChatLine:
        message = ChatLine(
            id=self.ids.hex32("message"),
            leg_id=leg.id,
            timestamp=self.clock.now(),
            originator=originator or _who(chat, leg, originator_type),
            originator_type=originator_type,
            text=text,
            attachments=attachments,
        )
        chat.messages.append(message)
        return message

    def _some_agent(self) -> Agent:
        agent_id = self.ids.hex32("agent")
        return Agent(agent_id, "5001", f"agent.{agent_id[:4].lower()}@chat.example")


def _who(chat: Chat, leg: Leg, kind: Originator) -> str:
    agent = leg.agent.chat_address if leg.agent else "agent"
    return {"customer": chat.customer.name, "agent": agent, "system": "system"}[kind]
