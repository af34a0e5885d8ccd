"""The four documents in which CMI may return a chat's attachments, distinguished by their content.

A one chat with messages whose attachments have a url · B one such document per leg, from a list ·
C as A with the content inline · D a list of messages with public links.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def messages_in(document: Any) -> list[dict[str, Any]]:
    """All messages of a chat, of several legs, or of a list of messages; empty for anything else."""
    return list(_messages(document))


def _messages(document: Any) -> Iterator[dict[str, Any]]:
    for part in document if isinstance(document, list) else [document]:
        if not isinstance(part, dict):
            continue
        inner = part.get("messages")
        if isinstance(inner, list):
            yield from (one for one in inner if isinstance(one, dict))
        elif "message" in part or "originator_type" in part:
            yield part


def attachments_in(document: Any) -> list[dict[str, Any]]:
    """All attachments of a document, in its order."""
    found = []
    for message in messages_in(document):
        listed = message.get("attachments")
        found += [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    return found


def leg_ids(document: Any) -> list[str]:
    """The conversation ids of the legs in a document."""
    parts = document if isinstance(document, list) else [document]
    return [str(part["id"]) for part in parts if isinstance(part, dict) and part.get("id") and "messages" in part]
