"""The ledger's tables as this program uses them. Times are epoch seconds (UTC), sizes are bytes.

The ordered steps in ``migrations/`` create them; a test compares both.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

#: The version of a database at this program's newest step: which programs a database serves (``migrations``).
SCHEMA_VERSION = 1
#: Versions that this program works with. The later one is the next contracting step, which is prepared already: the
#: release after this one may take it while this program still runs.
UNDERSTOOD_VERSIONS = (SCHEMA_VERSION, 2)

metadata = MetaData()

schema_version = Table("ledger_schema", metadata, Column("version", Integer, primary_key=True))

transfer = Table(
    "transfer",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("caller", Text, nullable=False),
    Column("contact_id", String(32), nullable=False),
    Column("cmi_url", Text, nullable=False),
    Column("cmi_user", Text, nullable=False),
    Column("c4c_url", Text, nullable=False),
    Column("c4c_user", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("outcome", String(24)),
    Column("reason_code", String(64)),
    Column("reason_message", Text),
    Column("reason_remedy", Text),
    Column("round_no", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("look_again", Boolean, nullable=False),  # an event arrived while a round ran: Transfer.run_again
    Column("activity_service", Text),
    Column("activity_set", Text),
    Column("activity_object_id", Text),
    Column("created_at_s", Float, nullable=False),
    Column("opened_at_s", Float, nullable=False),  # when it was last opened: the age of open transfers counts from here
    Column("updated_at_s", Float, nullable=False),
    Column("next_round_at_s", Float),
    Column("write_back_round_no", Integer),  # the round whose result was written back last, or tried to be
    Column("write_back_state", String(16)),  # how that ended: core/states.py, WriteBackState
    Index("transfer_by_state", "state", "updated_at_s"),
    Index("transfer_by_contact", "contact_id"),
    Index("transfer_by_tenant", "state", "c4c_url", "opened_at_s"),
)

#: Every accepted request, also those that arrived during a running round. The trace context is the span that
#: accepted it; rounds are its children.
event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("transfer_id", ForeignKey("transfer.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("received_at_s", Float, nullable=False),
    Column("round_no", Integer, nullable=False),
    Column("effect", String(16), nullable=False),
    Column("traceparent", String(55)),
    Column("tracestate", Text),
)

sealed_secret = Table(
    "sealed_secret",
    metadata,
    Column("transfer_id", ForeignKey("transfer.id", ondelete="CASCADE"), primary_key=True),
    Column("key_id", String(64), nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("shred_at_s", Float),
)

attachment = Table(
    "attachment",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("transfer_id", ForeignKey("transfer.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("declared_size_bytes", BigInteger),
    Column("href", Text, nullable=False),
    Column("originator_type", String(16), nullable=False),
    Column("public", Boolean, nullable=False),
    Column("key", String(24), nullable=False),
    Column("target_name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason_code", String(64)),
    Column("reason_message", Text),
    Column("reason_remedy", Text),
    Column("size_bytes", BigInteger),
    Column("sha256", String(64)),
    Column("c4c_object_id", Text),
    Column("retry_at_s", Float),
    UniqueConstraint("transfer_id", "source_id", name="attachment_once_per_transfer"),
)

#: A row without ``closed_at_s``: an upload may exist at C4C that we have not seen.
upload_intent = Table(
    "upload_intent",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("attachment_id", ForeignKey("attachment.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("started_at_s", Float, nullable=False),
    Column("deadline_at_s", Float, nullable=False),
    Column("closed_at_s", Float),
    Column("result", String(16)),
)

#: Which executors (worker processes) live, on PostgreSQL. Times are the database's, epoch seconds.
engine_lease = Table(
    "engine_lease",
    metadata,
    Column("executor_id", String(128), primary_key=True),
    Column("expires_at_s", Float, nullable=False),
    Column("suspect_at_s", Float),
)

#: Credentials that a neighbour answered 401 to; the password only as a keyed digest.
refused_credential = Table(
    "refused_credential",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("until_s", Float, nullable=False),
)

#: Who did what. Rows without a transfer are about the service as a whole: purges, key rotations.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("transfer_id", ForeignKey("transfer.id", ondelete="CASCADE"), index=True),
    Column("attachment_id", String(32)),
    Column("at_s", Float, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(48), nullable=False),
    Column("detail", Text, nullable=False),
)

#: What remains of a purged transfer: its key, a digest. If the same contact's event comes again, the first
#: round lists C4C before it posts, so that no file is filed twice.
purged = Table(
    "purged",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("purged_at_s", Float, nullable=False, index=True),
)
