"""A report as plain data. Equal runs give equal reports except for times."""

from __future__ import annotations

from dataclasses import dataclass

from attachment_lab.chats.facts import Tone

#: Each invariant of the reconciliation in one sentence.
INVARIANT_SAYS = {
    "delivered": "Every event that Contact Pro fired was accepted by the service.",
    "conservation": "Attachments in = stored + skipped + reported failed, each of the latter with a reason.",
    "destination": "Each file is in the activity of the chat in which the customer sent it, and in no other.",
    "integrity": "C4C holds the bytes that the customer sent: equal in size and SHA-256.",
    "naming": "C4C holds each file under the customer’s name and type, made safe by the documented rules.",
    "once": "There is exactly one C4C object per stored attachment.",
    "no orphan": "Nothing exists at any hop without an origin at the hop before.",
    "honesty": "What the service reports is what C4C holds.",
    "no change": "The technical user changes and deletes nothing in C4C.",
    "tokens": "A token that must be refused starts nothing, and neither does a refused event.",
    "credentials": "No neighbour’s secret goes to another; a credential that was refused is not repeated at once.",
    "pace": "Retry-After is kept, and uploads to one activity take turns.",
    "secrecy": "No secret can be read in any journal; sealed ones are gone when a transfer has ended.",
}
#: Labels, most certain first; "own" (the mocks' control interfaces) is no vendor's behaviour.
LABELS = {
    "documented": "the vendor’s public documentation says so",
    "recorded": "seen in payloads or code that talked to a real system",
    "inferred": "follows from something documented or recorded",
    "assumed": "not public; a guess, behind a switch",
}


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The report's subject, and what it hides.

    Attributes:
        chat: guid of one chat; None = the whole tenant.
        hide_names: file names and customers are replaced by numbers.
    """

    chat: str | None = None
    hide_names: bool = False


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """One file.

    Attributes:
        equal: whether both ends hold the same bytes; None where C4C holds nothing.
        read_ms, sent_ms: of the last try at CMI and C4C; None before.
        tries: requests that moved it, at both ends.
    """

    name: str
    size: str
    size_bytes: int
    state: str
    tone: Tone
    reason: str = ""
    remedy: str = ""
    cmi_sha256: str = ""
    c4c_sha256: str = ""
    object_id: str = ""
    equal: bool | None = None
    read_ms: float | None = None
    sent_ms: float | None = None
    tries: int = 0


@dataclass(frozen=True, kw_only=True)
class ChatPart:
    """One chat. Times are RFC 3339 by the stack's clock."""

    guid: str
    customer: str
    channel: str
    created: str
    sentence: str
    tone: Tone
    rounds: int
    deliveries: tuple[str, ...]
    files: tuple[FileRow, ...]
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, kw_only=True)
class StationPart:
    """One station of the picture."""

    title: str
    tone: Tone
    headline: str


@dataclass(frozen=True, kw_only=True)
class InvariantRow:
    """One invariant and what was found against it."""

    invariant: str
    says: str
    violations: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.violations


@dataclass(frozen=True, kw_only=True)
class EvidenceRow:
    """One behaviour of a vendor that this run used."""

    mock: str
    id: str
    label: str
    behaviour: str
    source: str
    switch: str | None


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """The whole report. ``versions`` maps a part of the stack to its version."""

    tenant: str
    cmi_host: str
    c4c_host: str
    scope: Scope
    made_at: str
    headline: str
    chats: tuple[ChatPart, ...]
    stations: tuple[StationPart, ...]
    invariants: tuple[InvariantRow, ...]
    evidence: tuple[EvidenceRow, ...]
    versions: dict[str, str]

    @property
    def files(self) -> tuple[FileRow, ...]:
        """Of all chats."""
        return tuple(each for chat in self.chats for each in chat.files)

    @property
    def holds(self) -> bool:
        """Whether every invariant holds."""
        return all(each.holds for each in self.invariants)

    @property
    def mark(self) -> str:
        """The progress of each chat when this was read; it differs for a report that is outdated."""
        return ";".join(
            f"{chat.guid}:{len(chat.files)}:{sum(1 for each in chat.files if each.state == 'Stored')}"
            f":{sum(1 for each in chat.files if each.tone == 'failed')}"
            for chat in self.chats
        )

    def count(self, tone: Tone) -> int:
        """How many files ended so."""
        return sum(1 for each in self.files if each.tone == tone)
