"""Control for who looks on: a file's bytes at any moment of a chat, and what the channels carry."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from cmi_mock.model.channels import Channel, known_channels
from cmi_mock.model.errors import NoSuchThing
from cmi_mock.model.ids import normal_id
from cmi_mock.routes.answers import asked_range, content_disposition
from cmi_mock.tenant import CmiTenant
from mock_kit.mock import Mock
from mock_kit.tenants.spool import read_blob

Reply = Response | tuple[Response, int]


def add_looks(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """``GET /_mock/chats/{guid}/attachments/{id}`` and ``GET /_mock/channels``."""

    @bp.get("/chats/<guid>/attachments/<attachment_id>")
    def read_attachment(guid: str, attachment_id: str) -> Reply:
        """The raw bytes, whole or one range, whether the history is readable yet or not; never a page of its own."""
        tenant = mock.current_tenant()
        with tenant.lock:
            wanted = normal_id(attachment_id)
            found = next((one for one in tenant.desk.get(guid).attachments if one.id == wanted), None)
        if found is None:
            raise NoSuchThing(f"the chat has no attachment {attachment_id}")
        size = found.blob.size_bytes
        part = asked_range(request.headers.get("Range", ""), size)
        if part == (0, 0):
            return Response(status=416, headers={"Content-Range": f"bytes */{size}"})
        start, stop = part or (0, size)
        answer = Response(read_blob(found.blob, start, stop), 206 if part else 200, mimetype="application/octet-stream")
        answer.headers["Content-Disposition"] = content_disposition(found.name)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Accept-Ranges"] = "bytes"
        if part:
            answer.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        answer.content_length = stop - start
        return answer

    @bp.get("/channels")
    def list_channels() -> Reply:
        """What each channel carries here, and how we know; limits hold where ``enforced`` says so."""
        tenant = mock.current_tenant()
        with tenant.lock:
            web_files, enforced = tenant.desk.file_rules.web_chat_files, tenant.desk.file_rules.channel_limits
        known = {one.name: one for one in known_channels().values()}
        return jsonify([_shown(one, web_files=web_files, enforced=enforced) for one in known.values()])


def _shown(one: Channel, *, web_files: bool, enforced: bool) -> dict[str, Any]:
    return {
        "channel_sub_type": one.name,
        "files": one.files and (one.name != "web" or web_files),
        "max_bytes": dict(one.max_bytes),
        "max_characters": one.max_characters,
        "enforced": enforced,
        "label": one.label,
        "source": one.source,
    }
