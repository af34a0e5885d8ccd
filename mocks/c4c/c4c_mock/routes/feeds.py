"""GET of sets, counts and function imports: filter, search, order, pages."""

from __future__ import annotations

import re

from c4c_mock.evidence import seen
from c4c_mock.model.edm import EntitySet
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.queries import Matcher, ordered
from c4c_mock.model.reading import call_function
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.search import Search, parse_search
from c4c_mock.routes import anomalies, paging
from c4c_mock.routes.call import ODataCall, ODataReply, atom_reply, json_reply, text_reply
from c4c_mock.routes.resource import Resource
from c4c_mock.wire import atom, json_out
from c4c_mock.wire.filter import Allowed, parse_filter, parse_orderby
from c4c_mock.wire.literals import parse_literal
from c4c_mock.wire.shape import Shape, shape_of

_UNDOCUMENTED = re.compile(r"\b(?:ne|gt|lt)\b")


def requested_shape(call: ODataCall, eset: EntitySet) -> Shape:
    """What ``$select`` and ``$expand`` select of an entity."""
    back = bool(call.tenant.switches["attachment_back_navigation"])
    return shape_of(eset, call.options.text("$select"), call.options.text("$expand"), back_navigation=back)


def count(call: ODataCall, resource: Resource) -> ODataReply:
    """``$count``: a plain number."""
    return text_reply(
        200, str(len(_matching(call, resource, resource.rows(call.tenant.rows)))), "text/plain;charset=utf-8"
    )


def feed(call: ODataCall, resource: Resource) -> ODataReply:
    """A set, or the far end of a to-many navigation."""
    return _feed(call, resource, resource.rows(call.tenant.rows))


def function(call: ODataCall, resource: Resource) -> ODataReply:
    """The rows that a function import returns; query options apply to them."""
    assert resource.function is not None
    parameters = resource.function.parameters
    given = {n: v for n, v in call.options.custom.items() if n in parameters}
    if not given:
        raise BadRequest(f"{resource.function.name}: expected a parameter, one of {', '.join(parameters)}")
    arguments = {name: parse_literal(text, parameters[name]) for name, text in given.items()}
    seen("function-imports")
    return _feed(call, resource, call_function(call.tenant.rows, resource.function, arguments))


def _matching(call: ODataCall, resource: Resource, found: list[EntityRow]) -> list[EntityRow]:
    """The rows that match filter and search, in the requested order."""
    assert resource.eset is not None
    text, words = call.options.text("$filter"), call.options.text("$search")
    matcher = Matcher(call.tenant.rows, ignore_case=bool(call.tenant.switches["string_eq_ignores_case"]))
    if text:
        seen("filter-grammar")
        condition = parse_filter(text, resource.eset, _allowed(call, text))
        found = [row for row in found if matcher.matches(row, condition)]
    if words:
        seen("search")
        search = _search(call, words)
        found = [row for row in found if search.matches(row, call.tenant.rows)]
    return ordered(found, parse_orderby(call.options.text("$orderby"), resource.eset), call.tenant.rows)


def _allowed(call: ODataCall, text: str) -> Allowed:
    """What ``$filter`` may contain; a switch is read, and so counted as evidence, only where ``text`` needs it."""
    switches = call.tenant.switches
    undocumented = switches["filter_undocumented_operators"] if _UNDOCUMENTED.search(text) else ()
    return Allowed(
        substringof=bool(switches["filter_substringof"]),
        or_across_properties=bool(switches["filter_or_across_properties"]),
        negation=bool(switches["filter_not"]),
        not_filterable=bool(switches["filter_on_not_filterable"]),
        undocumented=frozenset(undocumented),
        max_conditions=int(switches["filter_max_conditions"]),
    )


def _search(call: ODataCall, text: str) -> Search:
    switches = call.tenant.switches
    return parse_search(
        text,
        properties=list(switches["search_properties"]),
        ignore_case=bool(switches["search_ignores_case"]),
        double_quotes=str(switches["search_double_quotes"]),
    )


def _feed(call: ODataCall, resource: Resource, rows: list[EntityRow]) -> ODataReply:
    assert resource.eset is not None
    shape = requested_shape(call, resource.eset)
    found = _matching(call, resource, rows)
    page = paging.page(call, resource, found)
    renderer = call.renderer()
    entities = [renderer.entity(row, shape) for row in page.rows]
    total = len(found) if call.options.inlinecount else None
    if call.wants_json:
        return _json_feed(call, resource, json_out.Feed(entities, total, page.next_link), expanded=bool(shape.expanded))
    uri = f"{call.base}/{paging.path(call)}"
    title = resource.function.name if resource.function else resource.eset.name
    return atom_reply(
        atom.feed(
            entities, call.atom_style, title=title, uri=uri, base=call.base, count=total, next_link=page.next_link
        )
    )


def _json_feed(call: ODataCall, resource: Resource, written: json_out.Feed, *, expanded: bool) -> ODataReply:
    if not call.tenant.switches["json_next_link"]:
        written = json_out.Feed(written.entities, written.count)
    if expanded and not call.strict:
        seen("quirk-b")
    document = json_out.feed_document(written, strict=call.strict)
    return json_reply(call, document, anomalies.members(call, resource.eset, document))
