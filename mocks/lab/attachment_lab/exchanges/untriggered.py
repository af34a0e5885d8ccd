"""Events of chats that no integration was triggered by: the service was never called, so no exchange tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attachment_lab.exchanges.entry import UNTRIGGERED, Entry
from attachment_lab.reconciliation.no_transfer import refusals
from attachment_lab.tenant.entries import UPLOAD_EVENTS

PREFIX = "event-"
#: Contact Pro's words for an integration of other events; the other of the two is then the one that counts.
_OTHER_EVENT = "it listens to"


def from_event(body: Mapping[str, Any]) -> Entry | None:
    """An event of Contact Pro's log that should have been delivered and was not; None for every other one.

    Direct chats carry no attachments, so theirs are left out.
    """
    rows = body["configurations"]
    is_upload = body["event"] in UPLOAD_EVENTS and body.get("channel_type") == "chat" and body.get("queue")
    if not is_upload or any(each["matched"] for each in rows):
        return None
    if rows and all(_OTHER_EVENT in str(each["reason"]) for each in rows):
        return None
    return Entry(
        key=f"{PREFIX}{body['event_id']}",
        hop="delivery",
        mock="orchestration",
        operation=UNTRIGGERED,
        at=str(body["at"]),
        method="EVENT",
        url=f"edi://{body['event']}",
        host="",
        status=0,
        request_bytes=0,
        response_bytes=0,
        duration_ms=0.0,
        caller="Contact Pro",
        chat=str(body["contact_id"]) or None,
        level="error",
        error="no integration was triggered",
    )


def full_event(body: Mapping[str, Any]) -> dict[str, Any]:
    """The event in the shape of a delivery that was not sent; its notes say why each integration was left out."""
    reasons = [f"{each}." for each in refusals(body)]
    return {
        "id": body["event_id"],
        "config_id": "",
        "method": "EVENT",
        "url": f"edi://{body['event']}",
        "request_headers": {},
        "request_body": "",
        "response_headers": {},
        "response_body": "",
        "notes": reasons or ["There is no event-driven integration."],
        "error": "",
    }
