"""Reads a tenant for the report of a failed test. It raises nothing, and it ends after ``READ_S`` seconds at most."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from attachment_lab.chats.facts import ChatFacts
from attachment_lab.chats.hops import trace_of
from attachment_lab.clients.json_client import JsonClient
from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.errors import LabError
from attachment_lab.exchanges.entry import Entry
from attachment_lab.exchanges.index import Index
from attachment_lab.exchanges.why import Explanation, ExplanationFacts, explain
from attachment_lab.reconciliation.file_trace import FileExchange, FileTrace
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import C4cFile, DeliveryRecord, SourceFile
from attachment_lab.tenant.service_api import TransferRecord
from attachment_lab.testing.failure_report import MOST_EXCHANGES, FailedExchanges, FailureFacts, grouped

#: A process that hangs delays a failed test's report by this long, not longer.
READ_S = 15.0
T = TypeVar("T")


def read_failure(reconciliation: Reconciliation, *, since: datetime, timeout_s: float = READ_S) -> FailureFacts:
    """What can be read now; requests without a tenant count from ``since`` (aware UTC) on."""
    reading = _Reading(reconciliation, since)
    thread = threading.Thread(target=reading.run, name="failure report", daemon=True)
    thread.start()
    thread.join(timeout_s)
    return reading.facts(late=f"not everything was read within {timeout_s:g} s" if thread.is_alive() else "")


class _Reading:
    """One part after the other; what was read before a process hangs is kept."""

    def __init__(self, reconciliation: Reconciliation, since: datetime) -> None:
        self._from = reconciliation
        self._tenant = reconciliation.names.name
        self._since = since
        self._unread: dict[str, None] = {}
        self._parts = 0
        self._faults: list[tuple[str, dict[str, Any]]] = []
        self._entries: list[Entry] = []
        self._failed: list[FailedExchanges] = []
        self._refused: list[dict[str, Any]] = []
        self._chats: list[dict[str, Any]] = []
        self._deliveries: list[DeliveryRecord] = []
        self._sources: list[SourceFile] = []
        self._objects: list[C4cFile] = []
        self._trace: list[FileExchange] = []
        self._transfers: list[TransferRecord] = []

    def run(self) -> None:
        """Read everything. The faults first: reading must not change how often they struck."""
        to = self._from.to
        index = Index(to, self._tenant)
        for mock in MOCKS:
            self._faults += self._part(partial(self._faults_of, mock))
        self._entries = self._part(partial(self._of_this_test, index))
        self._failed = grouped(self._entries)
        if to.edge is not None:
            self._refused = self._part(partial(self._refused_by, to.edge))
        self._chats = self._part(lambda: list(to.cmi.get("/_mock/chats", tenant=self._tenant)["chats"]))
        self._deliveries = self._part(self._from.deliveries)
        self._sources = self._part(self._from.sources)
        self._objects = self._part(self._from.objects)
        self._trace = self._part(FileTrace(to, self._from.names).all)
        self._transfers = self._part(self._from.service.transfers)
        if self._failed:
            self._failed = self._part(partial(self._explained, index)) or self._failed

    def facts(self, *, late: str = "") -> FailureFacts:
        """What has been read so far."""
        return FailureFacts(
            tenant=self._tenant,
            chats=[self._chat(each) for each in list(self._chats)],
            faults=list(self._faults),
            failed=list(self._failed),
            exchanges=len(self._entries),
            refused=list(self._refused),
            unread=[*self._unread, late] if late else [*self._unread],
            is_dead=not self._parts,
            secrets=self._from.names.guarded(),
        )

    def _part(self, read: Callable[[], list[T]]) -> list[T]:
        try:
            found = read()
        except LabError as exc:
            self._unread.setdefault(_process_in(str(exc)))
            return []
        except Exception as exc:  # noqa: BLE001 - a report never fails because of what it reports on
            self._unread.setdefault(f"{type(exc).__name__}: {exc}")
            return []
        self._parts += 1
        return found

    def _of_this_test(self, index: Index) -> list[Entry]:
        """Oldest first; requests without a tenant only since this one was opened."""
        found = index.entries()
        mine = (each for each in found if each.hop != "stray" or datetime.fromisoformat(each.at) >= self._since)
        return sorted(mine, key=lambda each: each.at)

    def _faults_of(self, mock: str) -> list[tuple[str, dict[str, Any]]]:
        return [(mock, each) for each in self._from.control(mock).faults()]

    def _refused_by(self, edge: JsonClient) -> list[dict[str, Any]]:
        refused = edge.get("/_mock/edge/refused")["refused"]
        return [dict(each) for each in refused if datetime.fromisoformat(each["time"]) >= self._since]

    def _chat(self, body: dict[str, Any]) -> ChatFacts:
        guid = str(body["guid"])
        plain = ChatFacts(
            guid=guid,
            status=str(body["status"]),
            ended=str(body["status"]) in {"Ended", "Handled"},
            sources=tuple(each for each in self._sources if each.chat == guid),
            deliveries=tuple(each for each in self._deliveries if each.chat == guid),
            transfer=next((each for each in self._transfers if each.chat == guid), None),
            objects=tuple(each for each in self._objects if each.external_reference == guid),
            created=body.get("created"),
        )
        return replace(plain, file_exchanges=trace_of(plain, self._trace))

    def _explained(self, index: Index) -> list[FailedExchanges]:
        older, newest = self._failed[:-MOST_EXCHANGES], self._failed[-MOST_EXCHANGES:]
        return [*older, *(replace(each, why=self._why(index, each.last)) for each in newest)]

    def _why(self, index: Index, entry: Entry) -> Explanation | None:
        try:
            full = index.full(entry)
        except LabError:
            return None  # its mock no longer keeps it
        faults = {str(fault["id"]): fault for mock, fault in self._faults if mock == entry.mock}
        return explain(ExplanationFacts(entry=entry, full=full, faults=faults))


def _process_in(sentence: str) -> str:
    """A process that does not answer is named once, whatever it was called for."""
    process, unreachable, _ = sentence.partition(" does not answer ")
    return f"{process} does not answer; is the stack up?" if unreachable else sentence
