"""The entity data model: which services exist, which sets they have, which rights each property has.

The model is data (``data/*.json``); no entity has code of its own. A property there reads
``type(facets) rights marks``, for example ``String(5) cf codes=…TypeCodeCollection``:

- rights: letters ``c`` creatable, ``u`` updatable, ``f`` filterable, or ``-`` for none
- marks: ``key``, ``mandatory``, ``not-null`` (Nullable=false), ``text-of=P`` (description of the code in P),
  ``from-parent=P`` (a copy of the parent's P), ``codes=S`` (values are listed in set S), ``context=P`` (P gives
  the context of a code)

A set with ``rows`` is fixed: its rows are part of the model and cannot be written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

UMBRELLA = "c4codataapi"
"""The service with the entities of all standard services together. Label: documented."""

OLD_UMBRELLA = "c4codata"
"""The umbrella service under its older name: the same entities. Source: developer guide's replies; recorded."""

CATALOG = "odataservicecatalog"
"""The service that lists the others; every user who can log in may read it (inferred)."""

SERVICE_NAMES = ("activity", "chatactivity", "call_list", "socialmediaactivity")
"""The services that the add-on's administrator ticks. Source: Sinch configuration guide; documented."""

_CODE_LIST_TYPES = ("CodeList", "ContextualCodeList")
_SPEC = re.compile(r"^(?P<type>[A-Za-z]+)(?:\((?P<facets>[\d,]+)\))? (?P<rights>[cuf]+|-)(?P<marks>( \S+)*)$")


@dataclass(frozen=True, kw_only=True)
class Property:
    """One property of an entity type.

    Attributes:
        type: Edm primitive without the prefix, for example ``String``.
        facets: MaxLength for String, Precision (and Scale) for Decimal and dates.
        not_null: Nullable=false although a client need not, or cannot, send it.
        text_of: name of the code property that this one describes; empty otherwise.
        from_parent: name of the parent's property that this one repeats; empty otherwise.
        codes: name of the code list set; empty when the values are free.
        context: name of the property that gives a contextual code its context; empty when none does.
    """

    name: str
    type: str
    facets: tuple[int, ...] = ()
    creatable: bool = False
    updatable: bool = False
    filterable: bool = False
    key: bool = False
    mandatory: bool = False
    not_null: bool = False
    text_of: str = ""
    from_parent: str = ""
    codes: str = ""
    context: str = ""

    @property
    def nullable(self) -> bool:
        """What $metadata says in ``Nullable``."""
        return not (self.key or self.mandatory or self.not_null)

    @property
    def max_length(self) -> int | None:
        """Longest allowed String in characters; None when unlimited."""
        return self.facets[0] if self.type == "String" and self.facets else None


@dataclass(frozen=True, kw_only=True)
class Navigation:
    """A named way from one set to another; ``many`` is the far end's multiplicity."""

    name: str
    target: str
    many: bool


