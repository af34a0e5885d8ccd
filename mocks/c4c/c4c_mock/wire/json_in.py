"""A JSON body read as a stream; parsed, it becomes a payload: names are checked against the model, values are typed.

Atom bodies (``atom_in``) become the same members, with ``XmlText`` in place of JSON's values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from c4c_mock.model.edm import EntitySet, Navigation, Property, entity_set
from c4c_mock.model.errors import BadRequest, NotBuilt
from c4c_mock.model.payloads import EntityPayload
from c4c_mock.model.shown import shown
from c4c_mock.model.values import Value
from c4c_mock.wire.literals import from_text
from c4c_mock.wire.scanner import BinarySink, BodyScanner
from c4c_mock.wire.shape import navigations
from mock_kit.tenants.spool import Blob

_TICKS = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/", re.ASCII)
_ADDRESS = re.compile(r"(?:[^']*/)?(?P<set>\w+)\((?:\w+=)?'(?P<key>[^']*)'\)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_DEPTH = 10
_ID = "[0-9A-Za-z-]{1,70}"
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class XmlText(str):
    """Text with the type its element announces in ``m:type``; empty when it announces none."""

    __slots__ = ("edm_type",)
    edm_type: str

    def __new__(cls, text: str, edm_type: str = "") -> XmlText:
        """``edm_type`` with its prefix, for example ``Edm.Boolean``."""
        made = super().__new__(cls, text)
        made.edm_type = edm_type
        return made

    def as_json(self, prop: Property) -> Any:
        """True or False for a Boolean, text for everything else. Raises BadRequest for another type."""
        text = str(self)
        if self.edm_type and self.edm_type != f"Edm.{prop.type}":
            raise BadRequest(f"Property {prop.name}: expected Edm.{prop.type}, found m:type {self.edm_type[:60]}")
        if prop.type == "Boolean":
            return _BOOLEANS.get(text, text)
        if prop.type in {"DateTime", "DateTimeOffset"} and text.startswith("/"):
            raise BadRequest(f"Property {prop.name}: {shown(text)} is no date and time such as 2020-01-31T09:00:00Z")
        return text


class JsonBody:
    """A JSON object that is received piece by piece; ``blobs`` are the files extracted so far, already on disk."""

    def __init__(self, open_sink: Callable[[], BinarySink], *, max_bytes: int) -> None:
        """``max_bytes`` of everything but the files."""
        self._scanner = BodyScanner(open_sink, skeleton_max_bytes=max_bytes)
        self.blobs = self._scanner.blobs

    def feed(self, piece: bytes) -> None:
        """Take the next bytes. Raises BadRequest."""
        self._scanner.feed(piece)

    def early(self, name: str) -> str:
        """An id in a property that has been received already; empty when there is none yet."""
        found = re.search(rf'"{name}"\s*:\s*"({_ID})"'.encode(), self._scanner.skeleton)
        return found[1].decode() if found else ""

    def payload(self, eset: EntitySet, *, back_navigation: bool = True) -> EntityPayload:
        """The body is complete: what it describes. Raises BadRequest."""
        if not self._scanner.skeleton:
            raise BadRequest("Request body is empty; expected a JSON object")
        return read_payload(self._scanner.finish(), eset, self.blobs, back_navigation=back_navigation)

    def abort(self) -> None:
        """Delete the file that is being written."""
        self._scanner.abort()


def read_payload(
    body: object, eset: EntitySet, blobs: Sequence[Blob], *, depth: int = 0, back_navigation: bool = True
) -> EntityPayload:
    """The payload that a JSON object describes, deep inserts included.

    ``blobs`` are the files that the scanner extracted; the body has their numbers. ``back_navigation``: whether
    an attachment can name its parent by a navigation, dialect ``attachment_back_navigation``.
    Raises BadRequest for an unknown property, a wrong type, a value that is too long.
    """
    if not isinstance(body, Mapping):
        raise BadRequest(f"Request body: expected an object for {eset.type_name}")
    if depth > MAX_DEPTH:
        raise BadRequest(f"Request body: more than {MAX_DEPTH} levels of deep insert")
    payload = EntityPayload(eset=eset, values={})
    navs = navigations(eset, back_navigation=back_navigation)
    for name, raw in sorted(body.items(), key=lambda member: member[0] in navs):
        if name == "__metadata":
            continue
        if name in eset.properties:
            payload.values[name] = read_value(raw, eset.properties[name], blobs)
        elif name in navs and (uri := _bound_uri(raw)) is not None:
            _bind(payload, navs[name], uri)
        elif name in navs:
            payload.children[name] = _children(raw, eset, navs[name], blobs, depth)
        else:
            raise BadRequest(f"Property {name} not found in {eset.type_name}")
    payload.children = {nav: payloads for nav, payloads in payload.children.items() if payloads}
    return payload


def _bound_uri(raw: object) -> str | None:
    """The address of the existing entity that a navigation is bound to; None when it is not bound to one."""
    metadata = raw.get("__metadata") if isinstance(raw, Mapping) and set(raw) == {"__metadata"} else None
    return str(metadata.get("uri", "")) if isinstance(metadata, Mapping) else None


def _bind(payload: EntityPayload, nav: Navigation, uri: str) -> None:
    """A child that is bound to its parent by the way back has named its ParentObjectID. Raises NotBuilt otherwise.

    Source: OData 2.0 operations (links to existing entities), documented there; that C4C accepts it is inferred.
    """
    if nav.target != payload.eset.parent or nav.many or "ParentObjectID" not in payload.eset.properties:
        raise _binding_not_built(nav)
    found = _ADDRESS.fullmatch(unquote(uri))
    if found is None or found["set"] != nav.target:
        raise BadRequest(f"Navigation {nav.name}: expected the address of a {nav.target}, found {shown(uri)}")
    named = payload.values.get("ParentObjectID") or found["key"]
    if named != found["key"]:
        raise BadRequest(f"Navigation {nav.name} contradicts ParentObjectID {named}")
    payload.values["ParentObjectID"] = named


def _binding_not_built(nav: Navigation) -> NotBuilt:
    return NotBuilt(f"Navigation {nav.name}: binding to an existing entity is not built in this mock")


def _children(raw: object, owner: EntitySet, nav: Navigation, blobs: Sequence[Blob], depth: int) -> list[EntityPayload]:
    target = entity_set(nav.target)
    if raw is None or (isinstance(raw, Mapping) and "__deferred" in raw):
        return []  # the client sends back what it has read
    if isinstance(raw, Mapping) and "results" in raw:
        raw = raw["results"]
    many = raw if isinstance(raw, list) else [raw]
    if any(isinstance(one, Mapping) and set(one) == {"__metadata"} for one in many):
        raise _binding_not_built(nav)
    if target.parent != owner.name or (len(many) > 1 and not nav.many):
        raise BadRequest(f"Navigation {nav.name} cannot be created together with its owner")
    return [read_payload(one, target, blobs, depth=depth + 1) for one in many]


def read_value(raw: object, prop: Property, blobs: Sequence[Blob]) -> Value:
    """A JSON value as the property's type. Raises BadRequest naming property, expected and found."""
    if raw is None:
        return None
    if isinstance(raw, XmlText):
        raw = raw.as_json(prop)
    if prop.type == "Binary":
        return _blob(raw, prop, blobs)
    if prop.type == "Boolean":
        if not isinstance(raw, bool):
            raise _wrong(prop, "true or false", raw)
        return raw
    if prop.type == "Decimal":
        return _decimal(raw, prop)
    if not isinstance(raw, str):
        raise _wrong(prop, f"a string for Edm.{prop.type}", raw)
    if prop.type in {"DateTime", "DateTimeOffset"}:
        return _stamp(raw, prop)
    limit = prop.max_length
    if limit is not None and len(raw) > limit:
        raise BadRequest(f"Property {prop.name}: at most {limit} characters, found {len(raw)}")
    return from_text(raw, prop)


