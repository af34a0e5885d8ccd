"""A transfer's attachments and their uploads, as a running round reads and writes them.

Every method is one transaction, safe to run twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from attachment_transfer.core.errors import OutcomeUnknown, Reason
from attachment_transfer.core.model import (
    Attachment,
    SourceAttachment,
    Transfer,
    UploadIntent,
)
from attachment_transfer.core.names import attachment_key, distinct_names, safe_name
from attachment_transfer.core.states import (
    TERMINAL_ATTACHMENT,
    AttachmentState,
    move_attachment,
)
from attachment_transfer.ledger import audit, tables
from attachment_transfer.ledger.accept import load_transfer
from attachment_transfer.ledger.database import reading, writing
from attachment_transfer.ledger.intents import ACKNOWLEDGED, UploadEnding, expect_earlier_uploads, expect_uploads
from attachment_transfer.ledger.rows import attachment_from, reason_columns, source_columns


class AttachmentStore:
    """Attachments and upload intents.

    Args:
        now_s: the clock, epoch seconds (virtual in the lab).
        distinct_names: a second file of the same name becomes ``name (2)``; else both have the same name.
    """

    def __init__(
        self, engine: sa.Engine, *, now_s: Callable[[], float], new_id: Callable[[], str], distinct_names: bool
    ) -> None:
        self._engine = engine
        self._now_s = now_s
        self._new_id = new_id
        self._distinct_names = distinct_names

    def attachments(self, transfer_id: str) -> list[Attachment]:
        """All attachments in the order of the chat."""
        query = (
            sa.select(tables.attachment)
            .where(tables.attachment.c.transfer_id == transfer_id)
            .order_by(tables.attachment.c.position)
        )
        with reading(self._engine) as connection:
            return [attachment_from(row) for row in connection.execute(query).mappings()]

    def attachment(self, attachment_id: str) -> Attachment:
        """Read one attachment."""
        query = sa.select(tables.attachment).where(tables.attachment.c.id == attachment_id)
        with reading(self._engine) as connection:
            return attachment_from(connection.execute(query).mappings().one())

    def note_sources(self, transfer: Transfer, sources: Sequence[SourceAttachment]) -> list[Attachment]:
        """Add the attachments that are new; known ones keep their state and name, and get their newest address.

        An address may be good for a while only. Returns all of them.
        """
        table = tables.attachment
        query = sa.select(table.c.source_id, table.c.target_name, table.c.href).where(
            table.c.transfer_id == transfer.id
        )
        with writing(self._engine) as connection:
            rows = connection.execute(query).all()
            known = {row.source_id: row.target_name for row in rows}
            addresses = {row.source_id: row.href for row in rows}
            for source in sources:
                if addresses.get(source.source_id, source.href) != source.href:
                    same = (table.c.transfer_id == transfer.id) & (table.c.source_id == source.source_id)
                    connection.execute(table.update().where(same).values(href=source.href, public=source.public))
            fresh = [source for source in sources if source.source_id not in known]
            names = [safe_name(source.name) for source in fresh]
            if self._distinct_names:
                names = distinct_names(names, taken=known.values())
            added = [
                self._new_row(transfer, source, name, len(known) + offset)
                for offset, (source, name) in enumerate(zip(fresh, names, strict=True))
            ]
            for row in added:
                connection.execute(tables.attachment.insert().values(**row))
            expect_earlier_uploads(connection, transfer.id, [row["id"] for row in added], now_s=self._now_s())
        return self.attachments(transfer.id)

    def _new_row(self, transfer: Transfer, source: SourceAttachment, name: str, position: int) -> dict[str, Any]:
        return {
            "id": self._new_id(),
            "transfer_id": transfer.id,
            "position": position,
            "key": _key(transfer, source),
            "target_name": name,
            "state": AttachmentState.OPEN,
            "tries": 0,
            "attempts": 0,
            **source_columns(source),
        }

    def renew(self, attachment: Attachment, source: SourceAttachment) -> Attachment | None:
        """Change an attachment that is known not to be at C4C to a newer version of its source, with a new key.

        Returns None, and changes nothing, if another attachment of the transfer has that version already.
        """
        table = tables.attachment
        with writing(self._engine) as connection:
            transfer = load_transfer(connection, attachment.transfer_id)
            same = sa.select(table.c.id).where(
                table.c.transfer_id == transfer.id, table.c.source_id == source.source_id
            )
            if connection.execute(same).first() is not None:
                return None
            columns = {**source_columns(source), "key": _key(transfer, source)}
            connection.execute(self._change_attachment(attachment.id, **columns))
            self._audit(connection, transfer.id, attachment.id, "renewed", source.source_id)
        return self.attachment(attachment.id)

    def open_intent(self, attachment_id: str) -> UploadIntent | None:
        """The upload whose outcome is not known, if any."""
        table = tables.upload_intent
        query = (
            sa.select(table)
            .where(table.c.attachment_id == attachment_id, table.c.closed_at_s.is_(None))
            .order_by(table.c.id.desc())
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return UploadIntent(
            id=row["id"],
            attachment_id=row["attachment_id"],
            started_at_s=row["started_at_s"],
            deadline_at_s=row["deadline_at_s"],
            acknowledged=row["result"] == ACKNOWLEDGED,
        )

    def expect_uploads(self, attachment_ids: Sequence[str]) -> None:
        """Record that these were seen at C4C: an old open intent makes the next step list and adopt."""
        if not attachment_ids:
            return  # the usual case; a round must not take the write lock for it
        with writing(self._engine) as connection:
            expect_uploads(connection, attachment_ids, ended_at_s=0.0)

    def begin_upload(self, attachment_id: str, *, deadline_at_s: float) -> UploadIntent:
        """Write the intent before the first byte is sent: after a crash from here on the outcome is unknown.

        Raises :class:`OutcomeUnknown` if another round uploads this attachment or has ended it: a cancelled round's
        last step, or a worker that was declared dead, may still be running.
        """
        now_s = self._now_s()
        with writing(self._engine) as connection:
            attachment = _current(connection, attachment_id)
            if attachment.state in TERMINAL_ATTACHMENT or _has_open_intent(connection, attachment_id):
                raise OutcomeUnknown("another round is uploading this attachment")
            intent_id = connection.execute(
                tables.upload_intent.insert()
                .values(attachment_id=attachment.id, started_at_s=now_s, deadline_at_s=deadline_at_s)
                .returning(tables.upload_intent.c.id)
            ).scalar_one()
            connection.execute(
                self._change_attachment(
                    attachment.id,
                    state=move_attachment(attachment.state, AttachmentState.UPLOADING),
                    attempts=attachment.attempts + 1,
                )
            )
        return UploadIntent(id=intent_id, attachment_id=attachment.id, started_at_s=now_s, deadline_at_s=deadline_at_s)

    def end_upload(self, intent: UploadIntent, ending: UploadEnding) -> None:
        """Record the end of an upload. The settle time begins now.

        Args:
            ending: ``refused``: C4C definitely did not store the file, and the intent is closed; ``acknowledged``: C4C
                answered that it did; ``unknown``: no answer says which.
        """
        now_s = self._now_s()
        table = tables.upload_intent
        values: dict[str, Any] = {"deadline_at_s": min(now_s, intent.deadline_at_s)}
        if ending == "refused":
            values = {"closed_at_s": now_s, "result": "refused"}
        elif ending == ACKNOWLEDGED:
            values["result"] = ACKNOWLEDGED
        with writing(self._engine) as connection:
            connection.execute(
                table.update().where(table.c.id == intent.id, table.c.closed_at_s.is_(None)).values(**values)
            )

    def close_intents(self, attachment_id: str, result: str) -> None:
        """``result``: ``absent`` (C4C was listed, it is not there), ``stored`` or ``adopted``."""
        with writing(self._engine) as connection:
            connection.execute(_closing(attachment_id, result, self._now_s()))

    def stored(
        self, attachment: Attachment, *, object_id: str, size_bytes: int | None, sha256: str | None, how: str
    ) -> None:
        """The attachment is at C4C and verified. ``how``: ``stored`` or ``adopted``."""
        with writing(self._engine) as connection:
            connection.execute(_closing(attachment.id, how, self._now_s()))
            found = {"c4c_object_id": object_id, "size_bytes": size_bytes, "sha256": sha256}
            self._move(connection, attachment, AttachmentState.STORED, None, **found)
            self._audit(connection, attachment.transfer_id, attachment.id, how, f"object {object_id}")

    def put_off(self, attachment: Attachment, state: AttachmentState, reason: Reason, *, retry_at_s: float) -> None:
        """Try this attachment again, not before ``retry_at_s``."""
        with writing(self._engine) as connection:
            self._move(connection, attachment, state, reason, tries=attachment.tries + 1, retry_at_s=retry_at_s)

    def park(self, attachment: Attachment, reason: Reason) -> None:
        """This attachment needs a person. An intent whose outcome is unknown stays open: a redrive lists C4C first."""
        with writing(self._engine) as connection:
            self._move(connection, attachment, AttachmentState.PARKED, reason)
            self._audit(connection, attachment.transfer_id, attachment.id, "parked", reason.code)

    def skip(self, attachment: Attachment, reason: Reason) -> None:
        """The attachment is not to be carried: a good end, recorded with its reason."""
        with writing(self._engine) as connection:
            self._move(connection, attachment, AttachmentState.SKIPPED, reason)
            self._audit(connection, attachment.transfer_id, attachment.id, "skipped", reason.code)

    def park_the_rest(self, transfer_id: str, example: Attachment) -> None:
        """Park every attachment that is still open with the reason of ``example``: none of them is tried again."""
        if example.reason is None:
            return
        for attachment in self.attachments(transfer_id):
            if attachment.state not in TERMINAL_ATTACHMENT:
                self.park(attachment, example.reason)

    def _move(
        self,
        connection: sa.Connection,
        attachment: Attachment,
        state: AttachmentState,
        reason: Reason | None,
        **values: Any,
    ) -> None:
        """Change the state, where the table of states allows it, and the reason with it."""
        columns = {"retry_at_s": None, **reason_columns(reason), **values}
        connection.execute(
            self._change_attachment(attachment.id, state=move_attachment(attachment.state, state), **columns)
        )

    def _change_attachment(self, attachment_id: str, **values: Any) -> sa.Update:
        return tables.attachment.update().where(tables.attachment.c.id == attachment_id).values(**values)

    def _audit(
        self, connection: sa.Connection, transfer_id: str, attachment_id: str | None, action: str, detail: str
    ) -> None:
        audit.note(
            connection,
            action,
            detail,
            actor=audit.WORKER,
            at_s=self._now_s(),
            transfer_id=transfer_id,
            attachment_id=attachment_id,
        )


def _current(connection: sa.Connection, attachment_id: str) -> Attachment:
    query = sa.select(tables.attachment).where(tables.attachment.c.id == attachment_id).with_for_update()
    return attachment_from(connection.execute(query).mappings().one())


def _has_open_intent(connection: sa.Connection, attachment_id: str) -> bool:
    table = tables.upload_intent
    query = sa.select(table.c.id).where(table.c.attachment_id == attachment_id, table.c.closed_at_s.is_(None))
    return connection.execute(query).first() is not None


def _key(transfer: Transfer, source: SourceAttachment) -> str:
    return attachment_key(cmi_url=transfer.cmi_url, contact_id=transfer.contact_id, source_id=source.source_id)


def _closing(attachment_id: str, result: str, now_s: float) -> sa.Update:
    table = tables.upload_intent
    return (
        table.update()
        .where(table.c.attachment_id == attachment_id, table.c.closed_at_s.is_(None))
        .values(closed_at_s=now_s, result=result)
    )