@dataclass(frozen=True, kw_only=True)
class EntitySet:
    """One entity set with its type.

    Attributes:
        parent: name of the set whose rows own the rows of this one; empty for roots.
        parent_navigation: the navigation of the parent that leads here.
        attachment: rows carry a file (Binary) and are create, read and delete only.
        rows: of a fixed set, property -> value; None for a set whose rows are stored.
        interaction: a customer's call, chat or message; only business users create such rows.
    """

    name: str
    type_name: str
    properties: Mapping[str, Property]
    navigations: Mapping[str, Navigation] = field(default_factory=dict)
    parent: str = ""
    parent_navigation: str = ""
    attachment: bool = False
    updatable: bool = True
    rows: tuple[Mapping[str, str], ...] | None = None
    interaction: bool = False

    @property
    def keys(self) -> tuple[Property, ...]:
        """Key properties in declared order."""
        return tuple(p for p in self.properties.values() if p.key)

    @property
    def is_fixed(self) -> bool:
        """True for a set that cannot be written: a code list, the catalog."""
        return self.rows is not None

    @property
    def is_code_list(self) -> bool:
        """True for a read-only list of codes and descriptions."""
        return self.type_name in _CODE_LIST_TYPES

    def describe(self, code: str) -> str:
        """The description of a code in a code list; empty when it is not listed."""
        return next((row["Description"] for row in self.rows or () if row["Code"] == code), "")


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function import that returns rows of a set.

    Attributes:
        target: the set.
        match: parameter name -> what it is compared with: a property, or ``Navigation/property``.
    """

    name: str
    method: str
    target: str
    parameters: Mapping[str, Property]
    match: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Service:
    """One OData service: its name is also the schema namespace and the type prefix."""

    name: str
    sets: Mapping[str, EntitySet]
    functions: Mapping[str, Function] = field(default_factory=dict)

    def by_type(self, type_name: str) -> EntitySet | None:
        """The set that holds entities of this type."""
        return next((s for s in self.sets.values() if s.type_name == type_name), None)


def parse_property(name: str, spec: str) -> Property:
    """Read one ``type(facets) rights marks`` line of the model data."""
    found = _SPEC.match(spec)
    if found is None:
        raise ValueError(f"property {name}: cannot read {spec!r}")
    rights = found["rights"]
    marks = {m.partition("=")[0]: m.partition("=")[2] for m in found["marks"].split()}
    return Property(
        name=name,
        type=found["type"],
        facets=tuple(int(f) for f in (found["facets"] or "").split(",") if f),
        creatable="c" in rights,
        updatable="u" in rights,
        filterable="f" in rights,
        key="key" in marks,
        mandatory="mandatory" in marks,
        not_null="not-null" in marks,
        text_of=marks.get("text-of", ""),
        from_parent=marks.get("from-parent", ""),
        codes=marks.get("codes", ""),
        context=marks.get("context", ""),
    )


def _navigation(name: str, spec: str) -> Navigation:
    target, mult = spec.split(" ")
    return Navigation(name=name, target=target, many=mult == "*")


def _entity_set(entry: Mapping[str, Any]) -> EntitySet:
    return EntitySet(
        name=entry["set"],
        type_name=entry["type"],
        properties=_properties(entry["properties"]),
        navigations={n: _navigation(n, s) for n, s in entry.get("navigations", {}).items()},
        parent=entry.get("parent", ""),
        parent_navigation=entry.get("parent_navigation", ""),
        attachment=entry.get("attachment", False),
        updatable=entry.get("updatable", True),
        interaction=entry.get("interaction", False),
        rows=tuple(entry["rows"]) if "rows" in entry else None,
    )


def _properties(specs: Mapping[str, str]) -> dict[str, Property]:
    return {name: parse_property(name, spec) for name, spec in specs.items()}


def _code_list(entry: Mapping[str, Any]) -> EntitySet:
    context = {"Context": ""} if entry["contextual"] else {}
    specs = {**dict.fromkeys(context, "String f key"), "Code": "String f key", "Description": "String f mandatory"}
    return EntitySet(
        name=entry["set"],
        type_name=_CODE_LIST_TYPES[bool(context)],
        properties=_properties(specs),
        updatable=False,
        rows=tuple({**context, "Code": code, "Description": text} for code, text in entry["values"].items()),
    )


def _function(entry: Mapping[str, Any]) -> Function:
    return Function(
        name=entry["name"],
        method=entry["method"],
        target=entry["set"],
        parameters=_properties(entry["parameters"]),
        match=entry["match"],
    )


def _load(name: str) -> Service:
    raw = files("c4c_mock.model").joinpath("data", f"{name}.json").read_text("utf-8")
    data = json.loads(raw)
    every = [_entity_set(e) for e in data["sets"]] + [_code_list(e) for e in data["code_lists"]]
    functions = {f["name"]: _function(f) for f in data.get("functions", ())}
    return Service(name=name, sets={s.name: s for s in every}, functions=functions)


@lru_cache(maxsize=1)
def services() -> Mapping[str, Service]:
    """All services by name, the umbrella and the catalog included. Loaded once per process; never changes."""
    single = {name: _load(name) for name in SERVICE_NAMES}
    sets = {n: s for service in single.values() for n, s in service.sets.items()}
    functions = {n: f for service in single.values() for n, f in service.functions.items()}
    umbrellas = {name: Service(name=name, sets=sets, functions=functions) for name in (UMBRELLA, OLD_UMBRELLA)}
    return {**single, **umbrellas, CATALOG: _load(CATALOG)}


@lru_cache(maxsize=1)
def _every_set() -> Mapping[str, EntitySet]:
    return {name: s for service in services().values() for name, s in service.sets.items()}


def entity_set(name: str) -> EntitySet:
    """The set of this name, in any service. Raises KeyError for an unknown name."""
    return _every_set()[name]


@lru_cache(maxsize=512)
def children_of(name: str) -> tuple[EntitySet, ...]:
    """Sets whose rows belong to rows of the named set."""
    return tuple(s for s in _every_set().values() if s.parent == name)
