"""Replies of the vendor's wire: errors, documents, downloads."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from flask import Request, Response, jsonify, request

from cmi_mock.evidence import touch
from cmi_mock.model.chat import ChatAttachment
from cmi_mock.tenant import CmiTenant
from cmi_mock.wire.representations import json_document, xml_document
from mock_kit.http.headers import byte_range
from mock_kit.http.loopback import as_reached
from mock_kit.journal.context import note as journal_note
from mock_kit.tenants.spool import read_blob

_JSON = "application/json"
_XML = ("application/xml", "text/xml")
_RANGE_NOT_SATISFIABLE = 416


class CmiError(Exception):
    """An error response as the vendor words it.

    Attributes:
        gateway: name of the AWS exception when the gateway responds and not CMI; else empty.
        note: for the journal alone; not sent to the caller.
        challenge: send ``WWW-Authenticate``.
    """

    def __init__(
        self, status: int, message: str, *, gateway: str = "", note: str = "", challenge: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.gateway = gateway
        self.note = note
        self.challenge = challenge


def error_response(error: CmiError, tenant: CmiTenant) -> Response:
    """JSON from the gateway; from CMI as the dialect says."""
    if error.note:
        journal_note("warning", "refused", error.note)
    if tenant.rules.error_body == "text" and not error.gateway:
        response = Response(error.message, content_type="text/plain; charset=utf-8")
    else:
        response = jsonify(message=error.message)
    response.status_code = error.status
    if error.gateway:
        response.headers["x-amzn-ErrorType"] = error.gateway
    else:
        touch("cmi.dialect.error_body")
    if error.challenge:
        response.headers["WWW-Authenticate"] = 'Basic realm="RI"'
    return response


def document_response(document: Any, tenant: CmiTenant, root: str) -> Response:
    """A document in the form that is accepted, streamed, its length known; ``root`` names it in XML.

    Raises CmiError 406 when neither JSON nor XML is accepted, and when the gateway's limits are exceeded.
    """
    content_type = _accepted(tenant)
    if content_type == _JSON:
        written = json_document(document)
    else:
        touch("cmi.representations")
        touch("cmi.dialect.xml_form")
        written = xml_document(document, root, attributes=tenant.rules.xml_form == "attributes")
    check_gateway(tenant, written.length)
    response = Response(written, content_type=content_type)
    response.content_length = written.length
    return response


def _accepted(tenant: CmiTenant) -> str:
    offered = [_JSON] if tenant.rules.xml_form == "none" else [_JSON, *_XML]
    wanted = request.accept_mimetypes
    best = wanted.best_match(offered) if wanted else _JSON
    if best is None:
        raise CmiError(406, "Not Acceptable", note=f"Accept: {request.headers.get('Accept')}")
    return best


def created_response(new_id: str, path: str, tenant: CmiTenant) -> Response:
    """201 with the new id as body, and ``Location``: ``path`` below the CMI address.

    Source: CMI API description; evidence: documented. Raises CmiError 406, if the dialect is strict.
    """
    if tenant.rules.post_accept == "text/html" and "text/html" not in request.headers.get("Accept", ""):
        raise CmiError(406, "Not Acceptable", note="a POST is sent with Accept: text/html")
    touch("cmi.post.new_id")
    touch("cmi.dialect.location_form")
    response = Response(new_id, 201, content_type="text/html; charset=utf-8")
    response.autocorrect_location_header = False
    base = (
        as_reached(tenant.cmi_url)
        if tenant.rules.location_form == "absolute"
        else f"/{tenant.identity.tenant_path}/cmi"
    )
    response.headers["Location"] = f"{base}{path}"
    return response


def no_content() -> Response:
    """204 without a body, as a PUT or DELETE is answered. Evidence: documented."""
    touch("cmi.put.no_content")
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def check_gateway(tenant: CmiTenant, size_bytes: int) -> None:
    """Raises CmiError when the reply is too large or too slow for the API gateway."""
    limits = tenant.throttle.limits
    if limits.too_large(size_bytes):
        touch("cmi.dialect.gateway_payload_bytes")
        raise CmiError(
            tenant.rules.gateway_payload_status,
            "Request Too Long",
            gateway="RequestEntityTooLargeException",
            note=f"a reply of {size_bytes} bytes exceeds the gateway's {limits.payload_bytes}",
        )
    if limits.too_slow(size_bytes):
        touch("cmi.dialect.gateway_timeout_s")
        raise CmiError(
            504,
            "Endpoint request timed out",
            gateway="InternalServerErrorException",
            note=f"{size_bytes} bytes take longer than the gateway's {limits.timeout_s:g} s",
        )


def download_response(
    attachment: ChatAttachment, tenant: CmiTenant, request: Request, *, through_gateway: bool = True
) -> Response:
    """The raw bytes, whole or one range of them, from the spool. An object store has no API gateway before it."""
    touch("cmi.download.raw_bytes")
    response, size_bytes = file_response(attachment, request if tenant.rules.ranges else None)
    if response.status_code == _RANGE_NOT_SATISFIABLE:
        return response
    if through_gateway:
        check_gateway(tenant, size_bytes)
    response.headers["Content-Type"] = attachment.content_type
    if tenant.rules.length_known:
        response.content_length = size_bytes
    touch("cmi.dialect.length_known")
    return response


def file_response(attachment: ChatAttachment, request: Request | None) -> tuple[Response, int]:
    """The file, whole or the range that ``request`` names (None: ranges are not supported), and its size in bytes."""
    size = attachment.blob.size_bytes
    wanted = byte_range(request.headers.get("Range", ""), size) if request is not None else None
    if wanted == (0, 0):
        return Response(status=_RANGE_NOT_SATISFIABLE, headers={"Content-Range": f"bytes */{size}"}), 0
    start, stop = wanted or (0, size)
    response = Response(read_blob(attachment.blob, start, stop), 206 if wanted else 200)
    response.headers["Content-Disposition"] = _content_disposition(attachment.name)
    if request is not None:
        response.headers["Accept-Ranges"] = "bytes"
    if wanted:
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return response, stop - start


def _content_disposition(name: str) -> str:
    """``attachment`` with an ASCII fallback and the exact name as RFC 5987 ``filename*``."""
    fallback = re.sub(r'[^ -~]|["\\%]', "_", name)
    return f"attachment; filename=\"{fallback}\"; filename*=UTF-8''{quote(name, safe='')}"
