"""Control of chats and users: what visitors, agents and administrators do, as ``/_mock`` routes."""

from __future__ import annotations

import re

from flask import Blueprint, Response, jsonify, request

from cmi_mock.evidence import touch
from cmi_mock.routes import forms
from cmi_mock.routes.control_documents import attachment_as_json, chat_as_json, outcome
from cmi_mock.routes.control_records import add_files_and_channels, add_mail, add_results
from cmi_mock.routes.control_scripts import add_scripts
from cmi_mock.routes.control_users import add_users
from cmi_mock.tenant import CmiTenant
from mock_kit.control import json_object
from mock_kit.http.guard import takes_files
from mock_kit.http.pieces import pieces_of
from mock_kit.http.problem import FieldError, bad_request
from mock_kit.http.refusals import Invalid, Refusal
from mock_kit.mock import Mock
from mock_kit.tenants.clock import stamp
from mock_kit.tenants.spool import Blob

Reply = Response | tuple[Response, int]
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:\s*;[ !-~]*)?")


def control_blueprint(mock: Mock[CmiTenant]) -> Blueprint:
    """Every route takes ``?tenant=``; refusals are ``application/problem+json``."""
    bp = Blueprint("cmi_control", __name__, url_prefix="/_mock")

    _add_chats(bp, mock)
    _add_attachments(bp, mock)
    _add_messages(bp, mock)
    _add_agents(bp, mock)
    _add_end(bp, mock)
    _add_consults(bp, mock)
    add_users(bp, mock)
    add_mail(bp, mock)
    add_results(bp, mock)
    add_scripts(bp, mock)
    add_files_and_channels(bp, mock)
    return bp


