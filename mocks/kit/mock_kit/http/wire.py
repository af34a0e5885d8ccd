"""HTTP/1.1 as bytes on a socket: heads, bodies and their framing; nothing is kept or interpreted further.

Plain non-blocking sockets, not asyncio streams: a reply must stay readable after a failed write, and a
connection must be breakable exactly where a fault says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import socket
import struct
import termios
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

PIECE_BYTES = 64 * 1024
MAX_HEAD_BYTES = 64 * 1024
_LINGER_S = 1.0
_LINGER_BYTES = 4 * 1024 * 1024
#: How often and how long a closing socket is checked for unsent bytes.
_CHECK_EVERY_S = 0.002
_CHECKS = 500


class WireError(Exception):
    """The other side broke off, or what it sent is not HTTP/1.1."""


@dataclass
class Head:
    """A request's or reply's head: the start line and the header fields as sent."""

    start: bytes
    fields: list[tuple[bytes, bytes]]

    @classmethod
    def parse(cls, raw: bytes) -> Head:
        """``raw`` ends with the empty line. WireError if it is no head."""
        start, *lines = raw.rstrip(b"\r\n").split(b"\r\n")
        fields = []
        for line in lines:
            name, colon, value = line.partition(b":")
            if not colon or not name.strip():
                raise WireError("a header line without a colon")
            fields.append((name.strip(), value.strip()))
        if len(start.split(b" ", 2)) < 2:
            raise WireError("no start line")
        return cls(start, fields)

    def get(self, name: bytes) -> bytes | None:
        """The first field of that name (give it in lower case)."""
        return next((value for key, value in self.fields if key.lower() == name), None)

    def has_token(self, name: bytes, token: bytes) -> bool:
        """Whether a comma-separated field lists ``token`` (lower case)."""
        listed = b",".join(value for key, value in self.fields if key.lower() == name)
        return token in {part.strip().lower() for part in listed.split(b",")}

    def replaced(self, drop: set[bytes], add: list[tuple[bytes, bytes]]) -> bytes:
        """The head as bytes, without the fields named in ``drop`` (lower case), with those of ``add``."""
        kept = [pair for pair in self.fields if pair[0].lower() not in drop]
        lines = [self.start, *(name + b": " + value for name, value in kept + add)]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return self.has_token(b"transfer-encoding", b"chunked")

    @property
    def length(self) -> int | None:
        """Content-Length in bytes. WireError if it is no number."""
        value = self.get(b"content-length")
        if value is not None and not value.isdigit():
            raise WireError("Content-Length is no number")
        return None if value is None else int(value)


class WireConnection:
    """One connection, either side of the fault proxy."""

    def __init__(self, sock: socket.socket) -> None:
        """Takes ownership of ``sock``."""
        sock.setblocking(False)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._ahead = b""
        #: Called with everything that was sent, in pieces.
        self.on_sent: Callable[[bytes], None] = lambda _: None

    @classmethod
    async def connect(cls, host: str, port: int) -> WireConnection:
        """A new connection to ``host``:``port``. OSError if nothing listens."""
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(sock, (host, port))
        except BaseException:
            sock.close()
            raise
        return cls(sock)

    async def receive(self, most: int = PIECE_BYTES) -> bytes:
        """At least one byte and at most ``most``; nothing at the end. WireError if the other side resets."""
        if self._ahead:
            piece, self._ahead = self._ahead[:most], self._ahead[most:]
            return piece
        try:
            return await self._loop.sock_recv(self._sock, most)
        except OSError as exc:
            raise WireError("the connection was reset") from exc

    async def send(self, data: bytes) -> None:
        """Send ``data``; waits while the other side does not read."""
        await self._loop.sock_sendall(self._sock, data)
        self.on_sent(data)

    async def until(self, mark: bytes) -> bytes:
        """Everything up to and with ``mark``. Empty if the connection ends before a byte; else WireError."""
        seen = b""
        while (end := seen.find(mark)) < 0:
            piece = await self.receive()
            if len(seen) > MAX_HEAD_BYTES or (seen and not piece):
                raise WireError("the connection ended within a head, or the head has no end")
            if not piece:
                return b""
            seen += piece
        end += len(mark)
        self._ahead = seen[end:] + self._ahead
        return seen[:end]

    async def head(self) -> Head | None:
        """The next head; None if the connection ends instead."""
        raw = await self.until(b"\r\n\r\n")
        return Head.parse(raw) if raw else None

    async def exactly(self, count: int) -> AsyncIterator[bytes]:
        """``count`` bytes in pieces. WireError if the connection ends before."""
        while count > 0:
            piece = await self.receive(min(PIECE_BYTES, count))
            if not piece:
                raise WireError("the connection ended within a body")
            count -= len(piece)
            yield piece

    async def chunks(self) -> AsyncIterator[bytes]:
        """A chunked body as it stands on the wire, framing and trailers included."""
        size = -1
        while size != 0:
            line = await self.until(b"\r\n")
            size = _chunk_size(line)
            yield line
            if size:
                async for piece in self.exactly(size + 2):
                    yield piece
        while (line := await self.until(b"\r\n")) not in {b"\r\n", b""}:
            yield line
        yield line

    async def rest(self) -> AsyncIterator[bytes]:
        """Everything until the other side closes."""
        while piece := await self.receive():
            yield piece

    async def emptied(self) -> None:
        """Wait until the kernel has sent what it was given: a reset would discard the rest."""
        for _ in range(_CHECKS):
            with contextlib.suppress(OSError):
                pending = fcntl.ioctl(self._sock, termios.TIOCOUTQ, struct.pack("i", 0))
                if struct.unpack("i", pending)[0]:
                    await asyncio.sleep(_CHECK_EVERY_S)
                    continue
            return

    def reset(self) -> None:
        """End with a TCP reset: the other side sees "connection reset by peer"."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    @property
    def local_host(self) -> str:
        """The address of this machine that the other side uses."""
        return str(self._sock.getsockname()[0])

    async def close(self) -> None:
        """End in order; reads on for a moment, so that what was sent last is not lost to a reset."""
        with contextlib.suppress(OSError, TimeoutError, WireError):
            self._sock.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(_LINGER_S):
                left = _LINGER_BYTES
                while left > 0 and (piece := await self.receive()):
                    left -= len(piece)
        self._sock.close()

    def end_sending(self) -> None:
        """No more bytes will follow; the other side may go on sending."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    def hang_up(self) -> None:
        """Both directions end; a reader that waits for bytes sees the end."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def drop(self) -> None:
        """Close at once."""
        self._sock.close()


def _chunk_size(line: bytes) -> int:
    digits = line.split(b";")[0].strip()
    try:
        return int(digits, 16)
    except ValueError:
        raise WireError("a chunk without a size") from None


def request_body(wire: WireConnection, head: Head) -> AsyncIterator[bytes]:
    """The body that follows a request's head, as it stands on the wire."""
    return wire.chunks() if head.chunked else wire.exactly(head.length or 0)


def reply_body(wire: WireConnection, head: Head, method: str) -> AsyncIterator[bytes]:
    """The body that follows a reply's head, as it stands on the wire."""
    status = head.start.split(b" ")[1]
    if method == "HEAD" or status in {b"204", b"304"}:
        return wire.exactly(0)
    if head.chunked:
        return wire.chunks()
    return wire.rest() if head.length is None else wire.exactly(head.length)


async def without_chunks(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The content of a chunked body, as ``WireConnection.chunks`` gives it, without marks, line ends and trailers."""
    left = 0  # of the chunk under way, its line end included
    async for piece in body:
        if left == 0:
            left = _chunk_size(piece) + 2
            if left == 2:
                break
            continue
        yield piece[: max(0, left - 2)]
        left -= len(piece)
    async for _ in body:
        pass
