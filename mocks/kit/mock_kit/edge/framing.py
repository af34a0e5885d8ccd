"""Where a message begins and ends. h11 parses; what is passed on are the bytes as they came.

A request that two programs could read in two ways (request smuggling) is refused, so that what is routed is what the
target reads. Source: RFC 9112, sections 2.2, 5.1, 5.2, 6.1 and 6.3. A reply is never refused: whatever a target sends
is passed on, and a reply that h11 cannot read ends with its connection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import h11

from mock_kit.edge.streams import ReadAhead
from mock_kit.http.wire import MAX_HEAD_BYTES, WireError

_HEAD_END = b"\r\n\r\n"
_LONE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_FORBIDDEN = re.compile(rb"[\r\n\0]")
_BAD_REQUEST = 400


class BadMessage(Exception):
    """A request that is not passed on; the message says why."""

    def __init__(self, message: str, status: int = _BAD_REQUEST) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class RequestHead:
    """A request's head, checked.

    Attributes:
        raw: the bytes as they came, with the empty line.
        target: of the request line, as sent.
        host: the Host header; empty where HTTP/1.0 has none.
    """

    raw: bytes
    method: str
    target: str
    host: str

    def with_target(self, target: str) -> bytes:
        """The bytes with another request target; everything else as it came."""
        line, _, rest = self.raw.partition(b"\r\n")
        method, _, version = line.split(b" ")
        return b" ".join([method, target.encode("latin-1"), version]) + b"\r\n" + rest


async def read_head(client: ReadAhead) -> bytes | None:
    """The next head's bytes; None if the connection ends instead. Raises BadMessage."""
    seen = b""
    while (end := seen.find(_HEAD_END)) < 0:
        _check_lines(seen)
        if len(seen) > MAX_HEAD_BYTES:
            raise BadMessage(f"The head is longer than {MAX_HEAD_BYTES} bytes.", 431)
        try:
            piece = await client.receive()
        except WireError:
            return None
        if not piece:
            return None
        # RFC 9112, 2.2: a server should ignore an empty line before a request.
        seen = (seen + piece).removeprefix(b"\r\n") if not seen.strip() else seen + piece
    end += len(_HEAD_END)
    client.put_back(seen[end:])
    return seen[:end]


def _check_lines(head: bytes) -> None:
    if _LONE_LINE_FEED.search(head):
        raise BadMessage("A line of the head ends with LF alone: CR LF ends a line (RFC 9112, 2.2).")


class RequestFraming:
    """Reads one request, of which ``head`` are the bytes from ``read_head``. Raises BadMessage."""

    def __init__(self, head: bytes) -> None:
        _check_lines(head)
        _check_fields(head)
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=2 * MAX_HEAD_BYTES)
        self.head = self._read_head(head)
        self.finished = False
        self._advance()

    def _read_head(self, raw: bytes) -> RequestHead:
        try:
            self._h11.receive_data(raw)
            event = self._h11.next_event()
        except h11.RemoteProtocolError as exc:
            raise BadMessage(f"The request is not HTTP/1.1: {exc}.", _status(exc)) from exc
        if not isinstance(event, h11.Request):
            raise BadMessage("There is no request.")
        host = next((value for name, value in event.headers if name == b"host"), b"")
        return RequestHead(
            raw=raw,
            method=event.method.decode("ascii"),
            target=event.target.decode("latin-1"),
            host=host.decode("latin-1"),
        )

    def take(self, piece: bytes) -> tuple[bytes, bytes]:
        """Split what was received: what belongs to the body, and what follows it. Raises BadMessage."""
        self._h11.receive_data(piece)
        try:
            self._advance()
        except h11.RemoteProtocolError as exc:
            raise BadMessage(f"The body's framing cannot be read: {exc}.", _status(exc)) from exc
        rest = self._h11.trailing_data[0] if self.finished else b""
        return piece[: len(piece) - len(rest)], rest

    @property
    def keeps_open(self) -> bool:
        """Whether the client, once its request is finished, may send another one."""
        return self._h11.their_state is h11.DONE

    def _advance(self) -> None:
        while not self.finished:
            event = self._h11.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            self.finished = isinstance(event, h11.EndOfMessage)


class ReplyFraming:
    """Reads one reply to a request of ``method``, interim replies included. It never raises."""

    def __init__(self, method: str) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=2 * MAX_HEAD_BYTES)
        self._h11.send(h11.Request(method=method, target="/", headers=[("Host", "any")]))
        self._h11.send(h11.EndOfMessage())
        self._readable = True
        self.finished = False

    def take(self, piece: bytes) -> None:
        """What was received next."""
        if not self._readable:
            return
        self._h11.receive_data(piece)
        try:
            while not self.finished:
                event = self._h11.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    return
                self.finished = isinstance(event, h11.EndOfMessage)
        except h11.RemoteProtocolError:
            self._readable = False

    @property
    def keeps_open(self) -> bool:
        """Whether the reply is finished, by its own length and to the byte, and does not announce a close."""
        return self.finished and self._h11.their_state is h11.DONE and not self._h11.trailing_data[0]


def _status(exc: h11.RemoteProtocolError) -> int:
    """h11's suggestion: 501 for an unknown Transfer-Encoding, 431 for a long head, else 400."""
    return int(exc.error_status_hint)


def _check_fields(head: bytes) -> None:
    """What h11 accepts and another reader may read in another way."""
    _, *lines = head.removesuffix(_HEAD_END).split(b"\r\n")
    names = []
    for line in lines:
        if line[:1] in {b" ", b"\t"}:
            raise BadMessage("A header line begins with a blank (obs-fold, RFC 9112, 5.2).")
        if _FORBIDDEN.search(line):
            raise BadMessage("A header line contains CR, LF or NUL.")
        names.append(line.partition(b":")[0].strip().lower())
    lengths, codings = names.count(b"content-length"), names.count(b"transfer-encoding")
    if lengths and codings:
        raise BadMessage("There are both Content-Length and Transfer-Encoding (RFC 9112, 6.1).")
    if lengths > 1 or codings > 1:
        raise BadMessage("There is more than one Content-Length or Transfer-Encoding (RFC 9112, 6.3).")
    if lengths and any(b"," in line for line in lines if line.lower().startswith(b"content-length")):
        raise BadMessage("There is more than one Content-Length (RFC 9112, 6.3).")
    if codings and head.partition(b"\r\n")[0].endswith(b"HTTP/1.0"):
        raise BadMessage("There is a Transfer-Encoding in HTTP/1.0 (RFC 9112, 6.1).")
