"""What reconciliation compares: plain records of what each hop has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from attachment_lab.reconciliation.file_trace import FileExchange
from attachment_lab.reconciliation.traffic import ChangeRecord, CredentialRecord, NeighbourRequest
from attachment_lab.tenant.service_api import TransferRecord

#: Whether C4C must, may or must not hold a file in the end.
Storing = Literal["must", "may", "must_not"]


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """An attachment as the customer sent it.

    Attributes:
        size_bytes, sha256: of the customer's bytes before any fault: computed by the lab's conversation where this
            process sent them, by CMI's mock at the upload otherwise.
        content_type: as the sender's device declared it; empty where it is not known.
        sniffed_type: MIME type by the customer's bytes; empty where it was not determined.
        cmi_size_bytes, cmi_sha256: of what CMI has, where the lab computed its own; None otherwise.
    """

    chat: str
    id: str
    name: str
    size_bytes: int
    sha256: str
    content_type: str = ""
    sniffed_type: str = ""
    cmi_size_bytes: int | None = None
    cmi_sha256: str | None = None

    def equals(self, stored: C4cFile) -> bool:
        """Whether C4C's object has the customer's bytes."""
        return (self.size_bytes, self.sha256) == (stored.size_bytes, stored.sha256)


@dataclass(frozen=True, kw_only=True)
class C4cFile:
    """An attachment object in C4C.

    Attributes:
        external_reference: of its activity; the chat's guid.
        created_by: the C4C user; only the technical user's objects are the service's.
        mime_type, title: as they are stored; empty where they are not known.
        sniffed_type: MIME type by the bytes in C4C; empty where it was not determined.
    """

    object_id: str
    external_reference: str | None
    name: str
    size_bytes: int
    sha256: str
    created_by: str | None = None
    sniffed_type: str = ""
    mime_type: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class DeliveryRecord:
    """One attempt of Contact Pro to deliver an event to the service.

    Attributes:
        state: pending, delivered, failed or not_sent.
        transfer_id: from the service's Location header, None when there was none.
        token_flaw: the kind of bad token that it was sent with, planned for the issuer; None for a good one.
        token_use: fetched, cached or refreshed; None when no token was needed or none was given.
        fired_at: when the event engine received the event; finished_at: when it had its answer; RFC 3339.
        evidence: ids of Contact Pro's behaviours that the delivery used.
        answer: the start of the answer's body, masked; empty without an answer.
    """

    id: str
    event_id: str
    event: str
    chat: str | None
    state: str
    status: int | None = None
    error: str | None = None
    transfer_id: str | None = None
    duration_ms: float | None = None
    url: str | None = None
    token_use: str | None = None
    token_flaw: str | None = None
    fired_at: str | None = None
    finished_at: str | None = None
    redelivery_of: str | None = None
    evidence: tuple[str, ...] = ()
    answer: str = ""

    @property
    def was_sent_again(self) -> bool:
        """Whether the event engine answered a 401 with a fresh token and the same request."""
        return self.token_use == "refreshed"  # noqa: S105 - how the token was got, no secret


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A secret found where none may be; ``what`` is the secret's name, never its value."""

    what: str
    where: str


@dataclass(frozen=True, kw_only=True)
class ExpectedOutcome:
    """Whether C4C must hold a file in the end; ``why``: a clause that follows "because"."""

    storing: Storing
    why: str = ""


#: A file that keeps the documented policy, of a chat that has an activity.
MUST_BE_STORED = ExpectedOutcome(
    storing="must", why="it keeps the documented policy, and the chat's event was accepted"
)
REPORTED = ExpectedOutcome(storing="may", why="the service reports its outcome with a reason")


@dataclass(frozen=True, kw_only=True)
class ChainRecords:
    """What the four hops have of one tenant at one moment.

    Attributes:
        transfers: the service's own view; None = it is not visible, as for an implementation without our status API.
        expected: by a source file's id, where the scenario or the policy decides its outcome.
        chats_in_c4c: external references of all activities; None = they were not read.
        other_sources, other_objects: of the tenant's other chats, to recognise what lies in the wrong one.
        requests: of the service to CMI and C4C, by the technical users, oldest first; all chats.
        credentials: in requests to CMI, C4C and hosts that no tenant has.
        changes: attempts to change or delete something in C4C.
        kept_secrets: ids of transfers that have ended and whose sealed secrets still lie in the service's database.
        exchanges: of the journals, those that show where wrong bytes come from; empty when no bytes are wrong.
    """

    sources: tuple[SourceFile, ...] = ()
    deliveries: tuple[DeliveryRecord, ...] = ()
    transfers: tuple[TransferRecord, ...] | None = ()
    objects: tuple[C4cFile, ...] = ()
    leaks: tuple[Leak, ...] = ()
    technical_user: str | None = None
    expected: Mapping[str, ExpectedOutcome] = field(default_factory=dict)
    chats_in_c4c: frozenset[str] | None = None
    other_sources: tuple[SourceFile, ...] = ()
    other_objects: tuple[C4cFile, ...] = ()
    requests: tuple[NeighbourRequest, ...] = ()
    credentials: tuple[CredentialRecord, ...] = ()
    changes: tuple[ChangeRecord, ...] = ()
    kept_secrets: tuple[str, ...] = ()
    exchanges: tuple[FileExchange, ...] = ()

    @property
    def known_transfers(self) -> tuple[TransferRecord, ...]:
        """The service's own view; empty where it is not visible."""
        return self.transfers or ()

    def expectation(self, source: SourceFile) -> ExpectedOutcome:
        """What must become of a file. Without the service's own view each file that can be stored must be stored."""
        if source.id in self.expected:
            return self.expected[source.id]
        if self.chats_in_c4c is not None and source.chat not in self.chats_in_c4c:
            return ExpectedOutcome(storing="may", why="C4C has no activity for its chat")
        return MUST_BE_STORED if self.transfers is None else REPORTED

    def of_chat(self, *chats: str) -> ChainRecords:
        """The records of these chats alone; what concerns secrets, changes and pace is kept for every chat."""
        known = self.transfers
        return replace(
            self,
            sources=tuple(each for each in self.sources if each.chat in chats),
            deliveries=tuple(each for each in self.deliveries if each.chat in chats),
            transfers=None if known is None else tuple(each for each in known if each.chat in chats),
            objects=tuple(each for each in self.objects if each.external_reference in chats),
            other_sources=self.other_sources + tuple(each for each in self.sources if each.chat not in chats),
            other_objects=self.other_objects
            + tuple(each for each in self.objects if each.external_reference not in chats),
        )


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One broken invariant: the file (or chat), the hop where it broke, the fact with its cause, and what to do."""

    invariant: str
    file: str
    hop: str
    fact: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.fact}"

    @property
    def sentence(self) -> str:
        """With the hop: ``CMI → service: contract.pdf: C4C holds …``."""
        return str(self) if self.hop == self.file else f"{self.hop}: {self}"


@dataclass(frozen=True, kw_only=True)
class ReconciliationVerdict:
    """What reconciliation found."""

    violations: tuple[Violation, ...] = ()
    records: ChainRecords = field(default_factory=ChainRecords)

    @property
    def ok(self) -> bool:
        """Whether every invariant holds."""
        return not self.violations
