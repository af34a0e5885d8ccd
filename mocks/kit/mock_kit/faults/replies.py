"""Faults that reply in the application's place: another status, a sign-in page, an error document, a redirect."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from mock_kit.faults import Fault
from mock_kit.http.reply import WsgiReply

_JSON = "application/json"
_TEXT = "text/plain"
_HTML = "text/html; charset=utf-8"
#: Statuses that carry no body (RFC 9110, 15.3.5 and 15.4.5); 205 has none either, but servers send one.
BODYLESS = frozenset({204, 304})
#: A host that is on no allow-list: .example is reserved (RFC 2606).
OTHER_HOST = "https://files.elsewhere.example"
_PATH_SAFE = "/:@!$&'()*+,;=~"
#: What a single sign-on proxy answers in place of a document when a session has ended.
SIGN_IN_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in</title></head>
<body><h1>Sign in</h1><p>Your session has ended. Sign in to continue.</p>
<form method="post" action="/login">
<input name="user"><input name="password" type="password"><button>Sign in</button></form>
</body></html>
"""


@dataclass(frozen=True, kw_only=True)
class StruckRequest:
    """The request that a fault strikes.

    Attributes:
        now: the tenant's time, aware UTC.
        host, path, query: as the caller wrote them; ``path`` is decoded.
        signed: gives a pre-signed address for what the request downloads, or None.
        real_size_bytes, real_type: of the reply that is replaced; None before the work.
    """

    fault: Fault
    now: datetime
    host: str
    path: str
    query: str = ""
    signed: Callable[[], str | None] = lambda: None
    real_size_bytes: int | None = None
    real_type: str | None = None

    @property
    def address(self) -> str:
        """The https address of the request, as its caller sees it."""
        query = f"?{self.query}" if self.query else ""
        return f"https://{self.host}{quote(self.path, safe=_PATH_SAFE)}{query}"


def status_line(code: int) -> str:
    """Code and phrase."""
    phrase = HTTPStatus(code).phrase if code in HTTPStatus._value2member_map_ else "Planned"
    return f"{code} {phrase}"


def _reply(code: int, content_type: str, body: bytes, headers: Mapping[str, str]) -> WsgiReply:
    if code in BODYLESS:
        return WsgiReply(status_line(code), list(headers.items()), iter(()))
    reply = WsgiReply(status_line(code), [("Content-Type", content_type)], iter([body]))
    reply.headers.append(("Content-Length", str(len(body))))
    for name, value in headers.items():
        reply.set_header(name, value)
    return reply


def _status(struck: StruckRequest) -> WsgiReply:
    params = struck.fault.params
    text, content_type = _body_of(params["body"])
    headers = _retry_after(params, struck.now) | params["headers"]
    return _reply(params["status"], params["content_type"] or content_type, text.encode(), headers)


def _body_of(value: Any) -> tuple[str, str]:
    """A body and the type it has by itself: text is text unless it reads as a JSON object or array."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False), _JSON
    try:
        is_document = isinstance(json.loads(value), dict | list)
    except (ValueError, RecursionError):
        is_document = False
    return value, _JSON if is_document else _TEXT


def _retry_after(params: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """``Retry-After``, and a ``Date`` of the same clock: a caller compares the two."""
    seconds = params["retry_after_s"]
    if seconds is None:
        return {}
    whole = math.ceil(seconds)
    is_date = params["retry_after_form"] == "date"
    value = format_datetime(now + timedelta(seconds=whole), usegmt=True) if is_date else str(whole)
    return {"Retry-After": value, "Date": format_datetime(now, usegmt=True)}


def _sign_in_page(struck: StruckRequest) -> WsgiReply:
    return _document(struck, SIGN_IN_PAGE, _HTML)


def _json_error(struck: StruckRequest) -> WsgiReply:
    return _document(struck, json.dumps({"message": struck.fault.params["message"]}, ensure_ascii=False), _JSON)


def _document(struck: StruckRequest, text: str, own_type: str) -> WsgiReply:
    """``text``, padded with blanks to the real reply's size where ``size`` is "real" and that is larger."""
    params, body = struck.fault.params, text.encode()
    if params["size"] == "real":
        body = body.ljust(struck.real_size_bytes or 0)
    content_type = (struck.real_type or own_type) if params["type"] == "real" else own_type
    return _reply(params["status"], content_type, body, {})


def _redirect(struck: StruckRequest) -> WsgiReply | None:
    location = _location(struck)
    if location is None:
        return None
    body = b"<html><body>The document has moved.</body></html>\n"
    return _reply(struck.fault.params["status"], _HTML, body, {"Location": location})


def _location(struck: StruckRequest) -> str | None:
    address, to = struck.address, struck.fault.params["to"]
    if to == "url":
        return str(struck.fault.params["location"])
    if to == "signed":
        return struck.signed()
    if to == "other_host":
        return OTHER_HOST + address.removeprefix(f"https://{struck.host}")
    return f"http{address.removeprefix('https')}" if to == "plain_http" else address


#: Each returns its reply, or None where it has none: the application's reply is sent then.
REPLIES: dict[str, Callable[[StruckRequest], WsgiReply | None]] = {
    "status": _status,
    "sign_in_page": _sign_in_page,
    "json_error": _json_error,
    "redirect": _redirect,
}
#: Why there was no reply, by kind.
NO_REPLY = {"redirect": "there is no pre-signed address for what this request downloads"}
