"""Each file's hops with their times, from the journals: when it was sent, listed, read, uploaded, compared. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from attachment_lab.chats.facts import C4C, CMI, CONTACT_PRO, SERVICE, ChatFacts, Tone
from attachment_lab.reconciliation.file_trace import FileExchange
from attachment_lab.reconciliation.records import SourceFile
from attachment_lab.tenant.service_api import AttachmentRecord


@dataclass(frozen=True, kw_only=True)
class FileHop:
    """One step of a file. Times are epoch seconds by the mocks' clock.

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


def trace_of(chat: ChatFacts, everything: Sequence[FileExchange]) -> tuple[FileExchange, ...]:
    """The exchanges of this chat: by its guid, its activity, or one of its files at CMI or in C4C."""
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


def hops_of(chat: ChatFacts) -> dict[str, tuple[FileHop, ...]]:
    """Every file's hops, oldest first, by the file's id at CMI."""
    carried = {each.source_id: each for each in chat.transfer.attachments} if chat.transfer else {}
    by_subject = _BySubject(chat.file_exchanges)
    listed = next((each for each in chat.file_exchanges if each.act == "history" and each.is_good), None)
    return {
        source.id: tuple(_hops(source, carried.get(source.id), chat, by_subject, listed)) for source in chat.sources
    }


class _BySubject:
    """The file exchanges by the file or object that they are about."""

    def __init__(self, file_exchanges: Sequence[FileExchange]) -> None:
        self.downloads: Mapping[str | None, list[FileExchange]] = defaultdict(list)
        self.uploads: Mapping[str | None, list[FileExchange]] = defaultdict(list)
        self.checks: Mapping[str | None, list[FileExchange]] = defaultdict(list)
        lists = {
            "download": lambda each: self.downloads[each.source_id],
            "upload": lambda each: self.uploads[each.stored_name],
            "check": lambda each: self.checks[each.object_id],
            "verify": lambda each: self.checks[each.object_id],
        }
        for each in file_exchanges:
            if each.act in lists:
                lists[each.act](each).append(each)


def _hops(
    source: SourceFile,
    mine: AttachmentRecord | None,
    chat: ChatFacts,
    by_subject: _BySubject,
    listed: FileExchange | None,
) -> Iterator[FileHop]:
    sent = chat.sent_at.get(source.id) or chat.created
    if sent:
        at_s = datetime.fromisoformat(sent).timestamp()
        yield FileHop(act="sent", station=CONTACT_PRO, begun_s=at_s, ended_s=at_s)
    if mine is None:
        return
    if listed:
        yield FileHop(act="listed", station=SERVICE, begun_s=listed.begun_s, ended_s=listed.ended_s)
    reads = [each for each in by_subject.downloads[source.id] if not each.is_redirect]
    tries = [*reads, *by_subject.uploads[mine.stored_name or mine.name]]
    tries.sort(key=lambda each: each.begun_s)
    for each in tries:
        yield _tried(each)
    yield from _checked(mine, by_subject, tries)


def _tried(exchange: FileExchange) -> FileHop:
    is_read = exchange.act == "download"
    what, station = ("read", CMI) if is_read else ("stored", C4C)
    return FileHop(
        act=what,
        station=station,
        begun_s=exchange.begun_s,
        ended_s=exchange.ended_s,
        tone="done" if exchange.is_good else "failed",
        note="" if exchange.is_good else _wrong(exchange),
    )


def _checked(mine: AttachmentRecord, by_subject: _BySubject, tries: Sequence[FileExchange]) -> Iterator[FileHop]:
    """The service compares what is in C4C; after a lost answer it finds the file in the same way."""
    checks = by_subject.checks[mine.object_id] if mine.object_id else []
    if not checks:
        return
    has_answer = any(each.act == "upload" and each.is_good for each in tries)
    act = "compared" if has_answer else "found"
    yield FileHop(act=act, station=C4C, begun_s=checks[0].begun_s, ended_s=checks[-1].ended_s)


def _wrong(exchange: FileExchange) -> str:
    who = "CMI" if exchange.mock == "cmi" else "C4C"
    cause = " (planned fault)" if exchange.fault else ""
    if not exchange.status:
        return f"no answer from {who}{cause}"
    if not exchange.whole:
        return f"{who}’s answer broke off{cause}"
    return f"{who} answered {exchange.status}{cause}"
