"""Creating, changing and deleting business objects under the rights that $metadata announces.

Rights are enforced as the C4C OData developer guide says (documented): a value for a property that is
not creatable is an error, except ObjectID, which is ignored; a differing value for one that is not
updatable is an error; ETag and code descriptions are ignored on update.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from c4c_mock.model import attachments
from c4c_mock.model.access.users import User
from c4c_mock.model.edm import EntitySet, Property, entity_set
from c4c_mock.model.errors import BadRequest, Forbidden, NotAllowed
from c4c_mock.model.payloads import Draft
from c4c_mock.model.rows import Row
from c4c_mock.model.values import Value, unset
from c4c_mock.tenant import C4CTenant
from mock_kit.context import note

_PLACE = frozenset({"ParentObjectID", "ObjectID"})
COMPLETED = "3"
"""LifeCycleStatusCode / Status of a completed activity. Source: recorded payloads."""


def create(tenant: C4CTenant, draft: Draft, parent: Row | None, user: User) -> Row:
    """Store a new object with all its parts, or nothing. Raises BadRequest, Forbidden, Refused."""
    check_may_create(tenant, draft.eset, user)
    if parent is not None:
        _check_parent_state(tenant, parent)
    for part in draft.family():
        _check_rights(part)
        if part.eset.attachment:
            attachments.check(part, tenant.switches)
    rows = list(mint(tenant, draft, parent.object_id if parent else None, user))
    tenant.rows.add(rows)
    for part in draft.family():
        for odd in attachments.oddities(part):
            note(odd.level, odd.code, odd.message)
    return rows[0]


def check_may_create(tenant: C4CTenant, eset: EntitySet, user: User) -> None:
    """Raises NotAllowed for code lists, Forbidden where only a person may create."""
    if eset.is_fixed:
        raise NotAllowed(f"{eset.name} is read only", allow=("GET", "HEAD"))
    person_only = eset.interaction and not tenant.switches["technical_users_create_interactions"]
    if person_only and user.kind == "technical":
        raise Forbidden(
            f"User {user.name} may not create {eset.type_name}: only business users create interactions",
            hint="use POST /_mock/cti, a business user, or dialect technical_users_create_interactions",
        )


def find_parent(tenant: C4CTenant, draft: Draft) -> Row | None:
    """The parent that the body of a flat POST names in ParentObjectID; None for roots."""
    eset = draft.eset
    if not eset.parent:
        return None
    wanted = draft.values.get("ParentObjectID")
    if wanted and not tenant.switches["parent_object_id_creatable"]:
        raise BadRequest("Property ParentObjectID is not creatable", hint="POST to the parent's navigation instead")
    if not isinstance(wanted, str) or not wanted:
        raise BadRequest(f"Property ParentObjectID is missing: {eset.name} belongs to {eset.parent}")
    found = tenant.rows.get(eset.parent, wanted)
    if found is None:
        raise BadRequest(f"ParentObjectID {wanted}: no such {entity_set(eset.parent).type_name}")
    return found


def _check_parent_state(tenant: C4CTenant, parent: Row) -> None:
    if tenant.switches["attach_to_completed"]:
        return
    status = parent.values.get("LifeCycleStatusCode", parent.values.get("Status"))
    if status == COMPLETED:
        raise BadRequest(f"{parent.eset.type_name} {parent.object_id} is completed and cannot be changed")


def _check_rights(draft: Draft) -> None:
    for name, value in list(draft.values.items()):
        prop = draft.eset.properties[name]
        if prop.key:
            del draft.values[name]
        elif not prop.creatable and value is not None:
            raise BadRequest(f"Property {name} of {draft.eset.type_name} is not creatable")
    required = [p.name for p in draft.eset.properties.values() if p.mandatory and p.creatable]
    missing = [name for name in required if not draft.values.get(name)]
    if missing and not draft.eset.attachment:
        raise BadRequest(f"Property {missing[0]} of {draft.eset.type_name} is mandatory")


def mint(tenant: C4CTenant, draft: Draft, parent_id: str | None, user: User) -> list[Row]:
    """The rows of a draft and of its parts, not stored yet; an ObjectID in the draft is taken.

    What a client sends as null is not set: it reads as unset, or as what follows from the row.
    """
    now = tenant.clock.now()
    given = _set(draft.values)
    values = {n: v for n, v in given.items() if n not in _PLACE and not _ignored(draft.eset, n)}
    if not draft.eset.parent and "ID" in draft.eset.properties and not values.get("ID"):
        values["ID"] = str(tenant.ids.number(draft.eset.name, 1_000_000))
    row = Row(
        eset=draft.eset,
        object_id=str(draft.values.get("ObjectID") or tenant.ids.hex32("ObjectID")),
        parent_id=parent_id,
        values=values,
        created_at=now,
        created_by=user.name,
        visible_at=visible_from(tenant, now),
        contact=draft.contact,
    )
    rows = [row]
    for drafts in draft.children.values():
        for child in drafts:
            rows += mint(tenant, child, row.object_id, user)
    return rows


def _set(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None}


def visible_from(tenant: C4CTenant, now: datetime) -> datetime:
    """When readers see what is written now (dialect ``commit_delay_s``, virtual seconds)."""
    return now + timedelta(seconds=float(tenant.switches["commit_delay_s"]))


def update(tenant: C4CTenant, row: Row, draft: Draft, user: User, *, replace: bool) -> None:
    """Change a row in place; ``replace`` (PUT) resets what the body does not name.

    Raises NotAllowed for attachments and code lists, BadRequest for a property that may not change.
    """
    check_may_update(tenant, row)
    if draft.children:
        raise BadRequest(f"Navigation {next(iter(draft.children))} cannot be updated together with its parent")
    changes = {n: v for n, v in draft.values.items() if not _ignored(row.eset, n)}
    for name, value in changes.items():
        _check_change(tenant, row, row.eset.properties[name], value)
    kept = {n: v for n, v in row.values.items() if not (replace and row.eset.properties[n].updatable)}
    changed = {n: v for n, v in changes.items() if row.eset.properties[n].updatable}
    tenant.rows.change(row, _set({**kept, **changed}), at=tenant.clock.now(), by=user.name)


def check_may_update(tenant: C4CTenant, row: Row) -> None:
    """Raises NotAllowed for attachments and code lists, which no verb updates."""
    if row.eset.attachment:
        status = int(tenant.switches["attachment_update_status"])
        message = f"{row.eset.name} cannot be updated: attachments are created, read and deleted"
        raise NotAllowed(message, allow=("GET", "HEAD", "DELETE"), status=status)
    if row.eset.is_fixed:
        raise NotAllowed(f"{row.eset.name} is read only", allow=("GET", "HEAD"))


def _ignored(eset: EntitySet, name: str) -> bool:
    return name == "ETag" or bool(eset.properties[name].text_of)


def _check_change(tenant: C4CTenant, row: Row, prop: Property, value: Value) -> None:
    sent = unset(prop) if value is None else value
    if not prop.updatable and not _same(sent, tenant.rows.value(row, prop)):
        raise BadRequest(f"Property {prop.name} of {row.eset.type_name} is not updatable")
    if prop.mandatory and prop.updatable and not value:
        raise BadRequest(f"Property {prop.name} of {row.eset.type_name} is mandatory")


def _same(sent: Value, stored: Value) -> bool:
    """Equal as far as the wire can tell: dates travel in milliseconds."""
    if isinstance(sent, datetime) and isinstance(stored, datetime):
        return abs(sent - stored) < timedelta(milliseconds=1)
    return sent == stored


def delete(tenant: C4CTenant, row: Row) -> None:
    """Remove a row and its parts. Raises NotAllowed for code lists."""
    if row.eset.is_fixed:
        raise NotAllowed(f"{row.eset.name} is read only", allow=("GET", "HEAD"))
    tenant.rows.remove(row)
