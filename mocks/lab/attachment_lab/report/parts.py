"""Parts of a report from what is known of its chats, and the same report without names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from attachment_lab.chats.facts import C4C, ChatFacts, Tone
from attachment_lab.chats.picture import FileView, Picture, draw
from attachment_lab.reconciliation.records import ReconciliationVerdict
from attachment_lab.report.model import (
    INVARIANT_SAYS,
    LABELS,
    ChatPart,
    EvidenceRow,
    FileRow,
    InvariantRow,
    RunReport,
    StationPart,
)

STATIONS = ("Contact Pro", "Integration", "Transfer service", "CMI download", "SAP Service Cloud")
#: The worst of several tones is shown; "idle" counts least.
SEVERITY: Sequence[Tone] = ("failed", "waiting", "active", "done", "idle")
#: The mock whose behaviours a chat's deliveries use.
CONTACT_PRO = "orchestration"


def chat_part(chat: ChatFacts, *, customer: str, channel: str) -> ChatPart:
    """One chat."""
    picture = draw(chat)
    files = tuple(_row(each) for each in picture.files)
    return ChatPart(
        guid=chat.guid,
        customer=customer,
        channel=channel,
        created=chat.created or "",
        sentence=sentence_of(files, ended=bool(chat.deliveries), at_rest=picture.until is not None),
        tone=picture.tone,
        rounds=chat.transfer.rounds if chat.transfer else 0,
        deliveries=tuple(each.state for each in chat.deliveries),
        files=files,
        since=picture.since,
        until=picture.until,
    )


def sentence_of(files: Sequence[FileRow], *, ended: bool, at_rest: bool) -> str:
    """The outcome of a chat's files, or of a whole tenant's, in one sentence; each fact once."""
    if not files:
        return "There were no attachments."
    count = len(files)
    total = "The attachment" if count == 1 else f"All {count} attachments"
    stored = [each for each in files if each.equal]
    if len(stored) == count:
        return f"{total} arrived; every byte is equal at both ends."
    if not ended:
        return f"{count} attachment{'' if count == 1 else 's'} in a chat whose event has not been fired."
    parts = [f"{len(stored)} of {count} attachments arrived with every byte equal"]
    parts += [f"{number} {words}" for number, words in _others(files) if number]
    parts += [] if at_rest else ["the transfer is still in progress"]
    return "; ".join(parts) + "."


def _others(files: Sequence[FileRow]) -> list[tuple[int, str]]:
    changed = sum(1 for each in files if each.equal is False)
    failed = sum(1 for each in files if each.tone == "failed") - changed
    skipped = sum(1 for each in files if each.state == "Skipped")
    return [
        (changed, "changed on the way"),
        (failed, "reported failed, with the reason"),
        (skipped, "skipped, with the reason"),
    ]


def headline_of(chats: Sequence[ChatPart]) -> str:
    """The report's first sentence: of its one chat, or of all those whose event was fired."""
    if len(chats) == 1:
        return chats[0].sentence
    fired = [each for each in chats if each.deliveries]
    files = [file for each in fired for file in each.files]
    said = sentence_of(files, ended=True, at_rest=all(each.until for each in fired))
    open_chats = len(chats) - len(fired)
    rest = f" {open_chats} chat{' has' if open_chats == 1 else 's have'} not been delivered yet." if open_chats else ""
    return said + rest if fired else f"None of {len(chats)} chats has been delivered yet."


def stations_of(pictures: Sequence[Picture]) -> tuple[StationPart, ...]:
    """The picture of one chat, or of all of them together."""
    if len(pictures) == 1:
        shown = pictures[0].stations
        return tuple(
            StationPart(title=title, tone=each.tone, headline=each.headline)
            for title, each in zip(STATIONS, shown, strict=True)
        )
    fired = [each for each in pictures if each.stations[1].tone != "idle"]
    files = [file for each in fired for file in each.files]
    headlines = (
        f"{len(fired)} of {len(pictures)} chats ended",
        f"{sum(1 for each in fired if each.stations[1].tone == 'done')} of {len(fired)} events accepted",
        f"{sum(1 for each in fired if each.until)} of {len(fired)} at rest",
        f"{sum(1 for each in files if each.station == C4C)} of {len(files)} read",
        f"{sum(1 for each in files if each.chip == 'Stored')} of {len(files)} stored",
    )
    return tuple(
        StationPart(title=title, headline=headline, tone=_worst(each.stations[number].tone for each in fired))
        for number, (title, headline) in enumerate(zip(STATIONS, headlines, strict=True))
    )


