"""The validators of messages: JSON by schemas, XML by its root element, text, files, empty bodies.

Every function returns sentences that name place and keyword, never a value. Empty = valid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from attachment_contract.traffic.exchange import TrafficExchange, TrafficMessage
from attachment_contract.traffic.hops import HopContract, schema_errors
from attachment_contract.traffic.multipart import BrokenMultipart, form_members

JSON_TYPES = frozenset({"application/json", "application/problem+json"})
_TOO_LONG = "the body is longer than the recorder keeps, or compressed so that it cannot be read; it was not checked"
_NO_BODY = frozenset({204, 304})
#: Types of error responses that are no document: pages of a gateway or log-on, texts of the CSRF check and of CMI.
_PLAIN_ERRORS = {"c4c": {"text/html", "text/plain"}, "cmi": {"text/plain"}}
#: Statuses that a mock returns for itself: no such tenant, not implemented, full.
_MOCKS_OWN = frozenset({421, 501, 503})


class UnreadableBody(Exception):
    """A body does not have the form of its type; the message says why and quotes nothing."""


def request_violations(hop: HopContract, exchange: TrafficExchange) -> list[str]:
    """Why the request does not fit the hop's contract, so that the receiver must refuse it."""
    if not hop.request:
        return []
    message = exchange.request
    if not message.body.complete:
        return ["the body broke off, or was not read to its end"]
    if not message.body.whole:
        return [_TOO_LONG]
    try:
        return schema_errors(hop.request, _wrapped_request(hop, message))
    except (UnreadableBody, BrokenMultipart) as exc:
        return [str(exc)]


def _wrapped_request(hop: HopContract, message: TrafficMessage) -> Any:
    if hop.request_in == "form":
        return {"headers": dict(message.headers), "form": _form(message)}
    document = _sent(hop, message)
    return {"headers": dict(message.headers), "body": document} if hop.request_in else document


def _sent(hop: HopContract, message: TrafficMessage) -> Any:
    """The request's document. Without a type it is read as JSON, which rejects anything else."""
    if hop.browser and message.media_type == "multipart/form-data":
        return form_members(message)
    return _document(message, hop.request_xml) if message.media_type else parsed(_text(message))


def _form(message: TrafficMessage) -> dict[str, str]:
    if message.media_type != "application/x-www-form-urlencoded":
        raise UnreadableBody(f"a form is expected, not {message.media_type or 'nothing'}")
    return dict(parse_qsl(_text(message), keep_blank_values=True))


def response_violations(hop: HopContract, exchange: TrafficExchange) -> list[str]:
    """Why a good response does not fit the hop's contract."""
    message = exchange.response
    if exchange.method == "HEAD" or exchange.status in _NO_BODY:
        return ["there must be no body"] if message.body.size_bytes else []
    missing = [f"the header {name} is missing" for name in hop.response_headers if name not in message.headers]
    return missing + _body_violations(hop, exchange)


def _body_violations(hop: HopContract, exchange: TrafficExchange) -> list[str]:
    message = exchange.response
    if hop.file:
        return _file_violations(exchange)
    if message.body.size_bytes == 0 and hop.empty:
        return []
    if not message.body.whole:
        return [_TOO_LONG]
    try:
        return _document_violations(hop, exchange)
    except UnreadableBody as exc:
        return [str(exc)]


def _document_violations(hop: HopContract, exchange: TrafficExchange) -> list[str]:
    message = exchange.response
    if hop.text:
        return [] if re.search(hop.text, _text(message)) else ["the text does not have the form of this hop"]
    if _is_xml(message):
        _root(message, hop.xml)
        return []
    if not hop.response:
        raise UnreadableBody(f"this hop does not respond with {message.media_type or 'no type'}")
    document = _document(message, ())
    names = hop.selected if hop.selected and "select" in exchange.query else hop.response
    return schema_errors(names, _wrapped_response(hop, exchange, document)) or _row_violations(hop, exchange, document)


def _row_violations(hop: HopContract, exchange: TrafficExchange, document: Any) -> list[str]:
    """Each row of a list, unless the caller selected fields and so gets these alone."""
    if not hop.rows or "select" in exchange.query or "expand" in exchange.query:
        return []
    found: list[str] = []
    for number, row in enumerate(document["d"]["results"]):
        found += [text.replace(": d", f": d/results/{number}", 1) for text in schema_errors((hop.rows,), {"d": row})]
    return found


