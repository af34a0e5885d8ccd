"""POST, PUT, PATCH, MERGE, DELETE on entities."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from c4c_mock.evidence import seen
from c4c_mock.model import attachments, writes
from c4c_mock.model.edm import EntitySet
from c4c_mock.model.errors import BadRequest, NotAllowed, NotBuilt, PreconditionFailed
from c4c_mock.model.locks import WriteLock
from c4c_mock.model.payloads import Draft
from c4c_mock.model.rows import Row
from c4c_mock.routes.call import Call, Reply
from c4c_mock.routes.reads import entity_reply, names_etag
from c4c_mock.routes.resource import Target
from c4c_mock.wire.atom_in import AtomBody
from c4c_mock.wire.base64_stream import Base64Writer
from c4c_mock.wire.bodies import BodyReader, JsonBody
from c4c_mock.wire.literals import etag_of
from c4c_mock.wire.shape import shape_of
from mock_kit.spool import Blob

_READ_VERBS = ("GET", "HEAD")
_WRITE_VERBS = ("POST", "PUT", "PATCH", "MERGE", "DELETE")


def change(call: Call, target: Target) -> Reply:
    """Answer a modifying request that points at ``target``."""
    if call.method not in _WRITE_VERBS:
        raise NotAllowed(f"{call.method[:20]} is no method of OData", allow=(*_READ_VERBS, *_WRITE_VERBS))
    if target.kind in {"property", "value", "links"}:
        raise NotBuilt(f"{call.method} on a single property or on $links is not built in this mock")
    if target.kind == "set":
        if call.method != "POST":
            raise NotAllowed(f"{call.method} needs a key", allow=(*_READ_VERBS, "POST"))
        return _create(call, target)
    if target.kind != "entity" or call.method == "POST":
        allow = (*_READ_VERBS, "PUT", "PATCH", "MERGE", "DELETE") if target.kind == "entity" else _READ_VERBS
        raise NotAllowed(f"{call.method} is not allowed on this resource", allow=allow)
    return _delete(call, target) if call.method == "DELETE" else _update(call, target)


def _create(call: Call, target: Target) -> Reply:
    assert target.eset is not None
    call.check_body()
    writes.check_may_create(call.tenant, target.eset, call.user)
    with call.locking() as lock:
        if target.owner is not None:
            lock.add(call.tenant.root_id(target.owner))
        with received(call, target.eset, lock if target.owner is None else None) as draft:
            parent = _parent_of(call, target, draft)
            if parent is not None:
                lock.add(call.tenant.root_id(parent))
            row = writes.create(call.tenant, draft, parent, call.user)
    seen("rights")
    return _created(call, row)


def _parent_of(call: Call, target: Target, draft: Draft) -> Row | None:
    """The owner named by the path (preferred) or by the body."""
    if target.owner is None:
        return writes.find_parent(call.tenant, draft)
    said = draft.values.get("ParentObjectID")
    if said and said != target.owner.object_id:
        raise BadRequest(f"ParentObjectID {said} contradicts the parent in the path")
    return target.owner


def _created(call: Call, row: Row) -> Reply:
    back = bool(call.tenant.switches["attachment_back_navigation"])
    entity = call.renderer().entity(row, shape_of(row.eset, "", "", back_navigation=back))
    if call.in_batch and row.blob is not None:
        entity.point_document_at(f"{call.base}/$batch/Binary/$value")  # recorded: of no use to anybody
    headers = {"Location": entity.uri, "ETag": entity.etag}
    if call.flag("odata-no-response-payload"):
        seen("no-payload")
        return Reply(status=201, headers=headers)
    if row.blob is not None:
        seen("binary-echo")
        seen("size-is-bytes")
    strict = call.strict and bool(call.tenant.switches["post_follows_strict_header"])
    return entity_reply(call, entity, strict=strict, status=201, headers=headers)


@contextmanager
def received(call: Call, eset: EntitySet, early: WriteLock | None) -> Iterator[Draft]:
    """The body as a draft; its files are thrown away unless the block under it succeeds.

    ``early`` takes the parent's lock as soon as ParentObjectID has come in, before the file is through.
    """
    body = _reader(call)
    try:
        for piece in call.pieces():
            body.feed(piece)
            if early is not None and eset.parent and _lock_early(call, eset, body, early):
                early = None
        yield body.draft(eset)
    except BaseException:
        body.abort()
        _discard(call, body.blobs)
        raise


def _reader(call: Call) -> BodyReader:
    kind = AtomBody if call.body_format == "atom" else JsonBody
    return kind(lambda: _sink(call), max_bytes=int(call.tenant.switches["skeleton_max_bytes"]))


def _sink(call: Call) -> Base64Writer:
    switches = call.tenant.switches
    return Base64Writer(
        call.tenant.spool.writer(),
        lambda size: attachments.check_size(size, switches),
        white_space=bool(switches["base64_white_space"]),
        canonical_only=bool(switches["base64_canonical_only"]),
    )


def _discard(call: Call, blobs: list[Blob]) -> None:
    with suppress(OSError):
        for blob in blobs:
            call.tenant.spool.discard(blob)


def _lock_early(call: Call, eset: EntitySet, body: BodyReader, lock: WriteLock) -> bool:
    wanted = body.early("ParentObjectID")
    if not wanted:
        return False
    parent = call.tenant.rows.get(eset.parent, wanted)
    if parent is not None:
        lock.add(call.tenant.root_id(parent))
    return True


def _update(call: Call, target: Target) -> Reply:
    assert target.row is not None
    row = target.row
    writes.check_may_update(call.tenant, row)
    call.check_body()
    _check_etag(call, row)
    with call.locking() as lock:
        lock.add(call.tenant.root_id(row))
        with received(call, row.eset, None) as draft:
            _check_etag(call, row)
            writes.update(call.tenant, row, draft, call.user, replace=call.method == "PUT")
    return Reply(status=204, headers={"ETag": etag_of(row.changed_at)})


def _delete(call: Call, target: Target) -> Reply:
    assert target.row is not None
    _check_etag(call, target.row)
    with call.locking() as lock:
        lock.add(call.tenant.root_id(target.row))
        writes.delete(call.tenant, target.row)
    return Reply(status=int(call.tenant.switches["delete_status"]))


def _check_etag(call: Call, row: Row) -> None:
    """If-Match is honoured when sent and never demanded. Source: developer guide; documented."""
    wanted = call.header("if-match").strip()
    if not wanted:
        return
    seen("etag")
    if not names_etag(wanted, etag_of(row.changed_at)):
        raise PreconditionFailed(f"{row.eset.type_name} {row.object_id} was changed meanwhile: If-Match fails")
