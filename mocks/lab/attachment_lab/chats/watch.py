"""Reads the stack for the pages: all chats by name, one of them in full, all of them as an overview."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from attachment_lab import names
from attachment_lab.chats.facts import ChatFacts
from attachment_lab.chats.hops import trace_of
from attachment_lab.chats.journey import Journey, travel
from attachment_lab.chats.overview import Overview, OverviewRow, choose, row_of
from attachment_lab.chats.picture import Picture, draw
from attachment_lab.reconciliation.file_trace import FileTrace
from attachment_lab.reconciliation.invariants import judge
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import C4cFile, DeliveryRecord, ReconciliationVerdict, SourceFile
from attachment_lab.tenant.service_api import TransferRecord

#: A reading is shared by all open pages for this long.
FRESH_S = 0.2
#: A slow reading is kept for this many times its duration, so that reading does not keep the stack busy.
KEPT_TIMES = 3
#: Chats offered for choice, newest first.
SHOWN_CHATS = 20
#: Rows of the overview shown at once, newest first; a filter finds the others.
SHOWN_ROWS = 40


@dataclass(frozen=True, kw_only=True)
class ChatName:
    """One chat in the list."""

    guid: str
    status: str
    created: str
    files: int


@dataclass(frozen=True, kw_only=True)
class WatchedChats:
    """The list of chats and the picture of the chosen one."""

    chats: tuple[ChatName, ...] = ()
    picture: Picture | None = None


@dataclass(frozen=True, kw_only=True)
class WholeChat:
    """One chat in full, with its customer and channel."""

    facts: ChatFacts
    customer: str
    channel: str


@dataclass(frozen=True)
class _Seen:
    """One reading of all neighbours; sources and deliveries also by chat."""

    chats: list[dict[str, Any]]
    sources: Mapping[str, list[SourceFile]]
    deliveries: Mapping[str, list[DeliveryRecord]]
    transfers: Mapping[str, TransferRecord]
    objects: Mapping[str | None, list[C4cFile]]
    all_transfers: list[TransferRecord]
    good_until: float = field(default=0.0)


class ChatWatch:
    """Reads on demand, at most every ``FRESH_S``. Safe for threads."""

    def __init__(self, reconciliation: Reconciliation) -> None:
        self._reconciliation = reconciliation
        self._lock = threading.Lock()
        self._file_trace = FileTrace(reconciliation.to, reconciliation.names)
        self._seen: _Seen | None = None
        self._verdicts: dict[tuple[str, ...], ReconciliationVerdict] = {}
        self._rows: dict[str, tuple[tuple[Any, ...], OverviewRow]] = {}
        self._objects: tuple[tuple[str, ...], list[C4cFile]] = ((), [])

    def reading(self, guid: str | None = None) -> WatchedChats:
        """The chats, and the picture of one: ``guid``, or the newest whose event was fired, or the newest."""
        with self._lock:
            seen = self._read()
            listed = _names(seen)
            chosen = _chosen(listed, guid, seen)
            picture = draw(self._facts(chosen, seen)) if chosen else None
        return WatchedChats(chats=_offered(listed, chosen), picture=picture)

    def journey(self, guid: str | None = None) -> tuple[Picture, Journey] | None:
        """The same chat's picture, and its way there to be played again; None when there is no chat."""
        with self._lock:
            seen = self._read()
            chosen = _chosen(_names(seen), guid, seen)
            if chosen is None:
                return None
            facts = self._facts(chosen, seen)
        return draw(facts), travel(facts)

    def everything(self) -> list[WholeChat]:
        """Every chat in full, oldest first."""
        with self._lock:
            seen = self._read()
            return [
                WholeChat(facts=self._facts(name, seen), customer=_customer(chat), channel=_channel(chat))
                for name, chat in zip(_names(seen)[::-1], seen.chats, strict=True)
            ]

    def overview(self, query: str = "") -> Overview:
        """All chats that fit, newest first."""
        with self._lock:
            seen = self._read()
            rows = [self._row(name, chat, seen) for name, chat in zip(_names(seen), seen.chats[::-1], strict=True)]
        return choose(rows, query, most=SHOWN_ROWS)

    def _read(self) -> _Seen:
        if self._seen and time.monotonic() < self._seen.good_until:
            return self._seen
        began, reconciliation = time.monotonic(), self._reconciliation
        chats = reconciliation.to.cmi.get("/_mock/chats", tenant=reconciliation.names.name)["chats"]
        deliveries = reconciliation.deliveries()
        known = {each.id: each for each in self._seen.all_transfers} if self._seen else {}
        transfers = reconciliation.service.transfers(known=known) if deliveries else []
        sources: dict[str, list[SourceFile]] = defaultdict(list)
        for source in reconciliation.sources():
            sources[source.chat].append(source)
        fired: dict[str, list[DeliveryRecord]] = defaultdict(list)
        for each in deliveries:
            fired[str(each.chat)].append(each)
        objects: dict[str | None, list[C4cFile]] = defaultdict(list)
        for each_object in self._read_objects(transfers):
            objects[each_object.external_reference].append(each_object)
        now = time.monotonic()
        self._seen = _Seen(
            chats,
            sources,
            fired,
            {each.chat: each for each in transfers},
            objects,
            transfers,
            good_until=now + max(FRESH_S, KEPT_TIMES * (now - began)),
        )
        return self._seen

    def _read_objects(self, transfers: list[TransferRecord]) -> list[C4cFile]:
        """C4C's objects, read again only while a transfer is active or has just come to rest."""
        if not any(each.attachments for each in transfers):
            return []
        key = tuple(f"{each.id}@{each.updated_at}@{each.state}" for each in transfers)
        if key != self._objects[0] or not all(each.is_at_rest for each in transfers):
            self._objects = (key, self._reconciliation.objects())
        return self._objects[1]

    def _row(self, name: ChatName, chat: Mapping[str, Any], seen: _Seen) -> OverviewRow:
        """Drawn again only when something about the chat has changed."""
        transfer = seen.transfers.get(name.guid)
        states = tuple((each.state, each.attempts) for each in transfer.attachments) if transfer else ()
        deliveries = tuple(each.state for each in seen.deliveries.get(name.guid, ()))
        key = (name.status, name.files, deliveries, transfer and (transfer.state, transfer.updated_at), states)
        known = self._rows.get(name.guid)
        if known and known[0] == key:
            return known[1]
        facts = self._plain(name, seen)
        row = row_of(facts, customer=_customer(chat), channel=_channel(chat))
        self._rows[name.guid] = (key, row)
        return row

    def _facts(self, name: ChatName, seen: _Seen) -> ChatFacts:
        plain = self._plain(name, seen)
        chat = next((each for each in seen.chats if each["guid"] == name.guid), {})
        transfer = plain.transfer
        return replace(
            plain,
            verdict=self._verdict(transfer, seen) if transfer and transfer.is_at_rest else None,
            sent_at=_sent_at(chat),
            file_exchanges=trace_of(plain, self._file_trace.all()),
        )

    def _plain(self, name: ChatName, seen: _Seen) -> ChatFacts:
        """What a row needs: without verdict and file exchanges."""
        return ChatFacts(
            guid=name.guid,
            status=name.status,
            ended=name.status in {"Ended", "Handled"},
            sources=tuple(seen.sources.get(name.guid, ())),
            deliveries=tuple(seen.deliveries.get(name.guid, ())),
            transfer=seen.transfers.get(name.guid),
            objects=tuple(seen.objects.get(name.guid, ())),
            created=name.created,
        )

    def _verdict(self, transfer: TransferRecord, seen: _Seen) -> ReconciliationVerdict | None:
        """The verdict on this chat, computed once per state of rest; None while another transfer is active."""
        if not all(each.is_at_rest for each in seen.all_transfers):
            return None
        key = (transfer.id, *(f"{each.id}@{each.updated_at}" for each in seen.all_transfers))
        if key not in self._verdicts:
            self._verdicts = {key: judge(self._reconciliation.records().of_chat(transfer.chat))}
        return self._verdicts[key]


