"""Conversations of any channel, as statistics see them: legs of chats, and e-mails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cmi_mock.model.chat import Agent, Chat, Leg, Queue, Status
from cmi_mock.model.chats import ChatStore
from cmi_mock.model.emails import Email, EmailStatus, EmailStore
from cmi_mock.model.ids import normal_id
from mock_kit.http.refusals import MissingItem


@dataclass(frozen=True, kw_only=True)
class CmiContact:
    """One conversation.

    Attributes:
        id: conversation id: the leg's, or the e-mail's.
        source: the chat or e-mail it is part of.
        takes_data: whether results may be written to it: in wrap-up or handled, and no e-mail.
        is_over: whether the agent has ended it, wrap-up included.
    """

    id: str
    group_id: str
    queue: Queue | None
    agent: Agent | None
    status: str
    created: datetime
    ended: datetime | None
    takes_data: bool
    is_over: bool
    source: Chat | Email
    leg: Leg | None = None


@dataclass(frozen=True)
class CmiContacts:
    """Every conversation of one tenant, oldest first."""

    chats: ChatStore
    emails: EmailStore

    def __iter__(self) -> Iterator[CmiContact]:
        for chat in self.chats:
            yield from (_of_leg(chat, leg) for leg in chat.legs)
        yield from map(_of_mail, self.emails)

    def get(self, wanted: str) -> CmiContact:
        """By conversation id; a group id means the chat's main leg. Raises MissingItem."""
        conversation_id = normal_id(wanted)
        for conversation in self:
            if conversation.id == conversation_id:
                return conversation
        try:
            chat = self.chats.get(conversation_id)
        except MissingItem:
            raise MissingItem(f"no conversation has the id {wanted}") from None
        return _of_leg(chat, chat.leg)


def _of_leg(chat: Chat, leg: Leg) -> CmiContact:
    return CmiContact(
        id=leg.id,
        group_id=chat.guid,
        queue=leg.queue,
        agent=leg.agent,
        status=leg.status.value,
        created=leg.created,
        ended=leg.ended,
        takes_data=leg.status in (Status.ENDED, Status.HANDLED),
        is_over=leg.status is Status.HANDLED,
        source=chat,
        leg=leg,
    )


def _of_mail(mail: Email) -> CmiContact:
    return CmiContact(
        id=mail.id,
        group_id=mail.id,
        queue=mail.content.queue,
        agent=mail.content.agent,
        status="Queued" if mail.status is EmailStatus.QUEUED else "Handled",
        created=mail.created,
        ended=mail.finished,
        takes_data=False,
        is_over=mail.status is not EmailStatus.QUEUED,
        source=mail,
    )
