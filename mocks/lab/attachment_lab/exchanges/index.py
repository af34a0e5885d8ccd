"""Collects the exchanges of one tenant from all hops, and relates them to chats, files and transfers.

Only small entries are kept (entry.py), the newest ``KEPT``; headers and body heads stay in the mocks and are fetched
one by one. An incremental reading costs one short call per source.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from attachment_lab.clients.control import PAGE, MockControl
from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.errors import RequestRefused
from attachment_lab.exchanges.entry import UNTRIGGERED, Entry, from_delivery, from_exchange
from attachment_lab.exchanges.untriggered import PREFIX, from_event, full_event

KEPT = 20_000
#: A reading is shared by all open pages for this long.
FRESH_S = 0.2
#: Newest events of Contact Pro that are searched for those that triggered nothing.
KEPT_EVENTS = 200
#: Texts that are searched for at once, by all open pages.
KEPT_SEARCHES = 8


@dataclass
class _Search:
    """Which entries contain a text; each search continues where the last one stopped."""

    keys: set[str] = field(default_factory=set)
    since: dict[str, int] = field(default_factory=dict)
    changes: int = 0


@dataclass
class Relations:
    """What exchanges have in common: the same trace is one round of one chat."""

    chat_of_trace: dict[str, str] = field(default_factory=dict)
    chat_of_activity: dict[str, str] = field(default_factory=dict)
    chat_of_transfer: dict[str, str] = field(default_factory=dict)
    file_of_attachment: dict[str, str] = field(default_factory=dict)
    file_of_object: dict[str, str] = field(default_factory=dict)
    transfer_of_chat: dict[str, str] = field(default_factory=dict)

    def learn(self, entry: Entry) -> None:
        """Add the entry's relations."""
        if entry.chat and entry.trace:
            self.chat_of_trace[entry.trace] = entry.chat
        chat = entry.chat or self.chat_of_trace.get(entry.trace or "")
        pairs = (
            (self.chat_of_activity, entry.activity, chat),
            (self.chat_of_transfer, entry.transfer, chat),
            (self.transfer_of_chat, chat, entry.transfer),
            (self.file_of_attachment, entry.attachment, entry.file),
            (self.file_of_object, entry.object_id, entry.file),
        )
        for known, name, value in pairs:
            if name and value:
                known[name] = value

    def complete(self, entry: Entry) -> Entry:
        """The entry, completed from related entries."""
        chat = (
            entry.chat or self.chat_of_trace.get(entry.trace or "") or self.chat_of_activity.get(entry.activity or "")
        )
        by_object = self.file_of_object.get(entry.object_id or "")
        file = entry.file or self.file_of_attachment.get(entry.attachment or "") or by_object
        transfer = entry.transfer or self.transfer_of_chat.get(chat or "")
        if (chat, file, transfer) == (entry.chat, entry.file, entry.transfer):
            return entry
        return replace(entry, chat=chat, file=file, transfer=transfer)


