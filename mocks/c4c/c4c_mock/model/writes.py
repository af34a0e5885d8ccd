"""Creating, changing and deleting business objects under the rights that $metadata announces.

Rights are enforced as the C4C OData developer guide says (documented): a value for a property that is
not creatable is an error, or is ignored where the property is not nullable either (ObjectID, UUID of an attachment);
a differing value for one that is not updatable is an error; ETag and code descriptions are ignored on update.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from c4c_mock.model import attachments
from c4c_mock.model.access.users import C4CUser
from c4c_mock.model.edm import EntitySet, Property, entity_set
from c4c_mock.model.errors import BadRequest, Forbidden, MethodNotAllowed
from c4c_mock.model.payloads import EntityPayload
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.table import EntityTable
from c4c_mock.model.values import Value, unset
from mock_kit.journal.context import note
from mock_kit.tenants.clock import Clock
from mock_kit.tenants.ids import Ids
from mock_kit.tenants.spool import Blob

_IDENTITY = frozenset({"ParentObjectID", "ObjectID"})
COMPLETED = "3"
"""LifeCycleStatusCode / Status of a completed activity. Source: recorded payloads."""


class EntityWriter:
    """Writes the business objects of one tenant; ``switches`` is the tenant's dialect."""

    def __init__(self, rows: EntityTable, clock: Clock, ids: Ids, switches: Mapping[str, Any]) -> None:
        self.rows = rows
        self.clock = clock
        self.switches = switches
        self._ids = ids

    def create(self, payload: EntityPayload, parent: EntityRow | None, user: C4CUser) -> EntityRow:
        """Store a new object with all its parts, or nothing. Raises BadRequest, Forbidden, AttachmentRejected."""
        self.check_may_create(payload.eset, user)
        if parent is not None:
            self._check_parent_state(parent)
        for part in payload.family():
            _check_rights(part)
            if part.eset.attachment:
                attachments.check(part, self.switches)
        rows = self.new_rows(payload, parent.object_id if parent else None, user)
        self.rows.add(rows)
        for part in payload.family():
            for warning in attachments.warnings(part):
                note(warning.level, warning.code, warning.message)
        return rows[0]

    def check_may_create(self, eset: EntitySet, user: C4CUser) -> None:
        """Raises MethodNotAllowed for code lists, Forbidden where only a business user may create."""
        if eset.is_fixed:
            raise MethodNotAllowed(f"{eset.name} is read only", allow=("GET", "HEAD"))
        person_only = eset.interaction and not self.switches["technical_users_create_interactions"]
        if person_only and user.kind == "technical":
            raise Forbidden(
                f"User {user.name} may not create {eset.type_name}: only business users create interactions",
                hint="use POST /_mock/cti, a business user, or dialect technical_users_create_interactions",
            )

    def find_parent(self, payload: EntityPayload) -> EntityRow | None:
        """The parent that the body of a flat POST names in ParentObjectID; None for roots."""
        eset = payload.eset
        if not eset.parent:
            return None
        wanted = payload.values.get("ParentObjectID")
        if wanted and not self.switches["parent_object_id_creatable"]:
            raise BadRequest("Property ParentObjectID is not creatable", hint="POST to the parent's navigation instead")
        if not isinstance(wanted, str) or not wanted:
            raise BadRequest(f"Property ParentObjectID is missing: {eset.name} belongs to {eset.parent}")
        found = self.rows.get(eset.parent, wanted)
        if found is None:
            raise BadRequest(f"ParentObjectID {wanted}: no such {entity_set(eset.parent).type_name}")
        return found

    def _check_parent_state(self, parent: EntityRow) -> None:
        if self.switches["attach_to_completed"]:
            return
        status = parent.values.get("LifeCycleStatusCode", parent.values.get("Status"))
        if status == COMPLETED:
            raise BadRequest(f"{parent.eset.type_name} {parent.object_id} is completed and cannot be changed")

    def new_rows(self, payload: EntityPayload, parent_id: str | None, user: C4CUser) -> list[EntityRow]:
        """The rows of a payload and of its parts, not stored yet; an ObjectID in the payload is used.

        What a client sends as null is not set: it reads as unset, or as what follows from the row.
        """
        now = self.clock.now()
        given = _set(payload.values)
        values = {n: v for n, v in given.items() if n not in _IDENTITY and not _ignored(payload.eset, n)}
        if not payload.eset.parent and "ID" in payload.eset.properties and not values.get("ID"):
            values["ID"] = str(self._ids.number(payload.eset.name, 1_000_000))
        row = EntityRow(
            eset=payload.eset,
            object_id=str(payload.values.get("ObjectID") or self._ids.hex32("ObjectID")),
            parent_id=parent_id,
            values=values,
            created_at=now,
            created_by=user.name,
            visible_at=self._visible_from(now),
            contact=payload.contact,
        )
        rows = [row]
        for payloads in payload.children.values():
            for child in payloads:
                rows += self.new_rows(child, row.object_id, user)
        return rows

    def _visible_from(self, now: datetime) -> datetime:
        """When readers see what is written now (dialect ``commit_delay_s``, virtual seconds)."""
        return now + timedelta(seconds=float(self.switches["commit_delay_s"]))

    def update(self, row: EntityRow, payload: EntityPayload, user: C4CUser, *, replace: bool) -> None:
        """Change a row in place; ``replace`` (PUT) resets what the body does not name.

        Raises MethodNotAllowed for what no verb updates, BadRequest for a property that may not change.
        """
        self.check_may_update(row)
        if payload.children:
            raise BadRequest(f"Navigation {next(iter(payload.children))} cannot be updated together with its parent")
        properties = row.eset.properties
        changes = {n: v for n, v in payload.values.items() if not _ignored(row.eset, n)}
        for name, value in changes.items():
            self._check_change(row, properties[name], value)
        unchanged = {n: v for n, v in row.values.items() if not (replace and properties[n].updatable)}
        changed = {n: v for n, v in changes.items() if properties[n].updatable}
        self.rows.change(row, _set({**unchanged, **changed}), at=self.clock.now(), by=user.name)

    def check_may_update(self, row: EntityRow) -> None:
        """Raises MethodNotAllowed for code lists, and for attachments by dialect ``attachment_update_status``.

        With 400 the general rule holds for attachments: a differing value is an error, as no property is updatable.
        """
        status = int(self.switches["attachment_update_status"])
        if row.eset.attachment and status != BadRequest.status:
            message = f"{row.eset.name} cannot be updated: attachments are created, read and deleted"
            raise MethodNotAllowed(message, allow=("GET", "HEAD", "DELETE"), status=status)
        if row.eset.is_fixed:
            raise MethodNotAllowed(f"{row.eset.name} is read only", allow=("GET", "HEAD"))

    def _check_change(self, row: EntityRow, prop: Property, value: Value) -> None:
        if prop.name == "DocumentLink" and row.blob is not None:
            return  # written by the server: a link to the file
        sent = unset(prop) if value is None else value
        whole_seconds = not self.switches["update_compares_fractions"]
        if not prop.updatable and not _same(sent, self.rows.value(row, prop), whole_seconds=whole_seconds):
            raise BadRequest(f"Property {prop.name} of {row.eset.type_name} is not updatable")
        if prop.mandatory and prop.updatable and not value:
            raise BadRequest(f"Property {prop.name} of {row.eset.type_name} is mandatory")

    def delete(self, row: EntityRow) -> None:
        """Remove a row and its parts. Raises MethodNotAllowed for code lists."""
        if row.eset.is_fixed:
            raise MethodNotAllowed(f"{row.eset.name} is read only", allow=("GET", "HEAD"))
        self.rows.remove(row)


