"""``$metadata`` generated from the model: namespaces, annotations and associations as recorded on a tenant.

Source of the structure: $metadata of a tenant in light-odata's tests; label recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import quoteattr

from c4c_mock.model.edm import EntitySet, Function, Property, Service, services
from c4c_mock.model.errors import BadRequest

_EDMX = "http://schemas.microsoft.com/ado/2007/06/edmx"
_META = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
_EDM = "http://schemas.microsoft.com/ado/2008/09/edm"
_SAP = "http://www.sap.com/Protocols/SAPData"
_C4C = "http://www.sap.com/Protocols/C4CData"


@dataclass(frozen=True, kw_only=True)
class MetadataRules:
    """What changes an annotation: dialect entries, and whether the request wants labels."""

    title_creatable: bool
    parent_creatable: bool
    back_navigation: bool
    labels: bool


def document(service: Service, *, only: list[str], rules: MetadataRules) -> str:
    """The whole document, or the entity types named in ``only`` with what is between them."""
    unknown = [name for name in only if service.by_type(name) is None]
    if unknown:
        raise BadRequest(f"$metadata: entity type {unknown[0]} not found in service {service.name}")
    return _document(service.name, tuple(only), rules)


@lru_cache(maxsize=64)
def _document(service_name: str, only: tuple[str, ...], rules: MetadataRules) -> str:
    return build(services()[service_name], only, rules)


def build(service: Service, only: Collection[str], rules: MetadataRules) -> str:
    """The document of any service, whether the model knows it or not."""
    sets = [s for s in service.sets.values() if not only or s.type_name in only]
    named = {s.name for s in sets}
    links = [_Link(service.sets[s.parent], s) for s in sets if s.parent in named]
    types = "".join(_entity_type(service.name, s, links, rules) for s in _one_per_type(sets))
    associations = "".join(link.association(service.name) for link in links)
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<edmx:Edmx Version="1.0" xmlns:edmx="{_EDMX}">'
        f'<edmx:DataServices m:DataServiceVersion="1.0" xmlns:m="{_META}">'
        f'<Schema Namespace="{service.name}" xmlns="{_EDM}" xmlns:sap="{_SAP}" xmlns:c4c="{_C4C}">'
        f"{types}{associations}{_container(service, sets, links, rules)}"
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )


def _one_per_type(sets: Iterable[EntitySet]) -> Iterator[EntitySet]:
    seen: set[str] = set()
    for eset in sets:
        if eset.type_name not in seen:
            seen.add(eset.type_name)
            yield eset


@dataclass(frozen=True)
class _Link:
    """One ownership: an association between a parent's type and a child's type."""

    parent: EntitySet
    child: EntitySet

    @property
    def name(self) -> str:
        return f"{self.parent.type_name}_{self.child.type_name}"

    @property
    def many(self) -> bool:
        return self.parent.navigations[self.child.parent_navigation].many

    def association(self, namespace: str) -> str:
        child_end = "*" if self.many else "0..1"
        return (
            f'<Association Name="{self.name}">'
            f'<End Type="{namespace}.{self.parent.type_name}" Multiplicity="1"'
            f' Role="{self.parent.type_name}"/>'
            f'<End Type="{namespace}.{self.child.type_name}" Multiplicity="{child_end}"'
            f' Role="{self.child.type_name}"/></Association>'
        )

    def association_set(self, namespace: str) -> str:
        return (
            f'<AssociationSet Name="{self.parent.name}_{self.child.name}"'
            f' Association="{namespace}.{self.name}"'
            ' sap:creatable="true" sap:updatable="false" sap:deletable="false">'
            f'<End EntitySet="{self.parent.name}" Role="{self.parent.type_name}"/>'
            f'<End EntitySet="{self.child.name}" Role="{self.child.type_name}"/></AssociationSet>'
        )


def _entity_type(namespace: str, eset: EntitySet, links: list[_Link], rules: MetadataRules) -> str:
    keys = "".join(f'<PropertyRef Name="{k.name}"/>' for k in eset.keys)
    texts = {p.text_of: p.name for p in eset.properties.values() if p.text_of}
    properties = "".join(_property(p, rules, texts.get(p.name, "")) for p in eset.properties.values())
    navigations = "".join(_navigations(namespace, eset, links, rules))
    parent = next((link.parent.type_name for link in links if link.child is eset), "")
    mark = f' c4c:parent-entity-type="{parent}"' if parent else ""
    return f'<EntityType Name="{eset.type_name}"{mark}><Key>{keys}</Key>{properties}{navigations}</EntityType>'


def _navigations(namespace: str, eset: EntitySet, links: list[_Link], rules: MetadataRules) -> Iterator[str]:
    for link in links:
        down, up = (
            (link.parent.type_name, link.child.type_name),
            (link.child.type_name, link.parent.type_name),
        )
        for nav in eset.navigations.values():
            if link.parent is eset and nav.target == link.child.name:
                yield _navigation(nav.name, f"{namespace}.{link.name}", *down)
            back = link.child is eset and nav.target == link.parent.name
            if back and (rules.back_navigation or not eset.attachment):
                yield _navigation(nav.name, f"{namespace}.{link.name}", *up)


def _navigation(name: str, relationship: str, start: str, end: str) -> str:
    return f'<NavigationProperty Name="{name}" Relationship="{relationship}" FromRole="{start}" ToRole="{end}"/>'


def _property(prop: Property, rules: MetadataRules, text: str) -> str:
    nullable = "true" if prop.nullable else "false"
    attributes = {"Name": prop.name, "Type": f"Edm.{prop.type}", "Nullable": nullable, **_facets(prop)}
    if prop.name == "ETag":
        attributes["ConcurrencyMode"] = "Fixed"
    attributes.update(_rights(prop, rules))
    attributes["sap:text"] = text
    attributes["c4c:value-help"] = prop.codes
    attributes["c4c:context-property"] = prop.context
    attributes["sap:label"] = _label(prop.name) if rules.labels else ""
    return _element("Property", attributes)


def _element(name: str, attributes: dict[str, str]) -> str:
    """An empty element; attributes without a value are left out."""
    return f"<{name} {' '.join(f'{n}={quoteattr(v)}' for n, v in attributes.items() if v)}/>"


def _rights(prop: Property, rules: MetadataRules) -> dict[str, str]:
    creatable = prop.creatable
    if prop.name == "Title":
        creatable = creatable and rules.title_creatable
    if prop.name == "ParentObjectID":
        creatable = creatable and rules.parent_creatable
    rights = {"creatable": creatable, "updatable": prop.updatable, "filterable": prop.filterable}
    return {f"sap:{name}": "true" if allowed else "false" for name, allowed in rights.items()}


def _facets(prop: Property) -> dict[str, str]:
    if prop.type == "String":
        return {"MaxLength": str(prop.facets[0]), "FixedLength": "true"} if prop.facets else {"FixedLength": "false"}
    if prop.type == "Binary":
        return {"MaxLength": "Max", "FixedLength": "false"}
    names = ("Precision", "Scale")
    return {name: str(facet) for name, facet in zip(names, prop.facets, strict=False)}


def _label(name: str) -> str:
    """``ActualEndDateTime`` -> ``Actual End Date Time``; the real labels are SAP's texts, not copied here."""
    spaced = "".join(f" {c}" if c.isupper() and not p.isupper() else c for p, c in zip(" " + name, name, strict=False))
    return spaced.strip()