def _names(seen: _Seen) -> list[ChatName]:
    """Newest first."""
    found = [
        ChatName(
            guid=str(chat["guid"]),
            status=str(chat["status"]),
            created=str(chat["created"]),
            files=len(seen.sources.get(str(chat["guid"]), ())),
        )
        for chat in seen.chats
    ]
    return found[::-1]


def _chosen(listed: list[ChatName], guid: str | None, seen: _Seen) -> ChatName | None:
    found = next((each for each in listed if each.guid == guid), None)
    found = found or next((each for each in listed if seen.deliveries.get(each.guid)), None)
    return found or (listed[0] if listed else None)


def _offered(listed: list[ChatName], chosen: ChatName | None) -> tuple[ChatName, ...]:
    """The newest, and the chosen one where it is older than those."""
    offered = listed[:SHOWN_CHATS]
    return tuple(offered if chosen is None or chosen in offered else [*offered, chosen])


def _customer(chat: Mapping[str, Any]) -> str:
    """The customer's name, else the first originator, else the address."""
    customer = chat.get("customer") or {}
    wrote = (each["originator"] for each in chat["messages"] if each["originator_type"] == "customer")
    return str(customer.get("name") or next(wrote, None) or (chat.get("contact") or {}).get("source") or "Customer")


def _channel(chat: Mapping[str, Any]) -> str:
    return names.channel(str(chat.get("channel_sub_type") or "chat"))


def _sent_at(chat: Mapping[str, Any]) -> dict[str, str]:
    """When each file was sent, for a CMI that returns the time of its messages."""
    return {
        str(file["id"]): str(message["timestamp"])
        for message in chat.get("messages", ())
        if message.get("timestamp")
        for file in message["attachments"]
    }
