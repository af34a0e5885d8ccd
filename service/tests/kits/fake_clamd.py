"""A small honest clamd: a real server, on TCP or a unix socket, that speaks INSTREAM as clamd(8) describes it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: What stands for a virus here, and what clamd calls it.
VIRUS = b"X5O!P%@AP[4 this is what the fake takes for a virus"
SIGNATURE = "Eicar-Test-Signature"


class Hang(Exception):
    """The fake stops answering, and keeps the line open."""


@dataclass
class FakeClamd:
    """One server. What it does with the next stream is planned by ``mood``.

    Attributes:
        mood: ``honest``; ``split`` (answers byte by byte); ``hang`` (takes all, says nothing); ``cut`` (closes in the
            middle of the answer); ``gone`` (closes in the middle of the stream); ``error`` (cannot scan).
        size_limit_bytes: clamd's StreamMaxLength: beyond it the answer comes at once, and the line is closed.
        streams: everything that was sent, one entry per connection.
    """

    address: str
    listener: socket.socket
    mood: str = "honest"
    size_limit_bytes: int = 100_000_000
    commands: list[bytes] = field(default_factory=list)
    chunks: list[int] = field(default_factory=list)
    streams: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, EOFError):
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        self.commands.append(_exactly(connection, len(b"zINSTREAM\0")))
        try:
            reply = self._verdict(connection)
        except Hang:
            self.over.wait()
            return
        if self.mood == "split":
            for byte in reply:
                connection.sendall(bytes([byte]))
        elif self.mood == "cut":
            connection.sendall(reply[:-1])
        else:
            connection.sendall(reply)

    def _verdict(self, connection: socket.socket) -> bytes:
        content = bytearray()
        while length := int.from_bytes(_exactly(connection, 4), "big"):
            if len(content) + length > self.size_limit_bytes:
                return b"INSTREAM size limit exceeded. ERROR\0"
            content += _exactly(connection, length)
            self.chunks.append(length)
            if self.mood == "gone":
                raise EOFError
        self.streams.append(bytes(content))
        if self.mood == "hang":
            raise Hang
        if self.mood == "error":
            return b"stream: Can't allocate memory ERROR\0"
        return f"stream: {SIGNATURE} FOUND\0".encode() if VIRUS in content else b"stream: OK\0"


def _exactly(connection: socket.socket, size_bytes: int) -> bytes:
    received = b""
    while len(received) < size_bytes:
        piece = connection.recv(size_bytes - len(received))
        if not piece:
            raise EOFError
        received += piece
    return received


@contextlib.contextmanager
def running_clamd(unix_path: Path | None = None) -> Iterator[FakeClamd]:
    """A fake on a free port, or on a unix socket."""
    if unix_path is None:
        listener = socket.create_server(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    else:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(unix_path))
        listener.listen()
        address = f"unix:{unix_path}"
    fake = FakeClamd(address, listener)
    thread = threading.Thread(target=fake.serve, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.over.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        assert not thread.is_alive()
