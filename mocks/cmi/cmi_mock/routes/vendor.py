"""The vendor's own addresses: ``/{tenant}/cmi/...`` and public links ``/{tenant}/sms/richcontent/{token}``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Request, Response, request

from cmi_mock.evidence import touch, touch_oddity
from cmi_mock.routes import queries
from cmi_mock.routes.access import admitted
from cmi_mock.routes.contact_data import add_contact_data
from cmi_mock.routes.contacts import add_contacts
from cmi_mock.routes.emails import add_emails
from cmi_mock.routes.messages import add_messages
from cmi_mock.routes.objects import add_objects, redirect_to_object
from cmi_mock.routes.post_chats import add_post_chats
from cmi_mock.routes.responses import CmiError, document_response, download_response, error_response
from cmi_mock.tenant import CmiTenant, tenant_key
from cmi_mock.wire.shapes import chat_document, chat_message, raw_name
from cmi_mock.wire.views import NotReadable
from mock_kit.faults.replies import SIGN_IN_PAGE
from mock_kit.journal.context import note
from mock_kit.mock import Mock
from mock_kit.tenants import Tenants


def tenant_of(tenants: Tenants[CmiTenant], incoming: Request) -> CmiTenant | None:
    """The tenant a request belongs to: its Host and the first segment of its path."""
    tenant_path = incoming.path.lstrip("/").partition("/")[0]
    return tenants.find(tenant_key(incoming.host, tenant_path))


def vendor_blueprint(mock: Mock[CmiTenant]) -> Blueprint:
    """All that a real client of CMI sees."""
    bp = Blueprint("wire", __name__, url_prefix="/<tenant_path>")

    @bp.url_value_preprocessor
    def drop_tenant_path(_: str | None, values: dict[str, Any] | None) -> None:
        (values or {}).pop("tenant_path", None)

    @bp.errorhandler(CmiError)
    def refuse(error: CmiError) -> Response:
        return error_response(error, mock.tenant())

    _add_chats(bp, mock)
    add_post_chats(bp, mock)
    _add_chat_messages(bp, mock)
    _add_downloads(bp, mock)
    add_objects(bp, mock)
    add_contacts(bp, mock)
    add_contact_data(bp, mock)
    add_emails(bp, mock)
    add_messages(bp, mock)
    _add_the_rest(bp, mock)
    return bp


def _add_chats(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.get("/cmi/chats")
    def list_chats() -> Response:
        """Chats (shape B: legs) the user may see; summaries unless the dialect says otherwise."""
        with admitted(mock) as (tenant, user):
            full = tenant.rules.lists_hold_messages or tenant.rules.chat_shape == "B"
            views = queries.listed_views(tenant, user)
            if tenant.rules.chat_shape == "B" and tenant.rules.chat_document_is == "sign_in_page":
                return _sign_in_page()
            rows = [chat_document(view, tenant, with_messages=full) for view in views]
        return document_response(queries.page(rows, tenant.rules.default_limit), tenant, "chats")

    @bp.get("/cmi/chats/<chat_id>")
    def read_chat(chat_id: str) -> Response:
        """One chat with its messages; absence is 404 or an empty array, as the dialect says."""
        document: Any = []
        with admitted(mock) as (tenant, user):
            touch("cmi.dialect.chat_shape")
            if tenant.rules.chat_document_is == "sign_in_page":
                return _sign_in_page()
            try:
                document = chat_document(queries.one_chat(tenant, user, chat_id), tenant)
            except CmiError as error:
                if error.status != 404 or tenant.rules.unknown_chat != "empty_200":
                    raise
                note("info", "filtered", error.note)
        return document_response(document, tenant, "chat" if document else "chats")


def _add_chat_messages(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.get("/cmi/chatMessages")
    def list_chat_messages() -> Response:
        """Messages of one contact with Conversation API ids; in shape D with public links."""
        with admitted(mock) as (tenant, user):
            views = queries.views_of_contact(tenant, user)
            if tenant.rules.chat_shape == "D" and tenant.rules.chat_document_is == "sign_in_page":
                return _sign_in_page()
            tenant.readings.begin()
            rows = [chat_message(message, view, tenant) for view in views for message in view.messages]
        return document_response(queries.page(rows, tenant.rules.default_limit), tenant, "chatMessages")


def _add_downloads(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.get("/cmi/chats/<chat_id>/attachments/<attachment_id>")
    @bp.get("/cmi/chats/<chat_id>/attachments/<attachment_id>/<path:name>")
    def download(chat_id: str, attachment_id: str, name: str = "") -> Response:
        """The raw bytes of an attachment (shapes A and B), or a redirect to them."""
        with admitted(mock) as (tenant, user):
            if tenant.rules.chat_shape in "CD" or tenant.rules.attachment_url in {"rich_content", "pre_signed"}:
                raise CmiError(404, "Not found", note="in this dialect CMI itself has no downloads")
            _check_address(tenant, name)
            try:
                attachment = queries.one_chat(tenant, user, chat_id).attachment(attachment_id)
            except NotReadable as exc:
                raise CmiError(404, "Attachment not found", note=str(exc)) from exc
        if tenant.rules.download_answer == "redirect":
            touch_oddity("download_answer")
            return redirect_to_object(attachment.id, tenant)
        return download_response(attachment, tenant, request)

    @bp.get("/sms/richcontent/<token>")
    def rich_content(token: str) -> Response:
        """The raw bytes behind a public link: no credentials, gone after the retention time."""
        tenant = mock.tenant()
        touch("cmi.rich_content.public")
        touch("cmi.rich_content.no_credentials")
        with tenant.lock:
            attachment = tenant.chats.by_link(token)
        lives = timedelta(hours=tenant.rules.rich_content_retention_h)
        if attachment is None or tenant.clock.now() >= attachment.created + lives:
            why = "there is no such link" if attachment is None else "the retention time is over"
            raise CmiError(tenant.rules.rich_content_gone_status, "Not found", note=why)
        return download_response(attachment, tenant, request)


def _check_address(tenant: CmiTenant, name: str) -> None:
    """An address must be the one that was listed: its name to the last character, its signature of some reading."""
    wanted = raw_name(tenant.rules.attachment_url_name).removeprefix("/")
    if name != wanted:
        raise CmiError(
            404, "Attachment not found", note=f"the address ends in {name!r}, and was listed with {wanted!r}"
        )
    if tenant.rules.attachment_url_signed == "each_reading" and not tenant.readings.knows(request.args.get("sig", "")):
        raise CmiError(403, "Signature is not valid", note="no reading of a chat gave this ?sig=")


def _sign_in_page() -> Response:
    """What a single sign-on proxy answers when a session has ended."""
    touch_oddity("chat_document_is")
    return Response(SIGN_IN_PAGE, content_type="text/html; charset=utf-8")


def _add_the_rest(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.route("/cmi/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def anything_else(rest: str) -> Response:
        """501, 405 or 404."""
        with admitted(mock):
            raise queries.no_such_resource(rest)

    @bp.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def beside_cmi(rest: str) -> Response:
        """Other interfaces of the same host (/rmi, /rci, /rai)."""
        with admitted(mock):
            raise queries.not_implemented(f"/{rest}", "this mock implements /cmi and /sms/richcontent")
