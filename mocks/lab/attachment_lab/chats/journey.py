"""A chat's replay: the station of each file at each moment. Pure; the browser only plays it.

Long waits are shortened, so that ten minutes of an outage do not take ten minutes to watch; each shortening is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from attachment_lab.chats.facts import C4C, CMI, CONTACT_PRO, SERVICE, ChatFacts, Tone
from attachment_lab.chats.hops import FileHop, Gap, Timeline, epoch_s, hops_of, timeline_of

#: The end is shown for so long.
LAST_S = 0.4


@dataclass(frozen=True, kw_only=True)
class JourneyStop:
    """From ``at_s`` (seconds of the replay) on, a file is at this station."""

    at_s: float
    station: int
    tone: Tone
    chip: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Beat:
    """From ``at_s`` on, a station (or the sentence above all stations) is shown like this."""

    at_s: float
    tone: Tone
    headline: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Journey:
    """The data of a replay.

    Attributes:
        begun: when it began, epoch seconds by the mocks' clock.
        files: stops by the file's id, oldest first.
        stations: five rows of beats.
    """

    guid: str
    begun: float
    length_s: float
    files: dict[str, tuple[JourneyStop, ...]]
    stations: tuple[tuple[Beat, ...], ...]
    sentence: tuple[Beat, ...]
    gaps: tuple[Gap, ...] = field(default=())


def travel(chat: ChatFacts) -> Journey:
    """The replay so far; its end is the chat's present picture, which the page has already."""
    hops = hops_of(chat)
    timeline = timeline_of(chat, hops)
    files = {source.id: tuple(_stops(hops[source.id], timeline)) for source in chat.sources}
    stations = (
        _contact_pro(chat, timeline),
        _integration(chat, timeline),
        _service(chat, timeline),
        _counting(files, CMI, "read"),
        _counting(files, C4C, "stored"),
    )
    return Journey(
        guid=chat.guid,
        begun=timeline.begun,
        length_s=timeline.length_s + LAST_S,
        files=files,
        stations=stations,
        sentence=_sentence(files),
        gaps=tuple(timeline.gaps),
    )


def _stops(hops: Sequence[FileHop], timeline: Timeline) -> Iterable[JourneyStop]:
    """A file's stops; one that another one at the same moment replaces is harmless."""
    for number, hop in enumerate(hops):
        begun, ended = timeline.at(hop.begun_s), timeline.at(hop.ended_s)
        is_compared_later = any(each.act == "compared" for each in hops[number + 1 :])
        if hop.act == "sent":
            yield JourneyStop(at_s=begun, station=CONTACT_PRO, tone="idle", chip="In the chat")
        elif hop.act == "listed":
            yield JourneyStop(at_s=ended, station=SERVICE, tone="idle", chip="Queued")
        elif hop.act == "read":
            yield JourneyStop(at_s=begun, station=CMI, tone="active", chip="On its way")
            if hop.tone == "failed":
                yield JourneyStop(at_s=ended, station=CMI, tone="waiting", chip="Again soon", note=hop.note)
        elif hop.act == "stored":
            yield JourneyStop(at_s=begun, station=C4C, tone="active", chip="Uploading")
            yield _uploaded(hop, ended, is_compared_later=is_compared_later)
        else:
            yield JourneyStop(at_s=ended, station=C4C, tone="done", chip="Stored")


def _uploaded(hop: FileHop, ended: float, *, is_compared_later: bool) -> JourneyStop:
    if hop.tone == "failed":
        return JourneyStop(at_s=ended, station=C4C, tone="waiting", chip="Looking in C4C", note=hop.note)
    if is_compared_later:
        return JourneyStop(at_s=ended, station=C4C, tone="active", chip="Comparing")
    return JourneyStop(at_s=ended, station=C4C, tone="done", chip="Stored")


def _contact_pro(chat: ChatFacts, timeline: Timeline) -> tuple[Beat, ...]:
    count = len(chat.sources)
    files = f"{count} file{'' if count == 1 else 's'} from the customer"
    beats = [Beat(at_s=0.0, tone="active", headline="Chat is open", detail=files)]
    for each in chat.deliveries:
        if each.fired_at:
            at_s = timeline.at(epoch_s(each.fired_at))
            beats.append(Beat(at_s=at_s, tone="done", headline=f"Event {each.event} fired", detail=files))
    return tuple(beats)


