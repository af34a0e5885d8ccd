"""What a user gets to see of the history: rights, timing and the ids of each document shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cmi_mock.evidence import touch
from cmi_mock.model.chat import Attachment, Chat, Leg, Message
from cmi_mock.model.errors import NoSuchThing
from cmi_mock.model.history import allowed_legs, is_readable, messages_of
from cmi_mock.model.ids import normal_id
from cmi_mock.model.users import User
from cmi_mock.tenant import CmiWorld


class Missing(Exception):
    """Nothing under that id, or not yet; the message says which, for the journal alone."""


class NoRight(Exception):
    """The user lacks "Manage contact history" on every leg of the chat."""


@dataclass(frozen=True)
class View:
    """A chat as one user sees it in one document.

    Attributes:
        address: the id under which this document is read.
        legs: the legs whose messages are in it, never empty.
        leg: the leg that gives id, queue and status.
    """

    chat: Chat
    legs: tuple[Leg, ...]
    leg: Leg
    address: str

    @property
    def messages(self) -> list[Message]:
        """In the order they were written."""
        return messages_of(self.chat, list(self.legs))

    def attachment(self, attachment_id: str) -> Attachment:
        """Raises Missing."""
        wanted = normal_id(attachment_id)
        for message in self.messages:
            for attachment in message.files:
                if attachment.id == wanted:
                    return attachment
        raise Missing(f"the chat has no attachment {attachment_id} that this user may see")


def one_view(world: CmiWorld, user: User, chat_id: str) -> View:
    """The document at ``/chats/{chat_id}``. Raises Missing, NoRight."""
    wanted = normal_id(chat_id)
    if wanted != chat_id:
        touch("cmi.ids.any_spelling")
    chat = _find(world, wanted)
    views = list(_views_of(world, user, chat))
    if world.rules.chat_shape == "B":
        mine = [view for view in views if view.leg.id == wanted]
        if not mine:
            raise NoRight(wanted)
        return mine[0]
    return views[0]


def views_of_group(world: CmiWorld, user: User, group_id: str) -> list[View]:
    """The documents of one chat, for a list with a filter; empty if unknown. Raises NoRight."""
    try:
        chat = _readable(world, world.desk.get(group_id))
    except (NoSuchThing, Missing):
        return []
    return list(_views_of(world, user, chat))


def views_of_leg(world: CmiWorld, user: User, leg_id: str) -> list[View]:
    """Like ``views_of_group`` for a leg's conversation id."""
    chat = world.desk.of_leg(leg_id)
    if chat is None or not is_readable(chat, world.history, world.clock):
        return []
    views = list(_views_of(world, user, chat))
    return [v for v in views if v.leg.id == normal_id(leg_id)] if world.rules.chat_shape == "B" else views


def all_views(world: CmiWorld, user: User) -> list[View]:
    """Every document the user may see: lists are filtered by rights, silently."""
    views: list[View] = []
    for chat in world.desk:
        if is_readable(chat, world.history, world.clock) and _legs(world, user, chat):
            views.extend(_views_of(world, user, chat))
    return views


def _find(world: CmiWorld, chat_id: str) -> Chat:
    rules = world.rules
    by_leg = world.desk.of_leg(chat_id)
    if rules.chat_shape == "B":
        if by_leg is None:
            raise Missing(f"no leg has the conversation id {chat_id}")
        return _readable(world, by_leg)
    if by_leg is not None and rules.chat_id_is == "guid_or_leg":
        return _readable(world, by_leg)
    try:
        return _readable(world, world.desk.get(chat_id))
    except NoSuchThing as exc:
        hint = "; it is a leg's conversation id, the path wants the group id" if by_leg else ""
        raise Missing(f"{exc}{hint}") from exc


def _readable(world: CmiWorld, chat: Chat) -> Chat:
    touch("cmi.dialect.history_visible_at")
    if not is_readable(chat, world.history, world.clock):
        raise Missing(f"the chat exists, but its history is not readable yet (it is {chat.leg.status.value})")
    return chat


def _views_of(world: CmiWorld, user: User, chat: Chat) -> Iterator[View]:
    legs = _legs(world, user, chat)
    touch("cmi.rights.manage_contact_history")
    if not legs:
        raise NoRight(chat.guid)
    if world.rules.chat_shape != "B":
        main = [leg for leg in legs if leg.kind != "consult"]
        yield View(chat, tuple(legs), (main or legs)[-1], chat.guid)
        return
    for number, leg in enumerate(legs):
        held = tuple(legs[: number + 1]) if world.rules.leg_messages == "cumulative" else (leg,)
        yield View(chat, held, leg, leg.id)


def _legs(world: CmiWorld, user: User, chat: Chat) -> list[Leg]:
    """What the user may read of a chat, and what the dialect counts as history."""
    allowed = allowed_legs(chat, user.rights.manage_contact_history)
    if world.rules.consult_messages == "hidden":
        return [leg for leg in allowed if leg.kind != "consult"]
    return allowed
