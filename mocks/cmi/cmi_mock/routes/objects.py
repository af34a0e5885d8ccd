"""Pre-signed addresses: the raw bytes without credentials, errors in XML as object stores write them."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from flask import Blueprint, Request, Response, request

from cmi_mock.evidence import touch
from cmi_mock.model.signed import LinkRefused
from cmi_mock.routes.responses import download_response
from cmi_mock.tenant import CmiTenant
from mock_kit.http.loopback import as_reached
from mock_kit.journal.context import note
from mock_kit.mock import Mock

#: A download's path: ``/{tenant}/cmi/chats/{chat}/attachments/{attachment}``, perhaps with a name behind it.
_DOWNLOAD = re.compile(r"/[^/]+/cmi/chats/[^/]+/attachments/([^/]+)(/[^/]*)?")
_NOT_FOUND = 404
_BAD_REQUEST = 400
_FORBIDDEN = 403


def add_objects(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """The object store's own resource."""

    @bp.get("/objects/<attachment_id>")
    def read_object(attachment_id: str) -> Response:
        """The raw bytes; 403 (or the dialect's status) in XML for an address that is not valid (any more)."""
        tenant = mock.tenant()
        touch("cmi.signed.addresses")
        if request.authorization is not None or "Authorization" in request.headers:
            # AWS refuses two kinds of authentication in one request. Source: Amazon S3, InvalidArgument; documented.
            return _refusal(_BAD_REQUEST, "InvalidArgument", "Only one auth mechanism allowed")
        _note_credentials(request)
        try:
            tenant.signed_links.check(attachment_id, request.args)
        except LinkRefused as exc:
            status = tenant.rules.signed_expired_status if exc.has_expired else _FORBIDDEN
            touch("cmi.dialect.signed_expired_status")
            return _refusal(status, exc.code, exc.message)
        with tenant.lock:
            attachment = tenant.chats.by_attachment_id(attachment_id)
        if attachment is None:
            return _refusal(_NOT_FOUND, "NoSuchKey", "The specified key does not exist.")
        return download_response(attachment, tenant, request, through_gateway=False)


def signed_address(mock: Mock[CmiTenant], incoming: Request) -> str | None:
    """A pre-signed address for the file that ``incoming`` downloads; None for any other request.

    It may be called before the application has seen the request: for faults that redirect.
    """
    found = _DOWNLOAD.fullmatch(incoming.path)
    tenant = mock.tenant_of(incoming)
    if found is None or tenant is None:
        return None
    with tenant.lock:
        attachment = tenant.chats.by_attachment_id(found[1])
    return tenant.signed_links.address(attachment.id, tenant.rules.signed_lives_s) if attachment else None


def redirect_to_object(attachment_id: str, tenant: CmiTenant) -> Response:
    """302 to a pre-signed address, without a body."""
    response = Response(status=302)
    response.autocorrect_location_header = False
    address = tenant.signed_links.address(attachment_id, tenant.rules.signed_lives_s)
    response.headers["Location"] = as_reached(address)
    return response


def _note_credentials(incoming: Request) -> None:
    """A caller that sends credentials to the store gives them to another host."""
    sent = [name for name in ("x-api-key", "Cookie") if name in incoming.headers]
    if sent:
        note("warning", "credentials_sent", f"{' and '.join(sent)} came with a request to a pre-signed address")


def _refusal(status: int, code: str, message: str) -> Response:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message><RequestId>MOCK</RequestId></Error>"
    )
    note("warning", "refused", message)
    return Response(body, status, content_type="application/xml")