def _integration(chat: ChatFacts, timeline: Timeline) -> tuple[Beat, ...]:
    beats = [Beat(at_s=0.0, tone="idle", headline="Waits for an event")]
    for each in chat.deliveries:
        if each.fired_at:
            at_s = timeline.at(epoch_s(each.fired_at))
            beats.append(Beat(at_s=at_s, tone="active", headline="Token, then POST", detail="/prod/chat-attachments"))
        if each.finished_at:
            good = each.state == "delivered"
            headline = f"Accepted with {each.status}" if good else "Not delivered"
            took = f"{each.duration_ms:.0f} ms" if each.duration_ms is not None else ""
            text = took if good else (each.error or "")
            at_s = timeline.at(epoch_s(each.finished_at))
            beats.append(Beat(at_s=at_s, tone="done" if good else "failed", headline=headline, detail=text))
    return tuple(beats)


def _service(chat: ChatFacts, timeline: Timeline) -> tuple[Beat, ...]:
    """A round begins when the service lists the chat at CMI; the exchanges up to the next listing belong to it."""
    beats = [Beat(at_s=0.0, tone="idle", headline="Nothing to do yet")]
    rounds = [each for each in chat.file_exchanges if each.act == "history"]
    for number, begun in enumerate(rounds):
        following = rounds[number + 1].begun_s if number + 1 < len(rounds) else float("inf")
        last = max(
            (each.ended_s for each in chat.file_exchanges if begun.begun_s <= each.begun_s < following), default=0.0
        )
        name = "first round" if number == 0 else f"round {number + 1}"
        beats.append(Beat(at_s=timeline.at(begun.begun_s), tone="active", headline="At work", detail=name))
        if following != float("inf"):
            beats.append(
                Beat(at_s=timeline.at(last), tone="waiting", headline="Waits, then tries again", detail=f"after {name}")
            )
    return tuple(beats)


def _counting(files: dict[str, tuple[JourneyStop, ...]], station: int, verb: str) -> tuple[Beat, ...]:
    """A station that counts files: one beat whenever count or tone change."""
    here: dict[str, JourneyStop] = {}
    beats = [Beat(at_s=0.0, tone="idle", headline="Waits for the service")]
    for at_s, name, stop in _merged(files):
        here[name] = stop
        if stop.station < CMI:
            continue
        done = sum(1 for each in here.values() if _is_past(each, station))
        mood = _mood([each for each in here.values() if each.station == station], done, len(files))
        beat = Beat(at_s=at_s, tone=mood, headline=f"{done} of {len(files)} {verb}")
        if (beat.tone, beat.headline) != (beats[-1].tone, beats[-1].headline):
            beats.append(beat)
    return tuple(beats)


def _is_past(stop: JourneyStop, station: int) -> bool:
    return stop.station > station or (station == C4C and stop.chip == "Stored")


def _mood(here: Sequence[JourneyStop], done: int, count: int) -> Tone:
    tones = {each.tone for each in here}
    if done == count:
        return "done"
    if "active" in tones:
        return "active"
    return "waiting" if "waiting" in tones else "active" if done else "idle"


def _sentence(files: dict[str, tuple[JourneyStop, ...]]) -> tuple[Beat, ...]:
    total = f"{len(files)} attachment{'' if len(files) == 1 else 's'}"
    beats = [Beat(at_s=0.0, tone="idle", headline="The chat has begun.")]
    sent: set[str] = set()
    stored: set[str] = set()
    for at_s, name, stop in _merged(files):
        tone: Tone = "active"
        if stop.station == CONTACT_PRO:
            sent.add(name)
            tone = "idle"
            headline = f"{len(sent)} attachment{'' if len(sent) == 1 else 's'} waiting in the chat."
        else:
            stored |= {name} if stop.chip == "Stored" else set()
            headline = f"{len(stored)} of {total} stored."
        if headline != beats[-1].headline:
            beats.append(Beat(at_s=at_s, tone=tone, headline=headline))
    return tuple(beats)


def _merged(files: dict[str, tuple[JourneyStop, ...]]) -> list[tuple[float, str, JourneyStop]]:
    """All stops of all files by time."""
    found = [(stop.at_s, name, stop) for name, stops in files.items() for stop in stops]
    return sorted(found, key=lambda each: each[0])
