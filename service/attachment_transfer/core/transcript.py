"""The chat's messages as a text file: rendered again whenever it is needed, so that the service stores none of it.

A customer's text cannot imitate a message line: continued lines are indented, control characters are removed.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from attachment_transfer.core.model import TRANSCRIPT_PREFIX, SourceAttachment
from attachment_transfer.core.names import BIDI_CONTROLS

_NAME = "chat-transcript.txt"


@dataclass(frozen=True, kw_only=True)
class ChatMessage:
    """One message as CMI lists it; every text may be empty.

    Attributes:
        time: as given, RFC 3339 by assumption.
        originator: the writer's name as given.
        files: names of the files that were sent with it.
    """

    time: str
    originator: str
    originator_type: str
    text: str
    files: tuple[str, ...] = ()


def render(contact_id: str, messages: Sequence[ChatMessage]) -> bytes:
    """The transcript, UTF-8, one message a line; the same messages always give the same bytes."""
    lines = [f"Transcript of chat {contact_id}", ""]
    for message in messages:
        lines.extend(_lines(message))
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _lines(message: ChatMessage) -> Iterator[str]:
    who = " ".join(part for part in (_clean(message.originator), f"({_clean(message.originator_type)})") if part)
    first, *more = message.text.splitlines() or [""]
    yield f"{_clean(message.time)}  {who}: {_clean(first)}".rstrip()
    yield from (f"    {_clean(line)}".rstrip() for line in more)
    yield from (f"    [file: {_clean(name)}]" for name in message.files)


def _clean(text: str) -> str:
    return "".join(
        char
        for char in text.replace("\t", " ")
        if char not in BIDI_CONTROLS and unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}
    )


def transcript_source(contact_id: str, content: bytes) -> SourceAttachment:
    """The transcript as a source like any other; its id names its content, so a longer chat is another source."""
    sha256 = hashlib.sha256(content).hexdigest()
    return SourceAttachment(
        source_id=f"{TRANSCRIPT_PREFIX}{sha256[:16]}",
        name=_NAME,
        content_type="text/plain",
        declared_size_bytes=len(content),
        href=f"{TRANSCRIPT_PREFIX}{contact_id}/{sha256}",
        originator_type="service",
    )


def contact_of(source: SourceAttachment) -> str:
    """The contact id of a transcript."""
    return source.href.removeprefix(TRANSCRIPT_PREFIX).partition("/")[0]


def sha256_of(source: SourceAttachment) -> str:
    """The digest of a transcript's content, as 64 hex digits."""
    return source.href.rpartition("/")[2]
