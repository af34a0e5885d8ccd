"""The state machines, as tables. Documentation and tests read them; nothing else decides on a state change."""

from __future__ import annotations

from enum import StrEnum


class TransferState(StrEnum):
    """The states of a transfer. The last three are terminal until a person or a new event changes them."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SETTLED = "settled"
    PARKED = "parked"
    CANCELLED = "cancelled"


class AttachmentState(StrEnum):
    """The states of one attachment."""

    OPEN = "open"
    UPLOADING = "uploading"
    AMBIGUOUS = "ambiguous"
    STORED = "stored"
    SKIPPED = "skipped"
    PARKED = "parked"


class Outcome(StrEnum):
    """What became of a transfer as a whole. ``no_…`` and ``unknown_contact`` are normal ends, not errors."""

    STORED = "stored"
    NO_ATTACHMENTS = "no_attachments"
    NO_ACTIVITY = "no_activity"
    UNKNOWN_CONTACT = "unknown_contact"
    PARTLY_STORED = "partly_stored"
    FAILED = "failed"
    CANCELLED = "cancelled"


class WriteBackState(StrEnum):
    """How the write-back of a round's result ended. It is tried once per round."""

    WRITTEN = "written"
    FAILED = "failed"


TERMINAL_TRANSFER = frozenset({TransferState.SETTLED, TransferState.PARKED, TransferState.CANCELLED})
OPEN_TRANSFER = frozenset(TransferState) - TERMINAL_TRANSFER
TERMINAL_ATTACHMENT = frozenset({AttachmentState.STORED, AttachmentState.SKIPPED, AttachmentState.PARKED})

NEXT_TRANSFER: dict[TransferState, frozenset[TransferState]] = {
    TransferState.QUEUED: frozenset({TransferState.RUNNING, TransferState.CANCELLED}),
    TransferState.RUNNING: frozenset(
        {
            TransferState.QUEUED,  # an event arrived meanwhile: run again at once
            TransferState.WAITING,
            TransferState.SETTLED,
            TransferState.PARKED,
            TransferState.CANCELLED,
        }
    ),
    TransferState.WAITING: frozenset({TransferState.RUNNING, TransferState.QUEUED, TransferState.CANCELLED}),
    TransferState.SETTLED: frozenset({TransferState.QUEUED}),  # a later event of the same contact
    TransferState.PARKED: frozenset({TransferState.QUEUED, TransferState.CANCELLED}),  # redriven
    TransferState.CANCELLED: frozenset({TransferState.QUEUED}),
}

NEXT_ATTACHMENT: dict[AttachmentState, frozenset[AttachmentState]] = {
    AttachmentState.OPEN: frozenset(
        {
            AttachmentState.UPLOADING,
            AttachmentState.AMBIGUOUS,  # reopened with an intent still open, before the settle time is over
            AttachmentState.STORED,
            AttachmentState.SKIPPED,
            AttachmentState.PARKED,
        }
    ),
    AttachmentState.UPLOADING: frozenset(
        {
            AttachmentState.OPEN,  # refused before it was stored: another round
            AttachmentState.AMBIGUOUS,
            AttachmentState.STORED,
            AttachmentState.SKIPPED,
            AttachmentState.PARKED,
        }
    ),
    AttachmentState.AMBIGUOUS: frozenset(
        {
            AttachmentState.OPEN,
            AttachmentState.UPLOADING,
            AttachmentState.STORED,
            AttachmentState.SKIPPED,  # cancelled; its intent stays open
            AttachmentState.PARKED,
        }
    ),
    AttachmentState.STORED: frozenset(),
    AttachmentState.SKIPPED: frozenset(
        {
            AttachmentState.OPEN,  # a later event reopens it
            AttachmentState.STORED,  # cancelled while its upload was running, and stored nevertheless
        }
    ),
    AttachmentState.PARKED: frozenset({AttachmentState.OPEN}),
}


class IllegalMove(Exception):
    """A state change that the table does not allow: a defect of ours, not of an input."""


def move_transfer(old: TransferState, new: TransferState) -> TransferState:
    """Return ``new`` if the table allows it from ``old``."""
    if new is not old and new not in NEXT_TRANSFER[old]:
        raise IllegalMove(f"transfer: {old} -> {new}")
    return new


def move_attachment(old: AttachmentState, new: AttachmentState) -> AttachmentState:
    """Return ``new`` if the table allows it from ``old``."""
    if new is not old and new not in NEXT_ATTACHMENT[old]:
        raise IllegalMove(f"attachment: {old} -> {new}")
    return new
