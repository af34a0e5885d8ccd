"""The transfer resource: what the status API and the command line show of a transfer."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from attachment_transfer.core.answers.sniffing import UNKNOWN
from attachment_transfer.core.errors import Reason
from attachment_transfer.core.model import Attachment, Transfer
from attachment_transfer.core.states import TERMINAL_TRANSFER, Outcome, TransferState


def as_json(transfer: Transfer, attachments: list[Attachment] | None = None) -> dict[str, Any]:
    """The transfer resource. No URL, user or secret is in it: an administrator may show it on an agent's screen."""
    activity = transfer.activity
    answer: dict[str, Any] = {
        "id": transfer.id,
        "state": transfer.state,
        "outcome": transfer.outcome,
        "terminal": transfer.state in TERMINAL_TRANSFER,
        "contact_id": transfer.contact_id,
        "rounds": transfer.round_no,
        "created_at": rfc3339(transfer.created_at_s),
        "updated_at": rfc3339(transfer.updated_at_s),
        "next_round_at": rfc3339(transfer.next_round_at_s),
        "reason": _reason_json(transfer.reason),
        "activity": (
            {"service": activity.service, "set": activity.entity_set, "object_id": activity.object_id}
            if activity
            else None
        ),
    }
    if attachments is not None:
        answer["attachments"] = [_attachment_json(item) for item in attachments]
    return answer


def result_json(
    transfer: Transfer,
    attachments: list[Attachment],
    state: TransferState,
    outcome: Outcome,
    reason: Reason | None,
) -> dict[str, Any]:
    """What is written back to Contact Pro: small, without names, URLs or secrets."""
    counts = Counter(str(item.state) for item in attachments)
    return {
        "transfer_id": transfer.id,
        "round": transfer.round_no,
        "state": str(state),
        "outcome": str(outcome),
        "stored": counts["stored"],
        "skipped": counts["skipped"],
        "parked": len(attachments) - counts["stored"] - counts["skipped"],
        "reason": reason.code if reason else None,
        "activity_object_id": transfer.activity.object_id if transfer.activity else None,
    }


def _attachment_json(item: Attachment) -> dict[str, Any]:
    return {
        "id": item.id,
        "cmi_attachment_id": item.source.source_id,
        "name": item.source.name,
        "stored_name": item.target_name,
        "content_type": item.source.content_type or UNKNOWN,
        "size_bytes": item.size_bytes if item.size_bytes is not None else item.source.declared_size_bytes,
        "sha256": item.sha256,
        "state": item.state,
        "reason": _reason_json(item.reason),
        "c4c_object_id": item.c4c_object_id,
        "attempts": item.attempts,
        "retry_at": rfc3339(item.retry_at_s),
    }


def _reason_json(reason: Reason | None) -> dict[str, str] | None:
    return None if reason is None else {"code": reason.code, "message": reason.message, "remedy": reason.remedy}


def rfc3339(epoch_s: float | None) -> str | None:
    """Epoch seconds as RFC 3339 in UTC with milliseconds, or None."""
    if epoch_s is None:
        return None
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
