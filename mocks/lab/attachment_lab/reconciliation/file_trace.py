"""Which exchange of which mock moved which file: the mocks' journals, reduced to what concerns files.

``FileTrace`` reads the journals incrementally; ``file_exchange_from`` is pure.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import httpx

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.tenant.credentials import TenantNames

Act = Literal["history", "download", "lookup", "listing", "upload", "check", "verify"]

#: Only these mocks see files; Contact Pro's deliveries are read elsewhere (reconciliation).
WITH_FILES = ("cmi", "c4c")
_GUID = r"(?P<chat>[0-9A-Fa-f]{32})"
_OBJECT = r"\('(?P<object>[0-9A-F]{32})'\)"
_CMI: tuple[tuple[Act, str, re.Pattern[str]], ...] = (
    ("download", "GET", re.compile(rf"/chats/{_GUID}/attachments/(?P<source>[^/?]+)")),
    # The object store beside CMI, where a redirect or a pre-signed address leads.
    ("download", "GET", re.compile(r"/objects/(?P<source>[0-9A-F]{32})(?:\?|$)")),
    ("history", "GET", re.compile(rf"/chats/{_GUID}(?:\?|$)")),
    ("history", "GET", re.compile(rf"/chats\?(?:.*&)?groupId={_GUID}")),
)
_C4C: tuple[tuple[Act, str, re.Pattern[str]], ...] = (
    ("lookup", "GET", re.compile(rf"/\w+(?:BTDReference|Activity)Collection\?.*%27{_GUID}%27")),
    ("upload", "POST", re.compile(r"Collection\('(?P<activity>[0-9A-F]{32})'\)/\w*Attachment(?:\w*)(?:\?|$)")),
    ("listing", "GET", re.compile(r"Collection\('(?P<activity>[0-9A-F]{32})'\)/\w*Attachment(?:\w*)(?:\?|$)")),
    ("verify", "GET", re.compile(rf"AttachmentCollection{_OBJECT}/Binary")),
    ("check", "GET", re.compile(rf"AttachmentCollection{_OBJECT}(?:\?|$)")),
)
_RULES: Mapping[str, tuple[tuple[Act, str, re.Pattern[str]], ...]] = {"cmi": _CMI, "c4c": _C4C}
_NAME = re.compile(r'"Name"\s*:\s*("(?:[^"\\]|\\.)*")')
#: The kit's journal note about a fault: ``f-1: flip_byte, after the work``.
_STRUCK = re.compile(r"[^:]+: (?P<kind>\w+), (?:before|after) the work")
_LOCATION = re.compile(rf"Collection{_OBJECT}")


@dataclass(frozen=True, kw_only=True)
class FileExchange:
    """One exchange that moved, searched or checked a file.

    Attributes:
        act: history = the chat's list at CMI; lookup = the activity; listing = the activity's files;
            check = an object's size; verify = its bytes read back.
        begun_s: epoch seconds by the mock's clock; ended_s likewise.
        status: as sent; 0 if no status line left the mock.
        chat, source_id, activity_id, object_id, stored_name: those that the exchange shows.
        fault: ids of the faults that took effect, None without.
        whole: False if the reply broke off.
        size_bytes, sha256, sniffed_type: of the body on the wire, with its coding and after wire faults (its type:
            before them); an upload's is the request's.
        coding: Content-Encoding of the reply; empty without.
        fault_kinds: of the planned faults that took effect, as far as the journal's notes name them.
        evidence: ids of the mock's behaviours that the exchange used.
    """

    mock: str
    id: int
    act: Act
    begun_s: float
    ended_s: float
    status: int
    chat: str | None = None
    source_id: str | None = None
    activity_id: str | None = None
    object_id: str | None = None
    stored_name: str | None = None
    fault: str | None = None
    whole: bool = True
    size_bytes: int = 0
    sha256: str = ""
    sniffed_type: str = ""
    coding: str = ""
    fault_kinds: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether it succeeded."""
        return 200 <= self.status < 300 and self.whole

    @property
    def is_redirect(self) -> bool:
        """Whether it was a redirect: neither a file nor a failure."""
        return 300 <= self.status < 400


