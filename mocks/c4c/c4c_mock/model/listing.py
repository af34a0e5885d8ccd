"""All attachments of a tenant with digests: what a test compares with the source."""

from __future__ import annotations

from typing import Any, TypedDict

from c4c_mock.model.cti import stored_reference
from c4c_mock.model.edm import SERVICE_NAMES, UMBRELLA, services
from c4c_mock.model.rows import Row
from c4c_mock.tenant import C4CTenant


class StoredAttachment(TypedDict):
    """One stored attachment; ``sha256`` and ``sniffed_type`` are empty for a link."""

    object_id: str
    parent_object_id: str
    external_reference_id: str
    service: str
    name: str
    mime_type: str
    title: str
    size_bytes: int
    sha256: str
    sniffed_type: str
    created_on: str
    created_by: str


def attachments_of(tenant: C4CTenant) -> list[StoredAttachment]:
    """Every attachment in the order of creation, committed for readers or not yet."""
    sets = [s for s in services()[UMBRELLA].sets.values() if s.attachment]
    rows = [row for eset in sets for row in tenant.rows.stored(eset.name)]
    return [_listed(tenant, row) for row in sorted(rows, key=lambda r: r.created_at)]


def _listed(tenant: C4CTenant, row: Row) -> StoredAttachment:
    owner = tenant.rows.parent(row)
    text: dict[str, Any] = {n: row.values.get(n) or "" for n in ("Name", "MimeType", "Title")}
    return StoredAttachment(
        object_id=row.object_id,
        parent_object_id=row.parent_id or "",
        external_reference_id=stored_reference(tenant, owner) if owner else "",
        service=next(name for name in SERVICE_NAMES if row.eset.name in services()[name].sets),
        name=text["Name"],
        mime_type=text["MimeType"],
        title=text["Title"],
        size_bytes=row.blob.size_bytes if row.blob else 0,
        sha256=row.blob.sha256 if row.blob else "",
        sniffed_type=row.blob.sniffed_type if row.blob else "",
        created_on=row.created_at.isoformat().replace("+00:00", "Z"),
        created_by=row.created_by,
    )
