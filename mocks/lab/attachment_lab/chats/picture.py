"""The page's picture of one chat, from plain records: five stations, the files between them, one sentence.

Pure: the same records give the same picture. The browser only draws it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from attachment_lab.chats.facts import C4C, CMI, CONTACT_PRO, SERVICE, ChatFacts, Tone
from attachment_lab.chats.hops import HopView, hops_of, timeline_of, view_of
from attachment_lab.names import human_size, shown
from attachment_lab.reconciliation.content_change import SERVICE_TO_C4C, change_of, differs
from attachment_lab.reconciliation.records import C4cFile, SourceFile
from attachment_lab.tenant.service_api import AttachmentRecord, TransferRecord


@dataclass(frozen=True, kw_only=True)
class Station:
    """One station of the stack."""

    tone: Tone
    headline: str
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class FileView:
    """One attachment: its state, and ``station``, where it is now.

    Attributes:
        hops: its steps, oldest first, with times.
    """

    id: str
    name: str
    kind: str
    size: str
    station: int
    tone: Tone
    chip: str
    reason: str = ""
    remedy: str = ""
    object_id: str = ""
    sha256: str = ""
    c4c_sha256: str = ""
    size_bytes: int = 0
    hops: tuple[HopView, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Everything that the page shows of the chat; screen readers read ``sentence``.

    Attributes:
        transfer_id: of the service; None before the service has one.
        can_retry: whether the service would run it again now: it waits, or needs an operator.
    """

    guid: str
    tone: Tone
    sentence: str
    stations: tuple[Station, ...]
    files: tuple[FileView, ...]
    since: str | None = None
    until: str | None = None
    violations: tuple[str, ...] = field(default=())
    is_proven: bool = False
    transfer_id: str | None = None
    can_retry: bool = False


def draw(chat: ChatFacts) -> Picture:
    """The picture of this chat."""
    carried = {each.source_id: each for each in chat.transfer.attachments} if chat.transfer else {}
    objects = {each.object_id: each for each in chat.objects}
    hops = hops_of(chat)
    line = timeline_of(chat, hops)
    files = tuple(
        replace(_file(source, carried.get(source.id), objects, chat), hops=view_of(hops[source.id], line))
        for source in chat.sources
    )
    stations = (
        _contact_pro(chat),
        _integration(chat),
        _service(chat.transfer),
        _cmi(chat, files),
        _c4c(chat, files),
    )
    tone, sentence = _sentence(chat, files, stations)
    violations = tuple(each.sentence for each in chat.verdict.violations) if chat.verdict else ()
    at_rest = chat.transfer is not None and chat.transfer.is_at_rest
    return Picture(
        guid=chat.guid,
        tone=tone,
        sentence=sentence,
        stations=stations,
        files=files,
        since=chat.transfer.created_at if chat.transfer else None,
        until=chat.transfer.updated_at if chat.transfer and at_rest else None,
        violations=violations,
        is_proven=chat.verdict is not None and chat.verdict.ok,
        transfer_id=chat.transfer.id if chat.transfer else None,
        can_retry=chat.transfer is not None and chat.transfer.state in {"parked", "waiting"},
    )


def _file(source: SourceFile, mine: AttachmentRecord | None, objects: dict[str, C4cFile], chat: ChatFacts) -> FileView:
    theirs = objects.get(mine.object_id) if mine and mine.object_id else None
    station, tone, chip = _place(mine, chat.transfer)
    reason, remedy = (mine.reason or "", mine.remedy or "") if mine else ("", "")
    if mine is None and chat.transfer and chat.transfer.is_at_rest:
        reason, remedy = chat.transfer.reason or "", chat.transfer.remedy or ""
    if mine and theirs and not source.equals(theirs):
        change = change_of(
            source, mine, theirs, chat.verdict.records.exchanges if chat.verdict else chat.file_exchanges
        )
        station, tone, chip = (C4C if change.hop == SERVICE_TO_C4C else CMI), "failed", "Changed"
        reason = f"{change.hop}: {differs(source, theirs)}; {change.cause}"
        remedy = "Compare both ends before this file is used."
    return FileView(
        id=source.id,
        name=shown(source.name),
        kind=_kind(source.name),
        size=human_size(source.size_bytes),
        size_bytes=source.size_bytes,
        station=station,
        tone=tone,
        chip=chip,
        reason=reason,
        remedy=remedy,
        object_id=(mine.object_id or "") if mine else "",
        sha256=source.sha256,
        c4c_sha256=theirs.sha256 if theirs else "",
    )


def _place(mine: AttachmentRecord | None, transfer: TransferRecord | None) -> tuple[int, Tone, str]:
    """(station, tone, chip) by the service's state of the attachment."""
    if mine is None:
        if transfer is not None and transfer.is_at_rest:
            return SERVICE, "failed", "Not carried"
        return CONTACT_PRO, "idle", "In the chat"
    if mine.state == "open":
        return (CMI, "waiting", "Again soon") if mine.attempts else (SERVICE, "idle", "Queued")
    if mine.state == "parked":
        return _failed_at(mine), "failed", "Failed"
    placed: dict[str, tuple[int, Tone, str]] = {
        "uploading": (CMI, "active", "On its way"),
        "ambiguous": (C4C, "waiting", "Looking in C4C"),
        "stored": (C4C, "done", "Stored"),
        "skipped": (SERVICE, "idle", "Skipped"),
    }
    return placed.get(mine.state, (SERVICE, "waiting", mine.state))


