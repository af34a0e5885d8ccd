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

from mock_kit.spool import Blob

Originator = Literal["customer", "agent", "system"]
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
    """A chat queue; ``address`` is what customers write to."""

    id: str
    name: str
    address: str


@dataclass(frozen=True)
class Agent:
    """A person who accepts chats."""

    id: str
    number: str
    chat_address: str


@dataclass(frozen=True)
class Customer:
    """A visitor; ``address`` is a phone number or e-mail address, as the channel knows it."""

    name: str
    email: str
    address: str


@dataclass(frozen=True)
class Attachment:
    """A file sent in a chat.

    Attributes:
        id: 32 upper-case hex.
        name: as sent; may hold anything, never used as a path.
        content_type: as declared by the sender.
        link_token: last segment of the public rich-content link.
    """

    id: str
    name: str
    content_type: str
    blob: Blob
    created: datetime
    originator_type: Originator
    link_token: str = field(repr=False)


@dataclass(frozen=True)
class Message:
    """A line in a chat; one with attachments usually has no text."""

    id: str
    leg_id: str
    timestamp: datetime
    originator: str
    originator_type: Originator
    text: str
    attachments: tuple[Attachment, ...] = ()


@dataclass
class Leg:
    """One routing leg; ``queue`` is None for a direct chat or a transfer straight to an agent."""

    id: str
    created: datetime
    queue: Queue | None
    agent: Agent | None = None
    status: Status = Status.QUEUED
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
    customer: Customer
    language: str
    priority: int
    created: datetime
    legs: list[Leg]
    messages: list[Message] = field(default_factory=list)

    @property
    def leg(self) -> Leg:
        """The leg that is, or was last, in an agent's hands."""
        return self.legs[-1]

    @property
    def attachments(self) -> Iterator[Attachment]:
        """All attachments, in the order they were sent."""
        return (attachment for message in self.messages for attachment in message.attachments)
