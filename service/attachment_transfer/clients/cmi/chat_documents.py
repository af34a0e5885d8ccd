"""CMI's chat documents in every shape that is read: a chat's files and its messages.

The shape is not publicly documented; A (one chat), B (a list of legs) and D (a list of messages) of
``docs/fidelity.md`` are distinguished by their content. What cannot be read is an unexpected answer, never a
chat without files: that would end the transfer, and lose them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from attachment_transfer.core.errors import UnexpectedAnswer
from attachment_transfer.core.model import TRANSCRIPT_PREFIX, SourceAttachment
from attachment_transfer.core.names import storable
from attachment_transfer.core.transcript import ChatMessage

#: What the ledger's column takes.
_ORIGINATOR_LIMIT_CHARACTERS = 16
#: A chat or a message has at least one of these members, in every shape that is read.
_MESSAGE_OR_CHAT = frozenset({"messages", "attachments", "message", "originator_type"})

#: One object that is no list is a chat, not a message: a gateway answers ``{"message": "Internal server error"}``.
_CHAT = _MESSAGE_OR_CHAT - {"message"}

Message = dict[str, Any]


def attachments(document: Any) -> Iterator[SourceAttachment]:
    """Every file once, in the order of the document: legs of one chat may repeat each other's.

    Raises UnexpectedAnswer.
    """
    files = _Files()
    for part in _parts(document):
        files.next_part()
        for message in part:
            originator = storable(str(message.get("originator_type") or "customer"))[:_ORIGINATOR_LIMIT_CHARACTERS]
            for item in _listed(message):
                source = files.source(item, originator)
                if source is not None:
                    yield source


def chat_messages(document: Any) -> Iterator[ChatMessage]:
    """Every message once, in the order of the document. Raises UnexpectedAnswer."""
    seen: set[str] = set()
    for message in (message for part in _parts(document) for message in part):
        message_id = str(message.get("id") or "")
        text, files = str(message.get("message") or ""), _listed(message)
        if (message_id and message_id in seen) or not (text or files):
            continue
        seen.add(message_id)
        yield ChatMessage(
            time=str(message.get("timestamp") or ""),
            originator=str(message.get("originator") or ""),
            originator_type=str(message.get("originator_type") or "customer"),
            text=text,
            files=tuple(str(item.get("name") or "attachment") for item in files if isinstance(item, dict)),
        )


def says_nothing_of_files(document: Any) -> bool:
    """Whether it has messages, and no chat and no message of it a member for files. Raises UnexpectedAnswer."""
    chats = [each for each in (document if isinstance(document, list) else [document]) if isinstance(each, dict)]
    messages = [message for part in _parts(document) for message in part]
    return bool(messages) and not any("attachments" in each for each in (*chats, *messages))


def _parts(document: Any) -> Iterator[list[Message]]:
    """Lists of messages: one per chat or leg, and one for files that a chat lists itself."""
    loose: list[Message] = []
    for item in document if isinstance(document, list) else [document]:
        if not isinstance(item, dict):
            raise UnexpectedAnswer("CMI's chat document contains something that is not an object")
        if not (_MESSAGE_OR_CHAT if isinstance(document, list) else _CHAT) & item.keys():
            raise UnexpectedAnswer("CMI's chat document has neither messages nor attachments in it")
        if "messages" not in item:
            loose.append(item)
            continue
        if not isinstance(item["messages"], list | None):
            raise UnexpectedAnswer("CMI's chat document has messages that are no list")
        yield from _parts(item["messages"] or [])
        if _listed(item):
            yield [{"originator_type": item.get("originator_type"), "attachments": item["attachments"]}]
    if loose:
        yield loose


def _listed(message: Message) -> list[Any]:
    files = message.get("attachments")
    if files is None:
        return []
    if not isinstance(files, list):
        raise UnexpectedAnswer("CMI lists attachments that are no list")
    return files


class _Files:
    """Identifies files: by CMI's id, or where there is none by address and name, never by a query string.

    A signed address differs at each reading; its query identifies nothing.
    """

    def __init__(self) -> None:
        self._known: dict[str, SourceAttachment] = {}
        self._in_part: Counter[str] = Counter()
        self._addresses_in_part: set[str] = set()

    def next_part(self) -> None:
        """Another leg begins: it may list what an earlier one lists."""
        self._in_part.clear()
        self._addresses_in_part.clear()

    def source(self, item: Any, originator: str) -> SourceAttachment | None:
        """The listed file, or None if it is listed already."""
        href = item.get("url") if isinstance(item, dict) else None
        if not href or not isinstance(href, str):
            raise UnexpectedAnswer(
                "CMI lists an attachment without a url",
                remedy="Files inside the document (shape C) are not read: ask Sinch how your CMI gives them as "
                "addresses, or attach these by hand.",
            )
        name = storable(str(item.get("name") or "attachment"))
        source = SourceAttachment(
            source_id=self._identity(item, href, name),
            name=name,
            content_type=storable(str(item.get("content_type") or "")),
            declared_size_bytes=_size_bytes(item.get("size")),
            href=storable(href),
            originator_type=originator,
            public="/sms/richcontent/" in href,
        )
        if source.source_id in self._known:
            return None
        self._known[source.source_id] = source
        return source

    def _identity(self, item: Message, href: str, name: str) -> str:
        own_id = item.get("id")
        if isinstance(own_id, str | int) and not isinstance(own_id, bool) and own_id != "":
            identity = storable(str(own_id))
            # No file that CMI lists may be taken for the service's own transcript, which no policy checks.
            identity = f"cmi:{identity}" if identity.startswith(TRANSCRIPT_PREFIX) else identity
            return identity if self._is_same(identity, item, name) else f"{identity} {name}"
        identity = f"{_without_query(href)} {name}"
        if href not in self._addresses_in_part:
            self._addresses_in_part.add(href)
            self._in_part[identity] += 1
        number = self._in_part[identity]
        return identity if number == 1 else f"{identity} #{number}"

    def _is_same(self, identity: str, item: Message, name: str) -> bool:
        """False if another file has this id already: ids may begin again in each message."""
        known = self._known.get(identity)
        if known is None:
            return True
        sizes = {known.declared_size_bytes, _size_bytes(item.get("size"))} - {None}
        return known.name == name and len(sizes) <= 1


def _without_query(href: str) -> str:
    try:
        parts = urlsplit(href)
    except ValueError:
        return storable(href.split("?", 1)[0])
    return storable(urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")))


def _size_bytes(size: Any) -> int | None:
    """A listed size as a whole number; None for anything else, which then says nothing."""
    if isinstance(size, float) and size.is_integer():
        size = int(size)
    return size if type(size) is int and 0 <= size < 2**63 else None
