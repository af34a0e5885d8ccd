"""C4C behind the stand-in: every request reaches the real mock, unless a test has planned another answer."""

from __future__ import annotations

import http.client
import json
import re
from typing import Any
from urllib.parse import urlsplit

from standin.answers import answer
from standin.wire import Answer, Reply, Request, Site

_LIST = re.compile(r"/sap/c4c/odata/v1/chatactivity/ChatActivityCollection\('[^'/]+'\)/ChatActivityAttachment")
_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "date", "server"}


def front_of(site: Site, c4c_url: str) -> None:
    """Let a site hand on to the mock what it has no script for."""
    site.otherwise = forward_to(c4c_url)


def forward_to(c4c_url: str) -> Reply:
    """A reply that asks the mock and hands its answer on, whole."""
    where = urlsplit(c4c_url)

    def forward(request: Request) -> Answer:
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        try:
            connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers:
                if name.lower() not in {"transfer-encoding", "content-length", "connection"}:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body)
            return _handed_on(connection.getresponse())
        finally:
            connection.close()

    return forward


def _handed_on(response: http.client.HTTPResponse) -> Answer:
    body = response.read()
    lines = [f"{name}: {value}\r\n" for name, value in response.getheaders() if name.lower() not in _HOP_BY_HOP]
    framing = "" if response.status == 204 else f"Content-Length: {len(body)}\r\n"
    head = f"HTTP/1.1 {response.status} {response.reason}\r\n{framing}{''.join(lines)}\r\n"
    return Answer(head.encode("latin-1"), body)


def is_upload(request: Request) -> bool:
    """A POST of an attachment."""
    return request.method == "POST" and "Attachment" in request.path


def is_list(request: Request) -> bool:
    """A read of the activity's attachments."""
    return request.method == "GET" and _LIST.fullmatch(request.path) is not None


def uploads(site: Site) -> list[Request]:
    """The POSTs of attachments so far."""
    return [request for request in list(site.requests) if is_upload(request)]


def json_error(status: int, text: str, *, lang: str = "de", inner: str | None = None) -> Answer:
    """C4C's error form. ``inner`` is a text in ``innererror.errordetails``."""
    error: dict[str, Any] = {"code": "CX_BAPI_ERROR/042", "message": {"lang": lang, "value": text}}
    if inner is not None:
        error["innererror"] = {"errordetails": [{"code": "AP/138", "message": inner, "severity": "error"}]}
    body = json.dumps({"error": error}, ensure_ascii=False).encode()
    return answer(status, body, content_type="application/json; charset=utf-8")


def xml_error(status: int, text: str, *, lang: str = "de") -> Answer:
    """The same as Atom services write it."""
    body = (
        '<?xml version="1.0" encoding="utf-8"?><error xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices/'
        f'metadata"><code>CX_BAPI_ERROR/042</code><message xml:lang="{lang}">{text}</message></error>'
    )
    return answer(status, body.encode(), content_type="application/xml; charset=utf-8")


def html_error(status: int, text: str) -> Answer:
    """A page, as a server in front of C4C writes it."""
    body = f"<html><head><title>Fehler</title></head><body><h1>Fehler {status}</h1><p>{text}</p></body></html>"
    return answer(status, body.encode(), content_type="text/html; charset=utf-8")


def rows_answer(rows: list[dict[str, Any]], *, following: str | None = None) -> Answer:
    """A page of a list, in C4C's shape; ``following`` is its ``__next``."""
    data: dict[str, Any] = {"results": rows}
    if following is not None:
        data["__next"] = following
    return answer(200, json.dumps({"d": data}).encode(), content_type="application/json")
