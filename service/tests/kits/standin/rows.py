"""Rows of a decision table, all played at once: what CMI lists and serves, and how the transfer ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from standin.chat import CONTRACT, Chat, Listed, Stored, reasons
from standin.processes import Resource, StandinStack
from standin.wire import Reply

STORED = "stored"


@dataclass(frozen=True)
class Row:
    """One answer to a download, in words; the last of ``replies`` repeats.

    Attributes:
        ends: ``stored``, or the code of the reason for which the attachment is parked.
        content: the customer's bytes, which C4C holds in the end where ``ends`` is ``stored``.
    """

    words: str
    replies: tuple[Reply, ...]
    ends: str
    content: bytes = b""
    listed: Listed = CONTRACT


@dataclass(frozen=True)
class Ended:
    """What became of a row."""

    transfer: Resource
    stored: list[Stored]
    downloads: int


def play(standin: StandinStack, rows: Iterable[Row]) -> dict[str, Ended]:
    """End one chat per row, all of them before the first is waited for; returns the ends by the rows' words."""
    chats: dict[str, tuple[Chat, str]] = {}
    for row in rows:
        chat = Chat(standin, row.listed)
        chat.serves(*row.replies)
        assert row.words not in chats, f"two rows with the words {row.words!r}"
        chats[row.words] = (chat, chat.post())
    transfers = standin.settle([transfer_id for _, transfer_id in chats.values()])
    ends = {}
    for said, (chat, transfer_id) in chats.items():
        chat.check_credentials()
        ends[said] = Ended(transfers[transfer_id], chat.stored(), len(chat.downloads()))
    return ends


def check(row: Row, ended: Ended) -> None:
    """The attachment ended as the row says, and C4C holds the customer's bytes or nothing."""
    assert reasons(ended.transfer) == [row.ends], ended.transfer["attachments"]
    held = [item.content for item in ended.stored]
    if row.ends == STORED:
        assert [len(content) for content in held] == [len(row.content)]
        assert held == [row.content]
        return
    assert held == []
    assert ended.transfer["state"] == "parked"
    assert "CMI" in ended.transfer["attachments"][0]["reason"]["message"], "the words do not name the hop"


def words_of(row: Row) -> str:
    """A row's name in a test's id."""
    return row.words