def _blob(raw: object, prop: Property, blobs: Sequence[Blob]) -> Blob:
    if not isinstance(raw, str):
        raise _wrong(prop, "a Base64 string", raw)
    return blobs[int(raw)]


def _decimal(raw: object, prop: Property) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        raise _wrong(prop, "a number as a string", raw)
    number = from_text(raw, prop) if isinstance(raw, str) else Decimal(raw)
    assert isinstance(number, Decimal)
    precision, scale = prop.facets
    if not number.is_finite():
        raise _wrong(prop, "a finite number", raw)
    exponent = int(number.as_tuple().exponent)
    if -exponent > scale or number.adjusted() >= precision - scale:
        raise BadRequest(f"Property {prop.name}: at most {precision} digits, {scale} of them after the point")
    return number


def _stamp(raw: str, prop: Property) -> datetime:
    ticks = _TICKS.fullmatch(raw)
    if ticks is None:
        stamp = from_text(raw, prop)
        assert isinstance(stamp, datetime)
        return stamp
    try:
        moment = _EPOCH + timedelta(milliseconds=int(ticks[1]))
    except OverflowError as exc:
        raise _wrong(prop, "a date of the calendar", raw) from exc
    return moment if prop.type == "DateTimeOffset" else moment.replace(tzinfo=None)


def _wrong(prop: Property, expected: str, raw: object) -> BadRequest:
    return BadRequest(f"Property {prop.name}: expected {expected}, found {shown(raw)}")
