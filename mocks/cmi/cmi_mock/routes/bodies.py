"""Documents that a client sends, in JSON or in XML, as Content-Type says."""

from __future__ import annotations

import json
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from flask import request

from cmi_mock.model.chat import Queue
from cmi_mock.model.ids import is_id, normal_id
from cmi_mock.routes.responses import CmiError
from cmi_mock.tenant import CmiTenant
from mock_kit.journal.context import note

#: No document of CMI needs more; a longer one is refused unread. The mock's own bound.
MOST_BYTES = 10 * 1024 * 1024


def received_body() -> bytes:
    """The running request's body, at most one byte more than is accepted. Read it before the tenant is locked."""
    return request.stream.read(MOST_BYTES + 1)


def document_in(content: bytes) -> dict[str, Any]:
    """What was received, as a document. Raises CmiError 400, 413 or 415.

    Source: CMI API description (``Content-Type`` matches what is sent); evidence: documented.
    """
    if len(content) > MOST_BYTES:
        raise CmiError(413, "Request too large", note=f"this mock reads at most {MOST_BYTES} bytes")
    if request.mimetype == "application/json":
        found = _from_json(content)
    elif request.mimetype in ("application/xml", "text/xml"):
        found = _from_xml(content)
    else:
        raise CmiError(415, "Unsupported Media Type", note=f"Content-Type: {request.mimetype or 'none'}")
    if not isinstance(found, dict):
        raise CmiError(400, "The body is no document")
    return found


def _from_json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as exc:
        note("warning", "refused", f"no JSON: {exc}")
        raise CmiError(400, "The body is not JSON") from exc


def _from_xml(content: bytes) -> Any:
    try:
        return _members(fromstring(content, forbid_dtd=True))
    except (ParseError, DefusedXmlException, ValueError, RecursionError) as exc:
        note("warning", "refused", f"no XML: {exc}")
        raise CmiError(400, "The body is not XML") from exc


def _members(element: Element) -> Any:
    """An element with children or attributes as a dictionary, one without as its text.

    ``<entry key="a name">`` stands for a member whose name is no XML name.
    """
    members: dict[str, Any] = {name: value for name, value in element.items() if element.tag != "entry"}
    for child in element:
        members[child.get("key", "") if child.tag == "entry" else child.tag] = _members(child)
    return members or (element.text or "")


def text_in(body: dict[str, Any], name: str, default: str | None = None) -> str:
    """A text in a document that was sent. Raises CmiError 400."""
    value = body.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise CmiError(400, f"{name} is missing or no text")
    return value


def queue_in(named: Any, tenant: CmiTenant) -> Queue:
    """A queue that was sent as ``{"id": …}`` or as its id; its name is known from conversations. CmiError 400."""
    queue_id = named.get("id") if isinstance(named, dict) else named
    if not isinstance(queue_id, str) or not is_id(normal_id(queue_id)):
        raise CmiError(400, "the queue's id is missing or no id")
    wanted = normal_id(queue_id)
    known = (one.queue for one in tenant.contacts if one.queue and one.queue.id == wanted)
    return next(known, Queue(wanted, "", ""))
