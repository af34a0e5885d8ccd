"""GET: documents of a service, entities, properties, links, files; sets are in ``feeds``."""

from __future__ import annotations

from urllib.parse import unquote

from c4c_mock.evidence import seen
from c4c_mock.model.edm import entity_set
from c4c_mock.model.errors import BadRequest, NotFound, RangeNotSatisfiable
from c4c_mock.model.rows import EntityRow
from c4c_mock.routes import anomalies, feeds
from c4c_mock.routes.call import ODataCall, ODataReply, atom_reply, json_reply, text_reply
from c4c_mock.routes.feeds import requested_shape
from c4c_mock.routes.resource import Resource
from c4c_mock.wire import atom, json_out, metadata
from c4c_mock.wire.entities import Entity, etag_of_row
from c4c_mock.wire.shape import Shape
from mock_kit.http.headers import byte_range
from mock_kit.tenants.spool import Blob, read_blob

_FEED_ONLY = ("$filter", "$orderby", "$top", "$skip", "$skiptoken", "$inlinecount", "$search")


def read(call: ODataCall, resource: Resource) -> ODataReply:
    """Answer a GET (or HEAD; the body is dropped later)."""
    if resource.kind not in {"set", "count", "function", "metadata"}:
        misplaced = [name for name in _FEED_ONLY if name in call.options.raw]
        if misplaced:
            raise BadRequest(f"Query option {misplaced[0]} is not allowed on a single resource")
    readers = {
        "service": _service,
        "metadata": _metadata,
        "set": feeds.feed,
        "count": feeds.count,
        "function": feeds.function,
        "entity": _entity,
        "property": _property,
        "value": _value,
        "links": _links,
    }
    if resource.kind not in readers:
        raise BadRequest("Malformed URI: $batch takes POST only")
    return readers[resource.kind](call, resource)


def _service(call: ODataCall, _: Resource) -> ODataReply:
    if call.wants_json:
        return json_reply(call, json_out.service_document(call.service))
    return text_reply(200, atom.service_document(call.service, call.base), "application/atomsvc+xml;charset=utf-8")


def _metadata(call: ODataCall, _: Resource) -> ODataReply:
    seen("metadata-shape")
    wanted = [name.strip() for name in call.options.text("$filter").split(",") if name.strip()]
    switches = call.tenant.switches
    wanted_labels = call.options.custom.get("sap-label", "").lower() == "true"
    rules = metadata.MetadataRules(
        title_creatable=bool(switches["attachment_title_creatable"]),
        parent_creatable=bool(switches["parent_object_id_creatable"]),
        back_navigation=bool(switches["attachment_back_navigation"]),
        labels=wanted_labels or switches["metadata_labels"] == "always",
    )
    text = metadata.document(call.service, only=wanted, rules=rules)
    return text_reply(200, text, "application/xml;charset=utf-8")


def _entity(call: ODataCall, resource: Resource) -> ODataReply:
    assert resource.row is not None
    entity = call.renderer().entity(resource.row, requested_shape(call, resource.row.eset))
    if _is_unchanged(call, entity.etag):
        return ODataReply(status=304, headers={"ETag": entity.etag})
    return entity_reply(call, entity, strict=call.strict)


def _is_unchanged(call: ODataCall, etag: str) -> bool:
    """Whether ``If-None-Match`` names the state that the client would read, and the dialect honours that."""
    return bool(call.tenant.switches["conditional_reads"]) and names_etag(call.header("if-none-match"), etag)


def names_etag(header: str, etag: str) -> bool:
    """Whether a list of entity tags in a header names this one, percent-encoded or not; ``*`` names all."""
    tags = {unquote(tag.strip()) for tag in header.split(",") if tag.strip()}
    return bool(etag) and ("*" in tags or unquote(etag) in tags)


def entity_reply(
    call: ODataCall, entity: Entity, *, strict: bool, status: int = 200, headers: dict[str, str] | None = None
) -> ODataReply:
    """A single entity in the requested format, with its ETag."""
    extra = {**({"ETag": entity.etag} if entity.etag else {}), **(headers or {})}
    if not call.wants_json:
        reply = atom_reply(atom.entry(entity, call.atom_style, call.base))
    else:
        if not strict:
            seen("quirk-a")
        document = json_out.entity_document(entity, strict=strict)
        reply = json_reply(call, document, anomalies.members(call, entity_set(entity.set_name), document))
    reply.status = status
    reply.headers.update(extra)
    return reply


def _property(call: ODataCall, resource: Resource) -> ODataReply:
    assert resource.row is not None
    assert resource.prop is not None
    value = call.renderer().value(resource.row, resource.prop)
    if call.wants_json:
        return json_reply(call, {"d": {resource.prop.name: json_out.json_value(value, resource.prop)}})
    return atom_reply(atom.single_property(resource.prop, value, call.atom_style))


def _links(call: ODataCall, resource: Resource) -> ODataReply:
    renderer = call.renderer()
    assert resource.eset is not None
    uris = [renderer.entity(row, Shape(eset=resource.eset)).uri for row in resource.rows(call.tenant.rows)]
    many = resource.nav is None or resource.nav.many
    if not uris and not many:
        raise NotFound(f"Resource not found: {call.path}")
    if not call.wants_json:
        return atom_reply(atom.links(uris, many=many))
    links = [{"uri": uri} for uri in uris]
    return json_reply(call, {"d": {"results": links} if many else links[0]})


def _value(call: ODataCall, resource: Resource) -> ODataReply:
    assert resource.row is not None
    assert resource.prop is not None
    value = call.renderer().value(resource.row, resource.prop)
    if value is None or (resource.prop.type == "Binary" and not isinstance(value, Blob)):
        raise NotFound(f"Property {resource.prop.name} of {resource.row.eset.type_name} has no value")
    etag = etag_of_row(resource.row)
    if _is_unchanged(call, etag):
        return ODataReply(status=304, headers={"ETag": etag})
    if isinstance(value, Blob):
        reply = _file(call, resource.row, value)
    else:
        reply = text_reply(200, atom.text_of(value, resource.prop), "text/plain;charset=utf-8")
    reply.headers.update({"ETag": etag} if etag else {})
    return reply


def _file(call: ODataCall, row: EntityRow, value: Blob) -> ODataReply:
    """The bytes of an attachment. Content-Type = MimeType is inferred; ranges are the mock's own.

    With ``If-Range`` the whole file is sent: the ETag is weak and there is no Last-Modified, so that no validator
    matches (RFC 9110, 13.1.5).
    """
    mime = str(row.values.get("MimeType") or "application/octet-stream")
    safe = mime if mime.isascii() and mime.isprintable() else "application/octet-stream"
    headers = {"Content-Type": safe, "Accept-Ranges": "bytes"}
    size = value.size_bytes
    wanted = None if call.header("if-range") else byte_range(call.header("range"), size)
    if wanted is None:
        return ODataReply(status=200, headers=headers, body=read_blob(value), length=size)
    if wanted == (0, 0):
        raise RangeNotSatisfiable(f"Range {call.header('range')} is outside the file of {size} bytes", size_bytes=size)
    start, stop = wanted
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return ODataReply(status=206, headers=headers, body=read_blob(value, start, stop), length=stop - start)
