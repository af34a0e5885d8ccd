"""The schema of the first release. A database that has it from before steps were counted is stamped with this one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, and the version: the release that made these tables by itself wrote 1."""
    _create_service_tables()
    _create_transfer()
    _create_secret()
    _create_attachment()
    _create_intent()
    _create_trail()
    op.execute("INSERT INTO ledger_schema (version) VALUES (1)")


def _create_service_tables() -> None:
    op.create_table(
        "ledger_schema", sa.Column("version", sa.Integer(), nullable=False), sa.PrimaryKeyConstraint("version")
    )
    op.create_table(
        "engine_lease",
        sa.Column("executor_id", sa.String(length=128), nullable=False),
        sa.Column("expires_at_s", sa.Float(), nullable=False),
        sa.Column("suspect_at_s", sa.Float()),
        sa.PrimaryKeyConstraint("executor_id"),
    )
    op.create_table(
        "purged",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("purged_at_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_purged_purged_at_s", "purged", ["purged_at_s"])
    op.create_table(
        "refused_credential",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("until_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )


def _create_transfer() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("cmi_url", sa.Text(), nullable=False),
        sa.Column("cmi_user", sa.Text(), nullable=False),
        sa.Column("c4c_url", sa.Text(), nullable=False),
        sa.Column("c4c_user", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=24)),
        sa.Column("reason_code", sa.String(length=64)),
        sa.Column("reason_message", sa.Text()),
        sa.Column("reason_remedy", sa.Text()),
        sa.Column("round_no", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("look_again", sa.Boolean(), nullable=False),
        sa.Column("activity_service", sa.Text()),
        sa.Column("activity_set", sa.Text()),
        sa.Column("activity_object_id", sa.Text()),
        sa.Column("created_at_s", sa.Float(), nullable=False),
        sa.Column("opened_at_s", sa.Float(), nullable=False),
        sa.Column("updated_at_s", sa.Float(), nullable=False),
        sa.Column("next_round_at_s", sa.Float()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("transfer_by_contact", "transfer", ["contact_id"])
    op.create_index("transfer_by_state", "transfer", ["state", "updated_at_s"])
    op.create_index("transfer_by_tenant", "transfer", ["state", "c4c_url", "opened_at_s"])


def _create_secret() -> None:
    op.create_table(
        "sealed_secret",
        sa.Column("transfer_id", sa.String(length=32), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("shred_at_s", sa.Float()),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("transfer_id"),
    )


def _create_attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("transfer_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("declared_size_bytes", sa.BigInteger()),
        sa.Column("href", sa.Text(), nullable=False),
        sa.Column("originator_type", sa.String(length=16), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("key", sa.String(length=24), nullable=False),
        sa.Column("target_name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason_code", sa.String(length=64)),
        sa.Column("reason_message", sa.Text()),
        sa.Column("reason_remedy", sa.Text()),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("sha256", sa.String(length=64)),
        sa.Column("c4c_object_id", sa.Text()),
        sa.Column("retry_at_s", sa.Float()),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("transfer_id", "source_id", name="attachment_once_per_transfer"),
    )
    op.create_index("ix_attachment_transfer_id", "attachment", ["transfer_id"])


def _create_intent() -> None:
    op.create_table(
        "upload_intent",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("attachment_id", sa.String(length=32), nullable=False),
        sa.Column("started_at_s", sa.Float(), nullable=False),
        sa.Column("deadline_at_s", sa.Float(), nullable=False),
        sa.Column("closed_at_s", sa.Float()),
        sa.Column("result", sa.String(length=16)),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachment.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_upload_intent_attachment_id", "upload_intent", ["attachment_id"])


def _create_trail() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("transfer_id", sa.String(length=32), nullable=False),
        sa.Column("received_at_s", sa.Float(), nullable=False),
        sa.Column("round_no", sa.Integer(), nullable=False),
        sa.Column("effect", sa.String(length=16), nullable=False),
        sa.Column("traceparent", sa.String(length=55)),
        sa.Column("tracestate", sa.Text()),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_event_transfer_id", "event", ["transfer_id"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("transfer_id", sa.String(length=32)),
        sa.Column("attachment_id", sa.String(length=32)),
        sa.Column("at_s", sa.Float(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=48), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_transfer_id", "audit", ["transfer_id"])
