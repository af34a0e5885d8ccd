"""The CMI client before answers that are made by hand, and chats in each shape of CMI's documents."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
from ledger_kit import CMI_URL

from attachment_transfer.clients.cmi.client import CmiClient
from attachment_transfer.core.dialect import overlay, read_dialect
from attachment_transfer.runtime.settings import shipped_dialect

HOST = "8h6b51di7x.execute-api.eu-central-1.amazonaws.com"


BASIC = "Basic " + base64.b64encode(b"transcript.user:Word-of-CMI-2718").decode()


KEY = "Key-of-CMI-3141"


Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer, *, spool_limit_bytes: int = 1_000, **changes: Any) -> CmiClient:
    http = httpx.Client(
        transport=httpx.MockTransport(answer), auth=("transcript.user", "Word-of-CMI-2718"), headers={"x-api-key": KEY}
    )
    dialect = overlay(
        read_dialect(shipped_dialect()), {"cmi": {name: {"value": value} for name, value in changes.items()}}
    )
    return CmiClient(http, cmi_url=CMI_URL, dialect=dialect, spool_limit_bytes=spool_limit_bytes)


def always(response: httpx.Response) -> Answer:
    return lambda _request: response


def item(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"f{number}",
        "name": f"{number}.png",
        "content_type": "image/png",
        "size": number,
        "url": "/x",
        **more,
    }


def message(*items: dict[str, Any], by: str = "customer") -> dict[str, Any]:
    return {"id": "m", "originator_type": by, "message": "hello", "attachments": list(items)}