def invariants_of(verdict: ReconciliationVerdict) -> tuple[InvariantRow, ...]:
    """Every invariant, with its violations."""
    return tuple(
        InvariantRow(
            invariant=invariant,
            says=says,
            violations=tuple(each.sentence for each in verdict.violations if each.invariant == invariant),
        )
        for invariant, says in INVARIANT_SAYS.items()
    )


def used_by(chats: Iterable[ChatFacts]) -> set[tuple[str, str]]:
    """(mock, id) of every behaviour that these chats used."""
    found: set[tuple[str, str]] = set()
    for chat in chats:
        found |= {(each.mock, name) for each in chat.file_exchanges for name in each.evidence}
        found |= {(CONTACT_PRO, name) for each in chat.deliveries for name in each.evidence}
    return found


def evidence_rows(evidence: Mapping[str, Sequence[Mapping[str, Any]]], used: set[tuple[str, str]]) -> list[EvidenceRow]:
    """The used behaviours among the mocks' evidence, least certain first."""
    rows = [
        EvidenceRow(
            mock=mock,
            id=str(entry["id"]),
            label=str(entry["label"]),
            behaviour=str(entry["behaviour"]),
            source=str(entry["source"]),
            switch=entry.get("switch"),
        )
        for mock, entries in evidence.items()
        for entry in entries
        if (mock, str(entry["id"])) in used and entry["label"] in LABELS
    ]
    order = {label: number for number, label in enumerate(reversed(LABELS))}
    return sorted(rows, key=lambda each: (order[each.label], each.mock, each.id))


def _row(file: FileView) -> FileRow:
    last = {hop.act: hop for hop in file.hops}
    return FileRow(
        name=file.name,
        size=file.size,
        size_bytes=file.size_bytes,
        state=file.chip,
        tone=file.tone,
        reason=file.reason,
        remedy=file.remedy,
        cmi_sha256=file.sha256,
        c4c_sha256=file.c4c_sha256,
        object_id=file.object_id,
        equal=file.sha256 == file.c4c_sha256 if file.c4c_sha256 else None,
        read_ms=last["read"].took_ms if "read" in last else None,
        sent_ms=last["stored"].took_ms if "stored" in last else None,
        tries=sum(1 for hop in file.hops if hop.act in {"read", "stored"}),
    )


def _worst(tones: Iterable[Tone]) -> Tone:
    present = set(tones)
    return next((tone for tone in SEVERITY if tone in present), "idle")


def without_names(report: RunReport) -> RunReport:
    """The same report without names; digests stay, because they are what is compared."""
    aliases = _aliases(report)
    customers = {name: f"Customer {number}" for number, name in enumerate(_unique(report), 1)}
    return replace(
        report,
        chats=tuple(_chat(each, aliases, customers) for each in report.chats),
        invariants=tuple(_invariant(each, aliases) for each in report.invariants),
    )


def _unique(report: RunReport) -> list[str]:
    return list(dict.fromkeys(each.customer for each in report.chats))


def _aliases(report: RunReport) -> dict[str, str]:
    """Name → alias, longest names first, so that a name within another one is not replaced there."""
    names = dict.fromkeys(each.name for each in report.files)
    numbered = {name: f"file {number}{_extension(name)}" for number, name in enumerate(names, 1)}
    return dict(sorted(numbered.items(), key=lambda pair: -len(pair[0])))


def _extension(name: str) -> str:
    extension = name.rpartition(".")[2] if "." in name else ""
    return f".{extension.lower()}" if extension.isascii() and extension.isalnum() and len(extension) <= 4 else ""


def _chat(chat: ChatPart, aliases: dict[str, str], customers: dict[str, str]) -> ChatPart:
    return replace(chat, customer=customers[chat.customer], files=tuple(_file(each, aliases) for each in chat.files))


def _file(file: FileRow, aliases: dict[str, str]) -> FileRow:
    return replace(
        file,
        name=aliases[file.name],
        reason=_hidden(file.reason, aliases),
        remedy=_hidden(file.remedy, aliases),
    )


def _invariant(invariant: InvariantRow, aliases: dict[str, str]) -> InvariantRow:
    return replace(invariant, violations=tuple(_hidden(each, aliases) for each in invariant.violations))


def _hidden(text: str, aliases: dict[str, str]) -> str:
    for name, alias in aliases.items():
        text = text.replace(name, alias)
    return text
