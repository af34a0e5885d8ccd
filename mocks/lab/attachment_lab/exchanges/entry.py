"""One exchange of any hop in one shape: an entry of a mock's journal or of the delivery log, without bodies.

Three sources: the mocks' journals, Contact Pro's deliveries to the service, and requests that belong to no tenant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from werkzeug.http import parse_options_header

from attachment_lab.reconciliation.file_trace import name_in

#: The hops in their order, with their names for people.
HOPS = {
    "contact-pro": "Contact Pro",
    "delivery": "Event to the service",
    "cmi": "CMI",
    "c4c": "SAP Service Cloud",
    "stray": "Unassigned address",
}
HOP_OF_MOCK = {"orchestration": "contact-pro", "cmi": "cmi", "c4c": "c4c"}
CALLERS = {
    "attachment-transfer": "transfer service",
    "python-requests": "Contact Pro",
    "python-httpx": "the lab",
}
_GUID = r"([0-9A-F]{32})"
_ACTIVITY = rf"ChatActivityCollection\('{_GUID}'\)"
_OBJECT = rf"ChatActivityAttachmentCollection\('{_GUID}'\)"

#: Operation by hop, method and path; the first that matches. Its text may contain ``{file}``.
OPERATIONS: tuple[tuple[str, str, str, str, str], ...] = (
    ("token", "contact-pro", "POST", r"/oauth2/token$", "Requests a token"),
    ("keys", "contact-pro", "GET", r"/\.well-known/jwks\.json$", "Reads the signing keys"),
    ("secret", "contact-pro", "*", r"/system-configurator/api/secrets", "Manages a secret"),
    ("integration", "contact-pro", "*", r"/system-configurator/api/event-driven", "Manages the integration"),
    ("delivery", "delivery", "*", r"", "Delivers the event"),
    ("list", "cmi", "GET", rf"/cmi/chats/{_GUID}$", "Lists the chat’s files"),
    ("download", "cmi", "GET", rf"/cmi/chats/{_GUID}/attachments/{_GUID}(?:/[^/]*)?$", "Reads {file}"),
    ("link", "cmi", "GET", r"/(?:sms/richcontent|objects)/", "Reads {file} by its public link"),
    ("find", "c4c", "GET", r"/ChatActivityBTDReferenceCollection$", "Searches the chat activity"),
    ("metadata", "c4c", "GET", r"/\$metadata$", "Reads the metadata"),
    ("upload", "c4c", "POST", rf"/{_ACTIVITY}/ChatActivityAttachment$", "Stores {file}"),
    ("upload", "c4c", "POST", r"/ChatActivityAttachmentCollection$", "Stores {file}"),
    ("listing", "c4c", "GET", rf"/{_ACTIVITY}/ChatActivityAttachment$", "Lists the stored files"),
    ("read-back", "c4c", "GET", rf"/{_OBJECT}/Binary/\$value$", "Reads {file} back"),
    ("verify", "c4c", "GET", rf"/{_OBJECT}$", "Checks {file}"),
)
#: An event that triggered nothing is no exchange: nothing was sent.
UNTRIGGERED = "untriggered"
_WORDS = {name: words for name, _, _, _, words in OPERATIONS} | {UNTRIGGERED: "Triggers no integration"}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One exchange, small enough to keep thousands of them.

    Attributes:
        key: ``cmi-17``, ``stray-c4c-2`` or ``delivery-<id>``; stays the same.
        at: ISO 8601 UTC, by the tenant's clock.
        url: path and query; of a delivery the whole address.
        status: as sent to the caller; 0 = no status line left, or no answer came.
        caller: by its User-Agent.
        chat: guid, or None where it is not known (yet).
        file: name of the file it is about.
        attachment: the file's id at CMI; ``object_id``: its object in C4C; ``activity``: the C4C activity.
        trace: the W3C trace id that ties the calls of one round together.
        fault: ids of the faults that took effect.
        level: of the most severe note: "", info, warning or error.
    """

    key: str
    hop: str
    mock: str
    operation: str
    at: str
    method: str
    url: str
    host: str
    status: int
    request_bytes: int
    response_bytes: int
    duration_ms: float
    caller: str = ""
    chat: str | None = None
    file: str | None = None
    attachment: str | None = None
    object_id: str | None = None
    activity: str | None = None
    transfer: str | None = None
    trace: str | None = None
    fault: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    level: str = ""
    error: str | None = None

    @property
    def path(self) -> str:
        """Without the query and the host."""
        return urlsplit(self.url).path

    @property
    def words(self) -> str:
        """What it does, in words."""
        return _WORDS.get(self.operation, f"{self.method} {self.path}").replace("{file}", self.file or "a file")

    @property
    def failed(self) -> bool:
        """Whether it did not succeed for the caller."""
        return not 200 <= self.status < 400 or self.error is not None

    def to_json(self) -> dict[str, Any]:
        """For the page's list."""
        return asdict(self) | {"words": self.words, "failed": self.failed, "hop_name": HOPS[self.hop]}


