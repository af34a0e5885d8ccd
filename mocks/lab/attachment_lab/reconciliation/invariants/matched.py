"""Records with their objects matched to files, and what several invariants read from them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from attachment_lab.names import shown
from attachment_lab.reconciliation.matching import MatchedFile, Matches, match
from attachment_lab.reconciliation.records import C4cFile, ChainRecords

CONTACT_PRO_TO_SERVICE = "Contact Pro → service"


class MatchedRecords:
    """What the invariants read: the records, and which object is which file."""

    def __init__(self, records: ChainRecords) -> None:
        self.records = records

    @cached_property
    def matches(self) -> Matches:
        """Objects and files of all chats."""
        return match(self.records)

    @cached_property
    def delivered_chats(self) -> frozenset[str]:
        """Chats of which the service accepted an event."""
        return frozenset(each.chat for each in self.records.deliveries if each.state == "delivered" and each.chat)

    @cached_property
    def scope(self) -> frozenset[str]:
        """Ids of the files that are judged: those of these records' own chats."""
        return frozenset(each.id for each in self.records.sources)

    def files(self) -> Iterator[MatchedFile]:
        """Files for which a transfer is due."""
        for each in self.matches.files:
            if each.source.id in self.scope and each.source.chat in self.delivered_chats:
                yield each

    def stored(self) -> Iterator[MatchedFile]:
        """Files of these chats that C4C holds in some form, wherever; their event may be refused."""
        return (each for each in self.matches.files if each.source.id in self.scope and each.theirs is not None)

    def extra(self) -> Iterator[C4cFile]:
        """Objects of these chats' activities that are no file's."""
        own = {each.object_id for each in self.records.objects}
        return (each for each in self.matches.extra if each.object_id in own)

    def about(self, chat: str) -> str:
        """The chat in words: with its first file, so that a reader knows which customer's."""
        named = next((each.source.name for each in self.matches.files if each.source.chat == chat), None)
        return f"chat {chat}" + (f" (with {shown(named)})" if named else "")
