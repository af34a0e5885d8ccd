"""Each file's hops with their times, from the journals: when it was sent, listed, read, uploaded, compared. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from attachment_lab.chats.facts import C4C, CMI, CONTACT_PRO, SERVICE, ChatFacts, Tone
from attachment_lab.reconciliation.file_trace import Passage
from attachment_lab.reconciliation.records import SourceFile
from attachment_lab.tenant.service_api import Carried


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One thing that happened to a file. Times are epoch seconds by the mocks' clock.

    Attributes:
        act: sent, listed, read, stored, found (an answer was lost, the file is there) or compared.
        tone: done, or failed for an attempt that did not succeed.
        note: what went wrong, for people.
    """

    act: str
    station: int
    begun_s: float
    ended_s: float
    tone: Tone = "done"
    note: str = ""


def passages_of(chat: ChatFacts, everything: Sequence[Passage]) -> tuple[Passage, ...]:
    """Those that belong to this chat: by its guid, its activity, or one of its files at CMI or in C4C."""
    transfer = chat.transfer
    mine = {each.object_id for each in transfer.attachments if each.object_id} if transfer else set()
    activity = transfer.activity_id if transfer else None
    sources = {each.id for each in chat.sources}
    return tuple(
        each
        for each in everything
        if each.chat == chat.guid
        or (each.chat is None and each.source_id in sources)
        or (activity is not None and each.activity_id == activity)
        or (each.object_id is not None and each.object_id in mine)
    )


def hops_of(chat: ChatFacts) -> dict[str, tuple[Hop, ...]]:
    """Every file's hops, oldest first, by the file's id at CMI."""
    carried = {each.source_id: each for each in chat.transfer.attachments} if chat.transfer else {}
    book = _Book(chat.passages)
    listed = next((each for each in chat.passages if each.act == "history" and each.is_good), None)
    return {source.id: tuple(_hops(source, carried.get(source.id), chat, book, listed)) for source in chat.sources}


class _Book:
    """The passages by what they were about."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.downloads: Mapping[str | None, list[Passage]] = defaultdict(list)
        self.uploads: Mapping[str | None, list[Passage]] = defaultdict(list)
        self.looks: Mapping[str | None, list[Passage]] = defaultdict(list)
        shelves = {
            "download": lambda each: self.downloads[each.source_id],
            "upload": lambda each: self.uploads[each.stored_name],
            "check": lambda each: self.looks[each.object_id],
            "verify": lambda each: self.looks[each.object_id],
        }
        for each in passages:
            if each.act in shelves:
                shelves[each.act](each).append(each)


def _hops(
    source: SourceFile, mine: Carried | None, chat: ChatFacts, book: _Book, listed: Passage | None
) -> Iterator[Hop]:
    sent = chat.sent_at.get(source.id) or chat.created
    if sent:
        at_s = datetime.fromisoformat(sent).timestamp()
        yield Hop(act="sent", station=CONTACT_PRO, begun_s=at_s, ended_s=at_s)
    if mine is None:
        return
    if listed:
        yield Hop(act="listed", station=SERVICE, begun_s=listed.begun_s, ended_s=listed.ended_s)
    reads = [each for each in book.downloads[source.id] if not each.is_redirect]
    tries = [*reads, *book.uploads[mine.stored_name or mine.name]]
    tries.sort(key=lambda each: each.begun_s)
    for each in tries:
        yield _tried(each)
    yield from _looked(mine, book, tries)


def _tried(passage: Passage) -> Hop:
    is_read = passage.act == "download"
    what, station = ("read", CMI) if is_read else ("stored", C4C)
    return Hop(
        act=what,
        station=station,
        begun_s=passage.begun_s,
        ended_s=passage.ended_s,
        tone="done" if passage.is_good else "failed",
        note="" if passage.is_good else _wrong(passage),
    )


def _looked(mine: Carried, book: _Book, tries: Sequence[Passage]) -> Iterator[Hop]:
    """The service compares what C4C holds; after a lost answer that is also how it finds the file."""
    looks = book.looks[mine.object_id] if mine.object_id else []
    if not looks:
        return
    was_told = any(each.act == "upload" and each.is_good for each in tries)
    act = "compared" if was_told else "found"
    yield Hop(act=act, station=C4C, begun_s=looks[0].begun_s, ended_s=looks[-1].ended_s)


def _wrong(passage: Passage) -> str:
    who = "CMI" if passage.mock == "cmi" else "C4C"
    struck = " (planned fault)" if passage.fault else ""
    if not passage.status:
        return f"no answer from {who}{struck}"
    if not passage.whole:
        return f"{who}’s answer broke off{struck}"
    return f"{who} answered {passage.status}{struck}"
