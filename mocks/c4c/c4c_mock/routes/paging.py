"""Pages of a feed, the proper ones and the odd ones: overlapping, endless, with a next link of another form."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from c4c_mock.model.edm import EntitySet
from c4c_mock.model.invented import invented
from c4c_mock.model.rows import Row
from c4c_mock.routes.anomalies import applies
from c4c_mock.routes.call import Call
from c4c_mock.routes.resource import Target

_PATH_SAFE = "/$()=',"


@dataclass(frozen=True)
class Page:
    """The rows of one page and the link to the next; empty on the last."""

    rows: list[Row]
    next_link: str


def page(call: Call, target: Target, found: list[Row]) -> Page:
    """The page of ``found`` that the request's ``$skiptoken`` names, by dialect ``page_size`` and ``feed_pages``."""
    assert target.eset is not None
    options, length = call.options, max(1, int(call.tenant.switches["page_size"]))
    how = _how(call, target.eset)
    start = max(options.skip, options.skiptoken - 1)
    size = length if options.top is None else min(length, options.top)
    rows = found[start : start + size]
    if how == "endless":
        rows += invented(call.tenant, target.eset, target.owner, rows or found, start + len(rows), size - len(rows))
    step = length - 1 if how == "overlapping" and length > 1 else length
    more = start + length < len(found) and (options.top is None or options.top > length)
    return Page(rows, _next_link(call, start + step + 1, step) if more or how == "endless" else "")


def _how(call: Call, eset: EntitySet) -> str:
    if eset.is_fixed or not applies(call, eset):
        return "plain"
    return str(call.tenant.switches["feed_pages"])


def path(call: Call) -> str:
    """The request's path below the service root, percent-encoded."""
    return quote(call.path.strip("/"), safe=_PATH_SAFE)


def _next_link(call: Call, skiptoken: int, step: int) -> str:
    options = {**call.options.raw, **call.options.custom}
    kept = {k: v for k, v in options.items() if k not in {"$skip", "$skiptoken", "$top"}}
    if call.options.top is not None:
        kept["$top"] = str(max(1, call.options.top - step))
    rest = "".join(f"&{quote(name, safe='$-_')}={quote(value, safe='')}" for name, value in kept.items())
    return f"{_root(call)}{path(call)}/?$skiptoken={skiptoken}{rest}"


def _root(call: Call) -> str:
    """What a next link begins with, by dialect ``next_link_form`` and ``next_link_host``."""
    if call.looking_on:
        return f"{call.base}/"
    form, host = call.tenant.switches["next_link_form"], str(call.tenant.switches["next_link_host"])
    split = urlsplit(call.base)
    if form == "service":
        return ""
    if form == "host":
        return f"{split.path}/"
    return f"{split.scheme}://{host}{split.path}/" if host else f"{call.base}/"
