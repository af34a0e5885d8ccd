"""Documents of several parts: an OData batch as the exchanges that it contains, a browser's form as its fields.

Source: OData 2.0, batch processing; RFC 2046 and 7578; documented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from urllib.parse import urlsplit

from attachment_contract.traffic.exchange import TrafficBody, TrafficExchange, TrafficMessage, headers_of

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_LINE_BREAK = re.compile(rb"\A\r?\n")
_FIELD = re.compile(r'name="([^"]*)"')
_REQUEST_LINE = re.compile(r"(\S+) (\S.*) HTTP/\d\.\d")
_STATUS_LINE = re.compile(r"HTTP/\d\.\d (\d{3})")
_REFERENCE = re.compile(r"^\$(\w+)")


class BrokenMultipart(Exception):
    """A batch or its response is malformed; the message names the place and quotes nothing."""


@dataclass(frozen=True, kw_only=True)
class _Part:
    headers: dict[str, str]
    content: bytes


def split_batch(exchange: TrafficExchange) -> Iterator[TrafficExchange]:
    """The exchanges in a batch, change sets included. Raises ``BrokenMultipart``."""
    requested, responded = list(_parts(exchange.request, "request")), list(_parts(exchange.response, "response"))
    if len(requested) != len(responded):
        raise BrokenMultipart(f"{len(requested)} requests and {len(responded)} responses")
    for request, response in zip(requested, responded, strict=True):
        if request.headers.get("content-type", "").startswith("multipart/"):
            yield from _change_set(exchange, request, response)
        else:
            yield _one(exchange, request, response, {})


def _change_set(exchange: TrafficExchange, request: _Part, response: _Part) -> Iterator[TrafficExchange]:
    """A change set has a response for each request, or a single error response for all."""
    requested = list(_parts(_message(request), "change set"))
    if not response.headers.get("content-type", "").startswith("multipart/"):
        yield _one(exchange, requested[0], response, {})
        return
    responded = list(_parts(_message(response), "change set's response"))
    if len(requested) != len(responded):
        raise BrokenMultipart(f"a change set has {len(requested)} requests and {len(responded)} responses")
    created: dict[str, str] = {}
    for one, reply in zip(requested, responded, strict=True):
        found = _one(exchange, one, reply, created)
        created[one.headers.get("content-id", "")] = f"{found.path.rstrip('/')}('new')"
        yield found


def _one(exchange: TrafficExchange, request: _Part, response: _Part, created: dict[str, str]) -> TrafficExchange:
    line, message = _http(request.content, "request")
    first = _REQUEST_LINE.match(line)
    status_line, reply = _http(response.content, "response")
    status = _STATUS_LINE.match(status_line)
    if first is None or status is None:
        raise BrokenMultipart("a part contains no HTTP message")
    return replace(
        exchange,
        seen_by=f"{exchange.seen_by}, in a batch",
        method=first[1],
        target=_target(exchange, first[2], created),
        request=message,
        status=int(status[1]),
        response=reply,
    )


def _target(exchange: TrafficExchange, url: str, created: dict[str, str]) -> str:
    """The address of a part, without the host. ``created`` has the address of each ``$<Content-ID>``."""
    root = exchange.path.rpartition("/")[0]
    reference = _REFERENCE.match(url)
    if reference and reference[1] in created:
        return created[reference[1]] + url[reference.end() :]
    parts = urlsplit(url)
    inside = parts.netloc or url.startswith("/sap/")  # "/Set" is relative to the service's root
    path = parts.path if inside else f"{root}/{parts.path.lstrip('/')}"
    return f"{path}?{parts.query}" if parts.query else path


def _parts(message: TrafficMessage, what: str) -> Iterator[_Part]:
    found = _BOUNDARY.search(message.headers.get("content-type", ""))
    if found is None or message.body.content is None or not message.body.whole:
        raise BrokenMultipart(f"the {what} is not a whole multipart document")
    # The boundary is a line of its own; inside a file's name or bytes it is no boundary (RFC 2046, 5.1.1).
    line = rb"(?:\A|\r?\n)--" + re.escape(found[1].strip().encode()) + rb"(--)?[ \t]*(?=\r?\n|\Z)"
    marks = list(re.finditer(line, message.body.content))
    if not marks or marks[-1][1] is None:
        raise BrokenMultipart(f"the {what} does not end with its boundary")
    for mark, following in pairwise(marks):
        head, content = _halves(_LINE_BREAK.sub(b"", message.body.content[mark.end() : following.start()], count=1))
        yield _Part(headers=_headers(head), content=content)


def form_members(message: TrafficMessage) -> dict[str, str]:
    """The fields of a browser's form (RFC 7578). Raises ``BrokenMultipart``."""
    members: dict[str, str] = {}
    for part in _parts(message, "form"):
        name = _FIELD.search(part.headers.get("content-disposition", ""))
        if name is None:
            raise BrokenMultipart("a field of the form has no name")
        members[name[1]] = part.content.decode(errors="replace")
    return members


def _message(part: _Part) -> TrafficMessage:
    return TrafficMessage(headers=part.headers, body=TrafficBody.of(part.content))


def _http(content: bytes, what: str) -> tuple[str, TrafficMessage]:
    """First line and the rest of an HTTP message. One line break before the boundary belongs to the boundary."""
    head, body = _halves(content.lstrip(b"\r\n"))
    line, _, rest = head.decode("latin-1").partition("\n")
    if not line:
        raise BrokenMultipart(f"an empty {what}")
    body = re.sub(rb"\r?\n\Z", b"", body)
    return line.strip(), TrafficMessage(headers=_headers(rest.encode("latin-1")), body=TrafficBody.of(body))


def _halves(content: bytes) -> tuple[bytes, bytes]:
    blank = _BLANK_LINE.search(content)
    return (content[: blank.start()], content[blank.end() :]) if blank else (content, b"")


def _headers(head: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in head.decode("latin-1").splitlines() if ":" in line)
    return headers_of((name.strip(), value.strip()) for name, _, value in lines)
