"""The chat desk: visitors write, agents accept, transfer, end and wrap up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from cmi_mock.model.chat import (
    NEXT,
    ORIGINATORS,
    Agent,
    Attachment,
    Chat,
    Customer,
    Leg,
    Message,
    Originator,
    Queue,
    Status,
)
from cmi_mock.model.errors import NoSuchThing, NotNow, Refused
from mock_kit.clock import Clock
from mock_kit.ids import Ids
from mock_kit.spool import Blob

# Contact Pro's chat settings page: "SMS" carries text only. Evidence: documented.
TEXT_ONLY_SUB_TYPES = frozenset({"sms"})


def normal_id(text: str) -> str:
    """A guid in any case, with or without dashes or braces, as 32 upper-case hex; else unchanged."""
    bare = re.sub(r"[{}\-]", "", text).upper()
    return bare if re.fullmatch(r"[0-9A-F]{32}", bare) else text


@dataclass(frozen=True, kw_only=True)
class NewChat:
    """What a visitor brings; ``guid`` empty means: mint one."""

    channel_sub_type: str
    queue: Queue | None
    direct: bool
    customer: Customer
    language: str = "EN"
    direction: Literal["inbound", "outbound"] = "inbound"
    priority: int = 50
    guid: str = ""


@dataclass
class ChatDesk:
    """All chats of one world. Not locked: the world's lock is held by whoever calls."""

    clock: Clock
    ids: Ids
    outgoing_limit_bytes: int = 0
    outgoing_types: frozenset[str] = frozenset()
    _chats: dict[str, Chat] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Chat]:
        """Oldest first."""
        return iter(self._chats.values())

    def get(self, guid: str) -> Chat:
        """The chat of this group id, in any spelling. Raises NoSuchThing."""
        try:
            return self._chats[normal_id(guid)]
        except KeyError:
            raise NoSuchThing(f"no chat has the group id {guid}") from None

    def of_leg(self, leg_id: str) -> Chat | None:
        """The chat that has this leg."""
        wanted = normal_id(leg_id)
        return next((c for c in self for leg in c.legs if leg.id == wanted), None)

    def by_link(self, token: str) -> Attachment | None:
        """The attachment behind a public link."""
        return next((a for c in self for a in c.attachments if a.link_token == token), None)

    def start(self, new: NewChat) -> Chat:
        """A visitor opens a chat. Raises Refused when the given guid is malformed or taken."""
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
        if not re.fullmatch(r"[0-9A-F]{32}", guid):
            raise Refused("guid is not an id", field="guid", expected="32 hex digits", remedy="leave it out")
        if guid in self._chats:
            raise Refused("guid is taken", field="guid", expected="an unused guid", remedy="leave it out")
        return guid

    def say(self, guid: str, originator_type: Originator, originator: str, text: str) -> Message:
        """Somebody writes a line. Raises NoSuchThing, NotNow."""
        chat = self._open(guid)
        return self._add(chat, originator_type, originator, text, ())

    def may_attach(self, guid: str, originator_type: str) -> Chat:
        """Whether a file may come at all, asked before its bytes are read.

        Raises NoSuchThing, NotNow, and Refused for direct chats ("Direct chats don't support
        attachments", configuration page of chat attachment upload) and for text-only channels.
        """
        chat = self._open(guid)
        if originator_type not in ORIGINATORS:
            raise Refused(
                f"nobody is called {originator_type!r} here",
                field="originator_type",
                expected="customer, agent or system",
                remedy="name who sends the file",
            )
        if chat.direct:
            raise Refused(
                "direct chats do not support attachments",
                field="direct",
                expected="a chat that came through a queue",
                remedy='create the chat with "direct": false and a queue',
            )
        if chat.channel_sub_type.lower() in TEXT_ONLY_SUB_TYPES:
            raise Refused(
                f"{chat.channel_sub_type} carries text only",
                field="channel_sub_type",
                expected="a rich-content channel such as whatsapp",
                remedy="create the chat on another channel",
            )
        return chat

    def attach(
        self,
        guid: str,
        blob: Blob,
        *,
        name: str,
        content_type: str,
        originator_type: Originator,
        text: str = "",
    ) -> Attachment:
        """A file, already in the spool, becomes part of the chat."""
        chat = self.may_attach(guid, originator_type)
        if originator_type == "agent":
            self._check_outgoing(name, blob.size_bytes)
        attachment = Attachment(
            id=self.ids.hex32("attachment"),
            name=name,
            content_type=content_type,
            blob=blob,
            created=self.clock.now(),
            originator_type=originator_type,
            link_token=self.ids.token("rich-content"),
        )
        self._add(chat, originator_type, self._who(chat, originator_type), text, (attachment,))
        return attachment

    def _check_outgoing(self, name: str, size_bytes: int) -> None:
        """The tenant's limits hold for outgoing files only.

        Source: Chat Settings page ("Max. Attachment File Size (MB)", "Allowed File Types");
        evidence: documented. Their values are the tenant's own (dialect entries).
        """
        if self.outgoing_limit_bytes and size_bytes > self.outgoing_limit_bytes:
            raise Refused(
                f"an outgoing file of {size_bytes} bytes is too large",
                field="size",
                expected=f"at most {self.outgoing_limit_bytes} bytes",
                remedy="send a smaller file, or raise the dialect's outgoing_max_mb",
            )
        ending = name.rpartition(".")[2].lower()
        if self.outgoing_types and ending not in self.outgoing_types:
            raise Refused(
                f"outgoing files of type {ending!r} are not allowed",
                field="name",
                expected=", ".join(sorted(self.outgoing_types)),
                remedy="send another type, or extend the dialect's outgoing_allowed_types",
            )

    def accept(self, guid: str, agent: Agent | None) -> Chat:
        """An agent takes the chat."""
        chat = self._move(guid, Status.ACCEPTED)
        chat.leg.agent = agent or self._some_agent()
        return chat

    def transfer(self, guid: str, queue: Queue | None, agent: Agent | None) -> Chat:
        """The agent hands the chat on: this leg ends, a second one with an id of its own begins.

        Without a queue or an agent it goes back to the leg's own queue.
        """
        chat = self.get(guid)
        if chat.leg.status is not Status.ACCEPTED:
            raise NotNow(f"a chat must be accepted before it is transferred; this one is {chat.leg.status.value}")
        now = self.clock.now()
        old = chat.leg
        old.status, old.ended, old.handled = Status.HANDLED, now, now
        to_queue = queue if queue or agent else old.queue
        chat.legs.append(Leg(self.ids.hex32("leg"), now, to_queue, agent))
        return chat

    def end(self, guid: str) -> Chat:
        """The conversation is over; the agent may still be writing notes."""
        chat = self._move(guid, Status.ENDED)
        chat.leg.ended = self.clock.now()
        return chat

    def wrap_up(self, guid: str) -> Chat:
        """The agent has finished the notes: the chat counts as handled."""
        chat = self._move(guid, Status.HANDLED)
        chat.leg.handled = self.clock.now()
        return chat

    def _move(self, guid: str, to: Status) -> Chat:
        chat = self.get(guid)
        if to not in NEXT[chat.leg.status]:
            raise NotNow(f"a chat that is {chat.leg.status.value} cannot become {to.value}")
        chat.leg.status = to
        return chat

    def _open(self, guid: str) -> Chat:
        chat = self.get(guid)
        if chat.leg.status not in (Status.QUEUED, Status.ACCEPTED):
            raise NotNow(f"the chat is {chat.leg.status.value}: nothing can be added to it")
        return chat

    def _add(
        self, chat: Chat, kind: Originator, originator: str, text: str, attachments: tuple[Attachment, ...]
    ) -> Message:
        message = Message(
            self.ids.hex32("message"),
            chat.leg.id,
            self.clock.now(),
            originator or self._who(chat, kind),
            kind,
            text,
            attachments,
        )
        chat.messages.append(message)
        return message

    def _who(self, chat: Chat, kind: Originator) -> str:
        agent = chat.leg.agent.chat_address if chat.leg.agent else "agent"
        return {"customer": chat.customer.name, "agent": agent, "system": "system"}[kind]

    def _some_agent(self) -> Agent:
        agent_id = self.ids.hex32("agent")
        return Agent(agent_id, "5001", f"agent.{agent_id[:4].lower()}@chat.example")
