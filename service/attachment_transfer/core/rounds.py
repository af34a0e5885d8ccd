"""What follows a round: run again, wait, settle or park. Pure, so that every case is a one-line test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attachment_transfer.core.errors import Reason
from attachment_transfer.core.model import Attachment
from attachment_transfer.core.states import TERMINAL_ATTACHMENT, AttachmentState, Outcome


@dataclass(frozen=True)
class RunNow:
    """An event arrived while the round ran: run again at once."""


@dataclass(frozen=True)
class RunLater:
    """Something is to be tried again after ``delay_s`` seconds; no thread waits for it."""

    delay_s: float
    reason: Reason | None


@dataclass(frozen=True)
class Settle:
    """Everything reached a good end; the secrets are shredded."""

    outcome: Outcome


@dataclass(frozen=True)
class Park:
    """Something needs a person; the secrets are kept for the redrive time."""

    outcome: Outcome
    reason: Reason


NextStep = RunNow | RunLater | Settle | Park


def after_attachments(attachments: Sequence[Attachment], *, run_again: bool, now_s: float) -> NextStep:
    """Decide what follows a round whose common part (history, activity) went well."""
    if run_again:
        return RunNow()
    unfinished = [a for a in attachments if a.state not in TERMINAL_ATTACHMENT]
    if unfinished:
        # Attachments that were not tried have no retry time: they are tried after those that have one.
        due = [a.retry_at_s for a in unfinished if a.retry_at_s is not None]
        delay_s = max(0.0, min(due) - now_s) if due else 0.0
        return RunLater(delay_s, next((a.reason for a in unfinished if a.reason), None))
    return _settled(attachments)


def _settled(attachments: Sequence[Attachment]) -> NextStep:
    parked = [a for a in attachments if a.state is AttachmentState.PARKED]
    stored = [a for a in attachments if a.state is AttachmentState.STORED]
    if not attachments:
        return Settle(Outcome.NO_ATTACHMENTS)
    if not parked:
        return Settle(Outcome.STORED if stored else Outcome.NO_ATTACHMENTS)
    outcome = Outcome.PARTLY_STORED if stored else Outcome.FAILED
    first = parked[0].reason or Reason(code="internal", message="parked without a reason", remedy="See the log.")
    message = f"{len(parked)} of {len(attachments)} attachments parked; first: {first.message}"
    return Park(outcome, Reason(code=first.code, message=message, remedy=first.remedy))
