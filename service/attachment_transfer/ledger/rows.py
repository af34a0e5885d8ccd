"""From rows to records and back. The only place that knows column names of both."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from attachment_transfer.core.errors import Reason
from attachment_transfer.core.model import ActivityRef, Attachment, SourceAttachment, Transfer
from attachment_transfer.core.states import AttachmentState, Outcome, TransferState


def transfer_from(row: sa.RowMapping) -> Transfer:
    """One row of ``transfer`` as a record."""
    activity = None
    if row["activity_object_id"] is not None:
        activity = ActivityRef(
            service=row["activity_service"],
            entity_set=row["activity_set"],
            object_id=row["activity_object_id"],
        )
    return Transfer(
        id=row["id"],
        caller=row["caller"],
        contact_id=row["contact_id"],
        cmi_url=row["cmi_url"],
        cmi_user=row["cmi_user"],
        c4c_url=row["c4c_url"],
        c4c_user=row["c4c_user"],
        state=TransferState(row["state"]),
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        reason=_reason_from(row),
        round_no=row["round_no"],
        tries=row["tries"],
        run_again=bool(row["look_again"]),
        activity=activity,
        created_at_s=row["created_at_s"],
        updated_at_s=row["updated_at_s"],
        next_round_at_s=row["next_round_at_s"],
    )


def attachment_from(row: sa.RowMapping) -> Attachment:
    """One row of ``attachment`` as a record."""
    source = SourceAttachment(
        source_id=row["source_id"],
        name=row["name"],
        content_type=row["content_type"],
        declared_size_bytes=row["declared_size_bytes"],
        href=row["href"],
        originator_type=row["originator_type"],
        public=bool(row["public"]),
    )
    return Attachment(
        id=row["id"],
        transfer_id=row["transfer_id"],
        source=source,
        key=row["key"],
        target_name=row["target_name"],
        state=AttachmentState(row["state"]),
        tries=row["tries"],
        attempts=row["attempts"],
        reason=_reason_from(row),
        size_bytes=row["size_bytes"],
        sha256=row["sha256"],
        c4c_object_id=row["c4c_object_id"],
        retry_at_s=row["retry_at_s"],
    )


def source_columns(source: SourceAttachment) -> dict[str, Any]:
    """The columns of ``attachment`` that describe its source."""
    return {
        "source_id": source.source_id,
        "name": source.name,
        "content_type": source.content_type,
        "declared_size_bytes": source.declared_size_bytes,
        "href": source.href,
        "originator_type": source.originator_type,
        "public": source.public,
    }


def reason_columns(reason: Reason | None) -> dict[str, Any]:
    """The three reason columns; all None clears them."""
    return {
        "reason_code": reason.code if reason else None,
        "reason_message": reason.message if reason else None,
        "reason_remedy": reason.remedy if reason else None,
    }


def _reason_from(row: sa.RowMapping) -> Reason | None:
    if row["reason_code"] is None:
        return None
    return Reason(code=row["reason_code"], message=row["reason_message"], remedy=row["reason_remedy"])
