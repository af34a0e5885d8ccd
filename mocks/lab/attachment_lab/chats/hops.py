"""Each file's hops with their times, from the journals: when it was sent, listed, read, uploaded, compared. Pure.

A page shows them on a time bar on which long waits are shortened (``Timeline``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from attachment_lab.chats.facts import C4C, CMI, CONTACT_PRO, SERVICE, ChatFacts, Tone
from attachment_lab.reconciliation.file_trace import FileExchange
from attachment_lab.reconciliation.records import SourceFile
from attachment_lab.tenant.service_api import AttachmentRecord

#: A longer time without an event is shortened to this, in seconds.
LONGEST_GAP_S = 2.5
#: A wait that is shortened by less than this is not listed.
SHORTEST_LISTED_S = 1.0


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
        self.listings = [each for each in file_exchanges if each.act == "listing" and each.is_good]
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
        at_s = epoch_s(sent)
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
    """The service compares what is in C4C; after a lost answer it finds the file there, or in the activity's list."""
    checks = by_subject.checks[mine.object_id] if mine.object_id else []
    uploads = [each for each in tries if each.act == "upload"]
    has_answer = any(each.is_good for each in uploads)
    if not checks and not has_answer and uploads and mine.state == "stored":
        # An adopted file is read once more from CMI, after it was found.
        checks = [each for each in by_subject.listings if each.begun_s > uploads[-1].begun_s][:1]
    if not checks:
        return
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


@dataclass(frozen=True, kw_only=True)
class Gap:
    """At ``at_s`` of the replay, ``skipped_s`` seconds were left out."""

    at_s: float
    skipped_s: float


class Timeline:
    """From epoch seconds to seconds of the replay, long waits shortened."""

    def __init__(self, moments: Iterable[float]) -> None:
        self._moments = sorted(set(moments)) or [0.0]
        self._at = [0.0]
        self.gaps: list[Gap] = []
        for before, after in zip(self._moments, self._moments[1:], strict=False):
            wait_s = after - before
            shown_s = min(wait_s, LONGEST_GAP_S)
            if wait_s - shown_s >= SHORTEST_LISTED_S:
                self.gaps.append(Gap(at_s=self._at[-1], skipped_s=wait_s - shown_s))
            self._at.append(self._at[-1] + shown_s)

    @property
    def begun(self) -> float:
        """The first moment, epoch seconds."""
        return self._moments[0]

    @property
    def length_s(self) -> float:
        """Length of the replay."""
        return self._at[-1]

    def at(self, moment: float) -> float:
        """This moment in seconds of the replay; between two known ones it keeps its distance to the earlier one."""
        place = max(0, bisect_right(self._moments, moment) - 1)
        until = self._at[place + 1] if place + 1 < len(self._at) else self._at[-1]
        return max(0.0, min(self._at[place] + moment - self._moments[place], until))


def timeline_of(chat: ChatFacts, hops: dict[str, tuple[FileHop, ...]]) -> Timeline:
    """All moments of the chat."""
    moments = [moment for each in hops.values() for hop in each for moment in (hop.begun_s, hop.ended_s)]
    moments += [moment for each in chat.file_exchanges for moment in (each.begun_s, each.ended_s)]
    for each in chat.deliveries:
        moments += [epoch_s(moment) for moment in (each.fired_at, each.finished_at) if moment]
    if chat.created:
        moments.append(epoch_s(chat.created))
    return Timeline(moments)


def epoch_s(moment: str) -> float:
    """RFC 3339 as epoch seconds."""
    return datetime.fromisoformat(moment).timestamp()


WORDS = {
    "sent": "Sent in the chat",
    "listed": "Listed for the service",
    "read": "Read from CMI",
    "stored": "Sent to C4C",
    "found": "Found in C4C",
    "compared": "Read back and compared",
}


@dataclass(frozen=True, kw_only=True)
class HopView:
    """One hop.

    Attributes:
        at: when it was reached, RFC 3339 by the stack's clock.
        took_ms: how long it took; 0 for a moment.
        start, end: its position on the time bar, from 0 to 1; long waits are shortened there.
    """

    act: str
    words: str
    station: int
    at: str
    took_ms: float
    start: float
    end: float
    tone: Tone
    note: str = ""


def view_of(hops: Sequence[FileHop], line: Timeline) -> tuple[HopView, ...]:
    """For one file."""
    whole_s = line.length_s or 1.0
    return tuple(
        HopView(
            act=hop.act,
            words=WORDS[hop.act],
            station=hop.station,
            at=datetime.fromtimestamp(hop.begun_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            took_ms=round((hop.ended_s - hop.begun_s) * 1000, 1),
            start=round(line.at(hop.begun_s) / whole_s, 4),
            end=round(line.at(hop.ended_s) / whole_s, 4),
            tone=hop.tone,
            note=hop.note,
        )
        for hop in hops
    )
