"""One exchange as a judge sees it, whoever captured it."""

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
        content: what there is to judge; None if it was not kept, as for files.
        size_bytes, sha256: of what went over the wire.
        whole: False if ``content`` ends before the document does.
        complete: False if the body broke off on the wire, or nobody read it to its end.
    """

    content: bytes | None = b""
    size_bytes: int = 0
    sha256: str = EMPTY_SHA256
    whole: bool = True
    complete: bool = True

    @classmethod
    def of(cls, content: bytes) -> TrafficBody:
        """A body that is at hand."""
        return cls(content=content, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, kw_only=True)
class TrafficMessage:
    """A request or a reply. Header names are in lower case; a header sent twice is joined by ", "."""

    headers: Mapping[str, str] = field(default_factory=dict)
    body: TrafficBody = field(default_factory=TrafficBody)

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters, in lower case; empty without one."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, kw_only=True)
class TrafficExchange:
    """A request and its reply at one place.

    Attributes:
        neighbour: who answered: c4c, cmi, orchestration or service.
        seen_by: where it was captured, for people: "c4c mock", "service, outbound".
        target: path and query.
        status: 0 if no status line was seen.
        fault: the planned fault that struck; its reply is exempt from the contract.
        failed: whether the one who answered broke down, unplanned.
        sent_by_us: whether it was captured where it was sent: then the request has to fit, whatever became of it.
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
        """What follows the question mark."""
        return self.target.partition("?")[2]


def headers_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Header pairs as a judge wants them."""
    shown: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        shown[key] = f"{shown[key]}, {value}" if key in shown else value
    return shown


def exchange_from_capture(testimony: Mapping[str, Any]) -> TrafficExchange:
    """A mock's testimony (the JSON of ``/_mock/witness``) as an exchange."""
    return TrafficExchange(
        neighbour=testimony["mock"],
        seen_by=f"{testimony['mock']} mock",
        method=testimony["method"],
        host=testimony["host"],
        target=testimony["url"],
        request=_message(testimony["request_headers"], testimony["request"]),
        status=testimony["status"],
        response=_message(testimony["response_headers"], testimony["response"]),
        fault=testimony["fault"],
        failed=testimony["failed"],
    )


def _message(headers: Iterable[tuple[str, str]], copy: Mapping[str, Any]) -> TrafficMessage:
    text = copy["text"]
    body = TrafficBody(
        content=None if text is None else text.encode(errors="surrogateescape"),
        size_bytes=copy["size_bytes"],
        sha256=copy["sha256"],
        whole=copy["whole"],
        complete=copy["complete"],
    )
    return TrafficMessage(headers=headers_of(headers), body=body)