def _add_chats(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.post("/chats")
    def start_chat() -> Reply:
        """A visitor opens a chat: 201 with guid, legs and the event engine's contact."""
        tenant, new = mock.current_tenant(), forms.new_chat(json_object())
        with tenant.lock:
            chat = tenant.chats.start(new)
            return jsonify(outcome(chat)), 201

    @bp.get("/chats")
    def list_chats() -> Reply:
        """Every chat, readable or not."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify(chats=[chat_as_json(chat, tenant) for chat in tenant.chats])

    @bp.get("/chats/<guid>")
    def show_chat(guid: str) -> Reply:
        """One chat, with its messages."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify(chat_as_json(tenant.chats.get(guid), tenant))


def _add_attachments(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.get("/attachments")
    def list_attachments() -> Reply:
        """Every attachment of the tenant, with its digest, for the reconciliation."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify(
                [
                    {
                        "chat_guid": chat.guid,
                        **attachment_as_json(one),
                        "sniffed_type": one.blob.sniffed_type,
                        "originator_type": one.originator_type,
                        "delivered_as": one.delivered_as,
                    }
                    for chat in tenant.chats
                    for one in chat.attachments
                ]
            )


def _add_messages(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.post("/chats/<guid>/messages")
    def say(guid: str) -> Reply:
        """A line is written: 201 with its id."""
        tenant, body = mock.current_tenant(), json_object()
        kind = forms.originator(forms.text(body, "originator_type", "customer"))
        written, who = forms.text(body, "message"), forms.text(body, "originator", "")
        in_consult = forms.flag(body, "in_consult")
        with tenant.lock:
            message = tenant.chats.say(guid, kind, who, written, in_consult=in_consult)
        return jsonify(id=message.id, leg_id=message.leg_id, timestamp=stamp(message.timestamp)), 201

    @bp.post("/chats/<guid>/attachments")
    @takes_files
    def attach(guid: str) -> Reply:
        """A file is sent: the raw body, streamed to disk. 201 with its digest."""
        tenant = mock.current_tenant()
        name, content_type = _query("name"), _content_type()
        kind = forms.originator(request.args.get("originator_type", "customer"))
        with tenant.lock:
            _check_that_files_are_accepted(tenant, guid, kind)
        blob = _spooled(tenant)
        try:
            with tenant.lock:
                attachment = tenant.chats.attach(guid, blob, name=name, content_type=content_type, originator_type=kind)
        except Refusal:
            tenant.spool.discard(blob)
            raise
        return jsonify(attachment_as_json(attachment)), 201


def _spooled(tenant: CmiTenant) -> Blob:
    """The running request's body on disk. Problem 400 if it ends before its declared length."""
    blob = tenant.spool.store(pieces_of(request.stream))
    if request.content_length not in (None, blob.size_bytes):
        tenant.spool.discard(blob)
        error = FieldError("body", f"{request.content_length} bytes", "Send the whole file.", blob.size_bytes)
        raise bad_request("The file ended before its declared length.", error)
    return blob


def _check_that_files_are_accepted(tenant: CmiTenant, guid: str, kind: str) -> None:
    try:
        tenant.chats.check_attachment(guid, kind)
    except Invalid as exc:
        if exc.errors[0].field == "direct":
            touch("cmi.direct.no_attachments")
        if exc.errors[0].field == "channel_sub_type":
            touch("cmi.channels.rich_content")
        raise


def _add_agents(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.post("/chats/<guid>/accept")
    def accept(guid: str) -> Reply:
        """An agent takes the chat; ``{"agent": {"id", …}}`` names one."""
        tenant, agent = mock.current_tenant(), forms.agent_in(json_object(optional=True))
        with tenant.lock:
            return jsonify(outcome(tenant.chats.accept(guid, agent)))

    @bp.post("/chats/<guid>/transfer")
    def transfer(guid: str) -> Reply:
        """The agent transfers the chat to ``queue`` or ``agent``, else to its own queue: a new leg."""
        tenant, body = mock.current_tenant(), json_object(optional=True)
        queue, agent = forms.queue_in(body), forms.agent_in(body)
        touch("cmi.legs.one_guid")
        with tenant.lock:
            return jsonify(outcome(tenant.chats.transfer(guid, queue, agent)))


def _add_consults(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.post("/chats/<guid>/consult")
    def consult(guid: str) -> Reply:
        """The agent consults a colleague, of ``queue`` or ``agent``: a leg of its own beside the main one."""
        tenant, body = mock.current_tenant(), json_object(optional=True)
        queue, agent = forms.queue_in(body), forms.agent_in(body)
        touch("cmi.legs.consults")
        with tenant.lock:
            return jsonify(outcome(tenant.chats.consult(guid, queue, agent)))

    @bp.post("/chats/<guid>/consult/end")
    def end_consult(guid: str) -> Reply:
        """The consult ends; ``{"handover": true}``: the consulted agent takes the customer over."""
        tenant, body = mock.current_tenant(), json_object(optional=True)
        with tenant.lock:
            return jsonify(outcome(tenant.chats.end_consult(guid, handover=forms.flag(body, "handover"))))


def _add_end(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.post("/chats/<guid>/end")
    def end(guid: str) -> Reply:
        """The conversation is over: this is when Contact Pro fires Ended."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify(outcome(tenant.chats.end(guid)))

    @bp.post("/chats/<guid>/wrap-up")
    def wrap_up(guid: str) -> Reply:
        """The agent has finished: this is when Contact Pro fires Closed."""
        tenant = mock.current_tenant()
        touch("cmi.contact.created_at_closed")
        with tenant.lock:
            return jsonify(outcome(tenant.chats.wrap_up(guid)))


def _query(name: str) -> str:
    return forms.text(request.args, name)


def _content_type() -> str:
    """As the sender declares it; it becomes a header, so it must be valid as one."""
    value = request.args.get("content_type", "application/octet-stream")
    if not _CONTENT_TYPE.fullmatch(value):
        expected = "a MIME type such as image/jpeg"
        raise bad_request("content_type does not fit.", FieldError("?content_type", expected, "Correct it.", value))
    return value
