"""The overview: one row per chat, with its files as tokens at their stations. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from attachment_lab.chats.facts import ChatFacts, Tone
from attachment_lab.chats.picture import Picture, draw

STATIONS = 5
#: One letter per tone: a row of two hundred files stays a short text.
LETTERS: dict[Tone, str] = {"idle": "i", "active": "a", "waiting": "w", "done": "d", "failed": "f"}


@dataclass(frozen=True, kw_only=True)
class OverviewRow:
    """One chat.

    Attributes:
        tokens: five texts, one per station, a letter of LETTERS per file at it.
        words: everything that a filter searches, in lower case; not sent to the page.
    """

    guid: str
    customer: str
    channel: str
    created: str
    status: str
    tone: Tone
    sentence: str
    files: int
    stored: int
    failed: int
    tokens: tuple[str, ...]
    transfer_id: str | None = None
    can_retry: bool = False
    words: str = ""

    def to_json(self) -> dict[str, Any]:
        """As sent to the page."""
        shown = asdict(self)
        del shown["words"]
        return shown


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The newest rows that match the filter, and sums over all that match.

    Attributes:
        matching: number of chats that match; more than ``rows`` when the list is cut.
    """

    rows: tuple[OverviewRow, ...]
    matching: int
    chats: int
    files: int
    stored: int
    failed: int

    def to_json(self) -> dict[str, Any]:
        """As sent to the page."""
        return {**vars(self), "rows": [each.to_json() for each in self.rows]}


def row_of(chat: ChatFacts, *, customer: str, channel: str) -> OverviewRow:
    """The row of one chat."""
    picture = draw(chat)
    names = " ".join(each.name for each in chat.sources)
    found = (chat.guid, customer, channel, chat.status, picture.sentence, names)
    return OverviewRow(
        guid=chat.guid,
        customer=customer,
        channel=channel,
        created=chat.created or "",
        status=chat.status,
        tone=picture.tone,
        sentence=picture.sentence,
        files=len(picture.files),
        stored=sum(1 for each in picture.files if each.chip == "Stored"),
        failed=sum(1 for each in picture.files if each.tone == "failed"),
        tokens=_tokens(picture),
        transfer_id=picture.transfer_id,
        can_retry=picture.can_retry,
        words=" ".join(found).lower(),
    )


def choose(rows: Sequence[OverviewRow], query: str, *, most: int) -> Overview:
    """Those in which every word of the query occurs, the first ``most`` of them."""
    wanted = query.lower().split()
    fitting = [row for row in rows if all(word in row.words for word in wanted)]
    return Overview(
        rows=tuple(fitting[:most]),
        matching=len(fitting),
        chats=len(rows),
        files=sum(each.files for each in fitting),
        stored=sum(each.stored for each in fitting),
        failed=sum(each.failed for each in fitting),
    )


def _tokens(picture: Picture) -> tuple[str, ...]:
    rows: list[list[str]] = [[] for _ in range(STATIONS)]
    for each in picture.files:
        rows[each.station].append(LETTERS[each.tone])
    return tuple("".join(row) for row in rows)
