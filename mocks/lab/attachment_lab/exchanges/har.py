"""Exchanges as an HTTP Archive, version 1.2: what browsers' developer tools and proxies read.

Source: the HAR 1.2 specification (W3C Web Performance draft, "HTTP Archive (HAR) format"); evidence: documented.
Bodies are heads of at most 2048 characters and secrets are masked: each entry's ``comment`` says so.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from attachment_lab.exchanges.entry import HOPS, Entry

#: HAR's value for an unknown size.
UNKNOWN = -1


def archive(exchanges: Sequence[tuple[Entry, Mapping[str, Any]]], *, title: str) -> dict[str, Any]:
    """A HAR document of these exchanges, oldest first; ``title`` names the tenant.

    One page per chat, so that a viewer groups what belongs together.
    """
    chats: dict[str, str] = {}
    for entry, _ in exchanges:
        chats.setdefault(entry.chat or "", entry.at)
    pages = [
        {
            "startedDateTime": at,
            "id": _page(chat),
            "title": f"{title}: chat {chat}" if chat else f"{title}: of no chat",
            "pageTimings": {},
        }
        for chat, at in chats.items()
    ]
    entries = [_entry(entry, full) for entry, full in exchanges]
    creator = {"name": "attachment-lab", "version": _version()}
    return {"log": {"version": "1.2", "creator": creator, "pages": pages, "entries": entries}}


def _entry(entry: Entry, full: Mapping[str, Any]) -> dict[str, Any]:
    faults = f" Fault: {', '.join(entry.fault)}." if entry.fault else ""
    return {
        "pageref": _page(entry.chat or ""),
        "startedDateTime": entry.at,
        "time": entry.duration_ms,
        "request": _request(entry, full),
        "response": _response(entry, full),
        "cache": {},
        "timings": {"send": 0, "wait": entry.duration_ms, "receive": 0},
        "comment": f"{HOPS[entry.hop]}: {entry.words}. Bodies are heads, secrets are masked.{faults}",
    }


def _request(entry: Entry, full: Mapping[str, Any]) -> dict[str, Any]:
    url = entry.url if "://" in entry.url else f"https://{entry.host}{entry.url}"
    query = [{"name": name, "value": value} for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
    found: dict[str, Any] = {
        "method": entry.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(full.get("request_headers")),
        "queryString": query,
        "headersSize": UNKNOWN,
        "bodySize": entry.request_bytes,
    }
    if entry.request_bytes:
        sent = full.get("request", {})
        text = full.get("request_body", sent.get("head", ""))
        kind = httpx.Headers(full.get("request_headers")).get("content-type") or sent.get("sniffed_type", "")
        found["postData"] = {"mimeType": kind, "text": text}
    return found


def _response(entry: Entry, full: Mapping[str, Any]) -> dict[str, Any]:
    headers, body = httpx.Headers(full.get("response_headers")), full.get("response", {})
    content: dict[str, Any] = {
        "size": entry.response_bytes,
        "mimeType": headers.get("content-type") or str(body.get("sniffed_type", "")),
    }
    text = full.get("response_body", body.get("head", ""))
    if text:
        content["text"] = text
    elif body.get("head_b64"):
        content |= {"text": body["head_b64"], "encoding": "base64"}
    return {
        "status": entry.status,
        "statusText": HTTPStatus(entry.status).phrase if entry.status in set(HTTPStatus) else "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(full.get("response_headers")),
        "content": content,
        "redirectURL": headers.get("location", ""),
        "headersSize": UNKNOWN,
        "bodySize": entry.response_bytes,
    }


def _headers(headers: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in (headers or {}).items()]


def _page(chat: str) -> str:
    return f"chat-{chat or 'none'}"


def _version() -> str:
    try:
        return version("attachment-transfer")
    except PackageNotFoundError:
        return "0"


def as_text(har: Mapping[str, Any]) -> str:
    """The document as a file's content."""
    return json.dumps(har, indent=1, ensure_ascii=False)


def decoded(content: Mapping[str, Any]) -> bytes:
    """The bytes of an archived body's head."""
    text = str(content.get("text", ""))
    return base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
