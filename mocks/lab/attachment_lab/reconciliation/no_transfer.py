"""Why a chat has no transfer: its event was not fired, was not sent, or was refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from attachment_lab.reconciliation.delivery_words import not_fired, why_of_delivery
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import ChainRecords, DeliveryRecord
from attachment_lab.tenant.entries import UPLOAD_EVENTS

#: As many as Contact Pro's mock keeps.
MOST_EVENTS = 1000
IN_PROGRESS = {"Queued": "waits for an agent", "Accepted": "is still open"}


def why_no_transfer(
    reconciliation: Reconciliation, records: ChainRecords, chats: Collection[str] = ()
) -> dict[str, str]:
    """One sentence for each chat without a transfer, by guid: for those with files, and for ``chats``.

    Nothing is read when every chat has a transfer, or where the service's own view is not visible.
    """
    if records.transfers is None:
        return {}
    carried = {each.chat for each in records.known_transfers}
    chats = [each for each in dict.fromkeys((*chats, *(each.chat for each in records.sources))) if each not in carried]
    if not chats:
        return {}
    to, tenant = reconciliation.to, reconciliation.names.name
    fired = to.orchestration.get("/_mock/events", tenant=tenant, limit=MOST_EVENTS)
    states = {str(each["guid"]): str(each["status"]) for each in to.cmi.get("/_mock/chats", tenant=tenant)["chats"]}
    return {
        chat: why_of_chat(
            chat,
            [each for each in records.deliveries if each.chat == chat],
            [each for each in fired if each["contact_id"] == chat],
            states.get(chat, ""),
        )
        for chat in chats
    }


def why_of_chat(
    chat: str, deliveries: Iterable[DeliveryRecord], fired: Iterable[Mapping[str, Any]], status: str
) -> str:
    """The reason for one chat; ``fired``: the event engine's log of it, ``status``: of the chat at CMI."""
    last = next(reversed([each for each in deliveries if each.state != "pending"]), None)
    if last is not None:
        why = why_of_delivery(last) or "the service accepted it, and has no transfer yet"
        return f"event {last.event}: {why}" if last.state != "failed" else why
    closing = [each for each in fired if each["event"] in UPLOAD_EVENTS]
    if any(each["delivery_ids"] for each in closing):
        return f"event {closing[-1]['event']} is not delivered yet"
    if closing:
        return not_fired(str(closing[-1]["event"]), refusals(closing[-1]))
    end = f"`attachment-lab chat --end {chat}`"
    if status in IN_PROGRESS:
        return f"event not fired: the chat {IN_PROGRESS[status]}; {end} ends it and fires the event"
    return f"event not fired: the chat ended without it; {end} fires it"


def refusals(fired: Mapping[str, Any]) -> list[str]:
    """Why each integration did not take an event, from the event engine's log."""
    return [f"{each['name']}: {each['reason']}" for each in fired.get("configurations", ()) if not each["matched"]]
