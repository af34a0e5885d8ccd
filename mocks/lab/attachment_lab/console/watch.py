"""Reads the street for the page: all chats by name, one of them in full."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from attachment_lab.chain_ledger import ChainLedger
from attachment_lab.console.picture import ChatFacts, Picture, draw
from attachment_lab.laws import judge
from attachment_lab.records import Handover, SourceFile, TransferRecord, Verdict

#: A reading is shared by all open pages for this long.
FRESH_S = 0.2
#: Chats offered for choice, newest first.
SHOWN_CHATS = 20


@dataclass(frozen=True, kw_only=True)
class ChatName:
    """One chat in the list."""

    guid: str
    status: str
    created: str
    files: int


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the page is sent: the list of chats and the picture of the chosen one."""

    chats: tuple[ChatName, ...] = ()
    picture: Picture | None = None

    def to_json(self) -> dict[str, Any]:
        """As sent to the page."""
        return asdict(self)


@dataclass(frozen=True)
class _Seen:
    """One pass over the neighbours."""

    chats: list[dict[str, Any]]
    sources: list[SourceFile]
    handovers: list[Handover]
    transfers: list[TransferRecord]
    at: float = field(default_factory=time.monotonic)


class Watch:
    """Reads when somebody looks, at most every ``FRESH_S``. Safe for threads."""

    def __init__(self, ledger: ChainLedger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._seen: _Seen | None = None
        self._verdicts: dict[tuple[str, ...], Verdict] = {}

    def reading(self, guid: str | None = None) -> Reading:
        """The chats, and the picture of one: ``guid``, or the newest whose event was fired, or the newest."""
        with self._lock:
            seen = self._look()
            names = _names(seen)
            fired = {each.chat for each in seen.handovers}
            chosen = next((each for each in names if each.guid == guid), None)
            chosen = chosen or next((each for each in names if each.guid in fired), None)
            chosen = chosen or (names[0] if names else None)
            picture = draw(self._facts(chosen, seen)) if chosen else None
        return Reading(chats=tuple(names[:SHOWN_CHATS]), picture=picture)

    def _look(self) -> _Seen:
        if self._seen and time.monotonic() - self._seen.at < FRESH_S:
            return self._seen
        ledger = self._ledger
        chats = ledger.to.cmi.get("/_mock/chats", world=ledger.names.name)["chats"]
        handovers = ledger.handovers()
        transfers = ledger.service.transfers() if handovers else []
        self._seen = _Seen(chats, ledger.sources(), handovers, transfers)
        return self._seen

    def _facts(self, name: ChatName, seen: _Seen) -> ChatFacts:
        transfer = next((each for each in reversed(seen.transfers) if each.chat == name.guid), None)
        return ChatFacts(
            guid=name.guid,
            status=name.status,
            ended=name.status in {"Ended", "Handled"},
            sources=tuple(each for each in seen.sources if each.chat == name.guid),
            handovers=tuple(each for each in seen.handovers if each.chat == name.guid),
            transfer=transfer,
            objects=tuple(self._ledger.objects()) if transfer and transfer.attachments else (),
            verdict=self._verdict(transfer, seen) if transfer and transfer.is_at_rest else None,
        )

    def _verdict(self, transfer: TransferRecord, seen: _Seen) -> Verdict | None:
        """The judgement of this chat, made once per state of rest; None while anything else still moves."""
        if not all(each.is_at_rest for each in seen.transfers):
            return None
        key = (transfer.id, *(f"{each.id}@{each.updated_at}" for each in seen.transfers))
        if key not in self._verdicts:
            self._verdicts = {key: judge(self._ledger.records().of_chat(transfer.chat))}
        return self._verdicts[key]


def _names(seen: _Seen) -> list[ChatName]:
    """Newest first."""
    files: dict[str, int] = {}
    for source in seen.sources:
        files[source.chat] = files.get(source.chat, 0) + 1
    names = [
        ChatName(
            guid=str(chat["guid"]),
            status=str(chat["status"]),
            created=str(chat["created"]),
            files=files.get(str(chat["guid"]), 0),
        )
        for chat in seen.chats
    ]
    return names[::-1]
