"""Entities as Atom: C4C's default format. Files stream here as in JSON.

Source of the layout (author, self and edit links relative to xml:base, no ``m:type`` on properties): replies in
the developer guide, recorded. What those do not show is the standard's (OData 2.0 atom-format, documented).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from c4c_mock.model.edm import Navigation, Property, Service
from c4c_mock.model.texts import ErrorText
from c4c_mock.model.values import Value
from c4c_mock.wire.entities import Entity
from c4c_mock.wire.json_out import fixed
from mock_kit.tenants.base64_document import Base64Document
from mock_kit.tenants.spool import Blob

_PROLOG = '<?xml version="1.0" encoding="utf-8"?>'
_DATA = "http://schemas.microsoft.com/ado/2007/08/dataservices"
_META = f"{_DATA}/metadata"
_NAMESPACES = f'xmlns="http://www.w3.org/2005/Atom" xmlns:m="{_META}" xmlns:d="{_DATA}"'
_RELATED = f"{_DATA}/related/"
#: Source: XML 1.0, 2.2 Characters.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINK_TYPE = "application/atom+xml;type="


@dataclass(frozen=True)
class AtomStyle:
    """What the dialect decides about Atom, and the moment of writing.

    Attributes:
        property_types: whether properties carry ``m:type``; dialect ``atom_property_types``.
    """

    property_types: bool
    now: datetime


class AtomDocument(Base64Document):
    """An XML document that grows by text and files."""

    def __init__(self, content_type: str) -> None:
        self.content_type = f"{content_type};charset=utf-8"
        super().__init__([_PROLOG.encode()])

    def write(self, text: str) -> None:
        """Append markup."""
        self._parts.append(text.encode())

    def write_file(self, blob: Blob) -> None:
        """Append a file as Base64."""
        self._parts.append(blob)


def service_document(service: Service, base: str) -> str:
    """The AtomPub form with one workspace. Source: OData 2.0 atom-format; documented."""
    collections = "".join(
        f"<app:collection href={quoteattr(name)}><atom:title>{name}</atom:title></app:collection>"
        for name in service.sets
    )
    return (
        f"{_PROLOG}<app:service xml:base={quoteattr(base + '/')}"
        ' xmlns:app="http://www.w3.org/2007/app" xmlns:atom="http://www.w3.org/2005/Atom">'
        f"<app:workspace><atom:title>Default</atom:title>{collections}</app:workspace></app:service>"
    )


def feed(
    entities: list[Entity], style: AtomStyle, *, title: str, uri: str, base: str, count: int | None, next_link: str
) -> AtomDocument:
    """A set of entities with count and next link when there are any."""
    document = AtomDocument("application/atom+xml;type=feed")
    document.write(f"<feed xml:base={quoteattr(base + '/')} {_NAMESPACES}>")
    _feed_head(document, style, title, uri, uri.removeprefix(f"{base}/"))
    if count is not None:
        document.write(f"<m:count>{count}</m:count>")
    for entity in entities:
        _entry(document, entity, style, "")
    if next_link:
        document.write(f'<link rel="next" href={quoteattr(next_link)}/>')
    document.write("</feed>")
    return document


def _feed_head(document: AtomDocument, style: AtomStyle, title: str, uri: str, path: str) -> None:
    document.write(f'<id>{escape(uri)}</id><title type="text">{escape(title)}</title>')
    document.write(f"<updated>{style.now:%Y-%m-%dT%H:%M:%SZ}</updated><author><name/></author>")
    document.write(f'<link href={quoteattr(path)} rel="self" title={quoteattr(title)}/>')


def entry(entity: Entity, style: AtomStyle, base: str) -> AtomDocument:
    """A single entity."""
    document = AtomDocument("application/atom+xml;type=entry")
    _entry(document, entity, style, f" xml:base={quoteattr(base + '/')} {_NAMESPACES}")
    return document


def _entry(document: AtomDocument, entity: Entity, style: AtomStyle, namespaces: str) -> None:
    etag = f" m:etag={quoteattr(entity.etag)}" if entity.etag else ""
    document.write(f"<entry{namespaces}{etag}><id>{escape(entity.uri)}</id>")
    document.write(f'<title type="text">{escape(entity.path)}</title>')
    document.write(f"<updated>{entity.updated:%Y-%m-%dT%H:%M:%SZ}</updated>")
    document.write(f"<category term={quoteattr(entity.type)} scheme={quoteattr(_DATA + '/scheme')}/>")
    title = entity.type.rpartition(".")[2]
    document.write(f'<link href={quoteattr(entity.path)} rel="edit" title={quoteattr(title)}/>')
    for nav in entity.deferred:
        document.write(f"{_link(entity, nav)}/>")
    for name, found in entity.expanded.items():
        _inline(document, entity, style, name, found)
    document.write('<content type="application/xml"><m:properties>')
    for prop, value in entity.values:
        _property(document, prop, value, style)
    document.write("</m:properties></content></entry>")


def _link(entity: Entity, nav: Navigation) -> str:
    kind = "feed" if nav.many else "entry"
    return (
        f"<link href={quoteattr(f'{entity.path}/{nav.name}')} rel={quoteattr(_RELATED + nav.name)}"
        f' type="{_LINK_TYPE}{kind}" title={quoteattr(nav.name)}'
    )


def _inline(
    document: AtomDocument, entity: Entity, style: AtomStyle, name: str, found: list[Entity] | Entity | None
) -> None:
    nav = Navigation(name=name, target="", many=isinstance(found, list))
    document.write(f"{_link(entity, nav)}><m:inline>")
    if isinstance(found, Entity):
        _entry(document, found, style, "")
    elif found is not None:
        document.write("<feed>")
        _feed_head(document, style, name, f"{entity.uri}/{name}", f"{entity.path}/{name}")
        for one in found:
            _entry(document, one, style, "")
        document.write("</feed>")
    document.write("</m:inline></link>")


def _property(document: AtomDocument, prop: Property, value: Value, style: AtomStyle, namespaces: str = "") -> None:
    typed = style.property_types and prop.type != "String"
    kind = f' m:type="Edm.{prop.type}"' if typed else ""
    if value is None:
        document.write(f'<d:{prop.name}{namespaces}{kind} m:null="true"/>')
        return
    document.write(f"<d:{prop.name}{namespaces}{kind}>")
    if isinstance(value, Blob):
        document.write_file(value)
    else:
        document.write(_clean(text_of(value, prop)))
    document.write(f"</d:{prop.name}>")


def _clean(text: str) -> str:
    """Escaped, and without the characters that XML 1.0 cannot carry at all."""
    return escape(_NOT_XML.sub("", text))


def single_property(prop: Property, value: Value, style: AtomStyle) -> AtomDocument:
    """One property as a document of its own."""
    document = AtomDocument("application/xml")
    _property(document, prop, value, style, f' xmlns:d="{_DATA}" xmlns:m="{_META}"')
    return document


def links(uris: list[str], *, many: bool) -> AtomDocument:
    """``$links`` of a navigation."""
    document = AtomDocument("application/xml")
    written = "".join(f"<uri>{escape(uri)}</uri>" for uri in uris)
    if many:
        document.write(f'<links xmlns="{_DATA}">{written}</links>')
    else:
        document.write(f'<uri xmlns="{_DATA}">{escape(uris[0])}</uri>')
    return document


def text_of(value: Value, prop: Property) -> str:
    """A value as XML and ``$value`` write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        stamp = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        zone = "Z" if prop.type == "DateTimeOffset" else ""
        return f"{stamp:%Y-%m-%dT%H:%M:%S}.{stamp.microsecond:06d}0{zone}"
    if isinstance(value, Decimal):
        return fixed(value, prop)
    return str(value)


def error_document(error: ErrorText) -> str:
    """C4C's error in XML; ``innererror`` only where the text stands in the details."""
    code = f"<code>{_clean(error.code)}</code>" if error.code else "<code/>"
    message = f"<message xml:lang={quoteattr(error.language)}>{_clean(error.outer)}</message>"
    inner = ""
    if error.details:
        detail = f"<errordetail>{code}<message>{_clean(error.text)}</message><severity>error</severity></errordetail>"
        inner = f"<innererror><errordetails>{detail}</errordetails></innererror>"
    return f'{_PROLOG}<error xmlns="{_META}">{code}{message}{inner}</error>'