def _failed_at(mine: AttachmentRecord) -> int:
    """The hop of a failure. An upload that C4C refused leaves no digest; then the reason's text decides."""
    _code, _, message = (mine.reason or "").partition(": ")
    return C4C if mine.sha256 or message.startswith("C4C") else CMI


def _contact_pro(chat: ChatFacts) -> Station:
    count = len(chat.sources)
    files = f"{count} file{'' if count == 1 else 's'} from the customer"
    if chat.deliveries:
        return Station(tone="done", headline=f"Event {chat.deliveries[0].event} fired", detail=files)
    if chat.ended:
        return Station(tone="waiting", headline="Ended, event not fired", detail=files)
    return Station(tone="active", headline="Chat is open", detail=files)


def _integration(chat: ChatFacts) -> Station:
    if not chat.deliveries:
        return Station(tone="idle", headline="Waits for an event")
    best = next((each for each in chat.deliveries if each.state == "delivered"), chat.deliveries[-1])
    took = f"{best.duration_ms:.0f} ms" if best.duration_ms is not None else ""
    if best.state == "delivered":
        return Station(tone="done", headline=f"Accepted with {best.status}", detail=took)
    if best.state == "pending":
        return Station(tone="active", headline="Token, then POST", detail="/prod/chat-attachments")
    text = best.error or (f"the service answered {best.status}" if best.status else "no answer")
    return Station(
        tone="failed",
        headline="Not delivered",
        detail=text,
        remedy="See the delivery's answer in the event engine's log, correct the cause, then redeliver.",
    )


def _service(transfer: TransferRecord | None) -> Station:
    if transfer is None:
        return Station(tone="idle", headline="Nothing to do yet")
    rounds = f"round {transfer.rounds}" if transfer.rounds else "first round"
    why = {"reason": transfer.reason or "", "remedy": transfer.remedy or ""}
    if transfer.state == "waiting":
        return Station(tone="waiting", headline="Waits, then tries again", detail=why["reason"] or rounds)
    if not transfer.is_at_rest:
        return Station(tone="active", headline="At work", detail=rounds)
    if transfer.outcome in {"stored", "no_attachments"}:
        headline = "Settled" if transfer.outcome == "stored" else "Nothing to carry"
        return Station(tone="done", headline=headline, detail=rounds)
    if any(each.state == "parked" for each in transfer.attachments):
        # The failure is red at its own hop; the service has done its part by reporting it.
        return Station(tone="done", headline="Settled, failures reported", detail=rounds)
    words = (transfer.outcome or transfer.state).replace("_", " ")
    return Station(tone="failed", headline=words.capitalize(), detail=why["reason"], remedy=why["remedy"])


def _cmi(chat: ChatFacts, files: tuple[FileView, ...]) -> Station:
    read = sum(1 for each in files if each.station == C4C)
    return _leg(chat, files, at=CMI, done=read, verb="read")


def _c4c(chat: ChatFacts, files: tuple[FileView, ...]) -> Station:
    stored = sum(1 for each in files if each.chip == "Stored")
    return _leg(chat, files, at=C4C, done=stored, verb="stored")


def _leg(chat: ChatFacts, files: tuple[FileView, ...], *, at: int, done: int, verb: str) -> Station:
    """A station that counts files."""
    if chat.transfer is None or not files:
        return Station(tone="idle", headline="Waits for the service")
    headline = f"{done} of {len(files)} {verb}"
    failed = next((each for each in files if each.station == at and each.tone == "failed"), None)
    if failed:
        text = f"{failed.name}: {failed.reason}" if failed.reason else failed.name
        return Station(tone="failed", headline=headline, detail=text, remedy=failed.remedy)
    if done == len(files):
        return Station(tone="done", headline=headline)
    if chat.transfer.is_at_rest:
        return Station(tone="done" if done else "idle", headline=headline)
    here = any(each.station == at and each.tone != "done" for each in files)
    return Station(tone="active" if here or done else "idle", headline=headline)


def _sentence(chat: ChatFacts, files: tuple[FileView, ...], stations: tuple[Station, ...]) -> tuple[Tone, str]:
    stored = sum(1 for each in files if each.chip == "Stored")
    total = f"{len(files)} attachment{'' if len(files) == 1 else 's'}"
    if any(station.tone == "failed" for station in stations):
        return "failed", f"{stored} of {total} arrived; see the red station for what to do."
    if chat.verdict and not chat.verdict.ok:
        return "failed", f"The reconciliation found {len(chat.verdict.violations)} violation(s)."
    if chat.transfer is None:
        waiting = "waiting in the chat" if not chat.deliveries else "on the way to the service"
        return ("active" if chat.deliveries else "idle"), f"{total} {waiting}."
    if chat.transfer.is_at_rest:
        return "done", _at_rest(len(files), stored, total, is_proven=chat.verdict is not None)
    if chat.transfer.state == "waiting":
        return "waiting", f"{stored} of {total} stored; the service waits and tries again."
    return "active", f"{stored} of {total} stored."


def _at_rest(count: int, stored: int, total: str, *, is_proven: bool) -> str:
    if not count:
        return "The chat had no attachments."
    if stored < count:
        return f"{stored} of {total} arrived; the others were skipped, each with a reason."
    arrived = "The attachment" if count == 1 else f"All {total}"
    return f"{arrived} arrived in C4C." + (" Every byte is equal at both ends." if is_proven else "")


def _kind(name: str) -> str:
    """A short word for the file's token: its extension, at most four letters."""
    extension = name.rpartition(".")[2] if "." in name else ""
    return extension.upper() if extension.isalnum() and len(extension) <= 4 else "FILE"
