"""An Atom entry read as a stream: ``d:Binary`` goes decoded to disk, the rest becomes the same members as in JSON.

Document type declarations are refused, so no entity can grow; memory is bounded by the cap on everything but files.
Source: OData 2.0 atom-format, documented; that C4C accepts Atom bodies: developer guide, documented.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from c4c_mock.model.edm import EntitySet
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.payloads import EntityPayload
from c4c_mock.wire.json_in import XmlText, read_payload
from c4c_mock.wire.scanner import MEMBER, BinarySink
from mock_kit.tenants.spool import Blob

_ATOM = "http://www.w3.org/2005/Atom "
_DATA = "http://schemas.microsoft.com/ado/2007/08/dataservices "
_META = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata "
_RELATED = f"{_DATA[:-1]}/related/"
_MAX_DEPTH = 100


@dataclass
class _AtomEntry:
    """One entry being read; ``link`` is the navigation whose content is being read, with its target."""

    body: dict[str, Any] = field(default_factory=dict)
    link: str = ""
    href: str = ""
    inline: bool = False


@dataclass
class _OpenProperty:
    """The property being read."""

    name: str
    null: bool
    edm_type: str
    sink: BinarySink | None
    text: list[str] = field(default_factory=list)


class AtomBody:
    """An Atom entry, deep inserts (``m:inline``) included. The same methods as ``JsonBody``."""

    def __init__(self, open_sink: Callable[[], BinarySink], *, max_bytes: int) -> None:
        """``max_bytes`` of everything but the files."""
        self._open_sink = open_sink
        self._cap = max_bytes
        self._rest = 0
        self._path: list[str] = []
        self._entries: list[_AtomEntry] = []
        self._property: _OpenProperty | None = None
        self._root: _AtomEntry | None = None
        self.blobs: list[Blob] = []
        self._parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data
        self._parser.StartDoctypeDeclHandler = _no_doctype

    def feed(self, piece: bytes) -> None:
        """Take the next bytes. Raises BadRequest."""
        self._rest += len(piece)
        self._parse(piece, last=False)
        if self._rest > self._cap:
            raise BadRequest(f"Request body too large: {self._cap} bytes besides Binary are allowed")

    def early(self, name: str) -> str:
        """A property of the outermost entry as far as it has been received; empty when there is none yet."""
        return str(self._root.body.get(name) or "") if self._root else ""

    def payload(self, eset: EntitySet, *, back_navigation: bool = True) -> EntityPayload:
        """The body is complete: what it describes. Raises BadRequest."""
        self._parse(b"", last=True)
        assert self._root is not None
        return read_payload(self._root.body, eset, self.blobs, back_navigation=back_navigation)

    def abort(self) -> None:
        """Delete the file that is being written."""
        if self._property is not None and self._property.sink is not None:
            self._property.sink.abort()
            self._property = None

    def _parse(self, piece: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as exc:
            reason = expat.ErrorString(exc.code)
            raise BadRequest(f"Request body is no valid XML: {reason} at line {exc.lineno}, {exc.offset + 1}") from exc

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        inside = self._path[-1] if self._path else ""
        self._path.append(name)
        if len(self._path) > _MAX_DEPTH:
            raise BadRequest(f"Request body: more than {_MAX_DEPTH} levels of XML")
        if self._property is not None:
            raise BadRequest(f"Property {self._property.name}: expected text, found an element")
        if not inside or name == f"{_ATOM}entry":
            self._start_entry(name, inside)
        elif inside == f"{_META}properties":
            self._start_property(name, attributes)
        elif name == f"{_ATOM}link" and inside == f"{_ATOM}entry":
            self._start_link(attributes)
        elif name == f"{_META}inline":
            self._entries[-1].inline = True

    def _start_entry(self, name: str, inside: str) -> None:
        if name != f"{_ATOM}entry" or inside not in {"", f"{_META}inline", f"{_ATOM}feed"}:
            raise BadRequest(f"Request body: expected an Atom entry, found {name.rpartition(' ')[2]}")
        entry = _AtomEntry()
        if self._entries:
            owner = self._entries[-1]
            if not owner.inline:
                raise BadRequest("Request body: an Atom entry stands outside of a navigation's m:inline")
            owner.body.setdefault(owner.link, []).append(entry.body)
        else:
            self._root = entry
        self._entries.append(entry)

    def _start_link(self, attributes: dict[str, str]) -> None:
        relation = attributes.get("rel", "")
        entry = self._entries[-1]
        entry.link = relation.removeprefix(_RELATED) if relation.startswith(_RELATED) else ""
        entry.href, entry.inline = attributes.get("href", ""), False

    def _start_property(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if f"{space} " != _DATA:
            raise BadRequest(f"Property {local} stands in a foreign namespace")
        if local in self._entries[-1].body:
            raise BadRequest(f"Property {local} is given twice")
        null = attributes.get(f"{_META}null", "").strip() in {"true", "1"}
        sink = self._open_sink() if local == MEMBER and not null else None
        self._property = _OpenProperty(local, null, attributes.get(f"{_META}type", ""), sink)

    def _data(self, text: str) -> None:
        if self._property is None:
            return
        if self._property.sink is None:
            self._property.text.append(text)
            return
        raw = text.encode("utf-8")
        self._rest -= len(raw)
        self._property.sink.feed(raw)

    def _end(self, name: str) -> None:
        self._path.pop()
        if self._property is not None:
            self._end_property(self._property)
        elif name == f"{_ATOM}entry":
            self._entries.pop()
        elif name == f"{_ATOM}link" and self._path and self._path[-1] == f"{_ATOM}entry":
            self._end_link(self._entries[-1])

    def _end_property(self, found: _OpenProperty) -> None:
        if found.sink is not None:
            self.blobs.append(found.sink.finish())
            value: str | None = str(len(self.blobs) - 1)
        else:
            value = None if found.null else XmlText("".join(found.text), found.edm_type)
        self._entries[-1].body[found.name] = value
        self._property = None

    @staticmethod
    def _end_link(entry: _AtomEntry) -> None:
        """A link without content is one that a reader received and sends back, or a binding to another entity."""
        if entry.link and not entry.inline and not entry.href.endswith(f"/{entry.link}"):
            entry.body.setdefault(entry.link, {"__metadata": {"uri": entry.href}})
        entry.link = ""


def _no_doctype(*_: object) -> None:
    raise BadRequest("Request body: a document type declaration is not allowed")
