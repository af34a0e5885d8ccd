"""Small fake neighbours for tests: they store objects, and fail as planned. And a clock moved by hand.

Both answer an ``httpx.MockTransport``, which reads the whole request first, as a server behind a gateway does. What
they answer is checked against the contract at each test's end (``recorder_kit``), save what a test plans to be odd.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx


@dataclass
class HandClock:
    """Epoch seconds that only the test moves. Starts on 2026-11-22 at noon, UTC."""

    time_s: float = 1_795_348_800.0

    def now_s(self) -> float:
        return self.time_s

    def advance(self, seconds: float) -> None:
        self.time_s += seconds


class MachineClock(HandClock):
    """The machine's clock: for what a process of ours checks by its own clock."""

    def now_s(self) -> float:
        return time.time()


def counting_ids() -> Callable[[], str]:
    """32 hex digits, counted from 1."""
    numbers = count(1)
    return lambda: f"{next(numbers):032x}"


class Killed(BaseException):
    """The process dies here: nothing of ours may catch it."""


class Pieces(httpx.SyncByteStream):
    """A body in pieces. ``breaks_after`` breaks the connection after so many bytes."""

    def __init__(self, content: bytes, *, breaks_after: int | None = None, piece_bytes: int = 65_536) -> None:
        self._content = content if breaks_after is None else content[:breaks_after]
        self._breaks = breaks_after is not None
        self._piece_bytes = piece_bytes

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._content), self._piece_bytes):
            yield self._content[start : start + self._piece_bytes]
        if self._breaks:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@dataclass
class File:
    """One attachment at CMI. ``length`` False sends it without Content-Length; ``fault`` is used up by one download."""

    id: str
    name: str
    content: bytes
    content_type: str = "image/png"
    originator: str = "customer"
    length: bool = True
    announced_size: int | None = None
    statuses: list[int] = field(default_factory=list)
    retry_after: str = ""
    breaks_after: list[int] = field(default_factory=list)
    href: str | None = None


@dataclass
class FakeCmi:
    """A Contact Management Interface with one chat, in shape A. ``statuses`` are used up by reads of the chat."""

    user: str = "transcript.user"
    password: str = "Word-of-CMI-2718"
    api_key: str = "Key-of-CMI-3141"
    host: str = "8h6b51di7x.execute-api.eu-central-1.amazonaws.com"
    known: bool = True
    files: list[File] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    document: Any = None
    requests: list[httpx.Request] = field(default_factory=list)
    on_download: Callable[[File], None] = lambda _file: None

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.headers.get("authorization") != basic(self.user, self.password):
            return httpx.Response(401, json={"message": "Unauthorized"})
        if request.headers.get("x-api-key") != self.api_key:
            return httpx.Response(403, json={"message": "Forbidden"})
        path = request.url.path.removeprefix("/acme/cmi/")
        if "/attachments/" in path:
            return self._download(path.rsplit("/", 1)[1])
        if self.statuses:
            return httpx.Response(self.statuses.pop(0), json={"message": "no"})
        return self._history(path)

    def _history(self, path: str) -> httpx.Response:
        if not self.known:
            return httpx.Response(404, json={"message": "unknown"})
        if self.document is not None:
            return httpx.Response(200, json=self.document, extensions={"fault": "a document of the test's own"})
        return httpx.Response(200, json=self._chat(path))

    def _chat(self, path: str) -> dict[str, Any]:
        return {
            "id": path.rsplit("/", 1)[-1],
            "group_id": path.rsplit("/", 1)[-1],
            "queue": {"id": "1F2E3D4C5B6A79880011223344556677", "name": "Service"},
            "channel_type": "chat",
            "channel_sub_type": "whatsapp",
            "type": "ChatIn",
            "status": "Handled",
            "created": "2026-11-22T11:00:00.000Z",
            "messages": [
                {
                    "id": f"m{file.id}",
                    "timestamp": "2026-11-22T11:01:00.000Z",
                    "originator": "Ada Lovelace",
                    "originator_type": file.originator,
                    "message": "",
                    "attachments": [
                        {
                            "id": file.id,
                            "name": file.name,
                            "content_type": file.content_type,
                            "size": file.announced_size or len(file.content),
                            "url": file.href or f"/{path}/attachments/{file.id}",
                        }
                    ],
                }
                for file in self.files
            ],
        }

    def _download(self, file_id: str) -> httpx.Response:
        file = next((file for file in self.files if file.id == file_id), None)
        if file is None:
            return httpx.Response(404, json={"message": "Attachment not found"})
        self.on_download(file)
        if file.statuses:
            patience = {"Retry-After": file.retry_after} if file.retry_after else {}
            return httpx.Response(file.statuses.pop(0), json={"message": "planned"}, headers=patience)
        breaks_after = file.breaks_after.pop(0) if file.breaks_after else None
        disposition = f"attachment; filename*=UTF-8''{quote(file.name, safe='', errors='replace')}"
        headers = {"Content-Type": file.content_type, "Content-Disposition": disposition}
        if file.length:
            headers["Content-Length"] = str(len(file.content))
        return httpx.Response(200, headers=headers, stream=Pieces(file.content, breaks_after=breaks_after))
