"""One exchange as the traffic check reads it, from any recorder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, kw_only=True)
class TrafficBody:
    """A body, whole or described.

    Attributes:
        content: the bytes to check; None if they were not kept, as for files.
        size_bytes, sha256: of the bytes on the wire.
        whole: False if ``content`` ends before the document does.
        complete: False if the body broke off on the wire, or was not read to its end.
    """

    content: bytes | None = b""
    size_bytes: int = 0
    sha256: str = EMPTY_SHA256
    whole: bool = True
    complete: bool = True

    @classmethod
    def of(cls, content: bytes) -> TrafficBody:
        """A body whose bytes are known."""
        return cls(content=content, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, kw_only=True)
class TrafficMessage:
    """A request or a response. Header names are in lower case; a header sent twice is joined by ", "."""

    headers: Mapping[str, str] = field(default_factory=dict)
    body: TrafficBody = field(default_factory=TrafficBody)

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters, in lower case; empty without one."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, kw_only=True)
class TrafficExchange:
    """A request and its response as captured at one end.

    Attributes:
        neighbour: who responded: c4c, cmi, orchestration, service or worker.
        seen_by: where it was captured, for people: "c4c mock", "the service, which sent it".
        target: path and query.
        status: 0 if no status line was seen.
        fault: the planned fault that changed it; the response is exempt from the contract.
        failed: whether the responder failed without a planned fault.
        sent_by_us: whether it was captured by its sender: then the request must fit, whatever the response.
    """

    neighbour: str
    seen_by: str
    method: str
    host: str
    target: str
    request: TrafficMessage
    status: int
    response: TrafficMessage
    fault: str | None = None
    failed: bool = False
    sent_by_us: bool = False

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The part after the question mark."""
        return self.target.partition("?")[2]


def headers_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Header pairs as a mapping: names in lower case, values of a repeated header joined."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined


def exchange_from_capture(captured: Mapping[str, Any]) -> TrafficExchange:
    """An exchange that a mock's recorder captured, from its JSON (``/_mock/recorder``)."""
    return TrafficExchange(
        neighbour=captured["mock"],
        seen_by=f"{captured['mock']} mock",
        method=captured["method"],
        host=captured["host"],
        target=captured["url"],
        request=_message(captured["request_headers"], captured["request"]),
        status=captured["status"],
        response=_message(captured["response_headers"], captured["response"]),
        fault=captured["fault"],
        failed=captured["failed"],
    )


def _message(headers: Iterable[tuple[str, str]], kept: Mapping[str, Any]) -> TrafficMessage:
    text = kept["text"]
    body = TrafficBody(
        content=None if text is None else text.encode(errors="surrogateescape"),
        size_bytes=kept["size_bytes"],
        sha256=kept["sha256"],
        whole=kept["whole"],
        complete=kept["complete"],
    )
    return TrafficMessage(headers=headers_of(headers), body=body)
