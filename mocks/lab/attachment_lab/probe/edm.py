"""``$metadata`` of an OData V2 service, as far as the probe needs it.

This is a second reader, on purpose: the service has its own, and each can show an error of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

_MARKERS = frozenset({"Binary", "CategoryCode", "ParentObjectID"})


class EdmUnreadable(ValueError):
    """The document is not $metadata."""


@dataclass(frozen=True, kw_only=True)
class EdmProperty:
    """A property with its relevant annotations; a missing annotation means yes (SAP; documented)."""

    name: str
    type: str
    nullable: bool
    creatable: bool
    updatable: bool
    filterable: bool
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class AttachmentNav:
    """The navigation that leads to attachments: its target type has Binary, CategoryCode and ParentObjectID.

    Attributes:
        set_rights: of creatable, updatable and deletable, what the entity set's annotations allow.
    """

    navigation: str
    entity_set: str
    properties: Mapping[str, EdmProperty]
    back_navigations: tuple[str, ...]
    set_rights: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class EdmType:
    """An entity type: its properties, and its navigations with the type each leads to."""

    properties: Mapping[str, EdmProperty] = field(default_factory=dict)
    navigations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Edm:
    """One service: set name → type name, and the types."""

    namespace: str
    sets: Mapping[str, str]
    types: Mapping[str, EdmType]
    rights: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def has(self, entity_set: str, name: str) -> bool:
        """Whether the set exists and its entities have that property."""
        return name in self.type_of(entity_set).properties

    def type_of(self, entity_set: str) -> EdmType:
        """The type of a set; one without members for a set that does not exist."""
        return self.types.get(self.sets.get(entity_set, ""), EdmType())

    def navigations(self, entity_set: str) -> list[str]:
        """Names of the set's navigations."""
        return list(self.type_of(entity_set).navigations)

    def not_filterable(self, entity_set: str) -> str:
        """A text property with sap:filterable=false, or any such property; empty if there is none."""
        found = [p for p in self.type_of(entity_set).properties.values() if not p.filterable]
        texts = [p.name for p in found if p.type == "Edm.String"]
        return (texts or [p.name for p in found] or [""])[0]

    def attachment_nav(self, entity_set: str) -> AttachmentNav | None:
        """The navigation to attachments of a set's entities; None if there is none."""
        parent_type = self.sets.get(entity_set, "")
        for navigation, target in self.type_of(entity_set).navigations.items():
            kind = self.types.get(target, EdmType())
            if kind.properties.keys() >= _MARKERS:
                back = tuple(name for name, to in kind.navigations.items() if to == parent_type)
                entity_set = next((name for name, of in self.sets.items() if of == target), "")
                return AttachmentNav(
                    navigation=navigation,
                    entity_set=entity_set,
                    set_rights=self.rights.get(entity_set, frozenset()),
                    properties=kind.properties,
                    back_navigations=back,
                )
        return None


def read_edm(xml: bytes) -> Edm:
    """Read a $metadata document. Raises EdmUnreadable."""
    try:
        root: Element = fromstring(xml)
    except (ParseError, DefusedXmlException, ValueError) as exc:
        raise EdmUnreadable(type(exc).__name__) from exc
    schemas = list(_all(root, "Schema"))
    if not schemas:
        raise EdmUnreadable("no Schema in it")
    ends = {
        (_local(one.get("Name", "")), end.get("Role", "")): _local(end.get("Type", ""))
        for one in _all(root, "Association")
        for end in _all(one, "End")
    }
    types = {node.get("Name", ""): _type(node, ends) for node in _all(root, "EntityType")}
    sets = {node.get("Name", ""): _local(node.get("EntityType", "")) for node in _all(root, "EntitySet")}
    rights = {node.get("Name", ""): _rights(node) for node in _all(root, "EntitySet")}
    return Edm(namespace=schemas[0].get("Namespace", ""), sets=sets, types=types, rights=rights)


def _rights(node: Element) -> frozenset[str]:
    sap = {_tag(name): value for name, value in node.attrib.items() if name.startswith("{")}
    return frozenset(each for each in ("creatable", "updatable", "deletable") if sap.get(each, "true") != "false")


def _type(node: Element, ends: Mapping[tuple[str, str], str]) -> EdmType:
    properties = {p.get("Name", ""): _property(p) for p in _all(node, "Property")}
    navigations = {
        n.get("Name", ""): ends.get((_local(n.get("Relationship", "")), n.get("ToRole", "")), "")
        for n in _all(node, "NavigationProperty")
    }
    return EdmType(properties=properties, navigations=navigations)


def _property(node: Element) -> EdmProperty:
    sap = {_tag(name): value for name, value in node.attrib.items() if name.startswith("{")}
    return EdmProperty(
        name=node.get("Name", ""),
        type=node.get("Type", ""),
        nullable=node.get("Nullable", "true") != "false",
        creatable=sap.get("creatable", "true") != "false",
        updatable=sap.get("updatable", "true") != "false",
        filterable=sap.get("filterable", "true") != "false",
        label=sap.get("label", ""),
    )


def _all(node: Element, tag: str) -> Iterator[Element]:
    return (child for child in node.iter() if _tag(child.tag) == tag)


def _tag(name: str) -> str:
    return name.rsplit("}", 1)[-1]


def _local(name: str) -> str:
    return name.rsplit(".", 1)[-1]