def _container(service: Service, sets: list[EntitySet], links: list[_Link], rules: MetadataRules) -> str:
    entity_sets = "".join(_entity_set(service.name, s, rules) for s in sets)
    association_sets = "".join(link.association_set(service.name) for link in links)
    named = {s.name: s for s in sets}
    functions = "".join(
        _function(service.name, f, named[f.target]) for f in service.functions.values() if f.target in named
    )
    return (
        f'<EntityContainer Name="{service.name}" m:IsDefaultEntityContainer="true">'
        f"{entity_sets}{association_sets}{functions}</EntityContainer>"
    )


def _entity_set(namespace: str, eset: EntitySet, rules: MetadataRules) -> str:
    writable = "false" if eset.is_fixed else "true"
    attributes = {
        "Name": eset.name,
        "EntityType": f"{namespace}.{eset.type_name}",
        "sap:creatable": writable,
        "sap:updatable": "true" if eset.updatable and not eset.is_fixed else "false",
        "sap:deletable": writable,
        "sap:semantics": "fixed-values" if eset.is_code_list else "",
        "sap:label": _label(eset.type_name) if rules.labels and not eset.is_code_list else "",
    }
    return _element("EntitySet", attributes)


def _function(namespace: str, function: Function, target: EntitySet) -> str:
    result = f"Collection({namespace}.{target.type_name})"
    parameters = "".join(
        _element("Parameter", {"Name": p.name, "Type": f"Edm.{p.type}", "Mode": "In", "MaxLength": str(p.facets[0])})
        for p in function.parameters.values()
    )
    return (
        f'<FunctionImport Name="{function.name}" ReturnType="{result}" EntitySet="{target.name}"'
        f' m:HttpMethod="{function.method}">{parameters}</FunctionImport>'
    )
