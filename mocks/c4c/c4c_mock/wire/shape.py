"""``$select`` and ``$expand``: which members of an entity are returned, level by level."""

from __future__ import annotations

from dataclasses import dataclass, field

from c4c_mock.model.edm import EntitySet, Navigation, Property, entity_set
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.shown import shown

MAX_EXPAND_DEPTH = 10


@dataclass(kw_only=True)
class Shape:
    """What to write of an entity.

    Attributes:
        properties: in the model's order.
        deferred: navigations written as links only.
        expanded: navigations written in full, with the shape of their entities.
    """

    eset: EntitySet
    properties: list[Property] = field(default_factory=list)
    deferred: list[Navigation] = field(default_factory=list)
    expanded: dict[str, Shape] = field(default_factory=dict)


@dataclass
class _Selection:
    everything: bool = False
    names: set[str] = field(default_factory=set)
    below: dict[str, _Selection] = field(default_factory=dict)


def shape_of(eset: EntitySet, select: str, expand: str, *, back_navigation: bool = True) -> Shape:
    """Check both options against the model. Raises BadRequest for an unknown name.

    ``back_navigation`` is dialect ``attachment_back_navigation``.
    """
    selection = _parse_select(select) if select else None
    paths = [path.strip().split("/") for path in expand.split(",")] if expand else []
    if any(len(path) > MAX_EXPAND_DEPTH or "" in path for path in paths):
        raise BadRequest(f"$expand: cannot read {shown(expand)} (at most {MAX_EXPAND_DEPTH} levels)")
    return _shape(eset, selection, paths, back_navigation)


def navigations(eset: EntitySet, *, back_navigation: bool) -> dict[str, Navigation]:
    """Navigations of a set; attachments lead back to their parent only if the dialect says so."""
    if eset.attachment and not back_navigation:
        return {}
    return dict(eset.navigations)


def _shape(eset: EntitySet, selection: _Selection | None, paths: list[list[str]], back: bool) -> Shape:
    navs = navigations(eset, back_navigation=back)
    shape = Shape(eset=eset)
    for head in dict.fromkeys(path[0] for path in paths):
        if head not in navs:
            raise BadRequest(f"$expand: {head} is no navigation of {eset.type_name}")
        below = _below(selection, head)
        rest = [path[1:] for path in paths if path[0] == head and len(path) > 1]
        shape.expanded[head] = _shape(entity_set(navs[head].target), below, rest, back)
    _choose(shape, selection, navs)
    return shape


def _below(selection: _Selection | None, nav: str) -> _Selection | None:
    """What is selected under a navigation: all, unless single properties of it are named."""
    if selection is None or nav in selection.names:
        return None
    return selection.below.get(nav)


def _choose(shape: Shape, selection: _Selection | None, navs: dict[str, Navigation]) -> None:
    eset = shape.eset
    if selection is not None:
        _check_names(eset, selection, navs, shape)
    everything = selection is None or selection.everything
    names = set() if selection is None else selection.names
    shape.properties = [p for p in eset.properties.values() if everything or p.name in names]
    shape.deferred = [n for n in navs.values() if n.name not in shape.expanded and (everything or n.name in names)]


def _check_names(eset: EntitySet, selection: _Selection, navs: dict[str, Navigation], shape: Shape) -> None:
    for name in selection.names:
        if name not in eset.properties and name not in navs:
            raise BadRequest(f"$select: property {name} not found in {eset.type_name}")
    for name in selection.below:
        if name not in navs:
            raise BadRequest(f"$select: {name} is no navigation of {eset.type_name}")
        if name not in shape.expanded:
            raise BadRequest(f"$select: {name}/… needs $expand={name}")


def _parse_select(text: str) -> _Selection:
    root = _Selection()
    for part in text.split(","):
        node = root
        *path, last = part.strip().split("/")
        for step in path:
            node = node.below.setdefault(step, _Selection())
        if last == "*":
            node.everything = True
        elif last and "" not in path:
            node.names.add(last)
        else:
            raise BadRequest(f"$select: cannot read {shown(part)}")
    return root
