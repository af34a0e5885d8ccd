"""``$batch``: reads one by one, change sets all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from urllib.parse import unquote, urlsplit

from c4c_mock.evidence import seen
from c4c_mock.model.errors import BadRequest, C4CError
from c4c_mock.routes.call import ODataCall, ODataReply, effective_method
from c4c_mock.routes.changes import note_change
from c4c_mock.routes.errors import error_reply
from c4c_mock.routes.negotiation import error_as_json
from c4c_mock.wire.batch import ChangeSet, Multipart, PartRequest, boundary_of, parse_batch
from c4c_mock.wire.options import parse_options
from c4c_mock.wire.uri import split_path

Dispatch = Callable[[ODataCall], ODataReply]

_STRICT = "odata-v2-strict-json-format"
_READS = frozenset({"GET", "HEAD"})


def run_batch(call: ODataCall, dispatch: Dispatch) -> ODataReply:
    """Run all parts in order; each has its own answer, a failed change set one for all its parts."""
    seen("batch")
    call.check_coding()
    boundary = boundary_of(call.header("content-type"))
    envelope = call.tenant.spool.store(call.pieces())
    numbers = count()
    outer = Multipart(_boundary(next(numbers)))
    try:
        for item in parse_batch(envelope.path, boundary):
            if isinstance(item, ChangeSet):
                _change_set(call, item, dispatch, outer, Multipart(_boundary(next(numbers))))
            else:
                _add(outer, _single(call, item, dispatch))
    finally:
        call.tenant.spool.discard(envelope)
    outer.close()
    headers = {"Content-Type": f"multipart/mixed; boundary={outer.boundary}"}
    status = int(call.tenant.switches["batch_status"])
    return ODataReply(status=status, headers=headers, body=outer, length=outer.length)


def _boundary(number: int) -> str:
    """As recorded boundaries look: ejjeeffe0, ejjeeffe1, …"""
    return f"ejjeeffe{number}"


def _add(part: Multipart, reply: ODataReply) -> None:
    headers = {"dataserviceversion": "2.0", "cache-control": "no-cache, no-store", **reply.headers}
    if reply.status == 204:
        headers["Content-Type"] = "text/html"  # recorded
    part.add_answer(reply.status, headers, reply.body, reply.length)


def _single(call: ODataCall, part: PartRequest, dispatch: Dispatch) -> ODataReply:
    try:
        if part.method not in _READS:
            note_change(call, part.method, part.url)
            raise BadRequest(f"$batch: {part.method} is allowed inside a change set only")
        return dispatch(_call_of(call, part, part.url))
    except C4CError as exc:
        return error_reply(call.tenant, exc, as_json=_as_json(part), language=call.language())


def _change_set(call: ODataCall, item: ChangeSet, dispatch: Dispatch, outer: Multipart, inner: Multipart) -> None:
    """One failure undoes what the parts before it did and is the only answer."""
    failed = item.requests[0] if item.requests else None
    created: dict[str, str] = {}
    replies: list[ODataReply] = []
    try:
        with call.tenant.lock_for(call.user.name) as lock, call.tenant.rows.all_or_nothing():
            for part in item.requests:
                failed = part
                if part.method in _READS:
                    raise BadRequest(f"$batch: {part.method} is not allowed inside a change set")
                inside = _call_of(call, part, _refer(part.url, created))
                replies.append(dispatch(replace(inside, change_set=lock)))
                created[part.headers.get("content-id", "")] = replies[-1].headers.get("Location", "")
    except C4CError as exc:
        as_json = failed is not None and _as_json(failed)
        _add(outer, error_reply(call.tenant, exc, as_json=as_json, language=call.language()))
        return
    _add_all(inner, replies)
    outer.add_multipart(inner)


def _add_all(inner: Multipart, replies: Iterable[ODataReply]) -> None:
    for reply in replies:
        _add(inner, reply)


def _refer(url: str, created: dict[str, str]) -> str:
    """``$1/Nav`` means the entity that the part with Content-ID 1 created."""
    if not url.startswith("$") or url.startswith(("$metadata", "$batch")):
        return url
    name, slash, rest = url[1:].partition("/")
    location = created.get(name)
    if not location:
        raise BadRequest(f"$batch: ${name} names no entity created earlier in this change set")
    return location + slash + rest


def _call_of(call: ODataCall, part: PartRequest, url: str) -> ODataCall:
    path, query = _below_root(call, url)
    options = parse_options(query)
    if options.text("$search") and not call.tenant.switches["search_in_batch"]:
        raise BadRequest("$batch: $search is not supported inside a batch")
    headers = dict(part.headers)
    if _STRICT not in headers and call.header(_STRICT) and call.tenant.switches["batch_inherits_strict_header"]:
        headers[_STRICT] = call.header(_STRICT)
    return replace(
        call,
        method=effective_method(part.method, headers.get("x-http-method", "")),
        path=path,
        segments=split_path(path),
        options=options,
        headers=headers,
        pieces=part.pieces,
        in_batch=True,
    )


def _below_root(call: ODataCall, url: str) -> tuple[str, str]:
    """Path below the service root and query of a part's URL, relative or absolute. Raises BadRequest.

    A leading slash without the service root means the service root as well: SAP's own JavaScript SDK writes
    ``GET /Collection`` and finds servers that accept it (recorded).
    """
    split = urlsplit(url)
    root = urlsplit(call.base).path
    path = unquote(split.path)
    if (path + "/").startswith(f"{root}/"):
        path = path[len(root) :]
    elif split.netloc or path.startswith("/sap/"):
        raise BadRequest(f"$batch: {url[:80]} is outside the service")
    path = path.lstrip("/")
    if path.startswith("$batch"):
        raise BadRequest("$batch: a batch cannot contain another batch")
    return path, split.query


def _as_json(part: PartRequest) -> bool:
    return error_as_json(part.headers.get("accept", ""), part.headers.get("content-type", ""))
