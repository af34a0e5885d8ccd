"""GET: feeds, entities, properties, counts, links, files."""

from __future__ import annotations

import re
from urllib.parse import quote

from c4c_mock.evidence import seen
from c4c_mock.model.edm import EntitySet
from c4c_mock.model.errors import BadRequest, C4CError, NotFound
from c4c_mock.model.queries import Matcher, ordered
from c4c_mock.model.rows import Row
from c4c_mock.model.values import Value
from c4c_mock.wire import atom, json_out, metadata, service_document
from c4c_mock.wire.entities import Entity
from c4c_mock.wire.filter import parse_filter, parse_orderby
from c4c_mock.wire.shape import Shape, shape_of
from mock_kit.spool import Blob, read_blob

from .call import JSON, Call, Reply, text_reply
from .target import Target

_FEED_ONLY = ("$filter", "$orderby", "$top", "$skip", "$skiptoken", "$inlinecount", "$search")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


def read(call: Call, target: Target) -> Reply:
    """Answer a GET (or HEAD; the body is dropped later)."""
    if target.kind not in {"set", "count", "metadata"}:
        misplaced = [name for name in _FEED_ONLY if name in call.options.raw]
        if misplaced:
            raise BadRequest(f"Query option {misplaced[0]} is not allowed on a single resource")
    readers = {
        "service": _service,
        "metadata": _metadata,
        "set": _feed,
        "count": _count,
        "entity": _entity,
        "property": _property,
        "value": _value,
        "links": _links,
    }
    if target.kind not in readers:
        raise BadRequest("Malformed URI: $batch takes POST only")
    return readers[target.kind](call, target)


def _service(call: Call, _: Target) -> Reply:
    if call.wants_json:
        return json_reply(call, service_document.as_json(call.service))
    return text_reply(200, service_document.as_atom(call.service, call.base), "application/atomsvc+xml;charset=utf-8")


def _metadata(call: Call, _: Target) -> Reply:
    seen("metadata-shape")
    wanted = [name.strip() for name in call.options.text("$filter").split(",") if name.strip()]
    text = metadata.document(
        call.service,
        only=wanted,
        title_creatable=bool(call.world.switches["attachment_title_creatable"]),
        parent_creatable=bool(call.world.switches["parent_object_id_creatable"]),
        back_navigation=bool(call.world.switches["attachment_back_navigation"]),
    )
    return text_reply(200, text, "application/xml;charset=utf-8")


def _shape(call: Call, eset: EntitySet) -> Shape:
    back = bool(call.world.switches["attachment_back_navigation"])
    return shape_of(eset, call.options.text("$select"), call.options.text("$expand"), back_navigation=back)


def matching(call: Call, target: Target) -> list[Row]:
    """All rows of a set that meet filter and search, in the asked order."""
    assert target.eset is not None
    found = target.rows(call.world)
    text, words = call.options.text("$filter"), call.options.text("$search")
    matcher = Matcher(call.world.rows, ignore_case=bool(call.world.switches["string_eq_ignores_case"]))
    if text:
        seen("filter-grammar")
        sub = bool(call.world.switches["filter_substringof"]) if "substringof" in text else False
        condition = parse_filter(text, target.eset, substringof=sub)
        found = [row for row in found if matcher.meets(row, condition)]
    if words:
        found = [row for row in found if matcher.search(row, words)]
    return ordered(found, parse_orderby(call.options.text("$orderby"), target.eset), call.world.rows)


def _feed(call: Call, target: Target) -> Reply:
    assert target.eset is not None
    shape = _shape(call, target.eset)
    found = matching(call, target)
    options, page = call.options, max(1, int(call.world.switches["page_size"]))
    start = max(options.skip, options.skiptoken - 1)
    size = page if options.top is None else min(page, options.top)
    window = found[start : start + size]
    more = start + page < len(found) and (options.top is None or options.top > page)
    next_link = _next_link(call, start + page + 1, page) if more else ""
    renderer = call.renderer()
    entities = [renderer.entity(row, shape) for row in window]
    count = len(found) if options.inlinecount else None
    if not call.wants_json:
        uri = f"{call.base}/{quote(call.path.strip('/'), safe=_PATH_SAFE)}"
        return atom_reply(
            atom.feed(entities, title=target.eset.name, uri=uri, base=call.base, count=count, next_link=next_link)
        )
    if not call.world.switches["json_next_link"]:
        next_link = ""
    if shape.expanded and not call.strict:
        seen("quirk-b")
    return json_reply(call, json_out.feed_document(entities, strict=call.strict, count=count, next_link=next_link))


_PATH_SAFE = "/$()=',"


