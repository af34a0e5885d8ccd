"""Which part of the history a user may see: rights, timing and the ids of each document shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cmi_mock.evidence import touch
from cmi_mock.model.chat import Chat, ChatAttachment, ChatLine, Leg
from cmi_mock.model.history import allowed_legs, is_readable, messages_of
from cmi_mock.model.ids import normal_id
from cmi_mock.model.users import User
from cmi_mock.tenant import CmiTenant
from mock_kit.http.refusals import MissingItem


class NotReadable(Exception):
    """Nothing under that id, or not yet readable; the message says which, for the journal alone."""


class NoRight(Exception):
    """The user lacks "Manage contact history" on every leg of the chat."""


@dataclass(frozen=True)
class ChatView:
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
    def messages(self) -> list[ChatLine]:
        """In the order they were written."""
        return messages_of(self.chat, list(self.legs))

    def attachment(self, attachment_id: str) -> ChatAttachment:
        """Raises NotReadable."""
        wanted = normal_id(attachment_id)
        for message in self.messages:
            for attachment in message.files:
                if attachment.id == wanted:
                    return attachment
        raise NotReadable(f"the chat has no attachment {attachment_id} that this user may see")


def one_view(tenant: CmiTenant, user: User, chat_id: str) -> ChatView:
    """The document at ``/chats/{chat_id}``. Raises NotReadable, NoRight."""
    wanted = normal_id(chat_id)
    if wanted != chat_id:
        touch("cmi.ids.any_spelling")
    chat = _find(tenant, wanted)
    views = list(_views_of(tenant, user, chat))
    if tenant.rules.chat_shape == "B":
        mine = [view for view in views if view.leg.id == wanted]
        if not mine:
            raise NoRight(wanted)
        return mine[0]
    return views[0]


def views_of_group(tenant: CmiTenant, user: User, group_id: str) -> list[ChatView]:
    """The documents of one chat, for a list with a filter; empty if unknown. Raises NoRight."""
    try:
        chat = _readable(tenant, tenant.chats.get(group_id))
    except (MissingItem, NotReadable):
        return []
    return list(_views_of(tenant, user, chat))


def views_of_leg(tenant: CmiTenant, user: User, leg_id: str) -> list[ChatView]:
    """Like ``views_of_group`` for a leg's conversation id."""
    chat = tenant.chats.of_leg(leg_id)
    if chat is None or not is_readable(chat, tenant.history, tenant.clock):
        return []
    views = list(_views_of(tenant, user, chat))
    return [v for v in views if v.leg.id == normal_id(leg_id)] if tenant.rules.chat_shape == "B" else views


def all_views(tenant: CmiTenant, user: User) -> list[ChatView]:
    """Every document the user may see: lists are filtered by rights, silently."""
    views: list[ChatView] = []
    for chat in tenant.chats:
        if is_readable(chat, tenant.history, tenant.clock) and _legs(tenant, user, chat):
            views.extend(_views_of(tenant, user, chat))
    return views


def _find(tenant: CmiTenant, chat_id: str) -> Chat:
    rules = tenant.rules
    by_leg = tenant.chats.of_leg(chat_id)
    if rules.chat_shape == "B":
        if by_leg is None:
            raise NotReadable(f"no leg has the conversation id {chat_id}")
        return _readable(tenant, by_leg)
    if by_leg is not None and rules.chat_id_is == "guid_or_leg":
        return _readable(tenant, by_leg)
    try:
        return _readable(tenant, tenant.chats.get(chat_id))
    except MissingItem as exc:
        hint = "; it is a leg's conversation id, the path takes the group id" if by_leg else ""
        raise NotReadable(f"{exc.detail}{hint}") from exc


def _readable(tenant: CmiTenant, chat: Chat) -> Chat:
    touch("cmi.dialect.history_visible_at")
    if not is_readable(chat, tenant.history, tenant.clock):
        raise NotReadable(f"the chat exists, but its history is not readable yet (it is {chat.leg.status.value})")
    return chat


def _views_of(tenant: CmiTenant, user: User, chat: Chat) -> Iterator[ChatView]:
    legs = _legs(tenant, user, chat)
    touch("cmi.rights.manage_contact_history")
    if not legs:
        raise NoRight(chat.guid)
    if tenant.rules.chat_shape != "B":
        main = [leg for leg in legs if leg.kind != "consult"]
        yield ChatView(chat, tuple(legs), (main or legs)[-1], chat.guid)
        return
    for number, leg in enumerate(legs):
        kept = tuple(legs[: number + 1]) if tenant.rules.leg_messages == "cumulative" else (leg,)
        yield ChatView(chat, kept, leg, leg.id)


def _legs(tenant: CmiTenant, user: User, chat: Chat) -> list[Leg]:
    """What the user may read of a chat, and what the dialect counts as history."""
    allowed = allowed_legs(chat, user.rights.manage_contact_history)
    if tenant.rules.consult_messages == "hidden":
        return [leg for leg in allowed if leg.kind != "consult"]
    return allowed
