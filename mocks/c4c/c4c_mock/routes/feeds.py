"""GET of sets, counts and function imports: filter, search, order, pages."""

from __future__ import annotations

from c4c_mock.evidence import seen
from c4c_mock.model import functions
from c4c_mock.model.edm import EntitySet
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.queries import Matcher, ordered
from c4c_mock.model.rows import Row
from c4c_mock.routes import anomalies as oddities
from c4c_mock.routes import paging
from c4c_mock.routes.call import Call, Reply, atom_reply, json_reply, text_reply
from c4c_mock.routes.resource import Target
from c4c_mock.wire import atom, json_out
from c4c_mock.wire.filter import Allowed, parse_filter, parse_orderby
from c4c_mock.wire.literals import parse_literal
from c4c_mock.wire.shape import Shape, shape_of


def shape_asked(call: Call, eset: EntitySet) -> Shape:
    """What ``$select`` and ``$expand`` leave of an entity."""
    back = bool(call.tenant.switches["attachment_back_navigation"])
    return shape_of(eset, call.options.text("$select"), call.options.text("$expand"), back_navigation=back)


def count(call: Call, target: Target) -> Reply:
    """``$count``: a plain number."""
    return text_reply(200, str(len(_matching(call, target, target.rows(call.tenant)))), "text/plain;charset=utf-8")


def feed(call: Call, target: Target) -> Reply:
    """A set, or the far end of a to-many navigation."""
    return _feed(call, target, target.rows(call.tenant))


def function(call: Call, target: Target) -> Reply:
    """The rows that a function import answers with; query options apply to them."""
    assert target.function is not None
    parameters = target.function.parameters
    given = {n: v for n, v in call.options.custom.items() if n in parameters}
    if not given:
        raise BadRequest(f"{target.function.name}: expected a parameter, one of {', '.join(parameters)}")
    arguments = {name: parse_literal(text, parameters[name]) for name, text in given.items()}
    seen("function-imports")
    return _feed(call, target, functions.call(call.tenant, target.function, arguments))


def _matching(call: Call, target: Target, found: list[Row]) -> list[Row]:
    """The rows that meet filter and search, in the asked order."""
    assert target.eset is not None
    text, words = call.options.text("$filter"), call.options.text("$search")
    matcher = Matcher(call.tenant.rows, ignore_case=bool(call.tenant.switches["string_eq_ignores_case"]))
    if text:
        seen("filter-grammar")
        condition = parse_filter(text, target.eset, _allowed(call))
        found = [row for row in found if matcher.meets(row, condition)]
    if words:
        term = _unquoted(words) if call.tenant.switches["search_strips_quotes"] else words
        found = [row for row in found if matcher.search(row, term)]
    return ordered(found, parse_orderby(call.options.text("$orderby"), target.eset), call.tenant.rows)


def _allowed(call: Call) -> Allowed:
    switches = call.tenant.switches
    return Allowed(
        substringof=bool(switches["filter_substringof"]),
        or_across_properties=bool(switches["filter_or_across_properties"]),
        negation=bool(switches["filter_not"]),
        not_filterable=bool(switches["filter_on_not_filterable"]),
    )


def _unquoted(term: str) -> str:
    quoted = len(term) > 1 and term[0] == term[-1] and term[0] in "'\""
    return term[1:-1] if quoted else term


def _feed(call: Call, target: Target, rows: list[Row]) -> Reply:
    assert target.eset is not None
    shape = shape_asked(call, target.eset)
    found = _matching(call, target, rows)
    page = paging.page(call, target, found)
    renderer = call.renderer()
    entities = [renderer.entity(row, shape) for row in page.rows]
    total = len(found) if call.options.inlinecount else None
    if call.wants_json:
        return _json_feed(call, target, json_out.Feed(entities, total, page.next_link), expanded=bool(shape.expanded))
    uri = f"{call.base}/{paging.path(call)}"
    title = target.function.name if target.function else target.eset.name
    return atom_reply(
        atom.feed(
            entities, call.atom_style, title=title, uri=uri, base=call.base, count=total, next_link=page.next_link
        )
    )


def _json_feed(call: Call, target: Target, written: json_out.Feed, *, expanded: bool) -> Reply:
    if not call.tenant.switches["json_next_link"]:
        written = json_out.Feed(written.entities, written.count)
    if expanded and not call.strict:
        seen("quirk-b")
    document = json_out.feed_document(written, strict=call.strict)
    return json_reply(call, document, oddities.members(call, target.eset, document))
