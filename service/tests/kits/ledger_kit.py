"""What tests of the ledger share: a queue that remembers, requests, and a look at every table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from attachment_transfer.core.model import Secrets, SourceAttachment, Transfer, TransferRequest
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.round_store import RoundStore

CONTACT = "5AB6E20342A6EE11B3ED58961D1810CC"
CMI_URL = "https://8h6b51di7x.execute-api.eu-central-1.amazonaws.com/acme/cmi"
C4C_URL = "https://my2554607.de1.crm.cloud.sap"
SECRETS = Secrets(cmi_api_key="Key-of-CMI-3141", cmi_password="Word-of-CMI-2718", c4c_password="Word-of-C4C-1618")
SECRET_TEXTS = ("Key-of-CMI-3141", "Word-of-CMI-2718", "Word-of-C4C-1618")
CALLER = "https://login.example/acme#client"


@dataclass
class Queue:
    """An ``Enqueue`` that remembers: (transfer id, round, delay in seconds). ``broken`` makes it raise."""

    rounds: list[tuple[str, int, float]] = field(default_factory=list)
    broken: bool = False

    def __call__(self, connection: sa.Connection, transfer: Transfer, delay_s: float) -> None:
        assert connection.in_transaction()
        if self.broken:
            raise RuntimeError("the queue is broken")
        self.rounds.append((transfer.id, transfer.round_no, delay_s))


def unsealed(store: RoundStore, transfer: Transfer) -> Secrets:
    return store.unseal(transfer, store.sealed(transfer))


def a_request(
    *,
    contact_id: str = CONTACT,
    cmi_url: str = CMI_URL,
    c4c_url: str = C4C_URL,
    secrets: Secrets = SECRETS,
    cmi_user: str = "transcript.user",
    c4c_user: str = "v1user",
) -> TransferRequest:
    return TransferRequest(
        contact_id=contact_id,
        cmi_url=cmi_url,
        cmi_user=cmi_user,
        c4c_url=c4c_url,
        c4c_user=c4c_user,
        secrets=secrets,
    )


def a_source(source_id: str, *, name: str = "photo.png", size_bytes: int | None = 5) -> SourceAttachment:
    return SourceAttachment(
        source_id=source_id,
        name=name,
        content_type="image/png",
        declared_size_bytes=size_bytes,
        href=f"chats/{CONTACT}/attachments/{source_id}",
        originator_type="customer",
    )


def counts(engine: sa.Engine) -> dict[str, int]:
    """How many rows each table of ours holds, without the schema's own."""
    with engine.connect() as connection:
        return {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
            if table is not tables.schema_version
        }


def rows(engine: sa.Engine, table: sa.Table) -> list[dict[str, Any]]:
    """All rows of one table, in the order of its primary key."""
    with engine.connect() as connection:
        query = sa.select(table).order_by(*table.primary_key.columns)
        return [dict(row) for row in connection.execute(query).mappings()]


def bytes_on_disk(database_file: Path) -> bytes:
    """Everything SQLite wrote: the database, its log and its shared memory."""
    return b"".join(file.read_bytes() for file in sorted(database_file.parent.glob(database_file.name + "*")))
