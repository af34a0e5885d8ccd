"""What ``$metadata`` of an OData V2 service says about attachments: discovered, never hard-coded.

The attachment navigation has a different name under each activity type (``ChatActivityAttachment``,
``PhoneCallAttachmentFolder`` …), so we look for its shape: the to-many navigation of the parent whose target type
has ``Binary``, ``CategoryCode`` and ``ParentObjectID``.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from attachment_transfer.core.errors import UnexpectedAnswer

_MARKERS = frozenset({"Binary", "CategoryCode", "ParentObjectID"})


@dataclass(frozen=True)
class AttachmentNavigation:
    """How files are attached to the entities of one set.

    Attributes:
        navigation: the navigation property of the parent, e.g. ``ChatActivityAttachment``.
        entity_set: the set the attachments live in.
        properties: names of the attachment type's properties.
        creatable: those that a create may set.
    """

    navigation: str
    entity_set: str
    properties: frozenset[str]
    creatable: frozenset[str]


def attachment_navigation(xml: bytes, parent_set: str) -> AttachmentNavigation:
    """Find the attachment navigation of ``parent_set``. Raises :class:`UnexpectedAnswer` with what is missing."""
    root = _parsed(xml)
    types = {_attr(node, "Name"): node for node in _all(root, "EntityType")}
    sets = {_attr(node, "Name"): _local(_attr(node, "EntityType")) for node in _all(root, "EntitySet")}
    parent = types.get(sets.get(parent_set, ""))
    if parent is None:
        raise UnexpectedAnswer(f"$metadata has no entity set {parent_set}")
    ends = _association_ends(root)
    for navigation in _all(parent, "NavigationProperty"):
        target = ends.get((_local(_attr(navigation, "Relationship")), _attr(navigation, "ToRole")), "")
        names = {_attr(node, "Name"): node for node in _all(types.get(target), "Property")}
        if names.keys() >= _MARKERS:
            target_set = next((name for name, kind in sets.items() if kind == target), "")
            if not target_set:  # an upload could not be read back
                raise UnexpectedAnswer(f"$metadata has no entity set for the attachments of {parent_set}")
            return AttachmentNavigation(
                navigation=_attr(navigation, "Name"),
                entity_set=target_set,
                properties=frozenset(names),
                creatable=frozenset(name for name, node in names.items() if _creatable(node)),
            )
    raise UnexpectedAnswer(f"$metadata shows no attachment navigation under {parent_set}")


def _parsed(xml: bytes) -> Element:
    try:
        root: Element = fromstring(xml)
    except (ParseError, DefusedXmlException, ValueError) as exc:
        raise UnexpectedAnswer("$metadata is not the XML it should be") from exc
    return root


def _association_ends(root: Element) -> dict[tuple[str, str], str]:
    """(association, role) → entity type, all without namespace prefix."""
    return {
        (_attr(association, "Name"), _attr(end, "Role")): _local(_attr(end, "Type"))
        for association in _all(root, "Association")
        for end in _all(association, "End")
    }


def _creatable(node: Element) -> bool:
    """``sap:creatable`` defaults to true where it is absent (SAP's annotations for OData V2; documented)."""
    values = [value for name, value in node.attrib.items() if _tag(name) == "creatable"]
    return values != ["false"]


def _all(node: Element | None, tag: str) -> list[Element]:
    return [] if node is None else [child for child in node.iter() if _tag(child.tag) == tag]


def _tag(name: str) -> str:
    return name.rsplit("}", 1)[-1]


def _local(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _attr(node: Element, name: str) -> str:
    return node.attrib.get(name, "")