def from_exchange(mock: str, body: Mapping[str, Any], *, stray: bool = False) -> Entry:
    """An exchange of a mock's journal (mock_kit.journal.Exchange as JSON)."""
    hop = "stray" if stray else HOP_OF_MOCK[mock]
    path = urlsplit(str(body["url"])).path
    operation = "other" if stray else operation_of(hop, str(body["method"]), path)
    asked = {name.lower(): value for name, value in body["request_headers"].items()}
    replied = {name.lower(): value for name, value in body["response_headers"].items()}
    ids = _ids(operation, body, replied)
    return Entry(
        key=f"{'stray-' if stray else ''}{mock}-{body['id']}",
        hop=hop,
        mock=mock,
        operation=operation,
        at=str(body["at"]),
        method=str(body["method"]),
        url=str(body["url"]),
        host=str(body["host"]),
        status=int(body["status"]),
        request_bytes=int(body["request"]["size_bytes"]),
        response_bytes=int(body["response"]["size_bytes"]),
        duration_ms=float(body["duration_ms"]),
        caller=caller_of(asked.get("user-agent", "")),
        trace=_trace(asked.get("traceparent", "")),
        fault=tuple(each for each in (body["fault"] or "").split(", ") if each),
        evidence=tuple(body["evidence"]),
        level=most_severe([str(note["level"]) for note in body["notes"]]),
        **ids,
    )


def from_delivery(body: Mapping[str, Any]) -> Entry:
    """A row of Contact Pro's delivery log: its call to the service."""
    replied = {name.lower(): value for name, value in (body.get("response_headers") or {}).items()}
    location = str(replied.get("location", ""))
    return Entry(
        key=f"delivery-{body['id']}",
        hop="delivery",
        mock="orchestration",
        operation="delivery",
        at=str(body["created_at"]),
        method=str(body["method"]),
        url=str(body["url"]),
        host=urlsplit(str(body["url"])).netloc,
        status=int(body["status"] or 0),
        request_bytes=len(body["request_body"].encode()),
        response_bytes=len(body["response_body"].encode()),
        duration_ms=float(body["duration_ms"] or 0.0),
        caller="Contact Pro",
        chat=str(body["contact_id"]) or None,
        transfer=location.rpartition("/transfers/")[2] or None if "/transfers/" in location else None,
        fault=tuple(found for each in body["notes"] if (found := fault_in(str(each)))),
        evidence=tuple(each["id"] for each in body["evidence"]),
        level="error" if body["state"] in {"failed", "not_sent"} else "info" if body["notes"] else "",
        error=None if body["state"] in {"pending", "delivered"} else str(body["error"] or body["state"]),
    )


def fault_in(note: str) -> str | None:
    """The id of the fault that a delivery's note names; None for any other note."""
    return _first(r"^fault (\S+) struck", note)


def operation_of(hop: str, method: str, path: str) -> str:
    """The kind of call; ``other`` for one that the integration does not make."""
    for name, at, how, pattern, _ in OPERATIONS:
        if at == hop and how in {"*", method} and re.search(pattern, path):
            return name
    return "other"


def caller_of(user_agent: str) -> str:
    """The caller, from the User-Agent's first word."""
    product = re.split(r"[/ ]", user_agent, maxsplit=1)[0].lower()
    return CALLERS.get(product, user_agent[:40])


def most_severe(levels: list[str]) -> str:
    """The most severe of the notes' levels."""
    return max(levels, key=("info", "warning", "error").index, default="")


def _trace(header: str) -> str | None:
    parts = header.split("-")
    return parts[1] if len(parts) == 4 else None


def _ids(operation: str, body: Mapping[str, Any], replied: Mapping[str, str]) -> dict[str, str | None]:
    """Chat, file and object, from the address, the reply's headers and an upload's body."""
    url = unquote_plus(str(body["url"]))
    chat = _first(rf"/cmi/chats/{_GUID}", url) or _first(rf"ID eq '{_GUID}'", url)
    object_id = _first(_OBJECT, url)
    name = None
    if operation in {"download", "link"}:
        name = parse_options_header(replied.get("content-disposition"))[1].get("filename")
    elif operation == "upload":
        object_id = _first(_OBJECT, unquote_plus(replied.get("location", "")))
        name = name_in(str(body["request"]["head"]))
    return {
        "chat": chat,
        "attachment": _first(rf"/attachments/{_GUID}", url),
        "activity": _first(_ACTIVITY, url),
        "object_id": object_id,
        "file": name,
    }


def _first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found.group(1) if found else None
