"""Reads documents that a neighbour answers with, within limits: size, coding, JSON.

A document is read whole, into memory; files are never read here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx

from attachment_transfer.core.answers import headers, json_text
from attachment_transfer.core.answers.sniffing import sniff
from attachment_transfer.core.errors import NeighbourUnavailable, UnexpectedAnswer

_PAGE_REMEDY = (
    "Open the address with the same user in a browser or with curl: a sign-in page or a proxy between service and "
    "neighbour answers in its place."
)
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)


def read_at_most(response: httpx.Response, limit_bytes: int, neighbour: str) -> bytes:
    """Read a streamed body into memory, at most ``limit_bytes``; for documents, never for attachments.

    A packed answer is refused: none was requested, and a kilobyte of it may unpack to a megabyte before it is counted.
    Raises UnexpectedAnswer and NeighbourUnavailable.
    """
    if headers.content_codings(response.headers.get_list("content-encoding")):
        raise UnexpectedAnswer(f"{neighbour}: a packed document, although Accept-Encoding requested none")
    pieces: list[bytes] = []
    size_bytes = 0
    for piece in response.iter_bytes():
        size_bytes += len(piece)
        if size_bytes > limit_bytes:
            raise NeighbourUnavailable(f"{neighbour}: a document of more than {limit_bytes} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def read_json(response: httpx.Response, limit_bytes: int, neighbour: str) -> Any:
    """Read a streamed JSON document. Raises UnexpectedAnswer, and what :func:`read_at_most` raises."""
    body = read_at_most(response, limit_bytes, neighbour)
    try:
        return json_text.parse(body)
    except json_text.UnreadableJson as exc:
        if sniff(body[:512]) == "text/html":
            raise UnexpectedAnswer(
                f"{neighbour} answered {response.status_code} with a web page{_title(body)}, not JSON",
                remedy=_PAGE_REMEDY,
            ) from exc
        raise UnexpectedAnswer(
            f"{neighbour} answered {response.status_code} with a document that cannot be used: {exc}"
        ) from exc


def _title(body: bytes) -> str:
    """The page's own title, in printable characters: it usually says what happened (``Sign in``, ``Bad gateway``)."""
    found = _TITLE.search(body[:16_384])
    text = " ".join(found.group(1).decode("utf-8", "replace").split()) if found else ""
    shown = "".join(char for char in text if char.isprintable())
    return f" ({shown[:80]!r})" if shown else ""


def retry_after_s(response: httpx.Response, now_s: Callable[[], float]) -> float | None:
    """What the answer's ``Retry-After`` asks for, in seconds from now; see :func:`headers.retry_after_s`."""
    found = response.headers
    return headers.retry_after_s(found.get("retry-after"), date=found.get("date"), now_s=now_s())
