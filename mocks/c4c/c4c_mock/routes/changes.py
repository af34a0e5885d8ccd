"""POST, PUT, PATCH, MERGE, DELETE on entities."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from c4c_mock.evidence import seen
from c4c_mock.model import attachments
from c4c_mock.model.edm import EntitySet
from c4c_mock.model.errors import BadRequest, MethodNotAllowed, NotBuilt, PreconditionFailed
from c4c_mock.model.locks import WriteLock
from c4c_mock.model.payloads import EntityPayload
from c4c_mock.model.rows import EntityRow
from c4c_mock.routes.call import ODataCall, ODataReply
from c4c_mock.routes.reads import entity_reply, names_etag
from c4c_mock.routes.resource import Resource
from c4c_mock.wire.atom_in import AtomBody
from c4c_mock.wire.base64_stream import Base64Writer
from c4c_mock.wire.json_in import JsonBody
from c4c_mock.wire.literals import etag_of
from c4c_mock.wire.shape import shape_of
from mock_kit.journal.context import note
from mock_kit.tenants.spool import Blob

_READ_VERBS = ("GET", "HEAD")
_WRITE_VERBS = ("POST", "PUT", "PATCH", "MERGE", "DELETE")


def change(call: ODataCall, resource: Resource) -> ODataReply:
    """Answer a modifying request on ``resource``."""
    if call.method not in _WRITE_VERBS:
        raise MethodNotAllowed(f"{call.method[:20]} is no method of OData", allow=(*_READ_VERBS, *_WRITE_VERBS))
    if resource.kind in {"property", "value", "links"}:
        raise NotBuilt(f"{call.method} on a single property or on $links is not built in this mock")
    if resource.kind == "set":
        if call.method != "POST":
            raise MethodNotAllowed(f"{call.method} needs a key", allow=(*_READ_VERBS, "POST"))
        return _create(call, resource)
    if resource.kind != "entity" or call.method == "POST":
        allow = (*_READ_VERBS, "PUT", "PATCH", "MERGE", "DELETE") if resource.kind == "entity" else _READ_VERBS
        raise MethodNotAllowed(f"{call.method} is not allowed on this resource", allow=allow)
    return _delete(call, resource) if call.method == "DELETE" else _update(call, resource)


def note_change(call: ODataCall, method: str, path: str) -> None:
    """Note in the journal who tried to change or delete what exists. A batch hides it from the address."""
    if method not in (*_READ_VERBS, "POST"):
        inside = "$batch: " if call.in_batch or call.path.startswith("$batch") else ""
        note("info", "change", f"{call.user.name}: {inside}{method} {path}")


def _create(call: ODataCall, resource: Resource) -> ODataReply:
    assert resource.eset is not None
    call.check_body()
    call.tenant.writer.check_may_create(resource.eset, call.user)
    with call.locking() as lock:
        if resource.owner is not None:
            lock.add(call.tenant.rows.root_id(resource.owner))
        with received(call, resource.eset, lock if resource.owner is None else None) as payload:
            parent = _parent_of(call, resource, payload)
            if parent is not None:
                lock.add(call.tenant.rows.root_id(parent))
            row = call.tenant.writer.create(payload, parent, call.user)
    seen("rights")
    return _created(call, row)


def _parent_of(call: ODataCall, resource: Resource, payload: EntityPayload) -> EntityRow | None:
    """The owner named by the path (preferred) or by the body."""
    if resource.owner is None:
        return call.tenant.writer.find_parent(payload)
    named = payload.values.get("ParentObjectID")
    if named and named != resource.owner.object_id:
        raise BadRequest(f"ParentObjectID {named} contradicts the parent in the path")
    return resource.owner


def _created(call: ODataCall, row: EntityRow) -> ODataReply:
    back = bool(call.tenant.switches["attachment_back_navigation"])
    entity = call.renderer().entity(row, shape_of(row.eset, "", "", back_navigation=back))
    if call.in_batch and row.blob is not None:
        entity.point_document_at(f"{call.base}/$batch/Binary/$value")  # recorded: the link does not work
    headers = {"Location": entity.uri, "ETag": entity.etag}
    if call.flag("odata-no-response-payload"):
        seen("no-payload")
        return ODataReply(status=201, headers=headers)
    if row.blob is not None:
        seen("binary-echo")
        seen("size-is-bytes")
    strict = call.strict and bool(call.tenant.switches["post_follows_strict_header"])
    return entity_reply(call, entity, strict=strict, status=201, headers=headers)


@contextmanager
def received(call: ODataCall, eset: EntitySet, early: WriteLock | None) -> Iterator[EntityPayload]:
    """The body as a payload; its files are deleted unless the block under it succeeds.

    ``early`` locks the parent as soon as ParentObjectID has been received, before the file is complete.
    """
    body = _reader(call)
    try:
        for piece in call.pieces():
            body.feed(piece)
            if early is not None and eset.parent and _lock_early(call, eset, body, early):
                early = None
        yield body.payload(eset, back_navigation=bool(call.tenant.switches["attachment_back_navigation"]))
    except BaseException:
        body.abort()
        _discard(call, body.blobs)
        raise


def _reader(call: ODataCall) -> JsonBody | AtomBody:
    kind = AtomBody if call.body_format == "atom" else JsonBody
    return kind(lambda: _sink(call), max_bytes=int(call.tenant.switches["skeleton_max_bytes"]))


def _sink(call: ODataCall) -> Base64Writer:
    switches = call.tenant.switches
    return Base64Writer(
        call.tenant.spool.writer(),
        lambda size: attachments.check_size(size, switches),
        white_space=bool(switches["base64_white_space"]),
        canonical_only=bool(switches["base64_canonical_only"]),
    )


def _discard(call: ODataCall, blobs: list[Blob]) -> None:
    with suppress(OSError):
        for blob in blobs:
            call.tenant.spool.discard(blob)


def _lock_early(call: ODataCall, eset: EntitySet, body: JsonBody | AtomBody, lock: WriteLock) -> bool:
    wanted = body.early("ParentObjectID")
    if not wanted:
        return False
    parent = call.tenant.rows.get(eset.parent, wanted)
    if parent is not None:
        lock.add(call.tenant.rows.root_id(parent))
    return True


def _update(call: ODataCall, resource: Resource) -> ODataReply:
    assert resource.row is not None
    row = resource.row
    call.tenant.writer.check_may_update(row)
    call.check_body()
    _check_etag(call, row)
    with call.locking() as lock:
        lock.add(call.tenant.rows.root_id(row))
        with received(call, row.eset, None) as payload:
            _check_etag(call, row)
            call.tenant.writer.update(row, payload, call.user, replace=call.method == "PUT")
            _discard(call, [] if payload.blob is row.blob or payload.blob is None else [payload.blob])
    return ODataReply(status=204, headers={"ETag": etag_of(row.changed_at)})


def _delete(call: ODataCall, resource: Resource) -> ODataReply:
    assert resource.row is not None
    _check_etag(call, resource.row)
    with call.locking() as lock:
        lock.add(call.tenant.rows.root_id(resource.row))
        call.tenant.writer.delete(resource.row)
    return ODataReply(status=int(call.tenant.switches["delete_status"]))


def _check_etag(call: ODataCall, row: EntityRow) -> None:
    """If-Match is checked when sent and never required. Source: developer guide; documented."""
    wanted = call.header("if-match").strip()
    if not wanted:
        return
    seen("etag")
    if not names_etag(wanted, etag_of(row.changed_at)):
        raise PreconditionFailed(f"{row.eset.type_name} {row.object_id} was changed meanwhile: If-Match fails")