class Index:
    """The journal of one tenant. Safe for threads."""

    def __init__(
        self, to: StackClients, tenant: str, *, kept: int = KEPT, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._to = to
        self._tenant = tenant
        self._kept = kept
        self._now_s = now_s
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._since = dict.fromkeys(MOCKS, 0)
        self._changes = 0
        self._searches: OrderedDict[str, _Search] = OrderedDict()
        self._read_at_s = float("-inf")
        #: Attachments of calls without the file's name.
        self._unnamed: set[str] = set()
        self._lock = threading.Lock()
        self.relations = Relations()
        #: Grows with every new or changed entry.
        self.version = 0

    def entries(self) -> list[Entry]:
        """All entries up to now, newest first. Raises RequestRefused, Unreachable."""
        with self._lock:
            self._read_on()
            found = [self.relations.complete(entry) for entry in self._entries.values()]
        return sorted(found, key=lambda entry: entry.at, reverse=True)

    def get(self, key: str) -> Entry | None:
        """One entry; None when there is none, or it is no longer kept."""
        with self._lock:
            self._read_on()
            found = self._entries.get(key)
            return self.relations.complete(found) if found else None

    def containing(self, text: str) -> set[str]:
        """Keys of the entries in which the text occurs anywhere, body heads included."""
        with self._lock:
            search = self._searches.pop(text, None) or _Search()
            self._searches[text] = search
            while len(self._searches) > KEPT_SEARCHES:
                self._searches.popitem(last=False)
            for mock in MOCKS:
                for body in self._control(mock).journal(search.since.get(mock, 0), q=text):
                    search.since[mock] = int(body["id"])
                    search.keys.add(f"{mock}-{body['id']}")
            for row in self._deliveries(search.changes):
                search.changes = int(row["change"])
                if text.lower() in str(row).lower():
                    search.keys.add(f"delivery-{row['id']}")
            strays = (
                f"stray-{mock}-{body['id']}" for mock, body in self._strays() if text.lower() in str(body).lower()
            )
            return search.keys | set(strays)

    def full(self, entry: Entry) -> dict[str, Any]:
        """The exchange with headers and body heads, from its source. Raises RequestRefused 404 when it is not kept."""
        number = entry.key.rpartition("-")[2]
        if entry.operation == UNTRIGGERED:
            return self._event(entry.key.removeprefix(PREFIX))
        if entry.hop == "delivery":
            row = entry.key.removeprefix("delivery-")
            return dict(self._to.orchestration.get(f"/_mock/deliveries/{row}", tenant=self._tenant))
        if entry.hop == "stray":
            for mock, body in self._strays():
                if f"stray-{mock}-{body['id']}" == entry.key:
                    return dict(body)
            raise RequestRefused(f"{entry.key} is no longer kept: only the newest strays are", status=404)
        return dict(self._to.mock(entry.mock).get(f"/_mock/journal/{number}", tenant=self._tenant))

    def _event(self, event_id: str) -> dict[str, Any]:
        found = next((each for each in self._events() if each["event_id"] == event_id), None)
        if found is None:
            raise RequestRefused(f"event {event_id} is no longer kept: only the newest events are", status=404)
        return full_event(found)

    def _events(self) -> list[Mapping[str, Any]]:
        return list(self._to.orchestration.get("/_mock/events", tenant=self._tenant, limit=KEPT_EVENTS))

    def full_of(self, entries: Sequence[Entry]) -> dict[str, Mapping[str, Any]]:
        """Many exchanges in full, by key, read page by page; those that are no longer kept are left out."""
        wanted = {entry.key for entry in entries}
        found: dict[str, Mapping[str, Any]] = {}
        for mock in MOCKS:
            mine = [int(key.rpartition("-")[2]) for key in wanted if key.startswith(f"{mock}-")]
            if mine:
                found |= {f"{mock}-{body['id']}": body for body in self._control(mock).journal(min(mine) - 1)}
        if any(entry.hop == "delivery" for entry in entries):
            found |= {f"delivery-{row['id']}": row for row in self._deliveries(0)}
        if any(entry.hop == "stray" for entry in entries):
            found |= {f"stray-{mock}-{body['id']}": body for mock, body in self._strays()}
        return {key: body for key, body in found.items() if key in wanted}

    def _read_on(self) -> None:
        if self._now_s() - self._read_at_s < FRESH_S:
            return
        for mock in MOCKS:
            for body in self._control(mock).journal(self._since[mock]):
                self._since[mock] = int(body["id"])
                self._take(from_exchange(mock, body))
        for row in self._deliveries(self._changes):
            self._changes = int(row["change"])
            self._take(from_delivery(row))
        for event in self._events():
            untriggered = from_event(event)
            if untriggered and untriggered.key not in self._entries:
                self._take(untriggered)
        for mock, exchange in self._strays():
            if f"stray-{mock}-{exchange['id']}" not in self._entries:
                self._take(from_exchange(mock, exchange, stray=True))
        if any(each not in self.relations.file_of_attachment for each in self._unnamed):
            self._learn_names()
        self._unnamed.clear()
        self._read_at_s = self._now_s()

    def _take(self, entry: Entry) -> None:
        self.relations.learn(entry)
        if entry.attachment and not entry.file:
            self._unnamed.add(entry.attachment)
        self._entries[entry.key] = entry
        self.version += 1
        while len(self._entries) > self._kept:
            self._entries.popitem(last=False)

    def _learn_names(self) -> None:
        """File names from CMI's own list: a failed download has no answer with the name."""
        for each in self._to.cmi.get("/_mock/attachments", tenant=self._tenant):
            self.relations.file_of_attachment.setdefault(str(each["id"]), str(each["name"]))

    def _control(self, mock: str) -> MockControl:
        return self._to.control(mock, self._tenant)

    def _deliveries(self, since: int) -> Iterator[Mapping[str, Any]]:
        while True:
            rows = self._to.orchestration.get("/_mock/deliveries", tenant=self._tenant, changed_since=since, limit=PAGE)
            yield from rows
            if len(rows) < PAGE:
                return
            since = int(rows[-1]["change"])

    def _strays(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for mock in MOCKS:
            if int(self._to.mock(mock).get("/_mock/health")["strays"]):
                yield from ((mock, body) for body in self._to.mock(mock).get("/_mock/strays")["exchanges"])
