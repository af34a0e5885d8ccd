"""The C4C client before answers that are made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from fake_metadata import metadata

from attachment_transfer.clients.body import UploadBody
from attachment_transfer.clients.c4c.client import C4cClient
from attachment_transfer.clients.c4c.metadata import AttachmentNavigation, attachment_navigation
from attachment_transfer.core.dialect import overlay, read_dialect
from attachment_transfer.core.model import ActivityRef
from attachment_transfer.runtime.settings import shipped_dialect

HOST = "my2554607.de1.crm.cloud.sap"
ROOT = f"https://{HOST}/sap/c4c/odata/v1"
CONTACT = "5AB6E20342A6EE11B3ED58961D1810CC"
CHAT = ActivityRef(service="chatactivity", entity_set="ChatActivityCollection", object_id="00163E01")
NAVIGATION = attachment_navigation(metadata(), "ChatActivityCollection")
DIALECT = read_dialect(shipped_dialect())
LOCKED = {"error": {"code": "X/1", "message": {"lang": "en", "value": "Object is LOCKED by MARY"}}}

Answer = Callable[[httpx.Request], httpx.Response]


def client(
    answer: Answer,
    known: dict[str, AttachmentNavigation] | None = None,
    *,
    options: dict[str, Any] | None = None,
    **changes: Any,
) -> C4cClient:
    """``changes`` are entries of the dialect, ``options`` the client's own arguments."""
    http = httpx.Client(transport=httpx.MockTransport(answer), auth=("v1user", "Word-of-C4C-1618"))
    dialect = overlay(DIALECT, {"c4c": {name: {"value": value} for name, value in changes.items()}})
    return C4cClient(
        http, c4c_url=f"https://{HOST}", dialect=dialect, known={} if known is None else known, **options or {}
    )


def always(response: httpx.Response) -> Answer:
    return lambda _request: response


def body() -> UploadBody:
    return UploadBody(iter([b"hello"]), size_bytes=5, fields={"Name": "a.txt", "CategoryCode": "2"})


def post(answer: Answer, **changes: Any) -> str | None:
    return client(answer, **changes).upload(CHAT, NAVIGATION, body(), budget_s=60.0)


def problem(status: int, document: Any = None, **headers: str) -> httpx.Response:
    if document is None:
        return httpx.Response(status, headers=headers, html="<html><body>Word-of-C4C-1618</body></html>")
    return httpx.Response(status, headers=headers, json=document)