def _check_rights(payload: EntityPayload) -> None:
    for name, value in list(payload.values.items()):
        prop = payload.eset.properties[name]
        if not prop.creatable and not prop.nullable:
            del payload.values[name]
        elif not prop.creatable and value is not None:
            raise BadRequest(f"Property {name} of {payload.eset.type_name} is not creatable")
    required = [p.name for p in payload.eset.properties.values() if p.mandatory and p.creatable]
    missing = [name for name in required if not payload.values.get(name)]
    if missing and not payload.eset.attachment:
        raise BadRequest(f"Property {missing[0]} of {payload.eset.type_name} is mandatory")


def _set(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}


def _ignored(eset: EntitySet, name: str) -> bool:
    return name == "ETag" or bool(eset.properties[name].text_of)


def _same(sent: Value, stored: Value, *, whole_seconds: bool) -> bool:
    """Equal as far as the wire can tell: dates travel in milliseconds, files are compared by their digests.

    ``whole_seconds``: the fraction of a second does not count.
    """
    if isinstance(sent, datetime) and isinstance(stored, datetime):
        if whole_seconds:
            return sent.replace(microsecond=0) == stored.replace(microsecond=0)
        return abs(sent - stored) < timedelta(milliseconds=1)
    if isinstance(sent, Blob) and isinstance(stored, Blob):
        return sent.sha256 == stored.sha256
    return sent == stored