def error_violations(hop: HopContract | None, exchange: TrafficExchange) -> list[str]:
    """Why an error response does not fit the contract of the hop or, without one, of the neighbour."""
    message = exchange.response
    if exchange.method == "HEAD" or (exchange.status == 416 and exchange.neighbour == "cmi"):
        return []
    if not message.body.whole:
        return [_TOO_LONG]
    try:
        if message.media_type in _PLAIN_ERRORS.get(exchange.neighbour, ()):
            return [] if _text(message).strip() else ["the error response has no text"]
        if _is_xml(message):
            _root(message, ("error", "Error") if exchange.neighbour == "cmi" else ("error",))  # Error: object stores
            return []
        document = _document(message, ())
    except UnreadableBody as exc:
        return [str(exc)]
    names = hop.error if hop is not None else ANYWHERE.get(exchange.neighbour, ())
    if exchange.status in _MOCKS_OWN and message.media_type == "application/problem+json":
        names = (*names, "mock_problem.v1")
    wrapped = _wrapped_response(hop, exchange, document) if hop is not None else document
    return schema_errors(names, wrapped)


#: The schemas of a neighbour's error responses to a request that no hop knows.
ANYWHERE: Mapping[str, tuple[str, ...]] = {
    "c4c": ("c4c_error.v1",),
    "cmi": ("cmi_error.v1",),
    "orchestration": ("mock_problem.v1", "oauth_error.v1"),
    "service": ("problem.v1",),
    "worker": (),
}


def _wrapped_response(hop: HopContract, exchange: TrafficExchange, document: Any) -> Any:
    if not hop.response_in:
        return document
    return {"status": exchange.status, "headers": dict(exchange.response.headers), "body": document}


def _file_violations(exchange: TrafficExchange) -> list[str]:
    """A file must have a type, and the length that it declares."""
    message = exchange.response
    declared = message.headers.get("content-length")
    found = [] if message.media_type else ["the file has no Content-Type"]
    if declared is not None and not (declared.isdigit() and int(declared) == message.body.size_bytes):
        found.append("Content-Length is not the length of the body")
    if exchange.status == 206 and "content-range" not in message.headers:
        found.append("a partial response has no Content-Range")
    return found


def _document(message: TrafficMessage, xml: tuple[str, ...]) -> Any:
    if message.media_type in JSON_TYPES:
        return parsed(_text(message))
    if xml and _is_xml(message):
        return _members(_root(message, xml))
    raise UnreadableBody(f"{message.media_type} is not a type of this document")


def parsed(text: str) -> Any:
    """A JSON document, strictly. Raises ``UnreadableBody``."""
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError) as exc:
        raise UnreadableBody("the body is not JSON") from exc


def _no_constant(_: str) -> NoReturn:
    raise ValueError("not a JSON value")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a repeated member")
    return dict(pairs)


def _text(message: TrafficMessage) -> str:
    if message.body.content is None:
        raise UnreadableBody(f"{message.media_type} is not a type of this document")
    try:
        return message.body.content.decode()
    except UnicodeDecodeError as exc:
        raise UnreadableBody("the body is not UTF-8") from exc


def _is_xml(message: TrafficMessage) -> bool:
    return message.media_type.endswith("xml")


def _root(message: TrafficMessage, names: tuple[str, ...]) -> Element:
    try:
        root: Element = fromstring(_text(message))
    except (ParseError, DefusedXmlException, ValueError) as exc:
        raise UnreadableBody("the body is not well-formed XML") from exc
    if _local(root.tag) not in names and "*" not in names:
        raise UnreadableBody(f"the root element is none of: {', '.join(names) or 'XML is not allowed here'}")
    return root


def _members(root: Element) -> dict[str, Any]:
    """An Atom entry's properties, or an element's children and attributes, as the members of an object."""
    properties = next((node for node in root.iter() if _local(node.tag) == "properties"), root)
    members: dict[str, Any] = {_local(name): value for name, value in properties.attrib.items()}
    for node in properties:
        members[_local(node.tag)] = _members(node) if len(node) else (node.text or "")
    return members


def _local(name: str) -> str:
    return name.rsplit("}", 1)[-1]
