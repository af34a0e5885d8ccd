"""The resource that a path addresses: resolved segment by segment through sets, keys, navigations, properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from c4c_mock.model.edm import EntitySet, Function, Navigation, Property, Service, entity_set
from c4c_mock.model.errors import BadRequest, NotFound
from c4c_mock.model.reading import find, related, rows_of
from c4c_mock.model.rows import EntityRow
from c4c_mock.model.shown import shown
from c4c_mock.model.table import EntityTable
from c4c_mock.model.values import Value
from c4c_mock.tenant import C4CTenant
from c4c_mock.wire.literals import parse_literal
from c4c_mock.wire.shape import navigations
from c4c_mock.wire.uri import Segment

Kind = Literal["service", "metadata", "batch", "function", "set", "entity", "property", "value", "count", "links"]

_NAVIGATION_DEPTH = 12


@dataclass(kw_only=True)
class Resource:
    """What a path addresses.

    Attributes:
        row: the entity of "entity", "property", "value".
        owner: for a set that was reached by navigation, the entity it belongs to.
        hops: navigations followed.
        function: the function import that is called.
    """

    kind: Kind
    eset: EntitySet | None = None
    row: EntityRow | None = None
    owner: EntityRow | None = None
    nav: Navigation | None = None
    prop: Property | None = None
    hops: int = 0
    function: Function | None = None

    def rows(self, table: EntityTable) -> list[EntityRow]:
        """The rows of a set, navigated or not."""
        assert self.eset is not None
        if self.owner is not None and self.nav is not None:
            return related(table, self.owner, self.nav)
        return rows_of(table, self.eset)


def resolve(tenant: C4CTenant, service: Service, segments: list[Segment]) -> Resource:
    """Resolve a path. Raises NotFound for what does not exist, BadRequest for what is malformed."""
    if not segments:
        return Resource(kind="service")
    first = segments[0]
    if first.name in {"$metadata", "$batch"} and len(segments) == 1:
        return Resource(kind="metadata" if first.name == "$metadata" else "batch")
    resource = _start(tenant, service, first)
    for segment in segments[1:]:
        resource = _step(tenant, resource, segment)
    if resource.kind == "links" and resource.nav is None:
        raise BadRequest("$links needs the name of a navigation after it")
    return resource


def _start(tenant: C4CTenant, service: Service, first: Segment) -> Resource:
    function = service.functions.get(first.name)
    if function is not None and first.key is None:
        return Resource(kind="function", eset=entity_set(function.target), function=function)
    eset = service.sets.get(first.name)
    if eset is None:
        raise NotFound(f"Resource not found for segment '{first.name}' in service {service.name}")
    if first.key is None:
        return Resource(kind="set", eset=eset)
    return Resource(kind="entity", eset=eset, row=_by_key(tenant, eset, first.key))


def _by_key(tenant: C4CTenant, eset: EntitySet, literals: dict[str, str]) -> EntityRow:
    row = find(tenant.rows, eset, parse_key(eset, literals))
    if row is None:
        shown = ",".join(f"{n}={v}" if n else v for n, v in literals.items())
        raise NotFound(f"Resource not found: {eset.name}({shown})")
    return row


def parse_key(eset: EntitySet, literals: dict[str, str]) -> dict[str, Value]:
    """Values of a key predicate in either form: ``('x')`` or ``(ObjectID='x')``. Raises BadRequest."""
    keys = eset.keys
    if set(literals) == {""} and len(keys) == 1:
        literals = {keys[0].name: literals[""]}
    if set(literals) != {k.name for k in keys}:
        expected = ",".join(f"{k.name}='…'" for k in keys)
        raise BadRequest(f"Key of {eset.name}: expected ({expected}), found {len(literals)} value(s)")
    return {k.name: parse_literal(literals[k.name], k) for k in keys}


def _step(tenant: C4CTenant, resource: Resource, segment: Segment) -> Resource:
    if resource.kind == "links" and resource.nav is None:
        return _links(tenant, resource, segment)
    if resource.kind == "set" and segment.name == "$count" and segment.key is None:
        return Resource(**{**vars(resource), "kind": "count"})
    if resource.kind == "property" and segment.name == "$value" and segment.key is None:
        return Resource(**{**vars(resource), "kind": "value"})
    if resource.kind != "entity":
        raise BadRequest(f"Malformed URI: nothing can follow here, found {shown(segment.name)}")
    return _from_entity(tenant, resource, segment)


def _from_entity(tenant: C4CTenant, resource: Resource, segment: Segment) -> Resource:
    assert resource.row is not None
    assert resource.eset is not None
    if segment.name == "$links":
        return Resource(kind="links", eset=resource.eset, row=resource.row, hops=resource.hops)
    nav = _navigations(tenant, resource.eset).get(segment.name)
    if nav is not None:
        return _navigate(tenant, resource, nav, segment)
    prop = resource.eset.properties.get(segment.name)
    if prop is None or segment.key is not None:
        raise NotFound(f"Resource not found for segment '{segment.name}' in {resource.eset.type_name}")
    return Resource(kind="property", eset=resource.eset, row=resource.row, prop=prop, hops=resource.hops)


def _navigations(tenant: C4CTenant, eset: EntitySet) -> dict[str, Navigation]:
    return navigations(eset, back_navigation=bool(tenant.switches["attachment_back_navigation"]))


def _navigate(tenant: C4CTenant, resource: Resource, nav: Navigation, segment: Segment) -> Resource:
    eset, hops, owner = entity_set(nav.target), resource.hops + 1, resource.row
    assert owner is not None
    if hops > _NAVIGATION_DEPTH:
        raise BadRequest(f"Malformed URI: more than {_NAVIGATION_DEPTH} navigations")
    if nav.many and segment.key is None:
        return Resource(kind="set", eset=eset, owner=owner, nav=nav, hops=hops)
    found = related(tenant.rows, owner, nav)
    if nav.many:
        key = parse_key(eset, segment.key or {})
        found = [row for row in found if row.object_id == key.get("ObjectID")]
    elif segment.key is not None:
        raise BadRequest(f"Malformed URI: navigation {nav.name} leads to one entity and takes no key")
    if not found:
        raise NotFound(f"Resource not found: {nav.name} of {owner.eset.name}('{owner.object_id}')")
    return Resource(kind="entity", eset=eset, row=found[0], owner=owner, nav=nav, hops=hops)


def _links(tenant: C4CTenant, resource: Resource, segment: Segment) -> Resource:
    assert resource.eset is not None
    nav = _navigations(tenant, resource.eset).get(segment.name)
    if nav is None or segment.key is not None:
        raise NotFound(f"Resource not found: $links/{segment.name} of {resource.eset.type_name}")
    return Resource(
        kind="links",
        eset=entity_set(nav.target),
        row=resource.row,
        owner=resource.row,
        nav=nav,
        hops=resource.hops + 1,
    )
