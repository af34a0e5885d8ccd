"""Who may read which part of the history, and from when on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cmi_mock.model.chat import Chat, ChatLine, Leg
from cmi_mock.model.rights import Grant
from mock_kit.tenants.clock import Clock


@dataclass(frozen=True)
class HistoryRules:
    """When an ended chat becomes readable; not documented, so it is a dialect.

    Attributes:
        visible_at: "end" (the Ended event) or "wrap_up" (the Closed event).
        delay_s: how long archiving takes after that.
    """

    visible_at: Literal["end", "wrap_up"] = "end"
    delay_s: float = 0.0


def is_readable(chat: Chat, rules: HistoryRules, clock: Clock) -> bool:
    """Whether the history row is there yet, by the tenant's clock."""
    since = readable_since(chat, rules)
    return since is not None and clock.now() >= since


def readable_since(chat: Chat, rules: HistoryRules) -> datetime | None:
    """The moment the row appears, None while it is not known yet."""
    moment = chat.leg.ended if rules.visible_at == "end" else chat.leg.handled
    return None if moment is None else moment + timedelta(seconds=rules.delay_s)


def allowed_legs(chat: Chat, grant: Grant) -> list[Leg]:
    """The legs a right reaches: granted on the leg's queue, its queue group or its agent.

    Source: CMI user rights page, row ``/chats/{chatId}``; evidence: documented. That rights are
    checked leg by leg is assumed.
    """
    return [leg for leg in chat.legs if grant.reaches(leg.queue, leg.agent)]


def messages_of(chat: Chat, legs: list[Leg]) -> list[ChatLine]:
    """Messages of these legs, in the order they were written."""
    wanted = {leg.id for leg in legs}
    return [message for message in chat.messages if message.leg_id in wanted]