def _next_link(call: Call, skiptoken: int, page: int) -> str:
    kept = {k: v for k, v in call.options.raw.items() if k not in {"$skip", "$skiptoken", "$top"}}
    if call.options.top is not None:
        kept["$top"] = str(call.options.top - page)
    rest = "".join(f"&{name}={quote(value, safe='')}" for name, value in kept.items())
    path = quote(call.path.strip("/"), safe=_PATH_SAFE)
    return f"{call.base}/{path}/?$skiptoken={skiptoken}{rest}"


def _entity(call: Call, target: Target) -> Reply:
    assert target.row is not None
    entity = call.renderer().entity(target.row, _shape(call, target.row.eset))
    return entity_reply(call, entity, strict=call.strict)


def entity_reply(
    call: Call, entity: Entity, *, strict: bool, status: int = 200, headers: dict[str, str] | None = None
) -> Reply:
    """A single entity in the asked format with its ETag."""
    extra = {**({"ETag": entity.etag} if entity.etag else {}), **(headers or {})}
    if not call.wants_json:
        reply = atom_reply(atom.entry(entity, call.base))
    else:
        if not strict:
            seen("quirk-a")
        reply = json_reply(call, json_out.entity_document(entity, strict=strict))
    reply.status = status
    reply.headers.update(extra)
    return reply


def _count(call: Call, target: Target) -> Reply:
    return text_reply(200, str(len(matching(call, target))), "text/plain;charset=utf-8")


def _property(call: Call, target: Target) -> Reply:
    assert target.row is not None
    assert target.prop is not None
    entity = call.renderer().entity(target.row, Shape(eset=target.row.eset, properties=[target.prop]))
    value = entity.values[0][1] if entity.values else call.world.rows.value(target.row, target.prop)
    if call.wants_json:
        return json_reply(call, {"d": {target.prop.name: json_out.json_value(value, target.prop)}})
    return atom_reply(atom.single_property(target.prop, value))


def _links(call: Call, target: Target) -> Reply:
    renderer = call.renderer()
    assert target.eset is not None
    uris = [renderer.entity(row, Shape(eset=target.eset)).uri for row in target.rows(call.world)]
    many = target.nav is None or target.nav.many
    if not uris and not many:
        raise NotFound(f"Resource not found: {call.path}")
    if not call.wants_json:
        return atom_reply(atom.links(uris, many=many))
    links = [{"uri": uri} for uri in uris]
    return json_reply(call, {"d": {"results": links} if many else links[0]})


def _value(call: Call, target: Target) -> Reply:
    assert target.row is not None
    assert target.prop is not None
    value = call.world.rows.value(target.row, target.prop)
    if target.prop.type == "Binary":
        return _file(call, target.row, value)
    if value is None:
        raise NotFound(f"Property {target.prop.name} has no value")
    return text_reply(200, atom.text_of(value, target.prop), "text/plain;charset=utf-8")


def _file(call: Call, row: Row, value: Value) -> Reply:
    """The bytes of an attachment. Content-Type = MimeType is inferred; ranges are the mock's courtesy."""
    if not isinstance(value, Blob):
        raise NotFound(f"{row.eset.type_name} {row.object_id} has no content")
    mime = str(row.values.get("MimeType") or "application/octet-stream")
    safe = mime if mime.isascii() and mime.isprintable() else "application/octet-stream"
    headers = {"Content-Type": safe, "Accept-Ranges": "bytes"}
    size = value.size_bytes
    wanted = _range(call.header("range"), size)
    if wanted is None:
        return Reply(status=200, headers=headers, body=read_blob(value), length=size)
    start, stop = wanted
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return Reply(status=206, headers=headers, body=read_blob(value, start, stop), length=stop - start)


def _range(header: str, size: int) -> tuple[int, int] | None:
    """First and last+1 byte asked for; None for the whole file. Raises C4CError 416."""
    found = _RANGE.fullmatch(header.replace(" ", "")) if header else None
    if found is None or not (found[1] or found[2]):
        return None
    if found[1]:
        start, stop = int(found[1]), min(size, int(found[2]) + 1 if found[2] else size)
    else:
        start, stop = max(0, size - int(found[2])), size
    if start >= stop:
        raise C4CError(f"Range {header} is outside the file of {size} bytes", status=416)
    return start, stop


def json_reply(call: Call, document: object) -> Reply:
    """A JSON body, files streamed."""
    body = json_out.Body(document, escape_dates=bool(call.world.switches["escape_date_slashes"]))
    return Reply(status=200, headers={"Content-Type": JSON}, body=body, length=body.length)


def atom_reply(document: atom.Document) -> Reply:
    """An XML body, files streamed."""
    return Reply(status=200, headers={"Content-Type": document.content_type}, body=document, length=document.length)
