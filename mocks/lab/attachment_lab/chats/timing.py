"""A file's hops as the page shows them: text, times, and their position on the time bar. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from attachment_lab.chats.facts import Tone
from attachment_lab.chats.hops import FileHop
from attachment_lab.chats.journey import Timeline

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
