"""The records that modules pass to each other. Frozen; a step takes one and returns a new one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from attachment_transfer.core.errors import Reason
from attachment_transfer.core.states import AttachmentState, Outcome, TransferState


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """The three secrets of one request. They never appear in a repr."""

    cmi_api_key: str = field(repr=False)
    cmi_password: str = field(repr=False)
    c4c_password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class TransferRequest:
    """One accepted "this chat has ended" message, already checked.

    Attributes:
        contact_id: Contact Pro's group id, 32 upper-case hex.
        cmi_url: ``https://host/tenant/cmi``, no trailing slash.
        c4c_url: ``https://host``, no path.

    Source: ``contract_tests/attachment_contract/schemas/chat_attachments_request.v1.schema.json``
    """

    contact_id: str
    cmi_url: str
    cmi_user: str
    c4c_url: str
    c4c_user: str
    secrets: Secrets = field(repr=False)

    def key(self, caller: str) -> str:
        """What makes two messages the same transfer: caller, both neighbours, contact."""
        text = "\n".join((caller, self.cmi_url, self.c4c_url, self.contact_id))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class ActivityRef:
    """The C4C object that the files are attached to.

    Attributes:
        service: OData service, e.g. ``chatactivity``.
        entity_set: e.g. ``ChatActivityCollection``.
        object_id: C4C's ObjectID of the activity.
    """

    service: str
    entity_set: str
    object_id: str


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """One transfer as the ledger stores it. Times are epoch seconds, UTC.

    Attributes:
        tries: failed attempts of the round's common part (history, activity) with the present reason.
        run_again: an event arrived while a round was running.
        next_round_at_s: when the waiting round is due, or None.
    """

    id: str
    caller: str
    contact_id: str
    cmi_url: str
    cmi_user: str
    c4c_url: str
    c4c_user: str
    state: TransferState
    outcome: Outcome | None
    reason: Reason | None
    round_no: int
    tries: int
    run_again: bool
    activity: ActivityRef | None
    created_at_s: float
    updated_at_s: float
    next_round_at_s: float | None

    @property
    def tenant(self) -> str:
        """The C4C host: what the queue is partitioned by, because C4C limits threads per tenant."""
        return urlsplit(self.c4c_url).hostname or "unknown"


#: The prefix of transcripts' source ids. The reader of CMI's documents renames any id of CMI's that has it.
TRANSCRIPT_PREFIX = "transcript:"


@dataclass(frozen=True, kw_only=True)
class SourceAttachment:
    """One file of a chat as CMI lists it, or the chat's transcript, which the service makes itself.

    Attributes:
        source_id: CMI's id of the attachment.
        name: as the customer's device sent it; may contain path or direction characters.
        declared_size_bytes: as listed; never trusted for allocation.
        href: where its bytes are: absolute, or relative to ``cmi_url``.
        public: True if ``href`` is fetched without credentials.
    """

    source_id: str
    name: str
    content_type: str
    declared_size_bytes: int | None
    href: str
    originator_type: str
    public: bool = False

    @property
    def is_transcript(self) -> bool:
        """True for the text that the service makes of the chat's messages; no id of CMI's has this prefix."""
        return self.source_id.startswith(TRANSCRIPT_PREFIX)


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """One attachment of a transfer as the ledger stores it.

    Attributes:
        key: deterministic; travels to C4C so that our upload can be found again.
        target_name: the sanitised name that C4C gets.
        retry_at_s: not before this time, epoch seconds.
    """

    id: str
    transfer_id: str
    source: SourceAttachment
    key: str
    target_name: str
    state: AttachmentState
    tries: int
    attempts: int
    reason: Reason | None
    size_bytes: int | None
    sha256: str | None
    c4c_object_id: str | None
    retry_at_s: float | None


@dataclass(frozen=True, kw_only=True)
class C4cObject:
    """One attachment as C4C lists it. ``size_bytes`` is C4C's SizeInkB, which is in bytes."""

    object_id: str
    name: str | None
    title: str | None
    size_bytes: int | None


@dataclass(frozen=True, kw_only=True)
class UploadIntent:
    """Written before each POST: from here on the upload may exist at C4C, whatever is answered.

    Attributes:
        deadline_at_s: hard end of the POST, or its real end where that is known, epoch seconds; the settle time begins
            here.
        acknowledged: C4C answered that it created the object.
    """

    id: int
    attachment_id: str
    started_at_s: float
    deadline_at_s: float
    acknowledged: bool = False
