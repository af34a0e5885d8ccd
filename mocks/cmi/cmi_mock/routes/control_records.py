"""Control of e-mails and results; and for the lab's pages the files of a chat, and the channels."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from cmi_mock.model.channels import Channel, known_channels
from cmi_mock.model.emails import EmailStatus
from cmi_mock.model.ids import normal_id
from cmi_mock.routes import forms
from cmi_mock.routes.control_documents import data_as_json, email_as_json
from cmi_mock.routes.responses import file_response
from cmi_mock.tenant import CmiTenant
from mock_kit.control import json_object
from mock_kit.http.refusals import MissingItem
from mock_kit.mock import Mock

Reply = Response | tuple[Response, int]


def add_mail(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """E-mails arrive, and are handled or deleted."""

    @bp.post("/emails")
    def receive() -> Reply:
        """An e-mail arrives: 201 with its id, which is its group id as well."""
        tenant, new = mock.current_tenant(), forms.new_mail(json_object())
        with tenant.lock:
            return jsonify(email_as_json(tenant.emails.add(new))), 201

    @bp.get("/emails")
    def list_mails() -> Reply:
        """Every e-mail."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify(emails=[email_as_json(mail) for mail in tenant.emails])

    @bp.post("/emails/<mail_id>/handle")
    def handle(mail_id: str) -> Reply:
        """An agent has answered it."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify(email_as_json(tenant.emails.finish(mail_id, EmailStatus.HANDLED)))

    @bp.post("/emails/<mail_id>/delete")
    def delete(mail_id: str) -> Reply:
        """An agent has deleted it."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify(email_as_json(tenant.emails.finish(mail_id, EmailStatus.DELETED)))


def add_results(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """What clients wrote back by ``POST /contactData``."""

    @bp.get("/contact-data")
    def list_results() -> Reply:
        """Every result, oldest first."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify([data_as_json(written) for written in tenant.records])


def add_files_and_channels(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """``GET /_mock/chats/{guid}/attachments/{id}`` and ``GET /_mock/channels``."""

    @bp.get("/chats/<guid>/attachments/<attachment_id>")
    def read_attachment(guid: str, attachment_id: str) -> Reply:
        """The raw bytes, whole or one range, whether the history is readable yet or not; never a page of its own."""
        tenant = mock.current_tenant()
        with tenant.lock:
            wanted = normal_id(attachment_id)
            found = next((one for one in tenant.chats.get(guid).attachments if one.id == wanted), None)
        if found is None:
            raise MissingItem(f"the chat has no attachment {attachment_id}")
        response, size_bytes = file_response(found, request)
        response.headers["Content-Type"] = "application/octet-stream"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.content_length = size_bytes
        return response

    @bp.get("/channels")
    def list_channels() -> Reply:
        """What each channel carries here, and how we know; limits apply where ``enforced`` says so."""
        tenant = mock.current_tenant()
        with tenant.lock:
            web_files, enforced = tenant.chats.file_rules.web_chat_files, tenant.chats.file_rules.channel_limits
        known = {one.name: one for one in known_channels().values()}
        return jsonify([_channel_as_json(one, web_files=web_files, enforced=enforced) for one in known.values()])


def _channel_as_json(one: Channel, *, web_files: bool, enforced: bool) -> dict[str, Any]:
    return {
        "channel_sub_type": one.name,
        "files": one.files and (one.name != "web" or web_files),
        "max_bytes": dict(one.max_bytes),
        "max_characters": one.max_characters,
        "enforced": enforced,
        "label": one.label,
        "source": one.source,
    }
