"""Pages of a feed, regular or by the dialect: overlapping, endless, with a next link of another form."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote, urlsplit

from c4c_mock.model.edm import EntitySet
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.values import Value
from c4c_mock.routes.anomalies import applies
from c4c_mock.routes.call import ODataCall
from c4c_mock.routes.resource import Resource

_PATH_SAFE = "/$()=',"
_ATTACHMENT: dict[str, Value] = {"CategoryCode": "2", "TypeCode": "10001", "MimeType": "application/octet-stream"}


@dataclass(frozen=True)
class FeedPage:
    """The rows of one page and the link to the next; empty on the last."""

    rows: list[EntityRow]
    next_link: str


def page(call: ODataCall, resource: Resource, found: list[EntityRow]) -> FeedPage:
    """The page of ``found`` that the request's ``$skiptoken`` names, by dialect ``feed_pages``."""
    assert resource.eset is not None
    options, length = call.options, _length(call)
    how = _how(call, resource.eset)
    start = max(options.skip, options.skiptoken - 1)
    size = length if options.top is None else min(length, options.top)
    rows = found[start : start + size]
    if how == "endless":
        first = start + len(rows)
        template = (rows or found)[-1:]
        rows += [_generated(call, resource, template, number) for number in range(first, start + size)]
    step = length - 1 if how == "overlapping" and length > 1 else length
    more = start + length < len(found) and (options.top is None or options.top > length)
    return FeedPage(rows, _next_link(call, start + step + 1, step) if more or how == "endless" else "")


def _length(call: ODataCall) -> int:
    """Most rows on a page: by dialect ``expand_page_size``, ``top_page_size`` or ``page_size``."""
    switches = call.tenant.switches
    if call.options.text("$expand"):
        return max(1, int(switches["expand_page_size"]))
    if call.options.top is not None:
        return max(1, int(switches["top_page_size"]))
    return max(1, int(switches["page_size"]))


def _how(call: ODataCall, eset: EntitySet) -> str:
    if eset.is_fixed or not applies(call, eset):
        return "plain"
    return str(call.tenant.switches["feed_pages"])


def _generated(call: ODataCall, resource: Resource, template: Sequence[EntityRow], number: int) -> EntityRow:
    """A row that is not stored, for an endless list: the same number is always the same row.

    ``template``: the last stored row of the list, if any, whose parent and values are used.
    """
    assert resource.eset is not None
    model = template[0] if template else None
    owner = resource.owner
    parent_id = owner.object_id if owner is not None else model.parent_id if model is not None else None
    digest = hashlib.sha256(f"{resource.eset.name}/{parent_id}/{number}".encode()).hexdigest()
    at = model.created_at if model is not None else call.tenant.clock.now()
    return EntityRow(
        eset=resource.eset,
        object_id=digest[:32].upper(),
        parent_id=parent_id,
        values=_generated_values(resource.eset, model, number),
        created_at=at,
        created_by="" if model is None else model.created_by,
        visible_at=at,
    )


def _generated_values(eset: EntitySet, model: EntityRow | None, number: int) -> dict[str, Value]:
    if not eset.attachment:
        return {} if model is None else dict(model.values)
    return {**_ATTACHMENT, "Name": f"generated-{number}.bin", "SizeInkB": Decimal(number + 1)}


def path(call: ODataCall) -> str:
    """The request's path below the service root, percent-encoded."""
    return quote(call.path.strip("/"), safe=_PATH_SAFE)


def _next_link(call: ODataCall, skiptoken: int, step: int) -> str:
    options = {**call.options.raw, **call.options.custom}
    repeated = {k: v for k, v in options.items() if k not in {"$skip", "$skiptoken", "$top"}}
    if call.options.top is not None:
        repeated["$top"] = str(max(1, call.options.top - step))
    rest = "".join(f"&{quote(name, safe='$-_')}={quote(value, safe='')}" for name, value in repeated.items())
    return f"{_root(call)}{path(call)}/?$skiptoken={skiptoken}{rest}"


def _root(call: ODataCall) -> str:
    """What a next link begins with, by dialect ``next_link_form`` and ``next_link_host``."""
    if call.inspection:
        return f"{call.base}/"
    form, host = call.tenant.switches["next_link_form"], str(call.tenant.switches["next_link_host"])
    split = urlsplit(call.base)
    if form == "service":
        return ""
    if form == "host":
        return f"{split.path}/"
    return f"{split.scheme}://{host}{split.path}/" if host else f"{call.base}/"
