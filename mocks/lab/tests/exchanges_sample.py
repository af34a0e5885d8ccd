"""Exchanges as the mocks' journals and the delivery log give them, for tests without a stack."""

from __future__ import annotations

from typing import Any

GUID = "5AB6E20342A6EE11B3ED58961D1810CC"
FILE = "AB4934A842FD14C10DADCF9A19B8BE9C"
ACTIVITY = "8E296EEA00E788D838032E6D2D9DA05E"
OBJECT = "D709FC0D1E4359B90FB8773233BF8246"
TRACE = "00-aa82b3c0de5f87ea22300f9ed7b7a2e2-e6f55ba615432c58-00"
CMI_HOST = "8h6b51di7x.execute-api.eu-central-1.amazonaws.com"
DOWNLOAD = f"/acme/cmi/chats/{GUID}/attachments/{FILE}"
UPLOAD = f"/sap/c4c/odata/v1/chatactivity/ChatActivityCollection('{ACTIVITY}')/ChatActivityAttachment"


def body(text: str = "", **changes: Any) -> dict[str, Any]:
    """A body's note."""
    kept = {"size_bytes": len(text.encode()), "sha256": "0" * 64, "sniffed_type": "application/json", "head": text}
    return kept | {"head_b64": "", "complete": True} | changes


def exchange(url: str = DOWNLOAD, **changes: Any) -> dict[str, Any]:
    """An exchange of CMI's journal, changed."""
    text = {
        "id": 1,
        "at": "2026-11-28T16:08:56.451Z",
        "method": "GET",
        "url": url,
        "host": CMI_HOST,
        "status": 200,
        "duration_ms": 1.5,
        "request_headers": {"Authorization": "***", "User-Agent": "attachment-transfer/1", "Traceparent": TRACE},
        "request": body(),
        "response_headers": {"Content-Type": "application/json"},
        "response": body(),
        "notes": [],
        "fault": None,
        "evidence": [],
    }
    return text | changes


def delivery(**changes: Any) -> dict[str, Any]:
    """A row of the delivery log, changed."""
    text = {
        "id": "6ED982A1-6314-6F9C-A10C-CE9D08041F4E",
        "config_id": "889F5E91-5F77-3510-0F0A-C3E217A18C9A",
        "contact_id": GUID,
        "method": "POST",
        "url": "https://cc-workflows-eu-c1.cc.sinch.com/prod/chat-attachments",
        "created_at": "2026-11-28T16:08:55.968Z",
        "state": "delivered",
        "status": 202,
        "duration_ms": 74.8,
        "request_headers": {"Authorization": "***", "x-cmi-api-key": "***"},
        "request_body": '{"contact_id": "X"}',
        "response_headers": {"location": "/transfers/3ccf1b78a70d4207b152a1a317d940e6"},
        "response_body": '{"status":"accepted"}',
        "notes": [],
        "evidence": [{"id": "edi.matching", "label": "documented"}],
        "error": None,
        "change": 3,
    }
    return text | changes