def file_exchange_from(mock: str, exchange: Mapping[str, Any]) -> FileExchange | None:
    """The exchange as a file exchange; None when it is about something else."""
    for act, method, pattern in _RULES[mock]:
        found = pattern.search(exchange["url"]) if exchange["method"] == method else None
        if found:
            return _file_exchange(mock, exchange, act, found.groupdict())
    return None


def _file_exchange(mock: str, exchange: Mapping[str, Any], act: Act, ids: Mapping[str, str]) -> FileExchange:
    begun_s = datetime.fromisoformat(exchange["at"]).timestamp()
    up = act == "upload"
    body = exchange["request" if up else "response"]
    on_wire = body if up else exchange.get("wire") or body
    return FileExchange(
        mock=mock,
        id=int(exchange["id"]),
        act=act,
        begun_s=begun_s,
        ended_s=begun_s + float(exchange["duration_ms"]) / 1000,
        status=int(exchange["status"]),
        chat=ids["chat"].upper() if ids.get("chat") else None,
        source_id=ids.get("source"),
        activity_id=ids.get("activity"),
        object_id=ids.get("object") or (_located(exchange["response_headers"]) if up else None),
        stored_name=name_in(exchange["request"]["head"]) if up else None,
        fault=exchange["fault"],
        whole=bool(exchange["response"]["complete"]),
        size_bytes=int(on_wire["size_bytes"]),
        sha256=str(on_wire.get("sha256") or ""),
        sniffed_type=str(body.get("sniffed_type") or ""),
        coding=httpx.Headers(exchange["response_headers"]).get("content-encoding", "").strip().lower(),
        fault_kinds=tuple(_fault_kinds(exchange.get("notes") or ())),
        evidence=tuple(exchange["evidence"]),
    )


def answer_from(mock: str, exchange: Mapping[str, Any]) -> FileExchange:
    """Any exchange as a download, whatever its address: for answers that are identified by their digest alone."""
    return file_exchange_from(mock, exchange) or _file_exchange(mock, exchange, "download", {})


def _located(headers: Mapping[str, str]) -> str | None:
    found = _LOCATION.search(httpx.Headers(headers).get("location", ""))
    return found["object"] if found else None


def _fault_kinds(notes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Kinds of the faults that took effect; one that found nothing to change is left out."""
    notes = list(notes)
    if any(each["code"] == "fault_without_effect" for each in notes):
        return
    for each in notes:
        found = _STRUCK.match(str(each["message"])) if each["code"] == "fault" else None
        if found:
            yield found["kind"]


def name_in(head: str) -> str | None:
    """The file name in the beginning of an upload's JSON; it precedes the bytes."""
    found = _NAME.search(head)
    if not found:
        return None
    try:
        return str(json.loads(found[1]))
    except ValueError:
        return None


class FileTrace:
    """All file exchanges of one tenant, oldest first. Safe for threads."""

    def __init__(self, to: StackClients, names: TenantNames) -> None:
        self._to = to
        self._names = names
        self._lock = threading.Lock()
        self._read: dict[str, list[FileExchange]] = {mock: [] for mock in WITH_FILES}
        self._last_id = dict.fromkeys(WITH_FILES, 0)

    def all(self) -> list[FileExchange]:
        """Everything so far, by time. Raises Unreachable, RequestRefused."""
        with self._lock:
            for mock in WITH_FILES:
                self._read_on(mock)
            found = [each for mock in WITH_FILES for each in self._read[mock]]
        return sorted(found, key=lambda each: each.begun_s)

    def _read_on(self, mock: str) -> None:
        for exchange in self._to.control(mock, self._names.name).journal(self._last_id[mock]):
            self._last_id[mock] = int(exchange["id"])
            found = file_exchange_from(mock, exchange)
            self._read[mock] += [found] if found else []
