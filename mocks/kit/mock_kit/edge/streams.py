"""A client's connection in layers: bytes on a socket, TLS over them, and one that reads ahead.

TLS is done in memory (``ssl.MemoryBIO``) over plain sockets, so that it may begin at any byte (after ``CONNECT`` too)
and so that a connection can still be reset below it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Protocol, TypeVar

from mock_kit.http.wire import PIECE_BYTES, WireError

T = TypeVar("T")


class Stream(Protocol):
    """What each layer can do; ``mock_kit.http.wire.WireConnection`` is the lowest one."""

    async def receive(self) -> bytes:
        """At least one byte; nothing at the end. WireError if the other side breaks off."""

    async def send(self, data: bytes) -> None:
        """Send; waits while the other side does not read. OSError if it is gone."""

    async def close(self) -> None:
        """End in order."""


class ReadAhead:
    """Reads one piece ahead in a task of its own, so that a client's end is noticed while its request is answered.

    A task that waits on a socket must not be cancelled and read again: bytes may be lost. One that waits here may.
    """

    def __init__(self, inner: Stream, ahead: bytes = b"") -> None:
        """``ahead``: bytes that were read from ``inner`` already."""
        self._inner = inner
        self._pieces: asyncio.Queue[bytes | WireError] = asyncio.Queue(maxsize=1)
        self._unread = ahead
        self._end: bytes | WireError | None = None
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        piece: bytes | WireError = b"."
        while piece and not isinstance(piece, WireError):
            try:
                piece = await self._inner.receive()
            except WireError as exc:
                piece = exc
            except OSError as exc:  # TLS could not send what it had to
                piece = WireError(str(exc))
            await self._pieces.put(piece)

    async def receive(self) -> bytes:
        """The next piece; again and again nothing, or the same WireError, at the end."""
        if self._unread:
            piece, self._unread = self._unread, b""
            return piece
        found = self._end if self._end is not None else await self._pieces.get()
        if isinstance(found, WireError):
            self._end = found
            raise found
        if not found:
            self._end = found
        return found

    def put_back(self, data: bytes) -> None:
        """What ``receive`` returned beyond a message comes first the next time."""
        self._unread = data + self._unread

    async def send(self, data: bytes) -> None:
        """As the layer below does."""
        await self._inner.send(data)

    async def close(self) -> None:
        """End in order. Reading stops first: the layer below reads what is left."""
        await self.stop()
        await self._inner.close()

    async def stop(self) -> None:
        """Read no more. A socket must not be closed under a task that waits for its bytes."""
        self._reader.cancel()
        await asyncio.wait({self._reader})


class TlsStream:
    """TLS, server side, over another stream. One task may read and one may write at the same time."""

    def __init__(self, inner: Stream, context: ssl.SSLContext) -> None:
        self._inner = inner
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._writing = asyncio.Lock()

    async def handshake(self) -> None:
        """Before anything else. WireError if the client does not accept it, or is none."""
        await self._run(self._tls.do_handshake)

    async def receive(self) -> bytes:
        """At least one byte in clear; nothing once the client has said that it ends. WireError if it breaks off."""
        try:
            return await self._run(lambda: self._tls.read(PIECE_BYTES))
        except ssl.SSLZeroReturnError:
            return b""
        except WireError as exc:
            if isinstance(exc.__cause__, ssl.SSLEOFError):  # many clients close without TLS's close_notify
                return b""
            raise

    async def send(self, data: bytes) -> None:
        """Encrypt and send. OSError if the client is gone."""
        for start in range(0, len(data), PIECE_BYTES):
            self._tls.write(data[start : start + PIECE_BYTES])
            await self._flush()

    async def close(self) -> None:
        """End in order: TLS's close_notify, then the connection."""
        with contextlib.suppress(OSError, WireError):  # ssl.SSLError is an OSError
            with contextlib.suppress(ssl.SSLWantReadError):
                self._tls.unwrap()
            await self._flush()
        await self._inner.close()

    async def _run(self, step: Callable[[], T]) -> T:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._more()
            except ssl.SSLZeroReturnError:
                raise
            except ssl.SSLError as exc:
                with contextlib.suppress(OSError):
                    await self._flush()  # the alert that says why
                raise WireError("TLS broke off") from exc
            else:
                await self._flush()
                return result

    async def _more(self) -> None:
        piece = await self._inner.receive()
        if piece:
            self._incoming.write(piece)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        """In one order: two tasks that each send a part would mix them."""
        async with self._writing:
            while data := self._outgoing.read():
                await self._inner.send(data)
