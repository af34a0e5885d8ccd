"""A C4C ``$metadata`` document with one kind of activity and its attachments, under any names."""

from __future__ import annotations

_PROPERTIES = ("ParentObjectID", "Name", "CategoryCode", "TypeCode", "MimeType", "Binary")


def metadata(
    *,
    parent: str = "ChatActivity",
    navigation: str = "ChatActivityAttachment",
    target: str = "ChatActivityAttachment",
    attachment_set: str = "ChatActivityAttachmentCollection",
    title_creatable: bool | None = True,
    namespace: str = "c4codata",
    properties: tuple[str, ...] = _PROPERTIES,
    with_navigation: bool = True,
) -> bytes:
    """``title_creatable`` None leaves the annotation out, which means true."""
    creatable = "" if title_creatable is None else f' sap:creatable="{str(title_creatable).lower()}"'
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">',
        '<edmx:DataServices xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"',
        ' m:DataServiceVersion="2.0">',
        f'<Schema Namespace="{namespace}" xmlns="http://schemas.microsoft.com/ado/2008/09/edm"',
        ' xmlns:sap="http://www.sap.com/Protocols/SAPData">',
        f'<EntityType Name="{parent}"><Property Name="ObjectID" Type="Edm.String"/>',
        _navigation(namespace, parent, f"{parent}Notes", "Notes"),
        _navigation(namespace, parent, navigation, target) if with_navigation else "",
        "</EntityType>",
        '<EntityType Name="Notes"><Property Name="ObjectID" Type="Edm.String"/>',
        '<Property Name="ParentObjectID" Type="Edm.String"/></EntityType>',
        f'<EntityType Name="{target}"><Property Name="ObjectID" Type="Edm.String" sap:creatable="false"/>',
        *(f'<Property Name="{name}" Type="Edm.String"/>' for name in properties),
        f'<Property Name="Title" Type="Edm.String"{creatable}/>',
        '<Property Name="SizeInkB" Type="Edm.Decimal" sap:creatable="false"/></EntityType>',
        _association(namespace, parent, "Notes"),
        _association(namespace, parent, target),
        '<EntityContainer Name="c4c" m:IsDefaultEntityContainer="true">',
        f'<EntitySet Name="{parent}Collection" EntityType="{namespace}.{parent}"/>',
        f'<EntitySet Name="{attachment_set}" EntityType="{namespace}.{target}"/>' if attachment_set else "",
        "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>",
    ]
    return "\n".join(lines).encode()


def _navigation(namespace: str, parent: str, name: str, target: str) -> str:
    relationship = f"{namespace}.{parent}_{target}"
    return f'<NavigationProperty Name="{name}" Relationship="{relationship}" FromRole="{parent}" ToRole="{target}"/>'


def _association(namespace: str, parent: str, target: str) -> str:
    return (
        f'<Association Name="{parent}_{target}"><End Type="{namespace}.{parent}" Multiplicity="1" Role="{parent}"/>'
        f'<End Type="{namespace}.{target}" Multiplicity="*" Role="{target}"/></Association>'
    )
