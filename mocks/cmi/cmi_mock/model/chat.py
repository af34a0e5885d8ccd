"""What a chat is: one group with legs (a transfer starts another), messages, attachments.

The group id (``guid``) is shared by all legs; each leg has a conversation id of its own.
Source: EDI "available data" page (``{contact.guid}`` is the group identifier for CMI ``/chats``,
``{contact.id}`` the conversation id); evidence: documented.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Literal

from mock_kit.tenants.spool import Blob

Originator = Literal["customer", "agent", "system"]
Delivery = Literal["file", "link"]
LegKind = Literal["first", "transfer", "consult"]
ORIGINATORS: tuple[Originator, ...] = ("customer", "agent", "system")


class Status(Enum):
    """Life of a leg; the words accepted, ended and handled are Contact Pro's own."""

    QUEUED = "Queued"
    ACCEPTED = "Accepted"
    ENDED = "Ended"
    HANDLED = "Handled"


NEXT: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.ACCEPTED, Status.ENDED}),
    Status.ACCEPTED: frozenset({Status.ENDED}),
    Status.ENDED: frozenset({Status.HANDLED}),  # the agent's wrap-up is finished
    Status.HANDLED: frozenset(),
}


@dataclass(frozen=True)
class Queue:
    """A queue; ``address`` is what customers write to, ``group_id`` the queue group it belongs to, if any."""

    id: str
    name: str
    address: str
    group_id: str = ""


@dataclass(frozen=True)
class Agent:
    """A person who accepts chats."""

    id: str
    number: str
    chat_address: str


@dataclass(frozen=True)
class ChatCustomer:
    """A visitor; ``address`` is a phone number or e-mail address, as the channel knows it."""

    name: str
    email: str
    address: str


@dataclass(frozen=True)
class ChatAttachment:
    """A file sent in a chat.

    Attributes:
        id: 32 upper-case hex.
        name: as sent; may be any text, never used as a path.
        content_type: as declared by the sender.
        link_token: last segment of the public rich-content link.
        delivered_as: "link" when the channel got the public link in place of the file.
    """

    id: str
    name: str
    content_type: str
    blob: Blob
    created: datetime
    originator_type: Originator
    link_token: str = field(repr=False)
    delivered_as: Delivery = "file"


@dataclass(frozen=True)
class ChatLine:
    """A line in a chat; one with attachments usually has no text."""

    id: str
    leg_id: str
    timestamp: datetime
    originator: str
    originator_type: Originator
    text: str
    attachments: tuple[ChatAttachment, ...] = ()

    @property
    def files(self) -> tuple[ChatAttachment, ...]:
        """What was delivered as a file."""
        return tuple(one for one in self.attachments if one.delivered_as == "file")

    @property
    def links(self) -> tuple[ChatAttachment, ...]:
        """What was delivered as a link."""
        return tuple(one for one in self.attachments if one.delivered_as == "link")


@dataclass
class Leg:
    """One leg; ``queue`` is None for a direct chat or a transfer straight to an agent.

    A consult is a leg beside the main one: an agent consults a colleague while the customer waits.
    """

    id: str
    created: datetime
    queue: Queue | None
    agent: Agent | None = None
    kind: LegKind = "first"
    status: Status = Status.QUEUED
    accepted: datetime | None = None
    ended: datetime | None = None
    handled: datetime | None = None


@dataclass
class Chat:
    """A whole conversation.

    Attributes:
        guid: group id, 32 upper-case hex; what the event engine calls ``contact.guid``.
        direct: started with an agent rather than a queue; takes no attachments.
    """

    guid: str
    channel_sub_type: str
    direct: bool
    direction: Literal["inbound", "outbound"]
    customer: ChatCustomer
    language: str
    priority: int
    created: datetime
    legs: list[Leg]
    messages: list[ChatLine] = field(default_factory=list)

    @property
    def leg(self) -> Leg:
        """The main leg: the one the customer is in, or was in last."""
        return self.main_legs[-1]

    @property
    def main_legs(self) -> list[Leg]:
        """Legs the customer was in, oldest first."""
        return [leg for leg in self.legs if leg.kind != "consult"]

    @property
    def consult(self) -> Leg | None:
        """The consult under way."""
        return next((leg for leg in self.legs if leg.kind == "consult" and leg.ended is None), None)

    @property
    def attachments(self) -> Iterator[ChatAttachment]:
        """All attachments, in the order they were sent."""
        return (attachment for message in self.messages for attachment in message.attachments)
